"""The network guard, against every kind of dial; a blocked one never leaves the machine."""

from __future__ import annotations

import _socket
import asyncio
import http.client
import socket
import socket as early_socket
import urllib.request
from collections.abc import Callable, Iterator
from socket import create_connection as early_bound
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect as connect_ws
from websockets.sync.client import connect as connect_ws_sync

from harness.errors import NetworkBlocked
from harness.wire.guard import NetworkGuard

AWAY = "192.0.2.7"  # RFC 5737, documentation


@pytest.fixture
def port() -> Iterator[int]:
    """A port somebody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def _raw(host: str, port: int) -> None:
    with socket.socket() as one:
        one.connect((host, port))


def _c_level(host: str, port: int) -> None:
    one = _socket.socket()
    try:
        one.connect((host, port))
    finally:
        one.close()


def _connect_ex(host: str, port: int) -> None:
    with early_socket.socket() as one:
        one.connect_ex((host, port))


def _datagram(host: str, port: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.sendto(b"x", (host, port))


def _datagram_message(host: str, port: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.sendmsg([b"x"], [], 0, (host, port))


def _httpx(host: str, port: int) -> None:
    httpx.get(f"http://{host}:{port}", trust_env=False)


def _httpx_async(host: str, port: int) -> None:
    async def run() -> None:
        async with httpx.AsyncClient(trust_env=False) as client:
            await client.get(f"http://{host}:{port}")

    try:
        asyncio.run(run())
    except ExceptionGroup as group:  # anyio dials in a task group
        raise group.exceptions[0] from None


def _aiohttp(host: str, port: int) -> None:
    aiohttp = pytest.importorskip("aiohttp", reason="aiohttp is not installed")

    async def run() -> None:
        async with aiohttp.ClientSession() as session, session.get(f"http://{host}:{port}"):
            pass

    asyncio.run(run())


def _websockets(host: str, port: int) -> None:
    async def run() -> None:
        async with connect_ws(f"ws://{host}:{port}", proxy=None):
            pass

    asyncio.run(run())


def _streams(host: str, port: int) -> None:
    async def run() -> None:
        _, writer = await asyncio.open_connection(host, port)
        writer.close()
        await writer.wait_closed()

    asyncio.run(run())


DIALS: list[Callable[[str, int], Any]] = [
    _raw,
    _c_level,
    _connect_ex,
    _datagram,
    _datagram_message,
    lambda host, port: early_bound((host, port)),
    lambda host, port: urllib.request.urlopen(f"http://{host}:{port}"),
    lambda host, port: http.client.HTTPConnection(host, port).request("GET", "/"),
    lambda host, port: connect_ws_sync(f"ws://{host}:{port}", proxy=None),
    _httpx,
    _httpx_async,
    _aiohttp,
    _websockets,
    _streams,
]
NAMED = [dial for dial in DIALS if dial not in (_datagram, _datagram_message, _c_level)]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # a library tidies up late
@pytest.mark.parametrize("dial", DIALS)
def test_a_foreign_host_is_never_dialled(dial: Callable[[str, int], Any]) -> None:
    """Whatever dials, and however early it was imported: blocked, with host, port and the line that did it."""
    with NetworkGuard(), pytest.raises(NetworkBlocked) as blocked:
        dial(AWAY, 443)
    assert (blocked.value.host, blocked.value.port) == (AWAY, 443)
    assert "test_guard.py:" in blocked.value.site
    assert blocked.value.site in str(blocked.value)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # a library tidies up late
@pytest.mark.parametrize("dial", DIALS)
def test_a_loopback_port_that_was_not_declared(dial: Callable[[str, int], Any], port: int) -> None:
    """Loopback is no free pass: the port has to be declared."""
    with NetworkGuard([port + 1 if port < 65535 else 1]), pytest.raises(NetworkBlocked):
        dial("127.0.0.1", port)


@pytest.mark.parametrize("dial", NAMED)
def test_names_are_not_looked_up(dial: Callable[[str, int], Any]) -> None:
    """A look-up would tell a name server: it is blocked before, also where a loop hands it to a thread."""
    with NetworkGuard(), pytest.raises(NetworkBlocked) as blocked:
        dial("service.invalid", 443)
    assert blocked.value.host == "service.invalid"
    assert "test_guard.py:" in blocked.value.site


@pytest.mark.parametrize("dial", [_raw, _streams, lambda host, port: early_bound(("localhost", port)).close()])
def test_declared_ports_are_let_through(dial: Callable[[str, int], Any], port: int) -> None:
    """Declared loopback ports work, declared late too; without a guard everything does."""
    guard = NetworkGuard()
    with guard:
        guard.allow(port)
        dial("127.0.0.1", port)
    dial("127.0.0.1", port)


def test_guards_nest(port: int) -> None:
    """An inner guard adds its ports and takes them back; the outer one stays."""
    with NetworkGuard():
        with NetworkGuard([port]):
            _raw("127.0.0.1", port)
        with pytest.raises(NetworkBlocked):
            _raw("127.0.0.1", port)


def test_unix_sockets_and_pairs_are_no_network(tmp_path: Any) -> None:
    """What never leaves the machine's own files is let through."""
    with NetworkGuard(), socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as client:
        server.bind(str(tmp_path / "s"))
        server.listen()
        client.connect(str(tmp_path / "s"))
        asyncio.run(asyncio.sleep(0))


def test_look_ups_by_the_old_name() -> None:
    """gethostbyname is a look-up too; numbers and localhost are none."""
    with NetworkGuard():
        socket.gethostbyname("localhost")
        socket.getaddrinfo("::1", "80")
        socket.getaddrinfo(b"127.0.0.1", None)
        with pytest.raises(NetworkBlocked):
            socket.gethostbyname("service.invalid")
