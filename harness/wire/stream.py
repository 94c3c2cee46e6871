"""One WebSocket connection of the client side, with a tap on it.

1. A dial ends in a :class:`Link` or in a typed error; the tap hears either.
2. A received message is stamped before anything looks at it.
3. Loopback is never reached through a proxy of the environment; the token is never logged.
4. A redirect is not followed: the token goes to the address the user named, or nowhere.
5. Who ended a connection, and how, is told to the tap once, as the protocol has it.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import SecretStr
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus
from websockets.frames import CloseCode
from websockets.protocol import State

from harness.clock import Clock
from harness.dialects.mediation_addresses import is_loopback
from harness.dialects.strict_json import MAX_BYTES
from harness.errors import ConnectionLost, ServiceError
from harness.wire.tap import By, Tap
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A message, the time it came (monotonic ns), and the tap's handle for it."""

    data: str | bytes = field(repr=False)
    at_ns: int
    handle: Any = None


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
    url: str, *, token: SecretStr, conn: str, attempt: int, tap: Tap, clock: Clock, timeout_s: float = 10.0
) -> Link:
    """Open a connection.

    Raises:
        HandshakeRejected: the service answered with another status than 101.
        TlsRefused: its TLS certificate was not accepted.
        ConnectionLost: it could not be reached.
    """
    headers = {"Authorization": f"Bearer {token.get_secret_value()}"}
    path = "/" + url.split("://", 1)[1].partition("/")[2]
    tap.ws_open(conn, attempt, path, [("authorization", "<secret>")], clock.monotonic_ns())
    options: dict[str, Any] = {"proxy": None} if is_loopback(url) else {}
    try:
        connection = await _Connect(
            url,
            additional_headers=headers,
            open_timeout=timeout_s,
            close_timeout=CLOSE_S,
            max_size=MAX_BYTES + 1024,
            logger=_SILENT,
            **options,
        )
    except InvalidStatus as error:
        response = error.response
        pairs = [(key.lower(), value) for key, value in response.headers.raw_items()]
        tap.ws_reject(conn, response.status_code, pairs, bytes(response.body or b""), clock.monotonic_ns())
        raise HandshakeRejected(response.status_code, dict(pairs)) from None
    except (OSError, InvalidHandshake) as error:
        lost = tls_refusal(error) or ConnectionLost(_kind(error), fix="check the address and that the service runs")
        tap.ws_abort(conn, "peer", lost.close, clock.monotonic_ns())
        raise lost from None
    at_ns = clock.monotonic_ns()
    assert connection.response is not None
    pairs = [(key.lower(), value) for key, value in connection.response.headers.raw_items()]
    tap.ws_accept(conn, connection.response.status_code, pairs, at_ns)
    return Link(connection, conn, tap, clock)


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
    """An open connection. Messages sent and received pass the tap."""

    def __init__(self, connection: ClientConnection, conn: str, tap: Tap, clock: Clock) -> None:
        self._connection = connection
        self._tap = tap
        self._clock = clock
        self._told = False
        self.conn = conn

    async def send(self, text: str | bytes) -> None:
        """Send a message: a str as text, bytes as binary.

        Raises:
            LinkClosed: the connection is gone; the message was not sent.
        """
        if self._connection.state is State.OPEN:
            # Before the await: the answer may be received while the send still waits for the buffer to drain.
            self._tap.ws_message(self.conn, "out", text, self._clock.monotonic_ns())
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
            data = await self._connection.recv()
        except ConnectionClosed:
            raise self._ended() from None
        at_ns = self._clock.monotonic_ns()
        return Received(data=data, at_ns=at_ns, handle=self._tap.ws_message(self.conn, "in", data, at_ns))

    async def close(self, code: int = 1000) -> None:
        """Close from our side, if it is still open, and wait for the answer."""
        await self._connection.close(code)
        self._ended()

    def _ended(self) -> LinkClosed:
        """How the connection ended; the tap is told the first time."""
        protocol = self._connection.protocol
        received, sent = protocol.close_rcvd, protocol.close_sent
        by: By = "us" if sent is not None and not protocol.close_rcvd_then_sent else "peer"
        frame = sent if by == "us" else received
        if not self._told:
            self._told = True
            at_ns = self._clock.monotonic_ns()
            if frame is None:
                self._tap.ws_abort(self.conn, by, "connection lost without a close frame", at_ns)
            else:
                code = None if frame.code == CloseCode.NO_STATUS_RCVD else frame.code
                clean = received is not None and sent is not None
                self._tap.ws_close(self.conn, by, code, frame.reason, clean, at_ns)
        return LinkClosed(None if frame is None else int(frame.code), by)
