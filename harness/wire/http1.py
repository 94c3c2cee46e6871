"""HTTP/1.1 messages out of relayed bytes (RFC 9112), just enough to tell heads, pieces of bodies and ends apart. Pure.

1. Whatever pieces the bytes come in, the same heads, the same data and the same ends come out, in order.
2. Every event holds the bytes it came in (``raw``): put together they are what was fed, so that a request can be relayed
   with its head changed and nothing else.
3. A body ends by ``content-length``, by its last chunk, with the connection (responses only), or has no bytes at all.
4. Memory is bounded: a head of more than 64 KiB is an error, and so is what is no HTTP.
5. After a response 101, or a request that asks for an upgrade, everything that follows is :class:`Raw`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

__all__ = ["Data", "End", "Event", "Head", "Http1Error", "Http1Reader", "Raw"]

_MAX_HEAD = 64 * 1024
_MAX_LINE = 4096
_NO_BODY = frozenset({204, 304})


class Http1Error(Exception):
    """The bytes are no HTTP/1.1 message."""


@dataclass(frozen=True, slots=True)
class Head:
    """Start line and headers; names in lower case, values as Latin-1."""

    raw: bytes = field(repr=False)
    start: tuple[str, str, str]
    headers: tuple[tuple[str, str], ...] = field(repr=False)

    def values(self, name: str) -> list[str]:
        """The values of a header, in lower case, split at commas."""
        found = (value for key, value in self.headers if key == name)
        return [part.strip().lower() for value in found for part in value.split(",")]

    @property
    def status(self) -> int:
        """Of a response."""
        return int(self.start[1])

    @property
    def upgrade(self) -> bool:
        """True for a request that asks to speak WebSocket from here on."""
        return "websocket" in self.values("upgrade") and "upgrade" in self.values("connection")


@dataclass(frozen=True, slots=True)
class Data:
    """A piece of a body: ``data`` without the framing that ``raw`` may hold; often empty for framing alone."""

    raw: bytes = field(repr=False)
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class End:
    """The message is complete."""


@dataclass(frozen=True, slots=True)
class Raw:
    """Bytes behind an upgrade."""

    raw: bytes = field(repr=False)


Event = Head | Data | End | Raw


class Http1Reader:
    """Reads one direction of a connection.

    Args:
        requests: True for the client's side.
    """

    def __init__(self, *, requests: bool) -> None:
        self._requests = requests
        self._buffer = b""
        self._state = "head"
        self._left = 0
        self._methods: deque[str] = deque()

    def asked(self, method: str) -> None:
        """Before its response is fed: how a request was made (a HEAD has no body whatever its headers say)."""
        self._methods.append(method)

    def feed(self, data: bytes) -> Iterator[Event]:
        """What is complete with ``data``.

        Raises:
            Http1Error: it is no HTTP, or a head is too large.
        """
        self._buffer += data
        while self._buffer:
            before = len(self._buffer), self._state
            yield from self._step()
            if (len(self._buffer), self._state) == before:
                return

    def eof(self) -> Iterator[Event]:
        """The connection has ended: so has a body without a length.

        Raises:
            Http1Error: it ended within a message.
        """
        if self._state == "close":
            self._state = "head"
            yield End()
        elif self._state != "raw" and (self._state != "head" or self._buffer):
            raise Http1Error("the connection ended within a message")

    def raw(self) -> None:
        """What comes from now on is no HTTP any more."""
        self._state = "raw"

    # -- inside ----------------------------------------------------------------------------------------------------

    def _step(self) -> Iterator[Event]:
        match self._state:
            case "head":
                yield from self._head()
            case "length":
                yield from self._length()
            case "size":
                yield from self._size()
            case "chunk":
                yield from self._chunk()
            case "trailer":
                yield from self._trailer()
            case "close":
                yield Data(*(self._take(len(self._buffer)),) * 2)
            case _:
                yield Raw(self._take(len(self._buffer)))

    def _take(self, size: int) -> bytes:
        taken, self._buffer = self._buffer[:size], self._buffer[size:]
        return taken

    def _head(self) -> Iterator[Event]:
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            if len(self._buffer) > _MAX_HEAD:
                raise Http1Error("a head is larger than the limit")
            return
        head = _parsed(self._take(end + 4))
        self._state = self._body_of(head)
        yield head
        if self._state == "none":
            self._state = "head"
            yield End()

    def _body_of(self, head: Head) -> str:
        if self._requests:
            if head.upgrade:
                return "raw"
        elif not head.start[1].isdigit():
            raise Http1Error("a response without a status")
        elif head.status == 101:
            return "raw"
        else:
            method = "" if head.status < 200 or not self._methods else self._methods.popleft()
            if method == "HEAD" or head.status in _NO_BODY or head.status < 200:
                return "none"
        return self._framing(head)

    def _framing(self, head: Head) -> str:
        if "chunked" in head.values("transfer-encoding"):
            return "size"
        lengths = set(head.values("content-length"))
        if lengths:
            length = lengths.pop()
            if lengths or not (length.isascii() and length.isdigit()) or len(length) > 18:
                raise Http1Error("a bad content-length")
            self._left = int(length)
            return "length" if self._left else "none"
        return "none" if self._requests else "close"

    def _length(self) -> Iterator[Event]:
        data = self._take(self._left)
        self._left -= len(data)
        yield Data(data, data)
        if not self._left:
            self._state = "head"
            yield End()

    def _size(self) -> Iterator[Event]:
        line = self._line()
        if line is None:
            return
        digits = line.partition(b";")[0].strip()
        try:
            self._left = int(digits, 16)
        except ValueError:
            raise Http1Error("a bad chunk size") from None
        self._state = "chunk" if self._left else "trailer"
        self._left += 2  # the line break behind the chunk
        yield Data(line, b"")

    def _chunk(self) -> Iterator[Event]:
        raw = self._take(self._left)
        data = raw[: max(self._left - 2, 0)]
        self._left -= len(raw)
        if not self._left:
            self._state = "size"
        yield Data(raw, data)

    def _trailer(self) -> Iterator[Event]:
        line = self._line()
        if line is None:
            return
        yield Data(line, b"")
        if line == b"\r\n":
            self._state = "head"
            yield End()

    def _line(self) -> bytes | None:
        end = self._buffer.find(b"\n")
        if end < 0:
            if len(self._buffer) > _MAX_LINE:
                raise Http1Error("a line is larger than the limit")
            return None
        return self._take(end + 1)


def _parsed(raw: bytes) -> Head:
    start, *lines = raw[:-4].decode("latin-1").split("\r\n")
    parts = start.split(" ", 2)
    if len(parts) < 2 or "HTTP/1." not in start:
        raise Http1Error("no HTTP/1.1")
    headers = []
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon:
            raise Http1Error("a header without a colon")
        headers.append((name.strip().lower(), value.strip()))
    return Head(raw, (parts[0], parts[1], parts[2] if len(parts) > 2 else ""), tuple(headers))
