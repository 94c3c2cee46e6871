"""The contract with the parts of websockets that it does not document; run against every supported version."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.extensions.permessage_deflate import PerMessageDeflate

from harness.wire import door
from harness.wire.ready_frames import message

Handler = Callable[[ServerConnection], Coroutine[Any, Any, None]]


def met(handler: Handler, client: Callable[[ClientConnection], Coroutine[Any, Any, None]], **options: Any) -> None:
    """A server with ``handler``, and a client that meets it."""

    async def run() -> None:
        options.setdefault("compression", None)
        async with asyncio.timeout(60), serve(handler, "127.0.0.1", 0, ping_interval=None, **options) as server:
            port = next(iter(server.sockets)).getsockname()[1]
            compression = options["compression"]
            async with connect(f"ws://127.0.0.1:{port}", proxy=None, compression=compression, max_size=None) as ws:
                await client(ws)

    asyncio.run(run())


@pytest.mark.parametrize("compression", [None, "deflate"])
def test_ready_made_frames_mix_with_the_librarys_own(compression: str | None) -> None:
    """Frames of ours and the library's arrive in order, also where compression was negotiated."""

    async def handler(ws: ServerConnection) -> None:
        assert door.usable(ws)
        assert door.ready(ws)
        await ws.send("one")
        assert await door.write(ws, message("two") + message(b"three"))
        await ws.send("four")
        door.write_now(ws, message("five"))

    async def client(ws: ClientConnection) -> None:
        assert any(isinstance(one, PerMessageDeflate) for one in ws.protocol.extensions) == (compression is not None)
        assert [await ws.recv() for _ in range(5)] == ["one", "two", b"three", "four", "five"]

    met(handler, client, compression=compression)


def test_a_fragmented_message_under_way_is_waited_for() -> None:
    """No frame of ours gets between the fragments of a message the library sends."""

    async def handler(ws: ServerConnection) -> None:
        gate = asyncio.Event()

        async def pieces() -> Any:
            yield "a"
            await gate.wait()
            yield "b"

        async with asyncio.TaskGroup() as group:
            group.create_task(ws.send(pieces()))
            await asyncio.sleep(0.01)
            assert not door.ready(ws)
            writing = group.create_task(door.write(ws, message("behind")))
            await asyncio.sleep(0.01)
            assert not writing.done()
            gate.set()

    async def client(ws: ClientConnection) -> None:
        assert [await ws.recv(), await ws.recv()] == ["ab", "behind"]

    met(handler, client)


def test_nothing_is_written_to_a_closed_connection() -> None:
    """After the end ``write`` says no, and nothing is ready."""

    async def handler(ws: ServerConnection) -> None:
        await ws.wait_closed()
        assert not await door.write(ws, message("late"))
        assert not door.ready(ws)

    async def client(ws: ClientConnection) -> None:
        await ws.close()

    met(handler, client)


def test_back_pressure_is_waited_for_and_its_end_is_seen() -> None:
    """A client that does not read holds ``write`` up; when it goes away, ``write`` says no."""
    ended: list[bool] = []

    async def handler(ws: ServerConnection) -> None:
        big = message("x" * (1 << 20))
        while await door.write(ws, big):
            pass
        ended.append(True)

    async def client(ws: ClientConnection) -> None:
        await asyncio.sleep(0.2)
        assert ended == []
        ws.transport.abort()

    met(handler, client)
    assert ended == [True]


def test_muted_pongs() -> None:
    """Pings of the far side stay unanswered; messages and closes do not."""

    async def handler(ws: ServerConnection) -> None:
        door.mute_pongs(ws)
        await ws.send("muted")
        await ws.wait_closed()

    async def client(ws: ClientConnection) -> None:
        await ws.recv()
        pong = await ws.ping()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await asyncio.shield(pong)
        await ws.close()
        assert ws.close_code == 1000
        with pytest.raises(ConnectionClosed):
            await pong

    met(handler, client)


def test_reading_pauses() -> None:
    """What is sent meanwhile is read afterwards."""
    took: list[float] = []

    async def handler(ws: ServerConnection) -> None:
        door.pause_reading(ws, 0.2)
        began = asyncio.get_running_loop().time()
        await ws.send("now")
        await ws.recv()
        took.append(asyncio.get_running_loop().time() - began)

    async def client(ws: ClientConnection) -> None:
        await ws.recv()
        await ws.send("hello")
        await ws.wait_closed()

    met(handler, client)
    assert took[0] >= 0.18


def test_a_pause_outlives_its_connection() -> None:
    """A connection that ends during the pause is left alone."""

    async def handler(ws: ServerConnection) -> None:
        door.pause_reading(ws, 0.01)
        ws.transport.abort()
        await asyncio.sleep(0.05)

    async def client(ws: ClientConnection) -> None:
        await ws.wait_closed()

    met(handler, client)


def test_reset() -> None:
    """The client sees a TCP reset."""

    async def handler(ws: ServerConnection) -> None:
        door.reset(ws)
        await ws.wait_closed()

    async def client(ws: ClientConnection) -> None:
        with pytest.raises(ConnectionClosed) as seen:
            await ws.recv()
        assert isinstance(seen.value.__cause__, ConnectionResetError)

    met(handler, client)


def test_what_was_written_arrives_before_a_reset() -> None:
    """With ``delivered`` before it a reset takes nothing that was sent, however slowly the client reads."""
    big = "x" * (4 << 20)

    async def handler(ws: ServerConnection) -> None:
        door.write_now(ws, message(big))
        await door.delivered(ws)
        door.reset(ws)
        await door.delivered(ws)
        await ws.wait_closed()

    async def client(ws: ClientConnection) -> None:
        ws.transport.pause_reading()
        asyncio.get_running_loop().call_later(0.1, ws.transport.resume_reading)
        assert await ws.recv() == big
        with pytest.raises(ConnectionClosed) as seen:
            await ws.recv()
        assert isinstance(seen.value.__cause__, ConnectionResetError)

    met(handler, client)


def test_frames_from_a_file() -> None:
    """What fits the socket goes at once; behind what the transport holds back, and of a gone client, nothing does."""
    frames = message("from a file" * 100_000)

    async def handler(ws: ServerConnection) -> None:
        with tempfile.TemporaryFile() as file:
            file.write(frames)
            file.flush()
            sent = door.send_file(ws, file.fileno())
            assert sent > 0
            door.write_now(ws, frames[sent:])
            while not ws.transport.get_write_buffer_size():
                door.write_now(ws, frames)
            assert door.send_file(ws, file.fileno()) == 0
            await ws.close()
            assert door.send_file(ws, file.fileno()) == 0

    async def client(ws: ClientConnection) -> None:
        async for data in ws:
            assert data == "from a file" * 100_000

    met(handler, client)


def test_a_version_without_the_parts_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the library has changed, ``usable`` says so."""

    class Other:
        transport = None

    assert not door.usable(Other())  # type: ignore[arg-type]
