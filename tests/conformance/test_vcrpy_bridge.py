"""vcrpy's cassettes become recordings and come back: what a client under vcrpy gets is what the service answered."""

from __future__ import annotations

import gzip
import http.server
import itertools
import json
import threading
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import vcr

from harness.pii.surrogate import is_surrogate
from harness.recording.convert.vcr import from_vcr, to_vcr
from harness.recording.entry import AnyEntry, Header, HttpResponse, Redaction
from harness.recording.reader import read_recording
from harness.session.conversions import import_file
from harness.session.keys import load_key
from harness.session.parts import Tools

PHONE = "415-299-0188"
BYTES = bytes(range(256))
PATHS = ["/gzip", "/deflate", "/bytes", "/count", "/count", "/count", "/empty", "/chunked", "/repeated", "/gone"]
BODIES = [b"a=b", BYTES, "caf\u00e9".encode(), b""]
HEADER = Header(id="r", created="", tool="t/1", source="synthetic", redaction=Redaction(state="fictional"))

Answer = tuple[int, bytes, list[tuple[str, str]]]
Fetch = Callable[[str], list[Answer]]


class _Service(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    counts = itertools.count(1)

    def log_message(self, *_: Any) -> None:
        return

    def _answer(self, body: bytes, *headers: tuple[str, str], status: int = 200) -> None:
        self.send_response(status)
        for name, value in [*headers, ("Content-Length", str(len(body)))]:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        said = json.dumps({"text": f"call {PHONE}"}).encode()
        json_type = ("Content-Type", "application/json")
        match self.path:
            case "/gzip":
                self._answer(gzip.compress(said), json_type, ("Content-Encoding", "gzip"))
            case "/deflate":
                self._answer(zlib.compress(said), json_type, ("Content-Encoding", "deflate"))
            case "/bytes":
                self._answer(BYTES, ("Content-Type", "application/octet-stream"))
            case "/count":
                self._answer(b"%d" % next(self.counts))
            case "/chunked":
                self.send_response(200)
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                self.wfile.write(b"3\r\none\r\n4\r\n two\r\n0\r\n\r\n")
            case "/repeated":
                self._answer("caf\u00e9 \u2603".encode(), ("X-A", "1"), ("X-B", "b"), ("X-A", "2"))
            case _:
                self._answer(b"", status=404 if self.path == "/gone" else 200)

    def do_POST(self) -> None:
        self._answer(self.rfile.read(int(self.headers.get("Content-Length") or 0)))


@pytest.fixture
def service() -> Iterator[str]:
    """A service with every kind of body."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Service) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def _kept(pairs: Any) -> list[tuple[str, str]]:
    """Headers but those of the moment and of the coding, which vcrpy under requests keeps of a body it has decoded."""
    left_out = ("date", "server", "content-encoding", "content-length")
    return sorted((name.lower(), value) for name, value in pairs if name.lower() not in left_out)


def _with_httpx(origin: str) -> list[Answer]:
    with httpx.Client(trust_env=False) as client:
        got = [client.get(origin + path) for path in PATHS] + [client.post(origin + "/", content=b) for b in BODIES]
    return [(one.status_code, one.content, _kept(one.headers.multi_items())) for one in got]


def _with_requests(origin: str) -> list[Answer]:
    requests = pytest.importorskip("requests", reason="requests is not installed")
    with requests.Session() as session:
        session.trust_env = False
        got = [session.get(origin + path) for path in PATHS] + [session.post(origin + "/", data=b) for b in BODIES]
    return [(one.status_code, one.content, _kept(one.headers.items())) for one in got]


def _under_vcr(path: Path, fetch: Fetch, origin: str, mode: str) -> list[Answer]:
    with vcr.use_cassette(str(path), record_mode=mode) as cassette:
        got = fetch(origin)
        assert cassette.all_played or mode == "once"
    return got


@pytest.mark.parametrize("fetch", [_with_httpx, _with_requests])
def test_there_and_back(service: str, tmp_path: Path, fetch: Fetch) -> None:
    """Bytes, compressed bodies, repeated headers and several answers of one address, exactly."""
    live = _under_vcr(tmp_path / "own.yaml", fetch, service, "once")
    found = from_vcr((tmp_path / "own.yaml").read_bytes())
    text, left = to_vcr(HEADER, found.entries)
    assert left == 0
    assert from_vcr(text.encode()).entries == found.entries
    (tmp_path / "back.yaml").write_text(text.replace("https://gateway.invalid", service), encoding="utf-8")
    assert _under_vcr(tmp_path / "back.yaml", fetch, service, "none") == live


@pytest.mark.parametrize("fetch", [_with_httpx, _with_requests])
def test_as_a_recording(service: str, tmp_path: Path, fetch: Fetch) -> None:
    """Imported with surrogates, also in what was compressed, and played under vcrpy: the texts, decoded once."""
    live = _under_vcr(tmp_path / "own.yaml", fetch, service, "once")
    path = tmp_path / "one.rec.jsonl"
    import_file(tmp_path / "own.yaml", "vcr", path, key=load_key(None, 7), tools=Tools.default())
    recording = read_recording(path)
    assert PHONE.encode() not in path.read_bytes()
    text, left = to_vcr(recording.header, recording.entries)
    withheld = 1 + (BYTES in [body for _, body, _ in live[len(PATHS) :]])
    assert left == withheld
    (tmp_path / "back.yaml").write_text(text.replace("https://gateway.invalid", service), encoding="utf-8")
    played = _under_vcr(tmp_path / "back.yaml", fetch, service, "none")
    for index in (0, 1):
        said = json.loads(played[index][1])["text"]
        assert is_surrogate("PHONE", said.removeprefix("call "))
    assert [status for status, *_ in played] == [status for status, *_ in live]
    assert [body for _, body, _ in played[3:10]] == [body for _, body, _ in live[3:10]]
    back = from_vcr(text.encode()).entries
    assert _heads(back) == _heads(recording.entries)


def _heads(entries: list[AnyEntry]) -> list[tuple[int, Any]]:
    return [(entry.status, entry.headers) for entry in entries if isinstance(entry, HttpResponse)]
