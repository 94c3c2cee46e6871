"""The WebSocket server, seen by a plain client."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from harness.errors import ConfigError
from harness.wire import serve
from harness.wire.serve import Handshake, Peer, PeerClosed, Refusal, WsServer

Talk = Callable[[WsServer], Awaitable[None]]


def run(handler: Callable[[Peer], Awaitable[None]], talk: Talk, **options: Any) -> None:
    async def main() -> None:
        async with asyncio.timeout(20), WsServer(handler, **options) as server:
            await talk(server)

    asyncio.run(main())


def dial(server: WsServer, path: str = "/s?x=1", **options: Any) -> connect:
    return connect(f"ws://127.0.0.1:{server.port}{path}", proxy=None, **options)


async def ended(ws: ClientConnection) -> tuple[int | None, str | None]:
    with pytest.raises(ConnectionClosed):
        while True:
            await ws.recv()
    return ws.close_code, ws.close_reason


async def echo(peer: Peer) -> None:
    try:
        while True:
            await peer.send(await peer.recv())
    except PeerClosed:
        return


def test_echo(caplog: pytest.LogCaptureFixture) -> None:
    """Text stays text and bytes stay bytes, and nothing is logged even at debug level."""
    caplog.set_level(logging.DEBUG, "harness.wire.serve")

    async def talk(server: WsServer) -> None:
        async with dial(
            server, additional_headers={"Authorization": "Bearer s3cret"}, logger=logging.getLogger("plain-client")
        ) as ws:
            for data in ("", "caf\u00e9", b"\x00\xff", "x" * 200_000):
                await ws.send(data)
                assert await ws.recv() == data
            assert ws.response is not None
            sent = {name.lower() for name in ws.response.headers}
            assert sent == {"date", "upgrade", "connection", "sec-websocket-accept"}

    run(echo, talk)
    assert caplog.records == []


def test_the_handshake_is_handed_on() -> None:
    """Path, query and headers (names in lower case) reach the handler and the gate."""
    seen: list[Handshake] = []

    async def handler(peer: Peer) -> None:
        seen.append(peer.handshake)

    def admit(handshake: Handshake) -> Refusal | None:
        seen.append(handshake)
        return None

    async def talk(server: WsServer) -> None:
        async with dial(server, additional_headers={"X-Name": "v"}) as ws:
            assert await ended(ws) == (1000, "")

    run(handler, talk, admit=admit)
    assert [(h.path, h.query, h.headers["x-name"]) for h in seen] == [("/s", "x=1", "v")] * 2


@pytest.mark.parametrize("status", [403, 599])
def test_a_refusal(status: int) -> None:
    """Status, headers and body reach the client."""
    refusal = Refusal(status=status, headers=(("x-why", "because"),), body="no caf\u00e9")

    async def talk(server: WsServer) -> None:
        with pytest.raises(InvalidStatus) as caught:
            await dial(server)
        response = caught.value.response
        assert (response.status_code, response.headers["x-why"]) == (status, "because")
        assert bytes(response.body).decode() == refusal.body

    run(echo, talk, admit=lambda _: refusal)


@pytest.mark.parametrize(
    "code, reason, seen",
    [
        (1000, "", (1000, "")),
        (4008, "why", (4008, "why")),
        (None, "lost", (1005, "")),
        (1006, "", (1006, "")),
        (99, "", (1006, "")),
    ],
)
def test_close(code: int | None, reason: str, seen: tuple[int, str]) -> None:
    """With a code, without one, and with one that cannot travel; what was sent before arrives before."""

    async def handler(peer: Peer) -> None:
        await peer.send("last")
        await peer.close(code, reason)
        await peer.close(1011)
        with pytest.raises(PeerClosed):
            await peer.send("late")
        with pytest.raises(PeerClosed):
            await peer.ping(b"late")

    async def talk(server: WsServer) -> None:
        async with dial(server) as ws:
            assert await ws.recv() == "last"
            assert await ended(ws) == seen

    run(handler, talk)


def test_the_clients_close_is_seen_at_once() -> None:
    """``closing`` is true as soon as the client's close returned, and ``recv`` tells its code."""
    peers: list[Peer] = []
    codes: list[int] = []

    async def handler(peer: Peer) -> None:
        peers.append(peer)
        with pytest.raises(PeerClosed) as caught:
            await peer.recv()
        codes.append(caught.value.code)

    async def talk(server: WsServer) -> None:
        ws = await dial(server)
        await ws.close(4001)
        assert [peer.closing for peer in peers] == [True]
        ws = await dial(server)
        ws.transport.abort()
        await ws.wait_closed()

    run(handler, talk)
    assert codes == [4001, 1006]


def test_pings() -> None:
    """A ping is answered by the client's library; a twin of an unanswered one is left out."""

    async def handler(peer: Peer) -> None:
        await peer.ping(b"a")
        await peer.ping(b"a")
        await peer.send("done")
        with pytest.raises(PeerClosed):
            await peer.recv()

    async def talk(server: WsServer) -> None:
        async with dial(server) as ws:
            assert await ws.recv() == "done"

    run(handler, talk)


def test_a_client_that_does_not_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    """Dropping waits for what was sent, but no longer than the grace."""
    monkeypatch.setattr(serve, "GRACE_S", 0.05)

    over = asyncio.Event()

    async def handler(peer: Peer) -> None:
        peer._ws.transport.write(bytes(64 << 20))
        await peer.drop()
        over.set()

    async def talk(server: WsServer) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(
            b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        await reader.readuntil(b"\r\n\r\n")
        await over.wait()
        writer.transport.abort()

    run(handler, talk)


def test_leaving_closes_with_1001() -> None:
    """Open connections are told that the server goes away."""

    async def main() -> None:
        async with WsServer(echo) as server:
            ws = await dial(server)
        assert await ended(ws) == (1001, "")

    asyncio.run(main())


@pytest.mark.parametrize("where", ["handler", "admit"])
def test_faults_are_raised_on_leaving(where: str) -> None:
    """An exception of ours ends the connection and is raised by the server, unless another one is on its way."""

    def broken(_: Any) -> Any:
        raise ZeroDivisionError

    options = {"admit": broken} if where == "admit" else {}
    handler = broken if where == "handler" else echo

    async def talk(server: WsServer) -> None:
        if where == "handler":
            async with dial(server) as ws:
                assert await ended(ws) == (1011, "")
            return
        with pytest.raises(InvalidStatus) as caught:
            await dial(server)
        assert caught.value.response.status_code == 500

    with pytest.raises(ZeroDivisionError):
        run(handler, talk, **options)

    async def talk_and_fail(server: WsServer) -> None:
        await talk(server)
        raise KeyError

    with pytest.raises(KeyError):
        run(handler, talk_and_fail, **options)


def test_a_port_in_use() -> None:
    """It is named as the user calls it."""

    async def talk(server: WsServer) -> None:
        with pytest.raises(ConfigError, match="--port"):
            async with WsServer(echo, port=server.port, port_name="--port"):
                pass

    run(echo, talk)
