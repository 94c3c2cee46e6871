"""What a client and a service said to each other over one relayed connection, told to a tap.

1. It is fed what was relayed, in the order in which it was, some time later: nothing here can hold up a byte.
2. A response belongs to the oldest request that has none. A request is told when it is complete, or when its response
   begins, whichever is first.
3. What cannot be read (no HTTP, no frames, a message over the limit) is told as pieces of that size; from there on that
   direction is not read, while the other one is.
4. The steps are small, one message or one piece of a body each, so that whoever drives them can let others go first.
"""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

from harness.wire.decoding import MAX_DECODED, BodyDecoder, content_coding
from harness.wire.frames import TEXT, ConnectionTeller, Told
from harness.wire.http1 import Data, End, Event, Head, Http1Error, Http1Reader, Raw
from harness.wire.rfc6455 import FrameError, FrameReader
from harness.wire.tap import By, Direction, Tap, safe_pairs

__all__ = ["Body", "Listener", "Names", "Overheard"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """A response that is complete; ``handle`` is the tap's for its body."""

    service: str
    method: str
    path: str
    status: int
    text: str = field(repr=False)
    at_ns: int
    handle: Any = None


class Listener(Protocol):
    """Hears, behind the tap, what was said."""

    def message(self, told: Told) -> None:
        """An inbound message, with the tap's handle."""
        ...

    def sent(self, text: str) -> None:
        """A text message of the client."""
        ...

    def body(self, body: Body) -> None:
        """A response."""
        ...


class Names:
    """Gives connections and exchanges their names in the recording."""

    def __init__(self) -> None:
        self._ws = itertools.count(1)
        self._http = itertools.count(1)

    def ws(self) -> str:
        return f"w{next(self._ws)}"

    def http(self) -> str:
        return f"h{next(self._http)}"


@dataclass(slots=True)
class _Exchange:
    """A request on its way to its response."""

    service: str
    head: Head = field(repr=False)
    at_ns: int
    conn: str = ""
    body: bytearray = field(default_factory=bytearray, repr=False)
    told: bool = False
    response: Head | None = field(default=None, repr=False)
    decoder: BodyDecoder = field(default_factory=lambda: BodyDecoder(""))
    text: bytearray = field(default_factory=bytearray, repr=False)
    teller: ConnectionTeller | None = None


class Overheard:
    """One relayed connection.

    Args:
        tap: is told first.
        listener: hears what came of it.
        names: shared by all connections of a recording.
    """

    def __init__(self, tap: Tap, listener: Listener, names: Names) -> None:
        self._tap = tap
        self._listener = listener
        self._names = names
        self._responses = Http1Reader(requests=False)
        self._exchanges: deque[_Exchange] = deque()
        self._asking: _Exchange | None = None
        self._frames: dict[Direction, FrameReader] = {}
        self._teller: ConnectionTeller | None = None
        self._unread: dict[Direction, int] = {}

    def asked(self, service: str, events: list[Event], at_ns: int) -> Iterator[None]:
        """Events of the client's requests."""
        for event in events:
            match event:
                case Head():
                    self._request(service, event, at_ns)
                case Data() if self._asking is not None:
                    room = MAX_DECODED - len(self._asking.body)
                    self._asking.body += event.data[: max(room, 0)]
                case End() if self._asking is not None:
                    self._tell_request(self._asking)
                    self._asking = None
                case Raw():
                    yield from self.sent(event.raw, at_ns)
            yield

    def sent(self, data: bytes, at_ns: int) -> Iterator[None]:
        """Bytes of the client behind an upgrade."""
        yield from self._read_frames("out", data, at_ns)

    def answered(self, data: bytes, at_ns: int) -> Iterator[None]:
        """Bytes of the service."""
        if "in" in self._frames or "in" in self._unread:
            yield from self._read_frames("in", data, at_ns)
            return
        try:
            for event in self._responses.feed(data):
                yield from self._response(event, at_ns)
        except Http1Error as error:
            self._unread["in"] = len(data)
            self._fail(f"not readable: {error}", at_ns)

    def ended(self, by: By, error: str, at_ns: int) -> Iterator[None]:
        """The connection is gone, or could not be made."""
        for direction, size in self._unread.items():
            if self._teller is not None and not self._teller.ended:
                self._tap.ws_partial(self._teller.conn, direction, bytes(0), ((0, size),), at_ns)
        try:
            for event in self._responses.eof():
                yield from self._response(event, at_ns)
        except Http1Error:
            pass
        self._fail(error, at_ns)
        if self._teller is not None:
            self._teller.lost(by, error, at_ns)

    # -- requests --------------------------------------------------------------------------------------------------

    def _request(self, service: str, head: Head, at_ns: int) -> None:
        exchange = _Exchange(service, head, at_ns)
        self._responses.asked(head.start[0])
        self._exchanges.append(exchange)
        if head.upgrade:
            exchange.conn = self._names.ws()
            exchange.teller = self._teller = ConnectionTeller(exchange.conn, self._tap)
            exchange.teller.open(head.start[1], safe_pairs(head.headers), at_ns)
            exchange.told = True
        else:
            exchange.conn = self._names.http()
            self._asking = exchange

    def _tell_request(self, exchange: _Exchange) -> None:
        if not exchange.told:
            exchange.told = True
            method, target, _ = exchange.head.start
            headers, body = safe_pairs(exchange.head.headers), bytes(exchange.body)
            self._tap.http_request(exchange.conn, exchange.service, method, target, headers, body, exchange.at_ns)

    # -- responses -------------------------------------------------------------------------------------------------

    def _response(self, event: Event, at_ns: int) -> Iterator[None]:
        exchange = self._exchanges[0] if self._exchanges else None
        match event:
            case Raw():
                yield from self._read_frames("in", event.raw, at_ns)
            case _ if exchange is None:
                return  # an answer nobody asked for
            case Head() if event.status != 101 and event.status < 200:
                exchange.response = None  # an interim answer; the real one is still to come
            case Head():
                self._response_head(exchange, event, at_ns)
            case Data() if event.data and exchange.response is not None:
                self._response_data(exchange, event.data, at_ns)
            case End() if exchange.response is not None:
                self._exchanges.popleft()
                self._response_end(exchange, exchange.response, at_ns)
        yield

    def _response_head(self, exchange: _Exchange, head: Head, at_ns: int) -> None:
        self._tell_request(exchange)
        exchange.response = head
        pairs = safe_pairs(head.headers)
        exchange.decoder = BodyDecoder(content_coding(pairs))
        if exchange.teller is None:
            self._tap.http_response(exchange.conn, head.status, pairs, at_ns)
        elif head.status == 101:
            self._exchanges.popleft()
            deflate = any(value.startswith("permessage-deflate") for value in head.values("sec-websocket-extensions"))
            self._frames = {"in": FrameReader(deflate=deflate), "out": FrameReader(deflate=deflate)}
            exchange.teller.accept(head.status, pairs, at_ns)

    def _response_data(self, exchange: _Exchange, data: bytes, at_ns: int) -> None:
        text = exchange.decoder.feed(data)
        exchange.text += text[: max(MAX_DECODED - len(exchange.text), 0)]
        if exchange.teller is None:
            self._tap.http_chunk(exchange.conn, text, False, at_ns)

    def _response_end(self, exchange: _Exchange, head: Head, at_ns: int) -> None:
        if exchange.teller is not None:
            exchange.teller.reject(head.status, safe_pairs(head.headers), bytes(exchange.text), at_ns)
            return
        handle = self._tap.http_chunk(exchange.conn, b"", True, at_ns)
        method, target, _ = exchange.head.start
        self._listener.body(
            Body(
                service=exchange.service,
                method=method,
                path=target.partition("?")[0],
                status=head.status,
                text=exchange.text.decode("utf-8", "replace"),
                at_ns=at_ns,
                handle=handle,
            )
        )

    def _fail(self, error: str, at_ns: int) -> None:
        """Exchanges that will not be answered any more."""
        for exchange in self._exchanges:
            if exchange.teller is None:
                self._tell_request(exchange)
                self._tap.http_error(exchange.conn, error, at_ns)
        self._exchanges.clear()
        self._asking = None

    # -- frames ----------------------------------------------------------------------------------------------------

    def _read_frames(self, direction: Direction, data: bytes, at_ns: int) -> Iterator[None]:
        reader, teller = self._frames.get(direction), self._teller
        if reader is None or teller is None or direction in self._unread:
            self._unread[direction] = self._unread.get(direction, 0) + len(data)
            return
        try:
            for opcode, fin, payload in reader.feed(data):
                teller.frame(direction, opcode, fin, payload, at_ns)
                while teller.inbox:
                    self._listener.message(teller.inbox.popleft())
                if direction == "out" and opcode == TEXT and fin:
                    self._listener.sent(payload.decode("utf-8", "replace"))
                yield
        except FrameError:
            self._unread[direction] = len(data)
