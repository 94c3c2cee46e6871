"""HTTP messages out of bytes, in whatever pieces they come."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.wire.http1 import Data, End, Event, Head, Http1Error, Http1Reader, Raw

REQUEST = b"POST /a?b=1 HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"
GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
CHUNKED = (
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\nA\r\n0123456789\r\n0\r\nTrailer: t\r\n\r\n"
)
SIZED = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
CLOSED = b"HTTP/1.0 200 OK\r\n\r\nuntil the end"
EMPTY = b"HTTP/1.1 204 No Content\r\n\r\n"
UPGRADED = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n\x81\x02hi"


def read(reader: Http1Reader, data: bytes, cuts: Sequence[int]) -> list[Event]:
    ends = [*sorted(min(cut, len(data)) for cut in cuts), len(data)]
    return [event for a, b in zip([0, *ends], ends, strict=False) for event in reader.feed(data[a:b])]


def told(events: Sequence[Event]) -> list[object]:
    """Start lines, bodies and ends, pieces joined."""
    found: list[object] = []
    for event in events:
        match event:
            case Head(start=start):
                found += [start, b""]
            case Data(data=data) | Raw(raw=data):
                found[-1] += data  # type: ignore[operator]
            case End():
                found.append("end")
    return found


@given(st.lists(st.integers(0, 250), max_size=10))
def test_responses_in_any_pieces(cuts: list[int]) -> None:
    """Length, chunks, no body, interim, and a body until the end: the same whatever the pieces, and no byte is lost."""
    data = SIZED + CHUNKED + b"HTTP/1.1 100 Continue\r\n\r\n" + EMPTY + CLOSED
    reader = Http1Reader(requests=False)
    events = [*read(reader, data, cuts), *reader.eof()]
    assert b"".join(getattr(event, "raw", b"") for event in events) == data
    assert told(events) == [
        *(("HTTP/1.1", "200", "OK"), b"ok", "end"),
        *(("HTTP/1.1", "200", "OK"), b"abc0123456789", "end"),
        *(("HTTP/1.1", "100", "Continue"), b"", "end"),
        *(("HTTP/1.1", "204", "No Content"), b"", "end"),
        *(("HTTP/1.0", "200", "OK"), b"until the end", "end"),
    ]


@given(st.lists(st.integers(0, 250), max_size=10))
def test_requests_in_any_pieces(cuts: list[int]) -> None:
    """Requests follow each other; behind one that asks for an upgrade everything is raw."""
    upgrade = b"GET /s HTTP/1.1\r\nConnection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n\r\n"
    data = REQUEST + GET + upgrade + b"\x81\x80"
    events = read(Http1Reader(requests=True), data, cuts)
    assert b"".join(getattr(event, "raw", b"") for event in events) == data
    assert told(events) == [
        *(("POST", "/a?b=1", "HTTP/1.1"), b"abc", "end"),
        *(("GET", "/", "HTTP/1.1"), b"", "end"),
        *(("GET", "/s", "HTTP/1.1"), b"\x81\x80"),
    ]


def test_response_to_head_and_upgrade() -> None:
    """A response to HEAD has no body whatever it says; behind a 101 everything is raw."""
    reader = Http1Reader(requests=False)
    reader.asked("HEAD")
    reader.asked("GET")
    events = read(reader, b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n" + UPGRADED, ())
    assert told(events) == [
        ("HTTP/1.1", "200", "OK"),
        b"",
        "end",
        ("HTTP/1.1", "101", "Switching Protocols"),
        b"\x81\x02hi",
    ]
    assert list(reader.eof()) == []


def test_headers() -> None:
    """Names in lower case, values split at commas where that is asked for."""
    head = next(iter(Http1Reader(requests=True).feed(b"GET / HTTP/1.1\r\nX-A: b, C\r\nx-a:d\r\n\r\n")))
    assert isinstance(head, Head)
    assert head.headers == (("x-a", "b, C"), ("x-a", "d"))
    assert head.values("x-a") == ["b", "c", "d"]


@pytest.mark.parametrize(
    ("requests", "data"),
    [
        (True, b"SSH-2.0\r\n\r\n"),
        (True, b"GET / HTTP/1.1\r\nnothing\r\n\r\n"),
        (True, b"GET / HTTP/1.1\r\nContent-Length: 1, 2\r\n\r\n"),
        (True, b"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n"),
        (False, b"HTTP/1.1 abc\r\n\r\n"),
        (False, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
        (False, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1" * 5000),
        (True, b"x" * 70_000),
    ],
)
def test_errors(requests: bool, data: bytes) -> None:
    """What is no HTTP, or has no end, is an error."""
    with pytest.raises(Http1Error):
        list(Http1Reader(requests=requests).feed(data))


@pytest.mark.parametrize("data", [SIZED[:-1], CHUNKED[:-2], b"HTTP/1.1 2"])
def test_end_within_a_message(data: bytes) -> None:
    """A connection that ends too early is an error."""
    reader = Http1Reader(requests=False)
    list(reader.feed(data))
    with pytest.raises(Http1Error):
        list(reader.eof())
