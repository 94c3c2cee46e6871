"""From the frames of one WebSocket connection to what a tap is told. Knows no library and no socket.

1. Frames come in wire order, both ways; "in" comes from the service, "out" from the client.
2. A message in several frames is told once, with its last frame; control frames between them are told at once.
3. A connection has one end: a close frame with who sent it first, or an abort. It is told when the answer came or when
   the transport is gone, whichever is first, so that it stands behind everything that still crossed the wire.
4. Text that is not UTF-8 is told as what it is: bytes that cannot be read.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Any

from harness.wire.tap import By, Direction, Headers, Opaque, Tap

__all__ = ["BINARY", "CLOSE", "CONT", "PING", "PONG", "TEXT", "ConnectionTeller", "Told"]

CONT, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
"""Opcodes of RFC 6455, 5.2."""


@dataclass(slots=True)
class Told:  # not frozen: that would make it four times as slow, and there is one per message
    """An inbound message the tap was told of: its payload, arrival (monotonic ns) and the tap's handle."""

    data: str | bytes = field(repr=False)
    at_ns: int
    handle: Any = None

    @property
    def readable(self) -> bool:
        """False for text that is not UTF-8: no client gets to see it."""
        return not isinstance(self.data, Opaque)


@dataclass(slots=True)
class _Pieces:
    """A message under way."""

    opcode: int
    first_ns: int
    data: list[bytes] = field(default_factory=list, repr=False)
    fragments: list[tuple[int, int]] = field(default_factory=list)

    def add(self, data: bytes, at_ns: int) -> None:
        self.data.append(data)
        self.fragments.append(((at_ns - self.first_ns) // 1000, len(data)))


@dataclass(frozen=True, slots=True)
class _Close:
    by: By
    code: int | None
    reason: str = field(repr=False)
    at_ns: int


class ConnectionTeller:
    """Tells a tap of one connection, frame by frame.

    Args:
        conn: the connection's name in the recording.
        tap: is told.
        attempt: which dial in a row it is.
    """

    def __init__(self, conn: str, tap: Tap, attempt: int = 1) -> None:
        self.conn = conn
        self.opened = False
        self.accepted = False
        self.ended = False
        self.inbox: deque[Told] = deque()
        """Inbound messages told and not yet taken by whoever reads the connection."""
        self._tap = tap
        self._attempt = attempt
        self._pieces: dict[Direction, _Pieces] = {}
        self._close: _Close | None = None

    def open(self, url: str, headers: Headers, at_ns: int) -> None:
        """A handshake request goes out; a redirect makes it another one."""
        self.opened, self.accepted, self.ended = True, False, False
        self._tap.ws_open(self.conn, self._attempt, url, headers, at_ns)

    def accept(self, status: int, headers: Headers, at_ns: int) -> None:
        """The service took it."""
        self.accepted = True
        self._tap.ws_accept(self.conn, status, headers, at_ns)

    def reject(self, status: int, headers: Headers, body: bytes, at_ns: int) -> None:
        """The service refused it."""
        self.ended = True
        self._tap.ws_reject(self.conn, status, headers, body, at_ns)

    def frame(self, direction: Direction, opcode: int, fin: bool, data: bytes, at_ns: int) -> None:
        """One frame, unmasked and decompressed."""
        if self.ended:
            return
        if opcode in (TEXT, BINARY) and fin:
            self._message(direction, opcode, data, at_ns)
        elif opcode in (TEXT, BINARY):
            self._pieces[direction] = pieces = _Pieces(opcode, at_ns)
            pieces.add(data, at_ns)
        elif opcode == CONT:
            self._continued(direction, fin, data, at_ns)
        elif opcode == CLOSE:
            self._closing(direction, data, at_ns)
        else:
            self._tap.ws_control(self.conn, direction, "ping" if opcode == PING else "pong", data, at_ns)

    def lost(self, by: By, error: str, at_ns: int) -> None:
        """The transport is gone: an unanswered close frame was the end, or there was none."""
        if self.ended or not self.opened:
            return
        if self._close is not None:
            self._end(self._close, clean=False)
            return
        self._give_up_pieces(at_ns)
        self.ended = True
        self._tap.ws_abort(self.conn, by, error, at_ns)

    # -- inside ----------------------------------------------------------------------------------------------------

    def _continued(self, direction: Direction, fin: bool, data: bytes, at_ns: int) -> None:
        pieces = self._pieces.get(direction)
        if pieces is None:  # against the protocol; whoever reads the connection will end it
            return
        pieces.add(data, at_ns)
        if fin:
            del self._pieces[direction]
            self._message(direction, pieces.opcode, b"".join(pieces.data), at_ns, tuple(pieces.fragments))

    def _message(
        self, direction: Direction, opcode: int, data: bytes, at_ns: int, fragments: tuple[tuple[int, int], ...] = ()
    ) -> None:
        value: str | bytes = data
        if opcode == TEXT:
            try:
                value = str(data, "utf-8")
            except UnicodeDecodeError:
                value = Opaque(data, "bad_utf8")
        more = (fragments,) if fragments else ()
        handle = self._tap.ws_message(self.conn, direction, value, at_ns, *more)
        if direction == "in":
            self.inbox.append(Told(value, at_ns, handle))

    def _closing(self, direction: Direction, data: bytes, at_ns: int) -> None:
        by: By = "us" if direction == "out" else "peer"
        if self._close is None:
            code = int.from_bytes(data[:2], "big") if len(data) >= 2 else None
            self._close = _Close(by, code, data[2:].decode("utf-8", "replace"), at_ns)
        elif self._close.by != by:
            self._end(self._close, clean=True)

    def _end(self, close: _Close, *, clean: bool) -> None:
        self._give_up_pieces(close.at_ns)
        self.ended = True
        self._tap.ws_close(self.conn, close.by, close.code, close.reason, clean, close.at_ns)

    def _give_up_pieces(self, at_ns: int) -> None:
        for direction, pieces in self._pieces.items():
            self._tap.ws_partial(self.conn, direction, b"".join(pieces.data), tuple(pieces.fragments), at_ns)
        self._pieces.clear()
