"""The network guard: while it is on, this process reaches loopback ports that were declared, and nothing else.

1. It listens to the interpreter's own audit events (PEP 578): ``socket.connect``, ``socket.sendto``, ``socket.sendmsg``
   and the look-up of names. So it makes no difference which library dials, or when it imported what; ``_socket`` itself
   is covered. What runs in another process is not.
2. Two look-ups escape those events or hide who asked, so they are watched where they begin: ``connect`` of a socket given
   a name, and the loop's ``getaddrinfo``, which goes to a thread. (``_socket`` given a name does look it up, and stops there.)
3. A refused dial raises NetworkBlocked with the place in the caller's code. It is no OSError: libraries that try the
   next address, or try again, do not swallow it.
4. Guards nest: each adds its ports to those of the ones around it, and takes them back.
5. An audit hook cannot be taken out; a guard that is off costs one look at a list.
"""

from __future__ import annotations

import asyncio
import functools
import ipaddress
import socket
import sys
import sysconfig
import traceback
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Any, Self

from harness.errors import NetworkBlocked

__all__ = ["NetworkGuard"]

_DIALS = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})
_LOOKUPS = frozenset({"socket.getaddrinfo", "socket.gethostbyname"})
_LIBRARIES = tuple(
    path for name in ("stdlib", "platstdlib", "purelib", "platlib") if (path := sysconfig.get_paths().get(name))
)
_FIX = "the guard lets declared loopback ports through: point the client at the replay, or record live without a guard"

_active: list[NetworkGuard] = []
_installed: list[bool] = []


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
        if not _installed:
            sys.addaudithook(_hook)
            _watch_loops()
            _watch_connects()
            _installed.append(True)
        _active.append(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _active.remove(self)


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if not _active:
        return
    if event in _DIALS:
        try:
            _check_dial(arguments[1])
        except NetworkBlocked:
            arguments[0].close()  # the library around tidies up after an OSError only
            raise
    elif event in _LOOKUPS:
        _check_name(arguments[0], arguments[1] if len(arguments) > 1 else 0)


def _check_dial(address: Any) -> None:
    if not isinstance(address, tuple) or len(address) < 2:  # a Unix socket, or a socket connected before
        return
    host, port = _shown(address[0]), address[1]
    if not _is_loopback(host) or not any(port in guard.ports for guard in _active):
        raise NetworkBlocked(host, port if isinstance(port, int) else 0, fix=_FIX, site=_call_site())


def _check_name(host: Any, port: Any) -> None:
    name = _shown(host)
    if name and name != "localhost" and not _is_address(name):
        shown = int(port) if isinstance(port, int) or (isinstance(port, str) and port.isdecimal()) else 0
        raise NetworkBlocked(name, shown, fix=_FIX, site=_call_site())


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
    return ipaddress.ip_address(host.partition("%")[0]).is_loopback


def _call_site() -> str:
    """The innermost line that belongs neither to a library nor to this file."""
    for frame in reversed(traceback.extract_stack()):
        ours = frame.filename == __file__ or frame.filename.startswith("<")
        if not ours and not frame.filename.startswith(_LIBRARIES):
            return f"{frame.filename}:{frame.lineno} in {frame.name}"
    return ""


def _watch_loops() -> None:
    """Rule 2: ask before the look-up goes to a thread."""
    looked_up = asyncio.BaseEventLoop.getaddrinfo

    async def getaddrinfo(self: asyncio.BaseEventLoop, host: Any, port: Any, **more: Any) -> Any:
        if _active:
            _check_name(host, port)
        return await looked_up(self, host, port, **more)

    asyncio.BaseEventLoop.getaddrinfo = getaddrinfo  # type: ignore[method-assign]  # rule 2


def _watch_connects() -> None:
    """Rule 2: a name handed to ``connect`` is looked up inside it."""
    for name in ("connect", "connect_ex"):
        setattr(socket.socket, name, _asking(getattr(socket.socket, name)))


def _asking(connect: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(connect)
    def asking(self: socket.socket, address: Any) -> Any:
        if _active and isinstance(address, tuple) and len(address) >= 2:
            _check_name(address[0], address[1])
        return connect(self, address)

    return asking
