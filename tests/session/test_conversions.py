from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from harness.errors import RecordingFormatError, RecordingWriteError
from harness.pii.surrogate import is_surrogate
from harness.recording.convert.har_export import to_har
from harness.recording.convert.vcr import to_vcr
from harness.recording.entry import (
    AnyEntry,
    Gap,
    Header,
    HttpChunk,
    HttpError,
    HttpRequest,
    HttpResponse,
    PiiLabel,
    Redaction,
    Withheld,
    WsAbort,
    WsAccept,
    WsClose,
    WsControl,
    WsMessage,
    WsOpen,
    WsReject,
)
from harness.recording.reader import read_recording
from harness.recording.writer import RecordingWriter
from harness.session import conversions
from harness.session.conversions import import_file, redact_recording
from harness.session.keys import load_key
from harness.session.parts import Tools

PHONE = "415-299-0188"
FAKE = "628-555-0142"
KEY = load_key(None, 7)


@pytest.fixture(scope="module")
def tools() -> Tools:
    """The built-in rules."""
    return Tools.default()


def header(**changes: Any) -> Header:
    fields: dict[str, Any] = {"source": "live", "redaction": Redaction(state="surrogate", key_id="k")}
    return Header(id="r", created="2026-03-14T09:00:00Z", tool="t/1", **(fields | changes))


def utterance(seq: int, text: str, **changes: Any) -> str:
    value = {"type": "utterance", "interaction_id": "i-1", "seq": seq, "utterance_id": f"u{seq}", "speaker": "customer"}
    return json.dumps(value | {"text": text, "is_final": True, "offset_ms": 1, "duration_ms": 1} | changes)


def delta(seq: int, index: int, text: str) -> str:
    value = {"type": "summary.delta", "interaction_id": "i-1", "seq": seq, "summary_id": "s1", "index": index}
    return json.dumps(value | {"text": text})


def completed(seq: int) -> str:
    value = {"type": "summary.completed", "interaction_id": "i-1", "seq": seq, "summary_id": "s1", "summary": "Done."}
    return json.dumps(value)


def session(*texts: str) -> list[AnyEntry]:
    entries: list[AnyEntry] = [
        HttpRequest(n=1, t=0, service="token", conn="h1", method="POST", url="/oauth/token", body="grant_type=x"),
        HttpResponse(n=2, t=1, conn="h1", re=1, status=200),
        HttpChunk(n=3, t=2, conn="h1", re=1, text='{"access_token":"abc",', final=False),
        HttpChunk(n=4, t=3, conn="h1", re=1, text=f'"note":"{PHONE}"}}', final=True),
        WsOpen(n=5, t=4, conn="w1", url="/s"),
        WsReject(n=6, t=5, conn="w1", re=5, status=401, body="no"),
        WsOpen(n=7, t=6, conn="w2", attempt=2, url="/s"),
        WsAccept(n=8, t=7, conn="w2", re=7),
        WsMessage(n=9, t=8, conn="w2", dir="out", text='{"type":"subscribe"}'),
    ]
    entries += [WsMessage(n=10 + i, t=10 + i, conn="w2", dir="in", re=9, text=text) for i, text in enumerate(texts)]
    n = 10 + len(texts)
    return [
        *entries,
        WsMessage(n=n, t=90, conn="w2", dir="in", re=9, base64=base64.b64encode(PHONE.encode()).decode()),
        WsControl(n=n + 1, t=91, conn="w2", dir="in", opcode="ping", base64="c3J2"),
        WsClose(n=n + 2, t=92, conn="w2", by="peer", code=4008, reason=f"call {PHONE}"),
        WsOpen(n=n + 3, t=93, conn="w3", attempt=3, url="/s"),
        WsAbort(n=n + 4, t=94, conn="w3", error="reset"),
        HttpRequest(n=n + 5, t=95, service="gateway", conn="h2", method="GET", url="/x"),
        HttpError(n=n + 6, t=96, conn="h2", re=n + 5, error="ReadTimeout"),
    ]


def har(folder: Path, *texts: str) -> Path:
    path = folder / "in.har"
    path.write_text(json.dumps(to_har(header(), session(*texts))[0]))
    return path


def messages(path: Path) -> list[WsMessage]:
    found = [e for e in read_recording(path).entries if isinstance(e, WsMessage) and e.dir == "in"]
    return found


def test_what_is_imported_holds_surrogates_only(tmp_path: Path, tools: Tools) -> None:
    """Also a value whose pieces lie in several messages; secrets and bytes are left out, outcomes are added."""
    source = har(
        tmp_path, utterance(1, f"It's {PHONE}."), delta(2, 0, "Call 415-2"), delta(3, 1, "99-0188 back."), completed(4)
    )
    path = import_file(source, "har", tmp_path / "out.rec.jsonl", key=KEY, tools=tools)
    raw = path.read_bytes()
    assert PHONE.encode() not in raw
    assert b'\\"abc\\"' not in raw
    assert b"415-2" not in raw
    recording = read_recording(path)
    assert (recording.header.source, recording.header.labels["imported"]) == ("edited", "har")
    assert str(recording.header.parent).startswith("sha256:")
    assert recording.header.created == "2026-03-14T09:00:00.000000Z"
    one, *pieces = [value["text"] for m in messages(path) if "text" in (value := json.loads(m.text or ""))]
    fake = one[5:-1]
    assert is_surrogate("PHONE", fake)
    assert "".join(pieces) == f"Call {fake} back."
    kinds = {type(entry) for entry in recording.entries}
    assert {WsReject, WsControl, WsClose, WsAbort, HttpError, Withheld} <= kinds
    closes = [entry.reason for entry in recording.entries if isinstance(entry, WsClose)]
    assert closes == [f"call {fake}"]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["in.har", "out.rec.jsonl"]


