"""What a client sees through the proxy: what it would see without it."""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
import subprocess
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, cast

import httpx
import pytest

from harness.clock import SystemClock
from harness.errors import ConfigError
from harness.wire import proxy as proxy_module
from harness.wire import relay as relay_module
from harness.wire.frames import Told
from harness.wire.overheard import Body
from harness.wire.proxy import Proxy, upstream_of
from harness.wire.tap import Tap

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
UPGRADE = (
    b"GET /s HTTP/1.1\r\nHost: me\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nAuthorization: Bearer s3\r\n\r\n"
)
SWITCHED = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"


class Heard:
    """A tap and a listener that note what they hear."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []
        self.messages: list[Told] = []
        self.texts: list[str] = []
        self.bodies: list[Body] = []

    def __getattr__(self, name: str) -> Any:
        return lambda *arguments: self.calls.append((name, *arguments))

    def message(self, told: Told) -> None:
        self.messages.append(told)

    def sent(self, text: str) -> None:
        self.texts.append(text)

    def body(self, body: Body) -> None:
        self.bodies.append(body)

    def names(self) -> list[str]:
        return [call[0] for call in self.calls]


async def relayed(
    services: Mapping[str, Serve], talk: Callable[[Proxy], Awaitable[None]], tls: ssl.SSLContext | None = None
) -> Heard:
    """A proxy before the services; what it heard while ``talk`` went on."""
    heard = Heard()
    servers = {role: await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls) for role, serve in services.items()}
    urls = {}
    for role, server in servers.items():
        scheme = ("ws" if role == "stream" else "http") + ("s" if tls else "")
        urls[role] = f"{scheme}://localhost:{server.sockets[0].getsockname()[1]}/ignored"
    async with asyncio.timeout(20), Proxy(urls, tap=cast(Tap, heard), listener=heard, clock=SystemClock()) as proxy:
        await talk(proxy)
    for server in servers.values():
        server.close()
        await server.wait_closed()
    return heard


async def opened(proxy: Proxy, role: str = "stream") -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection("127.0.0.1", proxy.ports[role])


async def switch(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
    """The service's side of a handshake; returns the request."""
    head = await reader.readuntil(b"\r\n\r\n")
    writer.write(SWITCHED)
    return head


async def quiet(reader: asyncio.StreamReader) -> bytes:
    """Read to the end, however it comes."""
    try:
        return await reader.read()
    except ConnectionError:
        return b""


def test_request_as_the_client_wrote_it_but_for_the_host() -> None:
    """The service gets the client's head with its own name in Host, and frames in both directions byte for byte."""
    seen: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await switch(reader, writer))
        seen.append(await reader.readexactly(8))
        writer.write(b"\x81\x02yo")
        await quiet(reader)
        writer.close()

    async def talk(proxy: Proxy) -> None:
        reader, writer = await opened(proxy)
        writer.write(UPGRADE)
        assert await reader.readexactly(len(SWITCHED)) == SWITCHED
        writer.write(b"\x81\x82\x01\x02\x03\x04ig")
        assert await reader.readexactly(4) == b"\x81\x02yo"
        writer.write_eof()
        assert await reader.read() == b""
        writer.close()

    heard = asyncio.run(relayed({"stream": serve}, talk))
    (head, frame) = seen
    assert head.replace(b"localhost", b"me").partition(b"Host: ")[2].startswith(b"me:")
    assert head.replace(head.split(b"Host: ")[1].split(b"\r\n")[0], b"me") == UPGRADE
    assert frame == b"\x81\x82\x01\x02\x03\x04ig"
    assert heard.names() == ["ws_open", "ws_accept", "ws_message", "ws_message", "ws_abort"]
    assert [told.data for told in heard.messages] == ["yo"]
    assert heard.texts == ["he"]
    assert heard.calls[-1][2] == "us"
    assert "s3" not in repr(heard.calls)


