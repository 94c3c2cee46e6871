"""A WebSocket server on loopback: it moves bytes and knows nothing of recordings.

1. Loopback, unless ``remote`` says otherwise; port 0 lets the system choose; a port in use is a ConfigError with the way out.
2. Nothing is logged and no signal is caught: both belong to the program around.
3. An exception in a handler is our fault: the connection ends (1011, a handshake with 500) and the exception is raised when
   the server is left.
4. Nothing is sent that was not asked for: no keepalive pings, no compression, no Server header.
5. A handshake that names an origin (a browser's) is refused with 403 unless that origin was allowed; one over the cap on
   connections with 503; one that does not end within ``handshake_s`` is dropped.
6. Leaving stops accepting, closes what is open (1001) and waits for the handlers, at most ``GRACE_S``.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConcurrencyError, ConnectionClosed, ProtocolError
from websockets.http11 import Request as UpgradeRequest
from websockets.http11 import Response as UpgradeResponse
from websockets.protocol import State
from websockets.typing import Origin, Subprotocol

from harness.wire import door
from harness.wire.listen import listening_socket

__all__ = [
    "GRACE_S",
    "HANDSHAKE_S",
    "MAX_BYTES",
    "QUIET",
    "HandedOn",
    "Handshake",
    "Peer",
    "PeerClosed",
    "Refusal",
    "WsServer",
]

GRACE_S = 5.0
MAX_BYTES = 8 << 20
"""Largest message or request body taken; the dialect's own limit is 4 MiB."""

HANDSHAKE_S = 10.0
"""How long an opening handshake, TLS included, may take."""

