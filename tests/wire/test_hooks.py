"""The contract with websockets' private parts: what must hold for every version in ``HOLDS_FOR``."""

from __future__ import annotations

import asyncio
import importlib.metadata
from collections.abc import Awaitable, Callable
from typing import Any, cast

import pytest
from pydantic import SecretStr
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from harness.clock import SystemClock
from harness.errors import ConnectionLost
from harness.wire import hooks, stream
from harness.wire.hooks import HOLDS_FOR, hooks_hold
from harness.wire.rfc6455 import FrameReader, most_fragments
from harness.wire.stream import HandshakeRejected, Link, LinkClosed
from harness.wire.tap import Opaque, Tap

MILLISECOND = 1_000_000


class Heard:
    """A tap that notes every call: (name, arguments)."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []

    def __getattr__(self, name: str) -> Callable[..., int]:
        def call(*arguments: Any) -> int:
            self.calls.append((name, *arguments))
            return len(self.calls)

        return call

    def short(self) -> list[tuple[Any, ...]]:
        """Calls without connection, headers and times."""
        return [tuple(a for a in call if not isinstance(a, list | tuple))[: _SHOWN[call[0]]] for call in self.calls]


_SHOWN = {"ws_open": 1, "ws_accept": 3, "ws_reject": 3, "ws_message": 4, "ws_control": 5, "ws_partial": 4,
          "ws_close": 6, "ws_abort": 4}  # fmt: skip


async def played(serve_one: Callable[[ServerConnection], Awaitable[None]], **options: Any) -> tuple[Heard, list[Any]]:
    """Dial a server, read until it closes; what the tap heard, and what was received."""
    heard = Heard()
    got: list[Any] = []
    async with serve(serve_one, "127.0.0.1", 0, **{"ping_interval": None, "close_timeout": 1, **options}) as server:
        link = await dialled(heard, server.sockets[0].getsockname()[1])
        try:
            await link.send("hello")
            while True:
                got.append(await link.receive())
        except LinkClosed as closed:
            got.append((closed.code, closed.by))
    return heard, got


async def dialled(heard: Heard, port: int, attempt: int = 1, limits: stream.Limits | None = None) -> Link:
    return await stream.dial(
        f"ws://127.0.0.1:{port}/s?v=1",
        token=SecretStr("t0p"),
        conn="w1",
        attempt=attempt,
        tap=cast(Tap, heard),
        clock=SystemClock(),
        limits=limits or stream.Limits(timeout_s=30),
    )


async def _frames(ws: ServerConnection, *pieces: tuple[str, bytes, bool]) -> None:
    """Frames of the given kinds, 20 ms apart."""
    for index, (kind, data, fin) in enumerate(pieces):
        if index:
            await asyncio.sleep(0.02)
        getattr(ws.protocol, f"send_{kind}")(data, *(() if kind in ("ping", "pong") else (fin,)))
        ws.send_data()


def test_version_is_known() -> None:
    """The installed websockets is one this contract was checked with; a new major version must be added by hand."""
    version = importlib.metadata.version("websockets")
    assert version.split(".")[0] in HOLDS_FOR, f"websockets {version}: run this file with it, then add it to HOLDS_FOR"
    assert hooks_hold()


@pytest.mark.parametrize("version", ["13.1", "99.0"])
def test_unknown_version_is_not_trusted(version: str) -> None:
    """With a version nobody checked, frames are not tapped."""
    assert not hooks_hold(version)


def test_every_opcode_in_wire_order() -> None:
    """Text, fragments with a ping inside, binary, pong and close are heard both ways, in the order of the wire."""

    async def serve_one(ws: ServerConnection) -> None:
        await ws.recv()
        await _frames(ws, ("text", b"caf\xc3", False), ("ping", b"p1", True), ("continuation", b"\xa9", False))
        await _frames(ws, ("continuation", b"", False), ("continuation", b" noir", True), ("binary", b"\x00\x01", True))
        await (await ws.ping(b"p2"))
        await ws.close(4008, "slow")

    heard, got = asyncio.run(played(serve_one))
    assert heard.short() == [
        ("ws_open",),
        ("ws_accept", "w1", 101),
        ("ws_message", "w1", "out", "hello"),
        ("ws_control", "w1", "in", "ping", b"p1"),
        ("ws_control", "w1", "out", "pong", b"p1"),
        ("ws_message", "w1", "in", "café noir"),
        ("ws_message", "w1", "in", b"\x00\x01"),
        ("ws_control", "w1", "in", "ping", b"p2"),
        ("ws_control", "w1", "out", "pong", b"p2"),
        ("ws_close", "w1", "peer", 4008, "slow", True),
    ]
    fragments = heard.calls[5][5]
    assert [size for _, size in fragments] == [4, 1, 0, 5]
    times = [dt / 1000 for dt, _ in fragments]
    assert times == sorted(times)
    assert times[0] == 0 and times[1] > 30 and times[3] - times[2] > 15
    assert [one.data for one in got[:2]] == ["café noir", b"\x00\x01"]
    assert got[0].at_ns == heard.calls[5][4]
    assert got[0].handle == 6
    assert got[2] == (4008, "peer")


def test_handshake_headers_and_no_secret() -> None:
    """The request and the response are heard with their headers; the token is not."""

    async def serve_one(ws: ServerConnection) -> None:
        await ws.close(1000)

    heard, _ = asyncio.run(played(serve_one))
    (_, conn, attempt, path, request, _), (_, _, status, response, _) = heard.calls[:2]
    assert (conn, attempt, path, status) == ("w1", 1, "/s?v=1", 101)
    assert {"host", "upgrade", "sec-websocket-key", "sec-websocket-extensions"} <= {name for name, _ in request}
    assert ("authorization", "<secret>") in request
    assert "sec-websocket-accept" in {name for name, _ in response}
    assert "t0p" not in repr(heard.calls)


def test_first_message_in_the_segment_of_the_handshake() -> None:
    """A message that came with the handshake's response stands behind the accept."""

    async def both(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        key = next(line for line in head.split(b"\r\n") if line.lower().startswith(b"sec-websocket-key"))
        from websockets.utils import accept_key

        accept = accept_key(key.split(b": ")[1].decode()).encode()
        writer.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n\x81\x02hi"
        )
        await reader.read(1)
        writer.transport.abort()

    async def play() -> Heard:
        heard = Heard()
        server = await asyncio.start_server(both, "127.0.0.1", 0)
        async with server:
            link = await dialled(heard, server.sockets[0].getsockname()[1])
            await link.receive()
            await link.send("x")
            with pytest.raises(LinkClosed):
                await link.receive()
        return heard

    calls = asyncio.run(play()).short()
    assert [call[0] for call in calls] == ["ws_open", "ws_accept", "ws_message", "ws_message", "ws_abort"]
    assert calls[-1][2] == "peer"


