from __future__ import annotations

import base64
import gzip
import json
import zlib
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
import vcr  # type: ignore[import-untyped,unused-ignore]
import yaml

from harness.errors import RecordingFormatError
from harness.recording.convert.vcr import from_vcr, to_vcr
from harness.recording.entry import AnyEntry, Header, HttpChunk, HttpRequest, HttpResponse

REST = (HttpRequest, HttpResponse, HttpChunk)


def finished(session: list[AnyEntry]) -> list[AnyEntry]:
    """What a cassette can hold: exchanges that came to their end."""
    return [entry for entry in session if isinstance(entry, REST) and getattr(entry, "conn", "") != "h2"]


def renumbered(entries: list[AnyEntry]) -> list[AnyEntry]:
    order = {entry.n: n for n, entry in enumerate(entries, 1)}
    changes = [{"n": order[e.n]} | ({"re": order[re]} if (re := getattr(e, "re", None)) else {}) for e in entries]
    return [msgspec.structs.replace(e, **c) for e, c in zip(entries, changes, strict=True)]


def test_the_rest_part_comes_back(header: Header, session: list[AnyEntry]) -> None:
    """With its times, chunks and bytes; the stream and the failed exchange stay behind and are counted."""
    text, left = to_vcr(header, session)
    back = from_vcr(text.encode())
    assert back.entries == renumbered(finished(session))
    assert left == len(session) - len(finished(session))
    assert to_vcr(header, back.entries)[0].count("uri:") == 2


def test_json_cassettes_hold_text_only(header: Header, session: list[AnyEntry]) -> None:
    """As vcrpy's own do."""
    with pytest.raises(RecordingFormatError, match="not text"):
        to_vcr(header, session, as_json=True)
    some = [entry for entry in session if getattr(entry, "conn", "") == "h1"]
    text, _ = to_vcr(header, some, as_json=True)
    assert from_vcr(text.encode()).entries == renumbered(some)


@pytest.mark.parametrize("suffix", ["yaml", "json"])
def test_vcrpy_plays_what_is_written(header: Header, session: list[AnyEntry], tmp_path: Path, suffix: str) -> None:
    """A client under vcrpy gets the recorded answer, with no network."""
    some = [entry for entry in session if getattr(entry, "conn", "") == "h1"]
    text, _ = to_vcr(header, some, as_json=suffix == "json")
    path = tmp_path / f"cassette.{suffix}"
    path.write_text(text, encoding="utf-8")
    with vcr.use_cassette(str(path), record_mode="none", serializer=suffix) as cassette, httpx.Client() as client:
        answer = client.post("https://token.invalid/oauth/token?v=1", content=b"a=b")
    assert (answer.status_code, answer.text) == (200, '{"access_token":"\u2603"}')
    assert cassette.all_played


def test_what_vcrpy_writes_is_read(tmp_path: Path) -> None:
    """Its own serialiser, with an anchor, bytes and header lists."""
    shared = ["application/json"]
    cassette = {
        "interactions": [
            {
                "request": {
                    "method": "POST",
                    "uri": "https://x.invalid/a?b=c",
                    "body": "q",
                    "headers": {"A": shared, "B": shared},
                },
                "response": {
                    "status": {"code": 201, "message": "Created"},
                    "headers": {"content-type": shared},
                    "body": {"string": gzip.compress(b"x", mtime=0)},
                },
            },
            {
                "request": {
                    "method": "GET",
                    "uri": "https://x.invalid/oauth/token",
                    "body": {"string": b"old"},
                    "headers": {},
                },
                "response": {
                    "status": {"code": 204, "message": None},
                    "headers": {"one": "plain"},
                    "body": {"string": ""},
                },
            },
        ],
        "version": 1,
    }
    from vcr.serializers import yamlserializer  # type: ignore[import-untyped,unused-ignore]

    text = yamlserializer.serialize(cassette)
    assert "&id" in text
    first, answer, body, second, *_ = from_vcr(text.encode()).entries
    assert isinstance(first, HttpRequest)
    assert (first.service, first.url, first.body, first.headers) == (
        "gateway", "/a?b=c", "q", (("A", "application/json"), ("B", "application/json")),
    )  # fmt: skip
    assert isinstance(answer, HttpResponse)
    assert (answer.status, answer.re) == (201, 1)
    assert isinstance(body, HttpChunk)
    assert body.base64 is not None
    assert isinstance(second, HttpRequest)
    assert (second.service, second.body, second.t) == ("token", "old", 0)


def doc(**changes: Any) -> bytes:
    one = {
        "request": {"method": "GET", "uri": "https://x.invalid/", "headers": {}},
        "response": {"status": {"code": 200}, "headers": {}, "body": {"string": "x"}},
    }
    return yaml.safe_dump({"interactions": [one | changes], "version": 1}).encode()


LAUGHS = b"a: &a [x,x,x,x,x,x,x,x,x,x]\n" + b"".join(
    b"b%d: &b%d [%s]\n" % (i, i, b",".join([b"*b%d" % (i - 1) if i else b"*a"] * 10)) for i in range(12)
)


