"""Listening sockets."""

from __future__ import annotations

import errno
import socket
from typing import Any

import pytest

from harness.errors import ConfigError
from harness.wire.listen import listening_socket


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.0.0.2", "::1"])
def test_loopback(host: str) -> None:
    """Any loopback address, with a port of the system's choice."""
    with listening_socket(host, 0) as listener:
        assert listener.getsockname()[1] > 0


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.invalid", ""])
def test_nothing_but_loopback(host: str) -> None:
    """Other addresses and names are refused."""
    with pytest.raises(ConfigError, match="a loopback address"):
        listening_socket(host, 0)


def test_a_port_in_use() -> None:
    """The error names the option, the port and the way out."""
    with listening_socket("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(ConfigError, match=rf"--port: {port} .* in use \(choose another port, or 0") as caught:
            listening_socket("127.0.0.1", port, "--port")
    assert caught.value.name == "--port"


@pytest.mark.parametrize("port", [-1, 65536])
def test_no_such_port(port: int) -> None:
    """Port numbers have 16 bits."""
    with pytest.raises(ConfigError, match="from 0 to 65535"):
        listening_socket("127.0.0.1", port)


@pytest.mark.parametrize(
    "number, words",
    [
        (errno.EACCES, "may open"),
        (errno.EADDRNOTAVAIL, "--listen: .* an address of this machine"),
        (None, "unknown error"),
    ],
)
def test_other_causes(monkeypatch: pytest.MonkeyPatch, number: int | None, words: str) -> None:
    """Whatever the system says becomes one line."""

    def refuse(*_: Any) -> None:
        raise OSError(number, "no") if number else OSError("no")

    monkeypatch.setattr(socket.socket, "bind", refuse)
    with pytest.raises(ConfigError, match=words):
        listening_socket("127.0.0.1", 80)
