from __future__ import annotations

import base64
import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import RecordingFormatError
from harness.recording.convert.har_export import to_har
from harness.recording.convert.har_import import from_har
from harness.recording.entry import AnyEntry, Gap, Header, HttpChunk, Redaction, WsClose, WsMessage, WsOpen

EPOCH_S = 1_773_478_800.0  # 2026-03-14T09:00:00Z


def encoded(value: dict[str, Any]) -> bytes:
    return json.dumps(value).encode()


def foreign(factor: float, **changes: Any) -> dict[str, Any]:
    """What others write: only the standard's fields and ``_webSocketMessages``."""
    message = {"type": "send", "time": (EPOCH_S + 0.25) * factor, "opcode": 1, "data": "hello"}
    answer = {"type": "receive", "time": (EPOCH_S + 0.5) * factor, "opcode": 2, "data": "AAEC"}
    rest = {
        "startedDateTime": "2026-03-14T10:00:00.100+01:00",
        "time": 80,
        "request": {
            "method": "POST",
            "url": "https://login.somewhere.invalid/oauth/token?v=1",
            "headers": [],
            "postData": {"mimeType": "x", "text": "a=b"},
        },
        "response": {"status": 200, "headers": [], "content": {"size": 4, "text": "AAEC", "encoding": "base64"}},
        "timings": {"send": -1, "wait": 50, "receive": 30},
    }
    stream = {
        "startedDateTime": "2026-03-14T09:00:00.000Z",
        "_resourceType": "websocket",
        "request": {
            "method": "GET",
            "url": "wss://api.somewhere.invalid/stream",
            "headers": [{"name": "a", "value": "b"}],
        },
        "response": {"status": 101, "headers": []},
        "_webSocketMessages": [message, answer],
    }
    return {"log": {"version": "1.2", "pages": [], "entries": [rest | changes, stream]}}


def test_what_crossed_the_wire_comes_back(header: Header, session: list[AnyEntry]) -> None:
    """Every entry but the gap, with its time to the microsecond, and in its order."""
    har, left = to_har(header, session)
    back = from_har(encoded(har))
    assert left == 1
    assert back.entries == [entry for entry in session if not isinstance(entry, Gap)]
    assert back.created.isoformat() == "2026-03-14T09:00:00+00:00"
    assert to_har(header, back.entries)[0] == har


def test_the_standard_s_own_fields_are_used(header: Header, session: list[AnyEntry]) -> None:
    """Any viewer of HAR files shows them; nothing else but underscored fields is added."""
    entries = to_har(header, session)[0]["log"]["entries"]
    token, stream = entries[0], entries[1]
    assert token["startedDateTime"] == "2026-03-14T09:00:00.000003Z"
    assert token["request"]["url"] == "https://token.invalid/oauth/token?v=1"
    assert token["request"]["postData"] == {"mimeType": "application/json", "text": "a=b"}
    assert token["response"]["content"]["text"] == '{"access_token":"\u2603"}'
    assert token["timings"] == {"send": 0, "wait": 81.231, "receive": 0.067}
    assert stream["request"]["url"] == "wss://stream.invalid/stream?x=1"
    assert stream["_webSocketMessages"][0] | {"_order": 0} == {
        "type": "send", "time": EPOCH_S + 0.09205, "opcode": 1, "data": "subscribe", "_order": 0
    }  # fmt: skip
    required = {"startedDateTime", "time", "request", "response", "cache", "timings"}
    assert all({key for key in entry if not key.startswith("_")} == required for entry in entries)


@pytest.mark.parametrize("factor", [1, 1000], ids=["seconds", "milliseconds"])
def test_files_of_others_are_read(factor: float) -> None:
    """Chromium's times are seconds, those of others milliseconds."""
    entries = from_har(encoded(foreign(factor))).entries
    kinds = [(type(entry).__name__, entry.t, getattr(entry, "conn", "")) for entry in entries]
    assert kinds == [
        ("WsOpen", 0, "w2"),
        ("WsAccept", 0, "w2"),
        ("HttpRequest", 100_000, "h1"),
        ("HttpResponse", 150_000, "h1"),
        ("HttpChunk", 180_000, "h1"),
        ("WsMessage", 250_000, "w2"),
        ("WsMessage", 500_000, "w2"),
    ]
    request, chunk, answer = entries[2], entries[4], entries[6]
    assert (request.service, request.url, request.body) == ("token", "/oauth/token?v=1", "a=b")  # type: ignore[union-attr]
    assert isinstance(chunk, HttpChunk)
    assert (chunk.base64, chunk.final, chunk.re) == ("AAEC", True, 3)
    assert isinstance(answer, WsMessage)
    assert (answer.base64, answer.re, answer.dir) == ("AAEC", 6, "in")
    # and back: what the standard has fields for is as it was
    header = Header(
        id="r", created="2026-03-14T09:00:00Z", tool="t", source="edited", redaction=Redaction(state="surrogate")
    )
    again = to_har(header, entries)[0]["log"]["entries"][0]["_webSocketMessages"]
    times = [message["time"] * factor for message in foreign(factor)["log"]["entries"][1]["_webSocketMessages"]]
    assert [message["time"] * factor * factor for message in again] == pytest.approx(times)


