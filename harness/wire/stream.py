"""One WebSocket connection of the client side, with a tap on it.

1. A dial ends in a :class:`Link` or in a typed error; the tap hears either.
2. A received message is stamped before anything looks at it, a sent one when it is framed.
3. Loopback is never reached through a proxy of the environment; the token is never logged.
4. A redirect is not followed: the token goes to the address the user named, or nowhere.
5. Who ended a connection, and how, is told to the tap once, as the protocol has it.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import SecretStr
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus
from websockets.frames import Close, CloseCode
from websockets.protocol import State

from harness.clock import Clock
from harness.dialects.mediation_addresses import is_loopback
from harness.dialects.strict_json import MAX_BYTES
from harness.errors import ConnectionLost, ServiceError
from harness.wire.frames import BINARY, CLOSE, TEXT, ConnectionTeller, Told
from harness.wire.hooks import TappedConnection, hooks_hold, tapped_connection
from harness.wire.tap import LOST, By, Direction, Tap, safe_pairs
from harness.wire.tls import tls_refusal

__all__ = ["HandshakeRejected", "Link", "LinkClosed", "Received", "dial"]

CLOSE_S = 5.0
"""How long the answer to our close frame is waited for."""

_SILENT = logging.getLogger("harness.wire.websockets")
_SILENT.addHandler(logging.NullHandler())
_SILENT.propagate = False
_SILENT.setLevel(logging.CRITICAL)


class HandshakeRejected(ServiceError):
    """The service answered the handshake with ``status``; ``headers`` are lower-case."""

    def __init__(self, status: int, headers: Mapping[str, str]) -> None:
        self.status = status
        self.headers = headers
        super().__init__(f"the stream's handshake was answered with {status}")


Received = Told
"""A message, the time it came (monotonic ns), and the tap's handle for it."""


class LinkClosed(Exception):
    """The connection ended: ``code`` None = no close frame came; ``by`` who began it. Not an error by itself."""

    def __init__(self, code: int | None, by: By) -> None:
        self.code = code
        self.by = by
        super().__init__(f"close {code}" if code is not None else "aborted")


class _Connect(connect):
    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


async def dial(
    url: str,
    *,
    token: SecretStr,
    conn: str,
    attempt: int,
    tap: Tap,
    clock: Clock,
    timeout_s: float = 10.0,
    max_bytes: int | None = None,
    subprotocol: str = "",
) -> Link:
    """Open a connection; a message of more than ``max_bytes`` (default: the dialect's own limit) closes it with 1009.

    ``subprotocol`` is offered, unless it is ''.

    Raises:
        HandshakeRejected: the service answered with another status than 101.
        TlsRefused: its TLS certificate was not accepted.
        ConnectionLost: it could not be reached.
    """
    headers = {"Authorization": f"Bearer {token.get_secret_value()}"} if token.get_secret_value() else {}
    path = "/" + url.split("://", 1)[1].partition("/")[2]
    teller = ConnectionTeller(conn, tap, attempt)
    dialled_ns, frames = clock.monotonic_ns(), hooks_hold()
    options: dict[str, Any] = {"proxy": None} if is_loopback(url) else {}
    if subprotocol:
        options["subprotocols"] = [subprotocol]
    if frames:
        options["create_connection"] = tapped_connection(teller, clock)
    else:
        teller.open(path, safe_pairs(headers.items()), dialled_ns)
    try:
        connection = await _Connect(
            url,
            additional_headers=headers,
            open_timeout=timeout_s,
            close_timeout=CLOSE_S,
            max_size=max_bytes or MAX_BYTES + 1024,
            logger=_SILENT,
            **options,
        )
    except InvalidStatus as error:
        response = error.response
        pairs = safe_pairs(response.headers.raw_items())
        if not frames:
            teller.reject(response.status_code, pairs, bytes(response.body or b""), clock.monotonic_ns())
        raise HandshakeRejected(response.status_code, dict(pairs)) from None
    except (OSError, InvalidHandshake) as error:
        lost = tls_refusal(error) or ConnectionLost(_kind(error), fix="check the address and that the service runs")
        if not teller.opened:  # a dial that came to nothing is an attempt all the same
            teller.open(path, safe_pairs(headers.items()), dialled_ns)
        teller.lost("peer", lost.close, clock.monotonic_ns())
        raise lost from None
    if not frames:
        assert connection.response is not None
        pairs = safe_pairs(connection.response.headers.raw_items())
        teller.accept(connection.response.status_code, pairs, clock.monotonic_ns())
    return Link(connection, teller, clock, frames=frames)


def _kind(error: Exception) -> str:
    match error:
        case TimeoutError():
            return "timeout while connecting"
        case ConnectionRefusedError():
            return "connection refused"
        case ConnectionError():
            return "connection reset"
        case OSError():
            return "host unknown or unreachable"
        case _:
            return "not a WebSocket service"


class Link:
    """An open connection. The tap hears it frame by frame, or, where that cannot be, message by message from here."""

    def __init__(self, connection: ClientConnection, teller: ConnectionTeller, clock: Clock, *, frames: bool) -> None:
        self._connection = connection
        self._teller = teller
        self._clock = clock
        self._frames = frames
        self.conn = teller.conn

    async def send(self, text: str | bytes) -> None:
        """Send a message: a str as text, bytes as binary.

        Raises:
            LinkClosed: the connection is gone; the message was not sent.
        """
        if not self._frames and self._connection.state is State.OPEN:
            # Before the await: the answer may be received while the send still waits for the buffer to drain.
            raw, opcode = (text.encode(), TEXT) if isinstance(text, str) else (text, BINARY)
            self._teller.frame("out", opcode, True, raw, self._clock.monotonic_ns())
        try:
            await self._connection.send(text)
        except ConnectionClosed:
            raise self._ended() from None

    async def receive(self) -> Received:
        """The next message.

        Raises:
            LinkClosed: there is none any more.
        """
        try:
            if isinstance(self._connection, TappedConnection):
                told = await self._connection.next_message()
            else:
                told = self._told(await self._connection.recv())
        except ConnectionClosed:
            failure = getattr(self._connection, "failure", None)
            raise failure or self._ended() from None
        return told

    def _told(self, data: str | bytes) -> Told:
        raw, opcode = (data.encode(), TEXT) if isinstance(data, str) else (data, BINARY)
        self._teller.frame("in", opcode, True, raw, self._clock.monotonic_ns())
        return self._teller.inbox.popleft()

    async def close(self, code: int = 1000) -> None:
        """Close from our side, if it is still open, and wait for the answer."""
        await self._connection.close(code)
        self._ended()

    def _ended(self) -> LinkClosed:
        """How the connection ended; without frames, the tap is told now what the library remembers."""
        protocol = self._connection.protocol
        received, sent = protocol.close_rcvd, protocol.close_sent
        by: By = "us" if sent is not None and not protocol.close_rcvd_then_sent else "peer"
        frame = sent if by == "us" else received
        if not self._frames:
            both: list[tuple[Direction, Close | None]] = [("in", received), ("out", sent)]
            self._tell_end(both if by == "peer" else both[::-1])
        return LinkClosed(None if frame is None else int(frame.code), by)

    def _tell_end(self, closes: Sequence[tuple[Direction, Close | None]]) -> None:
        at_ns = self._clock.monotonic_ns()
        for direction, close in closes:
            if close is not None:
                data = b"" if close.code == CloseCode.NO_STATUS_RCVD else close.serialize()
                self._teller.frame(direction, CLOSE, True, data, at_ns)
        self._teller.lost("peer", LOST, at_ns)