@pytest.mark.parametrize("status", [401, 429])
def test_rejection_with_headers_and_body(status: int) -> None:
    """A refused handshake is heard with status, headers and body."""

    def refuse(ws: ServerConnection, _: Request) -> Response:
        response = ws.respond(status, "not now")
        response.headers["Retry-After"] = "2"
        return response

    async def play() -> Heard:
        heard = Heard()
        async with serve(lambda _: asyncio.sleep(0), "127.0.0.1", 0, process_request=refuse) as server:
            with pytest.raises(HandshakeRejected) as error:
                await dialled(heard, server.sockets[0].getsockname()[1], attempt=3)
            assert error.value.headers["retry-after"] == "2"
        return heard

    opened, (name, conn, code, headers, body, _) = asyncio.run(play()).calls
    assert (opened[0], opened[2]) == ("ws_open", 3)
    assert (name, conn, code, body) == ("ws_reject", "w1", status, b"not now")
    assert ("retry-after", "2") in headers


def test_failed_dial_is_an_attempt() -> None:
    """A dial that was refused, and one answered by no WebSocket service, are an open and an abort."""

    async def no_service(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-nope\r\n")
        writer.close()

    async def play() -> list[Any]:
        heard = Heard()
        server = await asyncio.start_server(no_service, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with server:
            with pytest.raises(ConnectionLost):
                await dialled(heard, port)
        with pytest.raises(ConnectionLost):
            await dialled(heard, port, attempt=2)
        return heard.short()

    calls = asyncio.run(play())
    assert [call[0] for call in calls] == ["ws_open", "ws_abort"] * 2
    assert calls[1][3] == "not a WebSocket service"
    assert calls[3][3] == "connection refused"


def test_our_own_close() -> None:
    """A close of ours is told once, as ours and clean, when the answer has come."""

    async def play() -> Heard:
        heard = Heard()
        async with serve(lambda ws: ws.wait_closed(), "127.0.0.1", 0) as server:
            link = await dialled(heard, server.sockets[0].getsockname()[1])
            await link.close(1000)
            with pytest.raises(LinkClosed):
                await link.send("too late")
        return heard

    assert asyncio.run(play()).short()[2:] == [("ws_close", "w1", "us", 1000, "", True)]


def test_close_without_code_and_text_that_is_none() -> None:
    """A close frame without a code has none; a text that is not UTF-8 is opaque and ends the connection by us."""

    async def empty(ws: ServerConnection) -> None:
        ws.protocol.send_close()
        ws.send_data()
        await ws.wait_closed()

    async def bad(ws: ServerConnection) -> None:
        await _frames(ws, ("text", b"\xff\xfe", True))
        await ws.wait_closed()

    heard, _ = asyncio.run(played(empty))
    assert heard.short()[-1][:6] == ("ws_close", "w1", "peer", None, "", True)
    heard, got = asyncio.run(played(bad))
    (message,) = [call for call in heard.calls if call[0] == "ws_message" and call[2] == "in"]
    assert isinstance(message[3], Opaque)
    assert heard.short()[-1][:4] == ("ws_close", "w1", "us", 1007)
    assert got == [(1007, "us")]


def test_message_cut_off_by_an_abort() -> None:
    """Fragments whose end never came are told as such, before the abort."""

    async def cut(ws: ServerConnection) -> None:
        await _frames(ws, ("text", b"ab", False), ("continuation", b"c", False))
        await asyncio.sleep(0.02)
        ws.transport.abort()

    heard, got = asyncio.run(played(cut))
    assert [call[:4] for call in heard.calls[-2:-1]] == [("ws_partial", "w1", "in", b"abc")]
    assert heard.short()[-1][:3] == ("ws_abort", "w1", "peer")
    assert got == [(None, "peer")]


def test_message_level_where_frames_cannot_be_had(monkeypatch: pytest.MonkeyPatch) -> None:
    """With an unknown websockets, messages, rejections and the end are still heard."""
    monkeypatch.setattr(stream, "hooks_hold", lambda: False)

    async def serve_one(ws: ServerConnection) -> None:
        await ws.recv()
        await ws.send("text")
        await ws.send(b"\x01")
        await ws.close(4008, "slow")

    async def aborted(ws: ServerConnection) -> None:
        await ws.recv()
        ws.transport.abort()

    heard, got = asyncio.run(played(serve_one))
    assert heard.short() == [
        ("ws_open",),
        ("ws_accept", "w1", 101),
        ("ws_message", "w1", "out", "hello"),
        ("ws_message", "w1", "in", "text"),
        ("ws_message", "w1", "in", b"\x01"),
        ("ws_close", "w1", "peer", 4008, "slow", True),
    ]
    assert got[-1] == (4008, "peer")
    heard, _ = asyncio.run(played(aborted))
    assert heard.short()[-1][:3] == ("ws_abort", "w1", "peer")


def test_rejection_at_message_level(monkeypatch: pytest.MonkeyPatch) -> None:
    """A refused handshake is heard too, and so is a clean close of our own."""
    monkeypatch.setattr(stream, "hooks_hold", lambda: False)

    async def play() -> list[Any]:
        heard = Heard()
        refused = serve(lambda _: asyncio.sleep(0), "127.0.0.1", 0, process_request=lambda ws, _: ws.respond(401, ""))
        async with refused as server:
            with pytest.raises(HandshakeRejected):
                await dialled(heard, server.sockets[0].getsockname()[1])
        async with serve(lambda ws: ws.wait_closed(), "127.0.0.1", 0) as server:
            await (await dialled(heard, server.sockets[0].getsockname()[1])).close(1000)
        return heard.short()

    calls = asyncio.run(play())
    assert [call[0] for call in calls] == ["ws_open", "ws_reject", "ws_open", "ws_accept", "ws_close"]
    assert calls[-1] == ("ws_close", "w1", "us", 1000, "", True)


async def _flood(ws: ServerConnection) -> None:
    try:
        await asyncio.sleep(0.05)
        for number in range(3000):
            await ws.send(f"{number:01000d}")
        await ws.close(1000)
    except ConnectionClosed:
        pass


@pytest.mark.parametrize(("name", "most"), [("_UNREAD", 256), ("_UNREAD_BYTES", 256_000)])
def test_slow_reader_holds_the_service_back(name: str, most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Messages nobody takes are not read without end; all of them come, in order, when somebody does."""
    monkeypatch.setattr(hooks, name, most)

    async def play() -> tuple[int, list[int]]:
        heard = Heard()
        async with serve(_flood, "127.0.0.1", 0, compression=None) as server:
            link = await dialled(heard, server.sockets[0].getsockname()[1])
            for _ in range(20):
                before = len(heard.calls)
                await asyncio.sleep(0.2)
                if len(heard.calls) == before:
                    break
            told, got = len(heard.calls), []
            with pytest.raises(LinkClosed):
                while True:
                    got.append(int((await link.receive()).data))
        return told, got

    told, got = asyncio.run(play())
    assert told < 2000
    assert got == list(range(3000))


def test_close_while_nobody_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    """A close of ours is answered and clean although messages were waiting unread."""
    monkeypatch.setattr(hooks, "_UNREAD", 256)

    async def play() -> Heard:
        heard = Heard()
        async with serve(_flood, "127.0.0.1", 0, compression=None) as server:
            link = await dialled(heard, server.sockets[0].getsockname()[1])
            await asyncio.sleep(0.2)
            async with asyncio.timeout(60):
                await link.close(1000)
        return heard

    assert asyncio.run(play()).short()[-1] == ("ws_close", "w1", "us", 1000, "", True)


@pytest.mark.parametrize(
    ("data", "code"), [(b"\x83\x00", 1002), (b"\x80\x00", 1002), (b"\x81\x7f" + (1 << 40).to_bytes(8, "big"), 1009)]
)
def test_frames_against_the_protocol(data: bytes, code: int) -> None:
    """What breaks the protocol, or is too large, ends the connection by us with the code there is for it."""

    async def bad(ws: ServerConnection) -> None:
        await ws.recv()
        ws.transport.write(data)
        await ws.wait_closed()

    heard, got = asyncio.run(played(bad))
    assert heard.short()[-1][:4] == ("ws_close", "w1", "us", code)
    assert got == [(code, "us")]


async def _endless(ws: ServerConnection) -> None:
    """Empty fragments without end."""
    ws.transport.write(b"\x01\x00")
    while not ws.transport.is_closing():
        ws.transport.write(b"\x00\x00" * 4096)
        await asyncio.sleep(0)


def test_fragments_without_end() -> None:
    """A message of ever more empty fragments is ended with 1009 before it takes much memory."""
    limits = stream.Limits(max_bytes=64_000)

    async def play() -> tuple[Heard, LinkClosed]:
        heard = Heard()
        async with serve(_endless, "127.0.0.1", 0, ping_interval=None, close_timeout=1) as server:
            link = await dialled(heard, server.sockets[0].getsockname()[1], limits=limits)
            with pytest.raises(LinkClosed) as raised:
                await link.receive()
        return heard, raised.value

    heard, closed = asyncio.run(play())
    assert (closed.code, closed.by) == (1009, "us")
    (partial,) = [call for call in heard.calls if call[0] == "ws_partial"]
    assert len(partial[4]) == most_fragments(64_000)


def test_the_largest_message_in_small_fragments() -> None:
    """The bound leaves room for a message of the largest size in pieces of 64 bytes."""
    reader = FrameReader(limit=1 << 20)
    piece = bytes((0x00, 64)) + bytes(64)
    data = bytes((0x02, 64)) + bytes(64) + piece * ((1 << 14) - 2) + b"\x80" + piece[1:]
    assert sum(len(payload) for _, _, payload in reader.feed(data)) == 1 << 20


async def _frozen(ws: ServerConnection) -> None:
    """Says one thing, then reads and answers nothing: what a half-open connection looks like from here."""
    await ws.send("alive")
    ws.transport.pause_reading()
    await asyncio.sleep(60)


def test_half_open() -> None:
    """A far side that is silent for interval and time-out is given up at once, as a close of ours without an answer."""

    async def play() -> tuple[Heard, LinkClosed, int]:
        heard, clock = Heard(), SystemClock()
        server = await serve(_frozen, "127.0.0.1", 0, ping_interval=None, close_timeout=0)
        link = await dialled(
            heard, server.sockets[0].getsockname()[1], limits=stream.Limits(ping_interval_s=0.1, ping_timeout_s=0.2)
        )
        begun = clock.monotonic_ns()
        with pytest.raises(LinkClosed) as raised:
            while True:
                await link.receive()
        took = clock.monotonic_ns() - begun
        for connection in server.connections:
            connection.transport.abort()
        server.close()
        return heard, raised.value, took

    heard, closed, took = asyncio.run(play())
    assert (closed.code, closed.by) == (1011, "us")
    assert heard.short()[-1] == ("ws_close", "w1", "us", 1011, "keepalive ping timeout", False)
    assert took >= 300 * MILLISECOND


def test_a_quiet_service_that_answers_is_alive() -> None:
    """Pongs alone keep a connection."""

    heard = Heard()

    def pings() -> list[Any]:
        return [call for call in heard.short() if call[:4] == ("ws_control", "w1", "out", "ping")]

    async def serve_one(ws: ServerConnection) -> None:
        async with asyncio.timeout(60):
            while len(pings()) < 3:  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.02)
        await ws.close(4000)

    async def play() -> tuple[Heard, LinkClosed]:
        async with serve(serve_one, "127.0.0.1", 0, ping_interval=None) as server:
            limits = stream.Limits(ping_interval_s=0.05, ping_timeout_s=30)
            link = await dialled(heard, server.sockets[0].getsockname()[1], limits=limits)
            with pytest.raises(LinkClosed) as raised:
                await link.receive()
        return heard, raised.value

    heard, closed = asyncio.run(play())
    assert (closed.code, closed.by) == (4000, "peer")
    assert len(pings()) >= 3


def test_a_service_we_do_not_read_is_not_called_dead(monkeypatch: pytest.MonkeyPatch) -> None:
    """While our own reader is behind, nothing can be heard: the service is kept, and hears pongs of us."""
    monkeypatch.setattr(hooks, "_UNREAD", 8)
    over = asyncio.Event()

    async def flood(ws: ServerConnection) -> None:
        for number in range(3000):
            await ws.send(f"{number:08d}" * 500)
        await over.wait()

    async def play() -> tuple[Heard, int]:
        heard = Heard()
        async with serve(flood, "127.0.0.1", 0, ping_interval=None, compression=None, close_timeout=1) as server:
            limits = stream.Limits(ping_interval_s=0.05, ping_timeout_s=1)
            link = await dialled(heard, server.sockets[0].getsockname()[1], limits=limits)
            await asyncio.sleep(1.6)  # longer than interval and time-out together
            got = 0
            while got < 3000:
                await link.receive()
                got += 1
            over.set()
            await link.close()
        return heard, got

    heard, got = asyncio.run(play())
    assert got == 3000
    assert ("ws_control", "w1", "out", "pong", b"") in heard.short()


def test_give_up_at_message_level(monkeypatch: pytest.MonkeyPatch) -> None:
    """A link without frames can be given up too."""
    monkeypatch.setattr(stream, "hooks_hold", lambda: False)

    async def play() -> LinkClosed:
        async with serve(lambda ws: ws.wait_closed(), "127.0.0.1", 0) as server:
            link = await dialled(Heard(), server.sockets[0].getsockname()[1])
            assert link.is_open
            link.give_up("no heartbeat")
            with pytest.raises(LinkClosed) as raised:
                await link.receive()
            assert not link.is_open
            return raised.value

    assert asyncio.run(play()).code is None
