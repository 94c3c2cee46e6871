"""The network guard: while it is on, this process reaches loopback ports that were declared, and nothing else.

1. It listens to the interpreter's own audit events (PEP 578): ``socket.connect``, ``socket.sendto``, ``socket.sendmsg``
   and the look-up of names and addresses. So it makes no difference which library dials, or when it imported what;
   ``_socket`` itself is covered. What runs in another process is not, nor what dials below the interpreter (uvloop, pycurl,
   gRPC), nor a connection that was open before.
2. Some dials escape those events, lose the error or hide who asked, so they are watched where they begin: the methods of a
   socket given a name, and the loop's ``getaddrinfo`` and ``create_connection``. (``_socket`` given a name does look it up, and
   stops there.)
3. A refused dial raises NetworkBlocked with the place in the caller's code (:mod:`harness.wire.call_sites`). It is no OSError:
   libraries that try the next address, or try again, do not swallow it.
4. Loopback is 127.0.0.0/8, ::1, either written as the other, and ``localhost``; 0.0.0.0 is none. Sockets that cannot leave the
   machine (Unix, netlink) are let through.
5. Guards nest, also one in itself, and hold for all threads: each adds its ports to those of the ones around it, and takes
   them back. When the last one ends, what was replaced is put back; the audit hook cannot be, and costs one look at a tuple.
"""

from __future__ import annotations

import asyncio
import functools
import ipaddress
import socket
import sys
import threading
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Any, Self

from harness.errors import NetworkBlocked
from harness.wire.call_sites import call_site, watches

__all__ = ["NetworkGuard"]

_DIALS = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})
_LOOKUPS = frozenset({"socket.getaddrinfo", "socket.gethostbyname"})
_REVERSE = frozenset({"socket.gethostbyaddr", "socket.getnameinfo"})
_WITHIN = frozenset(
    family for name in ("AF_UNIX", "AF_NETLINK", "AF_ALG") if (family := getattr(socket, name, None)) is not None
)
_FIX = "the guard lets declared loopback ports through: point the client at the replay, or record live without a guard"

_lock = threading.RLock()
_active: tuple[NetworkGuard, ...] = ()
_hooked = False
_replaced: list[tuple[Any, str, Any, Any]] = []
"""(class, name, ours, what its own dictionary held, None for nothing)"""


class NetworkGuard:
    """Turns the guard on; a context manager.

    Args:
        ports: the loopback ports that may be reached.
    """

    def __init__(self, ports: Iterable[int] = ()) -> None:
        self.ports = set(ports)

    def allow(self, *ports: int) -> None:
        """Let more loopback ports through."""
        self.ports.update(ports)

    def __enter__(self) -> Self:
        global _active, _hooked  # noqa: PLW0603 - one process, one guard
        with _lock:
            if not _hooked:
                sys.addaudithook(_hook)
                _hooked = True
            if not _active:
                _replace()
            _active = (*_active, self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        global _active  # noqa: PLW0603 - as above
        with _lock:
            index = _active.index(self)
            _active = _active[:index] + _active[index + 1 :]
            if not _active:
                _put_back()


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if not _active:
        return
    if event in _DIALS:
        if arguments[0].family in _WITHIN:
            return
        try:
            _check_dial(arguments[1])
        except NetworkBlocked:
            arguments[0].close()  # the library around tidies up after an OSError only
            raise
    elif event in _LOOKUPS:
        _check_name(arguments[0], arguments[1] if len(arguments) > 1 else 0)
    elif event in _REVERSE:
        _check_reverse(arguments[0])


def _check_dial(address: Any) -> None:
    if not isinstance(address, tuple) or len(address) < 2:  # a socket connected before
        return
    host, port = _shown(address[0]), address[1]
    if not _is_loopback(host) or not any(port in guard.ports for guard in _active):
        raise _blocked(host, port)


def _check_name(host: Any, port: Any) -> None:
    name = _shown(host)
    if name and name != "localhost" and not _is_address(name):
        raise _blocked(name, port)


def _check_reverse(address: Any) -> None:
    """A name server is asked for the name of an address; servers ask so for this machine's own."""
    host, port = (address[0], address[1]) if isinstance(address, tuple) else (address, 0)
    if not _is_loopback(_shown(host)) and host not in (socket.gethostname(), "0.0.0.0", "::"):  # noqa: S104 - not bound
        raise _blocked(_shown(host), port)


def _check_target(host: Any, port: Any) -> None:
    """A host and a port that somebody is about to dial."""
    _check_name(host, port)
    name = _shown(host)
    if name:
        _check_dial((name, _number(port)))


def _blocked(host: str, port: Any) -> NetworkBlocked:
    return NetworkBlocked(host, _number(port), fix=_FIX, site=call_site())


def _number(port: Any) -> int:
    """A port as a number; 0 for none and for the name of a service."""
    return int(port) if isinstance(port, int) or (isinstance(port, str) and port.isdecimal()) else 0


def _shown(host: Any) -> str:
    return host.decode("ascii", "replace") if isinstance(host, bytes | bytearray) else str(host or "")


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


def _is_loopback(host: str) -> bool:
    if not _is_address(host):
        return host in ("localhost", "")
    address = ipaddress.ip_address(host.partition("%")[0])
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback


# Rule 2: what has to be watched where it begins


def _replace() -> None:
    for owner, name, ours in [*_dialling(), *watches()]:
        _replaced.append((owner, name, ours, owner.__dict__.get(name)))
        setattr(owner, name, ours)


def _put_back() -> None:
    for owner, name, ours, before in _replaced:
        if owner.__dict__.get(name) is not ours:  # somebody else replaced it meanwhile; ours does nothing any more
            continue
        if before is None:
            delattr(owner, name)
        else:
            setattr(owner, name, before)
    _replaced.clear()


def _dialling() -> list[tuple[Any, str, Callable[..., Any]]]:
    loop: Any = asyncio.BaseEventLoop
    looked_up, connected = loop.getaddrinfo, loop.create_connection

    @functools.wraps(looked_up)
    async def getaddrinfo(self: Any, host: Any, port: Any, **more: Any) -> Any:
        if _active:
            _check_name(host, port)
        return await looked_up(self, host, port, **more)

    @functools.wraps(connected)
    async def create_connection(self: Any, factory: Any, host: Any = None, port: Any = None, **more: Any) -> Any:
        # With happy eyeballs the loop forgets every error of a dial that is no OSError.
        if _active and host is not None:
            _check_target(host, port)
        return await connected(self, factory, host, port, **more)

    sockets = [(socket.socket, name, _asking(name)) for name in ("connect", "connect_ex", "sendto", "sendmsg")]
    return [(loop, "getaddrinfo", getaddrinfo), (loop, "create_connection", create_connection), *sockets]


def _asking(name: str) -> Callable[..., Any]:
    """The method of a socket, after a look at the address: the last argument that is a tuple."""
    method: Callable[..., Any] = getattr(socket.socket, name)

    @functools.wraps(method)
    def asking(self: socket.socket, *args: Any) -> Any:
        address = args[-1] if args else None
        if _active and isinstance(address, tuple) and len(address) >= 2 and self.family not in _WITHIN:
            _check_name(address[0], address[1])
        return method(self, *args)

    return asking
