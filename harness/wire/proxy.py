"""A proxy between any client and the services: it relays, and tells a tap what it relayed.

1. A listening port per role, all on one address. Every port relays the request to the service its path is for, so that a
   client that knows one address only (``endpoint``) reaches the token service through the gateway's port.
2. The client's credentials pass through and are told to nobody.
3. Telling happens between relaying: in small steps, and never far behind (see ``relay.MAX_BEHIND``).
4. Leaving closes the listeners and the connections, and tells what is left.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from harness.clock import Clock
from harness.dialects.mediation_addresses import TOKEN_PATH, is_loopback
from harness.errors import ConfigError
from harness.wire.http1 import Event
from harness.wire.listen import listening_socket
from harness.wire.overheard import Listener, Names, Overheard
from harness.wire.relay import MAX_BEHIND, Capture, Relay, Upstream
from harness.wire.tap import By, Tap
from harness.wire.tls import tls_refusal

__all__ = ["ROLES", "Proxy", "upstream_of"]

ROLES = ("token", "gateway", "stream")
_SCHEMES = {"token": ("http", "https"), "gateway": ("http", "https"), "stream": ("ws", "wss")}
_TURN_NS = 500_000
"""How long telling may go on before relaying gets its turn."""

Step = Callable[[], Iterator[None]]


def upstream_of(role: str, url: str) -> Upstream:
    """The service at ``url``.

    Raises:
        ConfigError: an unknown role, not a URL of the role's kind, or no TLS to another machine.
    """
    if role not in ROLES:
        raise ConfigError("--upstream", role, "token=URL, gateway=URL or stream=URL")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port, parts = None, None, urlsplit("")
    if parts.scheme not in _SCHEMES[role] or not host or port == 0 or parts.username or parts.password:
        raise ConfigError(f"--upstream {role}", url.partition("@")[2] or url, f"{_SCHEMES[role][1]}://host[:port]")
    secure = parts.scheme in ("https", "wss")
    if not secure and not is_loopback(url):
        raise ConfigError(f"--upstream {role}", url, f"{_SCHEMES[role][1]}:// for every host but loopback")
    tls = ssl.create_default_context() if secure else None
    return Upstream(name=role, host=host, port=port or (443 if secure else 80), tls=tls, authority=parts.netloc)


class Proxy:
    """Relays between clients and services.

    Args:
        upstreams: role -> URL of the service; only its origin counts, paths are relayed as they are.
        tap: is told.
        listener: hears what came of it.
        clock: stamps.
        host: where to listen.
        port: of the first role; the others follow it. 0 = any free ports.
        remote: let ``host`` be another address than loopback.
        timeout_s: limit for one dial.
    """

    def __init__(
        self,
        upstreams: Mapping[str, str],
        *,
        tap: Tap,
        listener: Listener,
        clock: Clock,
        host: str = "127.0.0.1",
        port: int = 0,
        remote: bool = False,
        timeout_s: float = 10.0,
    ) -> None:
        if not upstreams:
            raise ConfigError("--upstream", "none", "at least one, as token=URL, gateway=URL or stream=URL")
        self._upstreams = {role: upstream_of(role, url) for role, url in upstreams.items()}
        self._tap = tap
        self._listener = listener
        self._now_ns = clock.monotonic_ns
        self._bind = (host, port, remote)
        self._timeout_s = timeout_s
        self._names = Names()
        self._servers: list[asyncio.Server] = []
        self._relays: set[Relay] = set()
        self._steps: deque[tuple[Step, int]] = deque()
        self._behind = 0
        self._blocked = False
        self._closing = False
        self._work = asyncio.Event()
        self._alone = asyncio.Event()
        self._group = asyncio.TaskGroup()
        self.ports: dict[str, int] = {}

    @property
    def endpoint(self) -> str:
        """One address for all roles there are, as clients of ours take it."""
        host = f"[{self._bind[0]}]" if ":" in self._bind[0] else self._bind[0]
        rest = self.ports.get("gateway", self.ports.get("token"))
        stream = self.ports.get("stream")
        suffix = "" if stream is None else f"?stream={stream}"
        return f"http://{host}:{rest if rest is not None else stream}{suffix}"

    async def __aenter__(self) -> Self:
        await self._group.__aenter__()
        loop = asyncio.get_running_loop()
        for listener, role in self._listeners():
            self.ports[role] = listener.getsockname()[1]
            self._servers.append(await loop.create_server(partial(self._accepted, role), sock=listener))
        self._group.create_task(self._tell())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for server in self._servers:
            server.close()
        for relay in list(self._relays):
            relay.abort()
        if self._relays and error is None:
            await self._alone.wait()
        self._closing = True
        self._work.set()
        await self._group.__aexit__(kind, error, trace)

    def _listeners(self) -> Iterator[tuple[socket.socket, str]]:
        host, port, remote = self._bind
        for role in ROLES:
            if role in self._upstreams:
                yield listening_socket(host, port, "--listen", remote=remote), role
                port += port > 0

    def capture(self) -> Capture:
        """What takes note of one connection; here: everything is told, later."""
        return _Later(self, Overheard(self._tap, self._listener, self._names))

    # -- relaying --------------------------------------------------------------------------------------------------

    def _accepted(self, role: str) -> asyncio.Protocol:
        relay = Relay(
            lambda path: self._route(role, path),
            self.capture(),
            self._dial,
            self._now_ns,
            self._begun,
            self._left,
        )
        return relay.client

    def _begun(self, relay: Relay) -> None:
        self._relays.add(relay)
        self._alone.clear()
        relay.behind(self._blocked)

    def _left(self, relay: Relay) -> None:
        self._relays.discard(relay)
        if not self._relays:
            self._alone.set()

    def _route(self, role: str, path: str) -> Upstream:
        if path == TOKEN_PATH and role == "gateway":
            role = "token"
        return self._upstreams.get(role) or next(iter(self._upstreams.values()))

    def _dial(self, relay: Relay, upstream: Upstream) -> None:
        self._group.create_task(self._connect(relay, upstream))

    async def _connect(self, relay: Relay, upstream: Upstream) -> None:
        loop = asyncio.get_running_loop()
        name = upstream.host if upstream.tls else None
        try:
            async with asyncio.timeout(self._timeout_s):
                _, side = await loop.create_connection(
                    relay.service_side, upstream.host, upstream.port, ssl=upstream.tls, server_hostname=name
                )
        except OSError as error:
            relay.refused(_kind(error))
        else:
            relay.connected(side)

    # -- telling ---------------------------------------------------------------------------------------------------

    def later(self, step: Step, size: int) -> None:
        """Tell of ``size`` relayed bytes when there is time."""
        self._steps.append((step, size))
        self._behind += size
        if self._behind > MAX_BEHIND and not self._blocked:
            self._block(True)
        self._work.set()

    def _block(self, blocked: bool) -> None:
        self._blocked = blocked
        for relay in self._relays:
            relay.behind(blocked)

    async def _tell(self) -> None:
        while self._steps or not self._closing:
            await self._work.wait()
            turn_ns = self._now_ns()
            while self._steps:
                step, size = self._steps.popleft()
                for _ in step():
                    if self._now_ns() - turn_ns > _TURN_NS:
                        await asyncio.sleep(0)
                        turn_ns = self._now_ns()
                self._behind -= size
                if self._blocked and self._behind < MAX_BEHIND // 2:
                    self._block(False)
            self._work.clear()


class _Later:
    """The capture of one connection: everything is put off."""

    def __init__(self, proxy: Proxy, heard: Overheard) -> None:
        self._later = proxy.later
        self._heard = heard

    def asked(self, service: str, events: list[Event], at_ns: int) -> None:
        size = sum(len(getattr(event, "raw", b"")) for event in events)
        self._later(lambda: self._heard.asked(service, events, at_ns), size)

    def sent(self, data: bytes, at_ns: int) -> None:
        self._later(lambda: self._heard.sent(data, at_ns), len(data))

    def answered(self, data: bytes, at_ns: int) -> None:
        self._later(lambda: self._heard.answered(data, at_ns), len(data))

    def ended(self, by: By, error: str, at_ns: int) -> None:
        self._later(lambda: self._heard.ended(by, error, at_ns), 0)


def _kind(error: OSError) -> str:
    refusal = tls_refusal(error)
    if refusal is not None:
        return refusal.close
    match error:
        case TimeoutError():
            return "timeout while connecting"
        case ConnectionRefusedError():
            return "connection refused"
        case ConnectionError():
            return "connection reset"
        case _:
            return "host unknown or unreachable"
