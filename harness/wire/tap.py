"""What a tap sees of the wire: everything, in wire order, with the time taken before anything was parsed.

1. Times are monotonic nanoseconds of the session's clock.
2. A tap is told, never asked: it must return at once and must not change what it sees.
3. Every call about one connection carries its ``conn`` ("w1", "h3"); handles are opaque to the caller.
4. A message cut into frames is told once, with its last byte; ``fragments`` then says when each piece came.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal, Protocol

__all__ = [
    "LOST",
    "RESET",
    "By",
    "Control",
    "Direction",
    "Fragments",
    "Headers",
    "NullTap",
    "Opaque",
    "Tap",
    "how_lost",
    "safe_pairs",
]

Headers = Sequence[tuple[str, str]]
Direction = Literal["in", "out"]
By = Literal["peer", "us"]
Control = Literal["ping", "pong"]
Fragments = Sequence[tuple[int, int]]
"""Of a message in several frames: (microseconds since the first, payload bytes) of each; empty for one frame."""


_SECRET = frozenset({"authorization", "cookie", "proxy-authorization", "set-cookie"})


def safe_pairs(headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Headers as a tap is told of them: names in lower case, credentials as ``<secret>``."""
    return [(name.lower(), "<secret>" if name.lower() in _SECRET else value) for name, value in headers]


LOST, RESET = "connection lost without a close frame", "connection reset"
"""What a tap is told of a connection that ended without a close frame: with a FIN, or with a TCP reset."""


def how_lost(error: Exception | None) -> str:
    """LOST or RESET, from what a transport says of its end."""
    return RESET if isinstance(error, ConnectionError) else LOST


class Opaque(bytes):
    """Bytes that should be text but cannot be read as such.

    Args:
        rule: why: "bad_utf8", or "content-encoding" for a coding that is not known here.
    """

    rule: str

    def __new__(cls, data: bytes, rule: str) -> Opaque:
        made = super().__new__(cls, data)
        made.rule = rule
        return made


class Tap(Protocol):
    """Listens on WebSocket connections and HTTP exchanges."""

    def ws_open(self, conn: str, attempt: int, url: str, headers: Headers, at_ns: int) -> None:
        """A dial begins."""
        ...

    def ws_accept(self, conn: str, status: int, headers: Headers, at_ns: int) -> None:
        """The service took it."""
        ...

    def ws_reject(self, conn: str, status: int, headers: Headers, body: bytes, at_ns: int) -> None:
        """The service answered the handshake with something else than 101."""
        ...

    def ws_message(
        self, conn: str, direction: Direction, data: str | bytes, at_ns: int, fragments: Fragments = ()
    ) -> Any:
        """A whole message, at the time of its last byte; returns a handle by which its outcome can be told later."""
        ...

    def ws_control(self, conn: str, direction: Direction, opcode: Control, data: bytes, at_ns: int) -> None:
        """A ping or a pong."""
        ...

    def ws_partial(self, conn: str, direction: Direction, data: bytes, fragments: Fragments, at_ns: int) -> None:
        """Pieces of a message that was never completed: told before the end of the connection."""
        ...

    def ws_close(self, conn: str, by: By, code: int | None, reason: str, clean: bool, at_ns: int) -> None:
        """A close handshake, or a close frame without an answer (``clean`` False)."""
        ...

    def ws_abort(self, conn: str, by: By, error: str, at_ns: int) -> None:
        """The connection ended without a close frame, or could not be made."""
        ...

    def http_request(
        self, conn: str, service: str, method: str, url: str, headers: Headers, body: bytes, at_ns: int
    ) -> None:
        """A request was sent."""
        ...

    def http_response(self, conn: str, status: int, headers: Headers, at_ns: int) -> None:
        """The head of the response has come."""
        ...

    def http_chunk(self, conn: str, data: bytes, final: bool, at_ns: int) -> Any:
        """A piece of the response's body; the final one (perhaps empty) returns the body's handle."""
        ...

    def http_error(self, conn: str, error: str, at_ns: int) -> None:
        """The exchange failed on the way."""
        ...


class NullTap:
    """Hears nothing."""

    def ws_open(self, conn: str, attempt: int, url: str, headers: Headers, at_ns: int) -> None: ...

    def ws_accept(self, conn: str, status: int, headers: Headers, at_ns: int) -> None: ...

    def ws_reject(self, conn: str, status: int, headers: Headers, body: bytes, at_ns: int) -> None: ...

    def ws_message(
        self, conn: str, direction: Direction, data: str | bytes, at_ns: int, fragments: Fragments = ()
    ) -> Any:
        return None

    def ws_control(self, conn: str, direction: Direction, opcode: Control, data: bytes, at_ns: int) -> None: ...

    def ws_partial(self, conn: str, direction: Direction, data: bytes, fragments: Fragments, at_ns: int) -> None: ...

    def ws_close(self, conn: str, by: By, code: int | None, reason: str, clean: bool, at_ns: int) -> None: ...

    def ws_abort(self, conn: str, by: By, error: str, at_ns: int) -> None: ...

    def http_request(
        self, conn: str, service: str, method: str, url: str, headers: Headers, body: bytes, at_ns: int
    ) -> None: ...

    def http_response(self, conn: str, status: int, headers: Headers, at_ns: int) -> None: ...

    def http_chunk(self, conn: str, data: bytes, final: bool, at_ns: int) -> Any:
        return None

    def http_error(self, conn: str, error: str, at_ns: int) -> None: ...
