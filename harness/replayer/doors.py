"""Where a replay listens: the HTTP server and the stream's, and the addresses clients are pointed to.

1. Loopback, unless ``remote`` was asked for by name; then only with a token that was given (:class:`Listening`).
2. Port 0 lets the system choose; the addresses are known once the doors are open.
3. For a wildcard address (0.0.0.0, ::) the addresses name loopback: elsewhere this machine's name takes its place.
"""

from __future__ import annotations

import ipaddress
import ssl
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass

from harness.errors import ConfigError
from harness.replayer.rest import GATEWAY_PATH, TOKEN_PATH
from harness.replayer.roster import STREAM_PATH
from harness.wire.serve import HANDSHAKE_S, Handshake, Peer, Refusal, WsServer
from harness.wire.serve_http import Answer, Call, HttpServer

__all__ = ["Doors", "Listening"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listening:
    """Where to listen, and whom to let in.

    Args:
        host: an address of this machine.
        stream_port: of the WebSocket server, 0 = any.
        rest_port: of the HTTP server, 0 = any.
        tls: speak TLS on both ports.
        origins: origins of browsers that may connect.
        max_connections: of each port, more get 503.
        handshake_s: how long a handshake may take.
        guarded: a token was given, without which nobody is served.

    Raises:
        ConfigError: another address than loopback without ``guarded``.
    """

    host: str = "127.0.0.1"
    stream_port: int = 0
    rest_port: int = 0
    tls: ssl.SSLContext | None = None
    origins: Sequence[str] = ()
    max_connections: int | None = None
    handshake_s: float = HANDSHAKE_S
    guarded: bool = False

    def __post_init__(self) -> None:
        if not (self.guarded or _loopback(self.host)):
            fix = "give a token (--token, HARNESS_REPLAY_TOKEN) to let other machines in"
            raise ConfigError("--listen", self.host, "a loopback address such as 127.0.0.1", fix=fix)


def _loopback(host: str) -> bool:
    """True for a loopback address; what is no address is left to who opens the socket."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return True


def _reached(host: str) -> str:
    """Rule 3."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    wildcard = {4: "127.0.0.1", 6: "::1"}[address.version]
    return wildcard if address.is_unspecified else host


class Doors:
    """The two servers; enter them with :meth:`open`.

    Args:
        listening: where.
        answer: answers HTTP requests.
        serve: serves a connection of the stream to its end.
        admit: looks at its handshake first.
        choose: says which subprotocol it is given, '' for none.
    """

    def __init__(
        self,
        listening: Listening,
        *,
        answer: Callable[[Call], Awaitable[Answer]],
        serve: Callable[[Peer], Awaitable[None]],
        admit: Callable[[Handshake], Refusal | None],
        choose: Callable[[Handshake], str] = lambda _: "",
    ) -> None:
        self._listening = one = listening
        self._http = HttpServer(
            answer,
            host=one.host,
            port=one.rest_port,
            port_name="--rest-port",
            tls=one.tls,
            max_connections=one.max_connections,
            remote=one.guarded,
        )
        self._ws = WsServer(
            serve,
            admit=admit,
            choose=choose,
            host=one.host,
            port=one.stream_port,
            port_name="--port",
            tls=one.tls,
            origins=one.origins,
            max_connections=one.max_connections,
            handshake_s=one.handshake_s,
            remote=one.guarded,
        )

    async def open(self, stack: AsyncExitStack) -> None:
        """Listen until ``stack`` is left."""
        await stack.enter_async_context(self._http)
        await stack.enter_async_context(self._ws)

    @property
    def ports(self) -> tuple[int, int]:
        """The ports of HTTP and of the stream."""
        return self._http.port, self._ws.port

    @property
    def endpoint(self) -> str:
        return f"{self._origin('http', self._http.port)}?stream={self._ws.port}"

    @property
    def token_url(self) -> str:
        return self._origin("http", self._http.port) + TOKEN_PATH

    @property
    def gateway_url(self) -> str:
        return self._origin("http", self._http.port) + GATEWAY_PATH

    @property
    def stream_url(self) -> str:
        return self._origin("ws", self._ws.port) + STREAM_PATH

    def _origin(self, scheme: str, port: int) -> str:
        host = _reached(self._listening.host)
        shown = f"[{host}]" if ":" in host else host
        return f"{scheme}{'s' if self._listening.tls is not None else ''}://{shown}:{port}"