@pytest.mark.parametrize(
    "data, words",
    [
        (b"\xff", "neither plain YAML nor JSON"),
        (b"{", "neither plain YAML nor JSON"),
        (b"{" * 100_000, "neither plain YAML nor JSON"),
        (b"[" * 100_000, "neither plain YAML nor JSON"),
        (b"a: [", "neither plain YAML nor JSON"),
        (b"!!python/object/apply:os.system ['true']", "neither plain YAML nor JSON"),
        (b"interactions: []", "holds no exchange"),
        (b"interactions: 4012", r"wrong or missing value at \$.interactions"),
        (b"hello", r"wrong or missing value at \$"),
        (LAUGHS, "expands to more than is allowed"),
        (b"&a [*a]", "expands to more than is allowed"),
        (doc(response={"status": {"code": "secret"}}), "response.status.code"),
        (doc(request={"method": "GET", "uri": "http://[secret"}), "interaction 0: not an address"),
        (doc(mediation={"created": "secret"}), "mediation: not a time"),
    ],
)
def test_what_is_no_cassette_is_refused(data: bytes, words: str) -> None:
    """At once, and nothing of it is run or told."""
    with pytest.raises(RecordingFormatError, match=words) as caught:
        from_vcr(data)
    assert "secret" not in str(caught.value)


def test_statuses_nobody_named(header: Header, session: list[AnyEntry]) -> None:
    """Have no phrase."""
    odd = [msgspec.structs.replace(e, status=299) if isinstance(e, HttpResponse) else e for e in session]
    text, _ = to_vcr(header, [entry for entry in odd if getattr(entry, "conn", "") == "h1"], as_json=True)
    assert json.loads(text)["interactions"][0]["response"]["status"] == {"code": 299, "message": ""}


def test_a_body_is_text_or_bytes() -> None:
    """Nothing else."""
    data = doc(response={"status": {"code": 200}, "body": {"string": [1]}})
    with pytest.raises(RecordingFormatError, match="interaction 0: a body is neither text nor bytes"):
        from_vcr(data)


def _exchange(body: str | bytes, coding: str, method: str = "GET") -> list[AnyEntry]:
    """A request and its answer, with a length that is not that of ``body``."""
    text = body if isinstance(body, str) else None
    encoded = base64.b64encode(body).decode() if isinstance(body, bytes) else None
    headers = (("X-A", "1"), ("content-encoding", coding), ("Content-Length", "7"), ("X-A", "2"))
    return [
        HttpRequest(n=1, t=0, service="gateway", conn="h1", method=method, url="/a"),
        HttpResponse(n=2, t=0, conn="h1", re=1, status=200, headers=headers),
        HttpChunk(n=3, t=0, conn="h1", re=1, text=text, base64=encoded, final=True),
    ]


@pytest.mark.parametrize(
    "body, coding, kept",
    [
        ("decoded \u2603", "gzip", False),
        (b"\0decoded", "gzip", False),
        (b"\xffdecoded", "deflate", False),
        (gzip.compress(b"x", mtime=0), "gzip", True),
        (zlib.compress(b"x"), "deflate", True),
        (zlib.compress(b"x")[2:-4], "deflate", True),
        (b"\x0b\x00x\x03", "br", True),
        ("decoded", "br", False),
    ],
)
def test_a_cassette_is_true_of_its_bodies(header: Header, body: str | bytes, coding: str, kept: bool) -> None:
    """Its coding and length are those of the body it holds; the recorded ones, in their order, come back."""
    text, _ = to_vcr(header, _exchange(body, coding))
    shown = yaml.safe_load(text)["interactions"][0]["response"]["headers"]
    assert ("content-encoding" in shown) is kept
    assert shown["Content-Length"] == [str(len(body.encode() if isinstance(body, str) else body))]
    assert from_vcr(text.encode()).entries == _exchange(body, coding)


def test_the_length_a_head_request_is_told(header: Header) -> None:
    """Is that of a body that does not come."""
    text, _ = to_vcr(header, _exchange("", "gzip", "HEAD"))
    assert yaml.safe_load(text)["interactions"][0]["response"]["headers"]["Content-Length"] == ["7"]


def test_what_is_not_there_moves_nothing(header: Header) -> None:
    """Exchanges without a body, or with a piece more than noted, keep their place among the others."""
    first, second = _exchange("", "")[:2], _exchange("b", "")
    moved = [msgspec.structs.replace(entry, n=entry.n + 10, conn="h2") for entry in second]
    both = [*first, *(msgspec.structs.replace(e, re=11) if hasattr(e, "re") else e for e in moved)]
    text, _ = to_vcr(header, both)
    assert from_vcr(text.encode()).entries == renumbered(both)
    edited = text.replace("string: ''", "string: more")
    kinds = [type(entry).__name__ for entry in from_vcr(edited.encode()).entries]
    assert kinds == ["HttpRequest", "HttpResponse", "HttpChunk"] * 2