def test_reset_is_passed_on_as_a_reset() -> None:
    """A service that resets the connection resets the client's, and is the one who ended it."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await switch(reader, writer)
        await reader.readexactly(6)
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()

    async def talk(proxy: Proxy) -> None:
        reader, writer = await opened(proxy)
        writer.write(UPGRADE)
        await reader.readexactly(len(SWITCHED))
        writer.write(b"\x81\x80\0\0\0\0")
        with pytest.raises(ConnectionResetError):
            await reader.read()
        writer.close()

    heard = asyncio.run(relayed({"stream": serve}, talk))
    assert heard.calls[-1][:4] == ("ws_abort", "w1", "peer", "connection reset")


def test_service_that_cannot_be_reached(unused: int) -> None:
    """The client is reset; the attempt is told, with its end."""

    async def play() -> Heard:
        heard = Heard()
        urls = {"stream": f"ws://127.0.0.1:{unused}", "gateway": f"http://127.0.0.1:{unused}"}
        async with Proxy(urls, tap=cast(Tap, heard), listener=heard, clock=SystemClock()) as proxy:
            reader, writer = await opened(proxy)
            writer.write(UPGRADE)
            with pytest.raises(ConnectionResetError):
                await reader.read()
            async with httpx.AsyncClient(trust_env=False) as client:
                with pytest.raises(httpx.TransportError):
                    await client.post(f"http://127.0.0.1:{proxy.ports['gateway']}/x", content="{}")
        return heard

    heard = asyncio.run(play())
    assert heard.names() == ["ws_open", "ws_abort", "http_request", "http_error"]
    assert heard.calls[1][3] == heard.calls[3][2] == "connection refused"


@pytest.fixture
def unused() -> Any:
    """A port that is taken and on which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


def answer(text: bytes) -> Serve:
    """A service that gives the same answer to every request."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            try:
                head = await reader.readuntil(b"\r\n\r\n")
            except (asyncio.IncompleteReadError, ConnectionError):
                break
            if b"Content-Length: 2" in head:
                await reader.readexactly(2)
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(text) + text)
        writer.close()

    return serve


def test_one_endpoint_reaches_both_rest_services() -> None:
    """The gateway's port relays token requests to the token service, on one connection of the client."""

    async def talk(proxy: Proxy) -> None:
        assert proxy.endpoint == f"http://127.0.0.1:{proxy.ports['gateway']}?stream={proxy.ports['stream']}"
        base = proxy.endpoint.partition("?")[0]
        limits = httpx.Limits(max_connections=1)
        async with httpx.AsyncClient(trust_env=False, limits=limits) as client:
            for path, wanted in (("/oauth/token", "t"), ("/x/summaries", "g"), ("/oauth/token", "t")):
                assert (await client.post(base + path, content="{}")).text == wanted

    services = {"token": answer(b"t"), "gateway": answer(b"g"), "stream": answer(b"")}
    heard = asyncio.run(relayed(services, talk))
    assert [(body.service, body.path, body.text) for body in heard.bodies] == [
        ("token", "/oauth/token", "t"),
        ("gateway", "/x/summaries", "g"),
        ("token", "/oauth/token", "t"),
    ]
    assert heard.names() == ["http_request", "http_response", "http_chunk", "http_chunk"] * 3


def test_half_closed_client_gets_its_answer() -> None:
    """A client that says it has no more to send still gets what it asked for; one that asks nothing is let go."""

    async def talk(proxy: Proxy) -> None:
        reader, writer = await opened(proxy, "gateway")
        writer.write(b"GET / HTTP/1.1\r\nHost: me\r\n\r\n")
        writer.write_eof()
        assert (await reader.read()).endswith(b"g")
        writer.close()
        reader, writer = await opened(proxy, "gateway")
        writer.write_eof()
        assert await reader.read() == b""
        writer.close()

    heard = asyncio.run(relayed({"gateway": answer(b"g")}, talk))
    assert heard.names() == ["http_request", "http_response", "http_chunk", "http_chunk"]


