"""The network guard, against every kind of dial; a blocked one never leaves the machine."""

from __future__ import annotations

import _socket
import asyncio
import http.client
import socket
import socket as early_socket
import threading
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from socket import create_connection as early_bound
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect as connect_ws
from websockets.sync.client import connect as connect_ws_sync

from harness.errors import NetworkBlocked
from harness.wire import guard
from harness.wire.guard import NetworkGuard

AWAY = "192.0.2.7"  # RFC 5737, documentation
AWAY_6 = "2001:db8::7"  # RFC 3849


@pytest.fixture(autouse=True)
def _hook_can_be_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    """Coverage sees what an audit hook does only where the hook says so."""
    monkeypatch.setattr(guard._hook, "__cantrace__", True, raising=False)


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


def _aiohttp_ws(host: str, port: int) -> None:
    aiohttp = pytest.importorskip("aiohttp", reason="aiohttp is not installed")

    async def run() -> None:
        async with aiohttp.ClientSession() as session, session.ws_connect(f"ws://{host}:{port}"):
            pass

    asyncio.run(run())


def _requests(host: str, port: int) -> None:
    requests = pytest.importorskip("requests", reason="requests is not installed")
    with requests.Session() as session:
        session.trust_env = False
        session.get(f"http://{host}:{port}")


def _websocket_client(host: str, port: int) -> None:
    library = pytest.importorskip("websocket", reason="websocket-client is not installed")
    library.create_connection(f"ws://{host}:{port}", http_no_proxy=["*"])


def _sock_connect(host: str, port: int) -> None:
    async def run() -> None:
        with socket.socket() as one:
            one.setblocking(False)
            await asyncio.get_running_loop().sock_connect(one, (host, port))

    asyncio.run(run())


def _datagram_endpoint(host: str, port: int) -> None:
    async def run() -> None:
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, remote_addr=(host, port))
        transport.close()

    asyncio.run(run())


def _happy_eyeballs(host: str, port: int) -> None:
    async def run() -> None:
        await asyncio.open_connection(host, port, happy_eyeballs_delay=0.01)

    asyncio.run(run())


def _in_a_thread(host: str, port: int) -> None:
    asyncio.run(asyncio.to_thread(early_bound, (host, port)))


def _in_a_pool(host: str, port: int) -> None:
    with ThreadPoolExecutor(1) as pool:
        pool.submit(urllib.request.urlopen, f"http://{host}:{port}").result()


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
    _aiohttp_ws,
    _requests,
    _websocket_client,
    _websockets,
    _streams,
    _sock_connect,
    _datagram_endpoint,
    _happy_eyeballs,
    _in_a_thread,
    _in_a_pool,
]
NAMED = [dial for dial in DIALS if dial is not _c_level]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # a library tidies up late
@pytest.mark.parametrize("dial", DIALS)
def test_a_foreign_host_is_never_dialled(dial: Callable[[str, int], Any]) -> None:
    """Whatever dials, and however early it was imported: blocked, with host, port and the line that did it."""
    with NetworkGuard(), pytest.raises(NetworkBlocked) as blocked:
        dial(AWAY, 443)
    assert (blocked.value.host, blocked.value.port) == (AWAY, 443)
    assert "test_guard.py:" in blocked.value.site
    assert blocked.value.site in str(blocked.value)


@pytest.mark.prove
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # a library tidies up late
def test_how_many_ways_are_blocked(port: int, figure: Callable[[str, object], None]) -> None:
    """To a foreign host and to a port of this machine that was not declared: all of them."""
    blocked = 0
    for dial in DIALS:
        for host, where in ((AWAY, 443), ("127.0.0.1", port)):
            with NetworkGuard(), pytest.raises(NetworkBlocked):
                dial(host, where)
            blocked += 1
    figure("network guard: ways to dial out, early-bound ones too, blocked", f"{blocked} of {2 * len(DIALS)}")


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
    late = NetworkGuard()
    with late:
        late.allow(port)
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
        with pytest.raises(NetworkBlocked):
            socket.gethostbyname_ex("service.invalid")


def test_look_ups_of_addresses() -> None:
    """The name of a foreign address is asked of nobody; this machine's own name may be."""
    with NetworkGuard():
        socket.getfqdn("127.0.0.1")
        socket.getfqdn()
        socket.getnameinfo(("::1", 80), socket.NI_NUMERICHOST)
        for look_up in (socket.gethostbyaddr, socket.getfqdn, lambda host: socket.getnameinfo((host, 80), 0)):
            with pytest.raises(NetworkBlocked):
                look_up(AWAY)