# At debug level the libraries would print bearer tokens and payloads: rule 2 is not left to the set-up.
QUIET = logging.getLogger("harness.wire.serve")
QUIET.setLevel(logging.CRITICAL + 1)
QUIET.disabled = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Handshake:
    """An opening handshake: path and query as sent, header names in lower case; ``subprotocol`` is what was chosen."""

    path: str
    query: str
    headers: Mapping[str, str] = field(repr=False)
    subprotocol: str = ""

    @property
    def target(self) -> str:
        """The path with its query, as sent."""
        return f"{self.path}?{self.query}" if self.query else self.path

    @property
    def offered(self) -> tuple[str, ...]:
        """The subprotocols the client offers, in its order."""
        names = self.headers.get("sec-websocket-protocol", "").split(",")
        return tuple(name for one in names if (name := one.strip()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """How a handshake is refused."""

    status: int
    headers: Sequence[tuple[str, str]] = ()
    body: str = field(default="", repr=False)


class PeerClosed(Exception):
    """The connection is over; ``code`` is the client's: 1005 = none given, 1006 = no close frame came."""

    def __init__(self, code: int) -> None:
        super().__init__(f"closed with {code}")
        self.code = code


class Peer:
    """An accepted WebSocket connection, seen from the server."""

    def __init__(self, socket_: ServerConnection, handshake: Handshake) -> None:
        self._ws = socket_
        self.handshake = handshake

    @property
    def closing(self) -> bool:
        """True from the moment the client's close frame, or the end of the transport, was seen."""
        protocol = self._ws.protocol
        return protocol.close_rcvd is not None or protocol.state is State.CLOSED

    async def recv(self) -> str | bytes:
        """The next message.

        Raises:
            PeerClosed: the connection is over.
        """
        try:
            return await self._ws.recv()
        except ConnectionClosed as closed:
            raise _peer_closed(closed) from None

    async def send(self, data: str | bytes) -> None:
        """Send one message: a str as text, bytes as binary.

        Raises:
            PeerClosed: the connection is over.
        """
        try:
            await self._ws.send(data)
        except ConnectionClosed as closed:
            raise _peer_closed(closed) from None

    @property
    def can_write(self) -> bool:
        """True if :meth:`write` works with this version of the library."""
        return door.usable(self._ws)

    async def write(self, frames: bytes) -> None:
        """Write ready-made bytes: whole frames, unless a fault is meant.

        Raises:
            PeerClosed: the connection is over.
        """
        if not await door.write(self._ws, frames):
            received = self._ws.protocol.close_rcvd
            raise PeerClosed(received.code if received else 1006)

    @property
    def ready(self) -> bool:
        """True if :meth:`write_now` can be called: open, nothing under way, the buffer not full."""
        return door.ready(self._ws)

    def write_now(self, frames: bytes) -> None:
        """Write whole frames at once; only where ``ready``."""
        door.write_now(self._ws, frames)

    async def send_pieces(self, pieces: Sequence[bytes], *, text: bool) -> None:
        """Send one message in fragments, through the library.

        Raises:
            PeerClosed: the connection is over.
        """
        try:
            await self._ws.send(pieces, text=text)
        except ConnectionClosed as closed:
            raise _peer_closed(closed) from None

    def mute_pongs(self) -> None:
        """Leave the client's pings unanswered from now on."""
        door.mute_pongs(self._ws)

    def pause_reading(self, seconds: float) -> None:
        """Read nothing of what the client sends for so long."""
        door.pause_reading(self._ws, seconds)

    async def ping(self, data: bytes) -> None:
        """Send a ping; one whose twin is still unanswered is left out.

        Raises:
            PeerClosed: the connection is over.
        """
        try:
            await self._ws.ping(data)
        except ConcurrencyError:
            return
        except ConnectionClosed as closed:
            raise _peer_closed(closed) from None

    async def close(self, code: int | None, reason: str = "") -> None:
        """Send a close frame and wait for the client's, at most ``GRACE_S``.

        ``code`` None sends a frame without one. A code that must not travel (RFC 6455 7.4) ends the
        transport without a frame, as :meth:`drop` does.
        """
        try:
            async with self._ws.send_context():
                self._ws.protocol.send_close(code, reason if code is not None else "")
        except ConnectionClosed:
            return
        except ProtocolError:
            await self.drop()

    async def reset(self) -> None:
        """Abort with a TCP reset, once what was sent before has reached the client's machine, at most ``GRACE_S`` later."""
        try:
            async with asyncio.timeout(GRACE_S):
                await door.delivered(self._ws)
        except TimeoutError:
            pass
        door.reset(self._ws)
        await self._ws.wait_closed()

    async def drop(self) -> None:
        """End the transport without a close frame, after what was sent before; the client sees 1006."""
        self._ws.transport.close()
        try:
            async with asyncio.timeout(GRACE_S):
                await self._ws.wait_closed()
        except TimeoutError:
            self._ws.transport.abort()


class HandedOn(Peer):
    """A peer somebody else reads: what it sends comes from ``receive``, which raises PeerClosed at its end."""

    def __init__(self, peer: Peer, receive: Callable[[], Awaitable[str | bytes]]) -> None:
        super().__init__(peer._ws, peer.handshake)
        self._receive = receive

    async def recv(self) -> str | bytes:
        """The next message; as :meth:`Peer.recv`."""
        return await self._receive()


def _peer_closed(closed: ConnectionClosed) -> PeerClosed:
    return PeerClosed(closed.rcvd.code if closed.rcvd else 1006)


class WsServer:
    """A WebSocket server.

    Args:
        handler: serves one connection; the connection is closed with 1000 when it returns.
        admit: looks at a handshake and returns how to refuse it, or None.
        choose: which of the subprotocols it offers it is given, '' for none.
        host: a loopback address.
        port: 0 = any free port.
        port_name: how the user calls the port, for messages.
        max_bytes: largest message taken; a larger one closes the connection with 1009.
        tls: speak TLS with this context.
        origins: the origins of browsers that may connect; clients without one always may.
        max_connections: open at once; more are refused with 503.
        handshake_s: see rule 5.
        remote: let ``host`` be another address than loopback.
    """

    def __init__(
        self,
        handler: Callable[[Peer], Awaitable[None]],
        *,
        admit: Callable[[Handshake], Refusal | None] = lambda _: None,
        choose: Callable[[Handshake], str] = lambda _: "",
        host: str = "127.0.0.1",
        port: int = 0,
        port_name: str = "port",
        max_bytes: int = MAX_BYTES,
        tls: ssl.SSLContext | None = None,
        origins: Sequence[str] = (),
        max_connections: int | None = None,
        handshake_s: float = HANDSHAKE_S,
        remote: bool = False,
    ) -> None:
        self._remote = remote
        self._max_bytes = max_bytes
        self._tls = tls
        self._origins = origins
        self._max = max_connections
        self._handshake_s = handshake_s
        self._open = 0
        self._handler = handler
        self._admit = admit
        self._choose = choose
        self._bind = (host, port, port_name)
        self._server: Server | None = None
        self._faults: list[Exception] = []
        self.port = port

    async def __aenter__(self) -> Self:
        listener = listening_socket(*self._bind, remote=self._remote)
        self.port = listener.getsockname()[1]
        self._server = await serve(
            self._serve,
            sock=listener,
            process_request=self._process_request,
            select_subprotocol=self._select_subprotocol,
            origins=[None, *(Origin(origin) for origin in self._origins)],
            open_timeout=self._handshake_s,
            **_tls_options(self._tls, self._handshake_s),
            compression=None,
            server_header=None,
            ping_interval=None,
            close_timeout=GRACE_S,
            max_size=self._max_bytes,
            logger=QUIET,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()
        if self._faults and error is None:
            raise self._faults[0]

    def _process_request(self, _: ServerConnection, request: UpgradeRequest) -> UpgradeResponse | None:
        if self._max is not None and self._open >= self._max:
            return _upgrade_response(
                Refusal(status=503, headers=(("Retry-After", "1"),), body="too many connections\n")
            )
        origin = request.headers.get("Origin")
        if origin is not None and origin not in self._origins:
            return _upgrade_response(Refusal(status=403, body="this origin was not allowed\n"))
        try:
            refusal = self._admit(_handshake(request))
        except Exception as error:
            self._faults.append(error)
            raise
        return None if refusal is None else _upgrade_response(refusal)

    def _select_subprotocol(self, socket_: ServerConnection, _: Sequence[Subprotocol]) -> Subprotocol | None:
        assert socket_.request is not None
        return Subprotocol(self._choose(_handshake(socket_.request))) or None

    async def _serve(self, socket_: ServerConnection) -> None:
        assert socket_.request is not None
        self._open += 1
        try:
            handshake = _handshake(socket_.request)
            if socket_.subprotocol is not None:
                handshake = replace(handshake, subprotocol=socket_.subprotocol)
            await self._handler(Peer(socket_, handshake))
        except Exception as error:
            self._faults.append(error)
            raise
        finally:
            self._open -= 1


def _tls_options(tls: ssl.SSLContext | None, handshake_s: float) -> dict[str, Any]:
    return {} if tls is None else {"ssl": tls, "ssl_handshake_timeout": handshake_s}


def _handshake(request: UpgradeRequest) -> Handshake:
    url = urlsplit(request.path)
    headers: dict[str, str] = {}
    for name, value in request.headers.raw_items():
        before = headers.get(name.lower())
        headers[name.lower()] = value if before is None else f"{before}, {value}"
    return Handshake(path=url.path, query=url.query, headers=headers)


def _upgrade_response(refusal: Refusal) -> UpgradeResponse:
    body = refusal.body.encode()
    headers = Headers(refusal.headers)
    headers["Content-Length"] = str(len(body))
    headers["Connection"] = "close"
    try:
        phrase = HTTPStatus(refusal.status).phrase
    except ValueError:
        phrase = ""
    return UpgradeResponse(refusal.status, phrase, headers, body)
