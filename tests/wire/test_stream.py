"""One connection and its tap, against small WebSocket servers on loopback."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from pydantic import SecretStr

from harness.clock import VirtualClock
from harness.errors import ConnectionLost
from harness.wire.serve import Handshake, Peer, PeerClosed, Refusal, WsServer
from harness.wire.stream import HandshakeRejected, Limits, Link, LinkClosed, dial
from harness.wire.tls import TlsRefused

TOKEN = "t0ken-of-the-session"
HIDDEN = "jane.roe@corvalis-mail.co"

Handler = Callable[[Peer], Awaitable[None]]


async def quiet(peer: Peer) -> None:
    """Takes everything until the client goes."""
    try:
        while True:
            await peer.recv()
    except PeerClosed:
        return


def opened(url: str, tap: Any, **options: Any) -> Any:
    given = {"token": SecretStr(TOKEN), "conn": "w1", "attempt": 1, "tap": tap, "clock": VirtualClock(), **options}
    return dial(url, **given)


def run(handler: Handler, tap: Any, talk: Callable[[Link], Awaitable[None]], **options: Any) -> None:
    async def main() -> None:
        async with asyncio.timeout(20), WsServer(handler) as server:
            link = await opened(f"ws://127.0.0.1:{server.port}/s?v=1", tap, **options)
            await talk(link)
            await link.close()

    asyncio.run(main())


def rejected(admit: Callable[[Handshake], Refusal | None], tap: Any) -> HandshakeRejected:
    async def main() -> HandshakeRejected:
        async with asyncio.timeout(20), WsServer(quiet, admit=admit) as server:
            with pytest.raises(HandshakeRejected) as raised:
                await opened(f"ws://127.0.0.1:{server.port}/s", tap)
            return raised.value

    return asyncio.run(main())


def test_a_conversation(ear: Any) -> None:
    """The tap hears the dial, the answer, both directions in wire order and the close, once."""
    seen: list[Handshake] = []

    async def echo(peer: Peer) -> None:
        seen.append(peer.handshake)
        await peer.send(await peer.recv())
        await quiet(peer)

    async def talk(link: Link) -> None:
        await link.send("hello")
        received = await link.receive()
        assert (received.data, received.handle) == ("hello", 4)
        assert "hello" not in repr(received)
        await link.close(1001)

    run(echo, ear, talk)
    assert seen[0].headers["authorization"] == f"Bearer {TOKEN}"
    assert ear.names() == ["ws_open", "ws_accept", "ws_message", "ws_message", "ws_close"]
    assert ear.calls[0][:4] == ("ws_open", "w1", 1, "/s?v=1")
    assert ("authorization", "<secret>") in ear.calls[0][4]
    assert ear.calls[1][:3] == ("ws_accept", "w1", 101)
    assert [call[2:] for call in ear.calls[2:4]] == [("out", "hello"), ("in", "hello")]
    assert ear.calls[4] == ("ws_close", "w1", "us", 1001, "", True)


@pytest.mark.parametrize(("code", "told"), [(1000, 1000), (1001, 1001), (4401, 4401), (None, None)])
def test_close_by_the_service(ear: Any, code: int | None, told: int | None) -> None:
    """A close of the service is told with who, code and reason, also to whoever sends afterwards."""

    async def leave(peer: Peer) -> None:
        await peer.close(code, "over")

    async def talk(link: Link) -> None:
        with pytest.raises(LinkClosed) as raised:
            await link.receive()
        assert (raised.value.code, raised.value.by) == (1005 if code is None else code, "peer")
        with pytest.raises(LinkClosed):
            await link.send("too late")

    run(leave, ear, talk)
    assert ear.names() == ["ws_open", "ws_accept", "ws_close"]
    assert ear.calls[2] == ("ws_close", "w1", "peer", told, "" if code is None else "over", True)


def test_close_of_both(ear: Any) -> None:
    """A close that came before ours is the service's, also if nobody had read it yet."""
    gone = asyncio.Event()

    async def leave(peer: Peer) -> None:
        await peer.close(4000)
        gone.set()

    async def talk(link: Link) -> None:
        await gone.wait()
        await link._connection.wait_closed()
        await link.close()

    run(leave, ear, talk)
    assert ear.calls[-1] == ("ws_close", "w1", "peer", 4000, "", True)


def test_abort(ear: Any) -> None:
    """A connection that ends without a close frame is an abort."""

    async def leave(peer: Peer) -> None:
        await peer.drop()

    async def talk(link: Link) -> None:
        with pytest.raises(LinkClosed) as raised:
            await link.receive()
        assert (raised.value.code, str(raised.value)) == (None, "aborted")

    run(leave, ear, talk)
    assert ear.calls[-1] == ("ws_abort", "w1", "peer", "connection lost without a close frame")