def test_gaps_and_compression(tmp_path: Path, tools: Tools) -> None:
    """Messages that never came are noted as when recording; the name says whether the file is compressed."""
    source = har(tmp_path, utterance(1, "one"), utterance(9, "two"))
    path = import_file(source, "har", tmp_path / "out.rec.jsonl.gz", key=KEY, tools=tools)
    assert path.read_bytes()[:2] == b"\x1f\x8b"
    assert any(isinstance(entry, Gap) for entry in read_recording(path).entries)


def test_a_cassette_is_imported(tmp_path: Path, tools: Tools) -> None:
    """The same way."""
    source = tmp_path / "in.yaml"
    source.write_text(to_vcr(header(), session())[0])
    path = import_file(source, "vcr", tmp_path / "out.rec.jsonl", key=KEY, tools=tools)
    assert PHONE.encode() not in path.read_bytes()
    assert [type(entry).__name__ for entry in read_recording(path).entries] == [
        "HttpRequest", "HttpResponse", "HttpChunk", "HttpChunk"
    ]  # fmt: skip


def test_what_cannot_be_imported_leaves_nothing(tmp_path: Path, tools: Tools, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a missing, a large or a foreign file, nor a name that is taken."""
    source = har(tmp_path, utterance(1, "one"))
    out = tmp_path / "out.rec.jsonl"
    with pytest.raises(RecordingFormatError, match="cannot be read"):
        import_file(tmp_path / "none", "har", out, key=KEY, tools=tools)
    with pytest.raises(RecordingFormatError, match="not a cassette"):
        import_file(source, "vcr", out, key=KEY, tools=tools)
    (tmp_path / "taken.rec.jsonl").write_text("")
    with pytest.raises(RecordingWriteError, match="exists already"):
        import_file(source, "har", tmp_path / "taken.rec.jsonl", key=KEY, tools=tools)
    monkeypatch.setattr(conversions, "MAX_IMPORT", 100)
    with pytest.raises(RecordingFormatError, match="larger than"):
        import_file(source, "har", out, key=KEY, tools=tools)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["in.har", "taken.rec.jsonl"]


def labelled(text: str, value: str, path: str = "/text", n: int = 0, **fields: Any) -> WsMessage:
    decoded = json.loads(text)["text"] if path else text
    start = decoded.index(value)
    label = PiiLabel(type="PHONE", start=start, end=start + len(value), id="s1", path=path)
    size = len(text.encode())
    return WsMessage(n=n, t=0, conn="w", dir="in", text=text, size=size, pii=(label,), **fields)


def test_surrogates_become_placeholders(tmp_path: Path) -> None:
    """In place, escapes and everything else untouched; the header says so, and order and count survive."""
    escaped = utterance(1, f"\u2603 {FAKE}").replace("628", "\\u0036\\u00328")
    entries: list[AnyEntry] = [
        labelled(escaped, FAKE, fragments=((0, 9), (5, len(escaped) - 9))),
        labelled(delta(2, 0, FAKE[:6]), FAKE[:6]),
        labelled(delta(3, 1, FAKE[6:] + " back"), FAKE[6:]),
        labelled(f"plain {FAKE}", FAKE, path=""),
        WsMessage(n=0, t=0, conn="w", dir="in", text=utterance(4, f"unlabelled {PHONE}")),
    ]
    with RecordingWriter(tmp_path / "a.rec.jsonl", header()) as writer:
        writer.extend(entries)
        writer.seal(dropped=1)
    recording = read_recording(redact_recording(writer.path, tmp_path / "b.rec.jsonl"))
    first, second, third, plain, leak = recording.entries
    assert isinstance(first, WsMessage)
    assert first.text == escaped.replace("\\u0036\\u00328-555-0142", "[PHONE_REDACTED]")
    assert first.size == len(first.text.encode()) == sum(size for _, size in first.fragments)
    assert [json.loads(getattr(entry, "text", ""))["text"] for entry in (second, third)] == [
        "[PHONE_REDACTED]",
        " back",
    ]
    assert getattr(plain, "text", "") == "plain [PHONE_REDACTED]"
    assert isinstance(leak, Withheld)
    assert leak.rule == "leak:PHONE"
    head = recording.header
    assert (head.redaction.state, head.redaction.key_id, head.source) == ("redacted", None, "edited")
    assert recording.seal is not None
    assert recording.seal.dropped == 1
    assert FAKE.encode() not in (tmp_path / "b.rec.jsonl").read_bytes()
