"""Sockets that listen on loopback, and nowhere else unless that was asked for."""

from __future__ import annotations

import errno
import ipaddress
import socket

from harness.errors import ConfigError

__all__ = ["listening_socket"]


def listening_socket(host: str, port: int, port_name: str = "port", *, remote: bool = False) -> socket.socket:
    """A socket that listens on a loopback address; with ``remote``, on any address of this machine.

    Raises:
        ConfigError: the host is not loopback, or the port cannot be had.
    """
    address = "127.0.0.1" if host == "localhost" else host
    try:
        version = ipaddress.ip_address(address)
    except ValueError:
        raise ConfigError("--listen", host, "a loopback address such as 127.0.0.1, no name") from None
    if not version.is_loopback and not remote:
        raise ConfigError("--listen", host, "a loopback address such as 127.0.0.1")
    if not 0 <= port <= 65535:
        raise ConfigError(port_name, port, "a port from 0 to 65535")
    family = socket.AF_INET6 if version.version == 6 else socket.AF_INET
    # The protocol is named, for asyncio turns Nagle's algorithm off only where it is: 40 ms late without.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address, port))
        listener.listen(2048)
        return listener
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRNOTAVAIL:
            raise ConfigError("--listen", host, "an address of this machine") from None
        raise ConfigError(port_name, port, _port_wanted(error), fix=_OTHER_PORT) from None


_OTHER_PORT = "choose another port, or 0 to let the system choose"


def _port_wanted(error: OSError) -> str:
    match error.errno:
        case errno.EADDRINUSE:
            return "a port that is free; this one is in use"
        case errno.EACCES:
            return "a port this user may open"
        case _:
            return f"a port that can be opened ({errno.errorcode.get(error.errno or 0, 'unknown error')})"