def test_too_large(ear: Any) -> None:
    """A message over the limit ends the connection from our side, with 1009."""

    async def flood(peer: Peer) -> None:
        await peer.send("x" * 100_000)
        await quiet(peer)

    async def talk(link: Link) -> None:
        with pytest.raises(LinkClosed) as raised:
            await link.receive()
        assert (raised.value.code, raised.value.by) == (1009, "us")
        assert str(raised.value) == "close 1009"

    run(flood, ear, talk, limits=Limits(max_bytes=70_000))
    assert ear.calls[-1][:4] == ("ws_close", "w1", "us", 1009)


@pytest.mark.parametrize("status", [401, 403, 429, 503])
def test_rejected(ear: Any, status: int) -> None:
    """Another answer than 101 is told with its body and raised with its headers, the body left out."""
    refusal = Refusal(status=status, headers=[("Retry-After", "3")], body=HIDDEN)
    error = rejected(lambda _: refusal, ear)
    assert error.status == status
    assert error.headers["retry-after"] == "3"
    assert HIDDEN not in str(error) and TOKEN not in str(error)
    assert (ear.calls[1][0], ear.calls[1][2], ear.calls[1][4]) == ("ws_reject", status, HIDDEN.encode())


def test_redirects_are_not_followed(ear: Any) -> None:
    """A redirect is an answer like any other: the token goes nowhere else."""
    dials: list[Handshake] = []

    def admit(handshake: Handshake) -> Refusal:
        dials.append(handshake)
        return Refusal(status=302, headers=[("Location", "/elsewhere")])

    assert rejected(admit, ear).status == 302
    assert len(dials) == 1


def test_refused(ear: Any, unused_port: int) -> None:
    """Nobody listening is ConnectionLost with the way out."""
    with pytest.raises(ConnectionLost, match="connection refused") as raised:
        asyncio.run(opened(f"ws://127.0.0.1:{unused_port}/", ear))
    assert raised.value.fix
    assert ear.calls[-1] == ("ws_abort", "w1", "peer", "connection refused")


@pytest.mark.parametrize(
    ("answer", "kind"),
    [(b"SSH-2.0-x\r\n\r\n", "not a WebSocket service"), (b"", "not a WebSocket service"), (None, "timeout while")],
)
def test_other_services(ear: Any, answer: bytes | None, kind: str) -> None:
    """Something that is no WebSocket service, or says nothing, is told as what it is."""

    async def main() -> None:
        done = asyncio.Event()

        async def raw(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            if answer is None:
                await done.wait()
            else:
                writer.write(answer)
            writer.close()

        server = await asyncio.start_server(raw, "127.0.0.1", 0)
        async with asyncio.timeout(20), server:
            url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
            with pytest.raises(ConnectionLost, match=kind):
                await opened(url, ear, limits=Limits(timeout_s=0.05 if answer is None else 10))
            done.set()

    asyncio.run(main())
    assert ear.names() == ["ws_open", "ws_abort"]


@pytest.mark.parametrize(
    ("error", "kind"), [(ConnectionResetError(), "connection reset"), (OSError(), "host unknown or unreachable")]
)
def test_network_errors(ear: Any, error: OSError, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the system says of the network becomes words without addresses."""

    async def fail(*_: Any, **__: Any) -> Any:
        raise error

    async def main() -> None:
        monkeypatch.setattr(asyncio.get_running_loop(), "create_connection", fail)
        with pytest.raises(ConnectionLost, match=kind):
            await opened("ws://127.0.0.1:9/", ear)

    asyncio.run(main())


def test_tls(ear: Any, plain_service: Any) -> None:
    """A service without TLS behind wss is a TLS failure."""

    async def main() -> None:
        async with asyncio.timeout(20), plain_service() as port:
            with pytest.raises(TlsRefused):
                await opened(f"wss://127.0.0.1:{port}/", ear)

    asyncio.run(main())
    assert ear.calls[-1][3].startswith("TLS")


def test_proxies_of_the_environment(ear: Any, unused_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A dead proxy in the environment does not stand between the client and loopback."""
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "HTTPS_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{unused_port}")

    async def talk(link: Link) -> None:
        await link.send("x")

    run(quiet, ear, talk)
    assert "ws_accept" in ear.names()


def test_nothing_is_logged(ear: Any, caplog: pytest.LogCaptureFixture) -> None:
    """At debug level neither the token nor a payload is in any record."""
    caplog.set_level(logging.DEBUG)

    async def echo(peer: Peer) -> None:
        await peer.send(await peer.recv())
        await quiet(peer)

    async def talk(link: Link) -> None:
        await link.send(HIDDEN)
        await link.receive()

    run(echo, ear, talk)
    assert not [r for r in caplog.records if TOKEN in r.getMessage() or HIDDEN in r.getMessage()]
