"""One WebSocket connection of the client side, with a tap on it.

1. A dial ends in a :class:`Link` or in a typed error; the tap hears either.
2. A received message is stamped before anything looks at it.
3. Loopback is never reached through a proxy of the environment; the token is never logged.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import SecretStr
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus
from websockets.protocol import State

from harness.clock import Clock
from harness.dialects.mediation_addresses import is_loopback
from harness.dialects.strict_json import MAX_BYTES
from harness.errors import ConnectionLost, ServiceError
from harness.wire.tap import By, Tap

__all__ = ["HandshakeRejected", "Link", "LinkClosed", "Received", "dial"]

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


async def dial(
    url: str, *, token: SecretStr, conn: str, attempt: int, tap: Tap, clock: Clock, timeout_s: float = 10.0
) -> Link:
    """Open a connection.

    Raises:
        HandshakeRejected: the service answered with another status than 101.
        ConnectionLost: it could not be reached, or its TLS certificate was not accepted.
    """
    headers = {"Authorization": f"Bearer {token.get_secret_value()}"}
    path = "/" + url.split("://", 1)[1].partition("/")[2]
    tap.ws_open(conn, attempt, path, [("authorization", "<secret>")], clock.monotonic_ns())
    options: dict[str, Any] = {"proxy": None} if is_loopback(url) else {}
    try:
        connection = await connect(
            url,
            additional_headers=headers,
            open_timeout=timeout_s,
            max_size=MAX_BYTES + 1024,
            logger=_SILENT,
            **options,
        )
    except InvalidStatus as error:
        response = error.response
        pairs = [(key.lower(), value) for key, value in response.headers.raw_items()]
        tap.ws_reject(conn, response.status_code, pairs, response.body or b"", clock.monotonic_ns())
        raise HandshakeRejected(response.status_code, dict(pairs)) from None
    except ssl.SSLError as error:
        tap.ws_abort(conn, "peer", "tls", clock.monotonic_ns())
        raise ConnectionLost(f"TLS: {error.reason or 'verification failed'}") from None
    except (OSError, TimeoutError, InvalidHandshake) as error:
        kind = _kind(error)
        tap.ws_abort(conn, "peer", kind, clock.monotonic_ns())
        raise ConnectionLost(kind, fix="check the address and that the service runs") from None
    at_ns = clock.monotonic_ns()
    assert connection.response is not None
    pairs = [(key.lower(), value) for key, value in connection.response.headers.raw_items()]
    tap.ws_accept(conn, connection.response.status_code, pairs, at_ns)
    return Link(connection, conn, tap, clock)


def _kind(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "timeout while connecting"
    if isinstance(error, ConnectionRefusedError):
        return "connection refused"
    if isinstance(error, OSError):
        return "host unknown or unreachable" if not isinstance(error, ConnectionError) else "connection reset"
    return "not a WebSocket service"


class Link:
    """An open connection. Messages sent and received pass the tap."""

    def __init__(self, connection: ClientConnection, conn: str, tap: Tap, clock: Clock) -> None:
        self._connection = connection
        self._tap = tap
        self._clock = clock
        self._told = False
        self._closing_by_us = False
        self.conn = conn

    async def send(self, text: str) -> None:
        """Send a text message.

        Raises:
            LinkClosed: the connection is gone; the message was not sent.
        """
        if self._connection.state is State.OPEN:
            # Before the await: the answer may be received while the send still waits for the buffer to drain.
            self._tap.ws_message(self.conn, "out", text, self._clock.monotonic_ns())
        try:
            await self._connection.send(text)
        except ConnectionClosed as closed:
            raise self._closed(closed) from None

    async def receive(self) -> Received:
        """The next message.

        Raises:
            LinkClosed: there is none any more.
        """
        try:
            data = await self._connection.recv()
        except ConnectionClosed as closed:
            raise self._closed(closed) from None
        at_ns = self._clock.monotonic_ns()
        return Received(data=data, at_ns=at_ns, handle=self._tap.ws_message(self.conn, "in", data, at_ns))

    async def close(self, code: int = 1000) -> None:
        """Close from our side and wait for the answer."""
        self._closing_by_us = True
        await self._connection.close(code)
        if not self._told:
            self._told = True
            received = self._connection.protocol.close_rcvd
            self._tap.ws_close(self.conn, "us", code, "", received is not None, self._clock.monotonic_ns())

    async def wait_closed(self) -> None:
        """Return when the transport is gone."""
        await asyncio.shield(self._connection.wait_closed())

    def _closed(self, closed: ConnectionClosed) -> LinkClosed:
        ours_first = closed.rcvd_then_sent is False
        by: By = "us" if ours_first or (closed.rcvd is None and closed.sent is not None) else "peer"
        frame = closed.rcvd if by == "peer" else closed.sent
        if not self._told and not self._closing_by_us:
            self._told = True
            self._tell(by, frame.code if frame else None, frame.reason if frame else "", closed)
        return LinkClosed(frame.code if frame else None, by)

    def _tell(self, by: By, code: int | None, reason: str, closed: ConnectionClosed) -> None:
        at_ns = self._clock.monotonic_ns()
        if closed.rcvd is None and closed.sent is None:
            self._tap.ws_abort(self.conn, by, "connection lost without a close frame", at_ns)
        else:
            clean = closed.rcvd is not None and closed.sent is not None
            recorded = None if code == 1005 else code
            self._tap.ws_close(self.conn, by, recorded, reason, clean, at_ns)