@pytest.mark.parametrize("host", [AWAY_6, f"::ffff:{AWAY}", "::", "fe80::1%1"])
def test_ipv6_is_guarded(host: str) -> None:
    """Foreign addresses in every form, scoped ones too."""
    with NetworkGuard([443]), socket.socket(socket.AF_INET6) as one, pytest.raises(NetworkBlocked):
        one.connect_ex((host, 443))


@pytest.mark.parametrize("host", ["::1", "::ffff:127.0.0.1"])
def test_ipv6_loopback(host: str) -> None:
    """Declared ports are let through, the others not."""
    if not socket.has_ipv6:
        pytest.skip("no IPv6 here")
    with NetworkGuard([1]), socket.socket(socket.AF_INET6) as one, socket.socket(socket.AF_INET6) as other:
        one.connect_ex((host, 1))
        with pytest.raises(NetworkBlocked):
            other.connect_ex((host, 2))


@pytest.mark.parametrize("host", ["0.0.0.0", "127.1", "2130706433", "<broadcast>"])
def test_other_spellings_are_no_loopback(host: str) -> None:
    """What the system would read as an address is blocked unless it reads as one here."""
    with NetworkGuard([80]), socket.socket() as one, pytest.raises(NetworkBlocked):
        one.connect_ex((host, 80))


def test_a_port_may_be_text(port: int) -> None:
    """asyncio takes a port as text: a declared one is let through."""

    async def run() -> None:
        _, writer = await asyncio.open_connection("localhost", str(port), family=socket.AF_INET)
        writer.close()

    with NetworkGuard([port]):
        asyncio.run(run())
    with NetworkGuard(), pytest.raises(NetworkBlocked):
        asyncio.run(run())


@pytest.mark.skipif(not hasattr(socket, "AF_NETLINK"), reason="no netlink here")
def test_the_kernel_may_be_asked() -> None:
    """A netlink socket does not leave the machine."""
    with NetworkGuard(), socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as one:
        one.connect((0, 0))


def test_a_datagram_of_a_transport_is_not_sent() -> None:
    """asyncio tells the protocol of it, not the sender; nothing leaves."""
    lost: list[Exception | None] = []
    told: list[Any] = []

    class Protocol(asyncio.DatagramProtocol):
        def connection_lost(self, error: Exception | None) -> None:
            lost.append(error)

    async def run() -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: told.append(context["exception"]))
        transport, _ = await loop.create_datagram_endpoint(Protocol, local_addr=("127.0.0.1", 0))
        transport.sendto(b"x", (AWAY, 9))
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    with NetworkGuard():
        asyncio.run(run())
    assert [type(error) for error in (*lost, *told)] == [NetworkBlocked] * 2


def _state() -> list[Any]:
    loop, sockets = asyncio.BaseEventLoop, socket.socket.__dict__
    names = ("connect", "connect_ex", "sendto", "sendmsg")
    methods = [loop.getaddrinfo, loop.create_connection, loop.create_task, threading.Thread.start]
    return [*methods, ThreadPoolExecutor.submit, *(sockets.get(name) for name in names)]


def test_everything_is_put_back() -> None:
    """After the last guard every replaced method is the one before, whatever was raised meanwhile."""
    before = _state()
    twice = NetworkGuard()
    with twice, NetworkGuard([1]), twice:
        assert all(one is not other for one, other in zip(_state(), before, strict=True))
    assert _state() == before
    with pytest.raises(NetworkBlocked), twice:
        _raw(AWAY, 1)
    assert _state() == before


def test_what_somebody_else_replaced_stays(monkeypatch: pytest.MonkeyPatch, port: int) -> None:
    """A method replaced while a guard is on is not undone by its end, and ours inside it does nothing any more."""
    with NetworkGuard():
        ours = socket.socket.connect

        def theirs(self: socket.socket, address: Any) -> None:
            ours(self, address)

        monkeypatch.setattr(socket.socket, "connect", theirs)
    assert socket.socket.connect is theirs
    _raw("127.0.0.1", port)
    monkeypatch.undo()
    del socket.socket.connect


def test_a_guard_in_itself(port: int) -> None:
    """The same guard entered twice holds until it was left twice."""
    twice = NetworkGuard([port])
    with twice:
        with twice:
            _raw("127.0.0.1", port)
        _raw("127.0.0.1", port)
        with pytest.raises(NetworkBlocked):
            _raw(AWAY, port)


def test_guards_of_many_threads() -> None:
    """Entered and left from eight threads at once: always on for who is inside, nothing left behind."""
    before = _state()
    wrong: list[object] = []

    def run() -> None:
        for number in range(50):
            with NetworkGuard([number + 1]):
                try:
                    _raw(AWAY, number + 1)
                    wrong.append(number)
                except NetworkBlocked:
                    pass

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert _state() == before