def test_a_request_without_answer_stays_one() -> None:
    """Status 0 is how the standard says that nothing came."""
    entries = from_har(encoded(foreign(1, response={"status": 0}))).entries
    assert [type(entry).__name__ for entry in entries if getattr(entry, "conn", "") == "h1"] == ["HttpRequest"]


texts = st.text(st.characters(), max_size=30).map(lambda text: json.loads(json.dumps(text)))  # pairs become one
times = st.integers(min_value=0, max_value=10**12)


@given(
    st.lists(st.tuples(times, st.sampled_from(["in", "out"]), texts | st.binary(max_size=9)), max_size=9),
    st.sampled_from([None, 1000, 4999]),
    texts,
)
def test_any_conversation_comes_back(
    messages: list[tuple[int, str, str | bytes]], code: int | None, reason: str
) -> None:
    """Whatever was said, and whenever: also lone surrogates, as JSON escapes."""
    header = Header(
        id="r", created="2026-03-14T09:00:00Z", tool="t", source="live", redaction=Redaction(state="surrogate")
    )
    entries: list[AnyEntry] = [WsOpen(n=1, t=0, conn="w1", url="/s")]
    asked = 1
    for n, (t, direction, data) in enumerate(sorted(messages, key=lambda m: m[0]), 2):
        text = data if isinstance(data, str) else None
        encoded_ = base64.b64encode(data).decode() if isinstance(data, bytes) else None
        size = len(data.encode("utf-8", "surrogatepass")) if isinstance(data, str) else len(data)
        re = asked if direction == "in" else None
        entries.append(
            WsMessage(n=n, t=t, conn="w1", dir=direction, re=re, text=text, base64=encoded_, size=size)  # type: ignore[arg-type]
        )
        asked = n if direction == "out" else asked
    entries.append(WsClose(n=len(entries) + 1, t=10**12, conn="w1", by="us", code=code, reason=reason))
    assert from_har(encoded(to_har(header, entries)[0])).entries == entries


def test_a_header_without_a_time_is_refused(header: Header) -> None:
    """A HAR file has dates only."""
    with pytest.raises(RecordingFormatError, match="created: not a time"):
        to_har(msgspec.structs.replace(header, created="c"), [])


@pytest.mark.parametrize(
    "data, words",
    [
        (b"hello", "not JSON"),
        (b"[" * 100_000, "not"),
        (b'{"log":{"entries":[]}}', "holds no exchange"),
        (b'{"log":{}}', r"missing value at \$"),
        (encoded(foreign(1, startedDateTime="4012 secret")), "entry 0: not a time"),
        (encoded(foreign(1, request={"method": "GET", "url": "http://[secret"})), "entry 0: not an address"),
        (encoded(foreign(1, response={"status": "secret"})), r"entries\[0\].response.status"),
        (encoded(foreign(1, response={"status": 200, "content": {"text": "?", "encoding": "base64"}})), "not base64"),
        (encoded(foreign(1e12)), "time is out of range"),
        (b"\xff\xfe", "not JSON"),
    ],
)
def test_what_is_no_har_file_is_refused(data: bytes, words: str) -> None:
    """The place is named, nothing of the value is."""
    with pytest.raises(RecordingFormatError, match=words) as caught:
        from_har(data)
    assert "secret" not in str(caught.value)


def test_bytes_of_a_message_are_checked() -> None:
    """Pings and binary messages are base64."""
    for opcode in (2, 9):
        har = foreign(1)
        har["log"]["entries"][1]["_webSocketMessages"] = [
            {"type": "send", "time": EPOCH_S, "opcode": opcode, "data": "?"}
        ]
        with pytest.raises(RecordingFormatError, match="entry 1: not base64"):
            from_har(encoded(har))