def test_answers_that_are_no_http_or_cut_off() -> None:
    """What cannot be read of a service passes through, and is told as an error of the exchange."""

    async def broken(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        writer.write(b"nothing like it\r\n\r\n" if b"/bad" in head else b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 2")
        writer.close()

    async def talk(proxy: Proxy) -> None:
        for path, seen in (b"/bad", b"nothing like it\r\n\r\n"), (b"/cut", b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 2"):
            reader, writer = await opened(proxy, "gateway")
            writer.write(b"POST " + path + b" HTTP/1.1\r\nHost: me\r\nContent-Length: 9\r\n\r\nhalf")
            assert await reader.read() == seen
            writer.close()

    heard = asyncio.run(relayed({"gateway": broken}, talk))
    assert heard.names() == ["http_request", "http_error"] * 2
    assert [call[6] for call in heard.calls[::2]] == [b"half", b"half"]


def test_slow_client_holds_the_service_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Back-pressure passes through: a service cannot pour into the proxy what nobody takes."""
    sent = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        await switch(reader, writer)
        try:
            while sent < 400:
                writer.write(b"\x82\x7f" + (1 << 18).to_bytes(8, "big") + bytes(1 << 18))
                await writer.drain()
                sent += 1
        except ConnectionError:
            pass
        writer.close()

    async def talk(proxy: Proxy) -> None:
        reader, writer = await opened(proxy)
        writer.write(UPGRADE)
        await reader.readexactly(len(SWITCHED))
        while (before := sent) < 400:
            await asyncio.sleep(0.3)
            if sent == before:
                break
        writer.transport.abort()

    asyncio.run(relayed({"stream": serve}, talk))
    assert sent * (1 << 18) < 50_000_000


def test_recording_that_is_behind_holds_everything_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is relayed and not yet told is bounded; nothing of it is lost."""
    monkeypatch.setattr(proxy_module, "MAX_BEHIND", 100_000)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await switch(reader, writer)
        for _ in range(200):
            writer.write((b"\x82\x7e\x03\xe8" + bytes(1000)) * 20)
            await writer.drain()
        await quiet(reader)
        writer.close()

    async def talk(proxy: Proxy) -> None:
        reader, writer = await opened(proxy)
        writer.write(UPGRADE)
        assert len(await reader.readexactly(len(SWITCHED) + 4000 * 1004)) > 0
        writer.close()

    heard = asyncio.run(relayed({"stream": serve}, talk))
    assert len(heard.messages) == 4000


def test_what_is_no_http_and_what_are_no_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that speaks no HTTP is reset; bytes that are no frames pass through and are told by size."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await switch(reader, writer)
        writer.write(b"\x83\x00what")
        assert await reader.readexactly(4) == b"\x83\x00er"
        writer.close()

    async def talk(proxy: Proxy) -> None:
        reader, writer = await opened(proxy)
        writer.write(b"SSH-2.0-x\r\n\r\n\r\n")
        assert await quiet(reader) == b""
        reader, writer = await opened(proxy)
        writer.write(UPGRADE + b"\x83\x00")  # before the answer: held until it is there
        await reader.readexactly(len(SWITCHED))
        writer.write(b"er")
        assert await reader.read() == b"\x83\x00what"
        writer.close()

    heard = asyncio.run(relayed({"stream": serve}, talk))
    assert heard.names() == ["ws_open", "ws_accept", "ws_partial", "ws_partial", "ws_abort"]


def test_refused_upgrade_leaves_http(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a refused handshake the connection speaks HTTP on, as without the proxy."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for status, body in ((b"401 No", b"who"), (b"200 OK", b"hi")):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 " + status + b"\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        writer.close()

    async def talk(proxy: Proxy) -> None:
        reader, writer = await opened(proxy)
        writer.write(UPGRADE)
        await reader.readuntil(b"who")
        writer.write(b"GET /again HTTP/1.1\r\nHost: me\r\n\r\n")
        assert (await reader.read()).endswith(b"hi")
        writer.close()

    heard = asyncio.run(relayed({"stream": serve}, talk))
    assert heard.names() == ["ws_open", "ws_reject", "http_request", "http_response", "http_chunk", "http_chunk"]
    assert heard.calls[1][1:5] == ("w1", 401, [("content-length", "3")], b"who")


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """A service's TLS context, trusted by this process."""
    key, cert = tmp_path / "key.pem", tmp_path / "cert.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", str(key), "-out", str(cert)]
    subject = ["-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    try:
        subprocess.run([*command, *subject], check=True, capture_output=True)
    except FileNotFoundError:
        pytest.skip("openssl is not installed")
    monkeypatch.setenv("SSL_CERT_FILE", str(cert))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    return context


def test_service_with_tls(certificate: ssl.SSLContext) -> None:
    """The service is reached over TLS, its certificate checked; the client speaks plain to the proxy."""

    async def talk(proxy: Proxy) -> None:
        async with httpx.AsyncClient(trust_env=False) as client:
            assert (await client.post(f"http://127.0.0.1:{proxy.ports['gateway']}/x", content="{}")).text == "secure"

    heard = asyncio.run(relayed({"gateway": answer(b"secure")}, talk, certificate))
    assert heard.names() == ["http_request", "http_response", "http_chunk", "http_chunk"]


def test_certificate_nobody_trusts(certificate: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch) -> None:
    """Verification cannot be switched off: the client is reset, and the reason is told."""
    monkeypatch.delenv("SSL_CERT_FILE")

    async def talk(proxy: Proxy) -> None:
        async with httpx.AsyncClient(trust_env=False) as client:
            with pytest.raises(httpx.TransportError):
                await client.post(f"http://127.0.0.1:{proxy.ports['gateway']}/x", content="{}")

    heard = asyncio.run(relayed({"gateway": answer(b"secure")}, talk, certificate))
    assert heard.names() == ["http_request", "http_error"]
    assert "TLS" in heard.calls[1][2]


@pytest.mark.parametrize(
    ("role", "url"),
    [
        ("elsewhere", "http://127.0.0.1"),
        ("stream", "http://127.0.0.1"),
        ("gateway", "http://service.invalid"),
        ("gateway", "https://user:pw@service.invalid"),
        ("token", "https://"),
        ("token", "https://x:99999"),
    ],
)
def test_upstreams_that_are_refused(role: str, url: str) -> None:
    """Unknown roles, the wrong scheme, no TLS to another machine, credentials in a URL: a typed error without them."""
    with pytest.raises(ConfigError) as error:
        upstream_of(role, url)
    assert "pw" not in str(error.value)


def test_addresses() -> None:
    """Ports follow the scheme; another address than loopback needs to be asked for; no service, no proxy."""
    assert upstream_of("stream", "wss://service.invalid").port == 443
    assert upstream_of("token", "http://[::1]").port == 80
    heard = Heard()
    with pytest.raises(ConfigError):
        Proxy({}, tap=cast(Tap, heard), listener=heard, clock=SystemClock())

    async def play() -> None:
        only = {"gateway": "http://127.0.0.1:9"}
        with pytest.raises(ConfigError):
            async with Proxy(only, tap=cast(Tap, heard), listener=heard, clock=SystemClock(), host="0.0.0.0"):
                pass
        everywhere = Proxy(only, tap=cast(Tap, heard), listener=heard, clock=SystemClock(), host="0.0.0.0", remote=True)
        async with everywhere as proxy:
            assert proxy.endpoint == f"http://0.0.0.0:{proxy.ports['gateway']}"

    asyncio.run(play())
    assert relay_module.MAX_BEHIND > 0
