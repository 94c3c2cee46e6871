"""What serving costs: a replay at full speed to one and to a thousand clients, and how well it keeps time.

1. CPU of the serving process only, from when all clients are connected: they are a child process that reads and throws
   away; neither its CPU nor the handshakes count. A recording is compiled once, before.
2. Every server sends the same messages of 1 KB in frames of the same size to the same clients.
3. ``pace`` is wall clock: an absolute drift, and a median lateness beside a blocking loop with ``time.sleep``.
   A drift is of the medians of the first and the last tenth: a moment in which the system runs others shifts neither.
4. ``node ws`` runs in a process of its own; its package is installed by ``npm``, pinned, into ``.bench-venv/node``.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import gc
import json
import os
import resource
import selectors
import shutil
import socket
import statistics
import subprocess
import time
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from websockets.asyncio.server import ServerConnection, serve

from harness.clock import SystemClock
from harness.dialects.mediation import MediationDialect
from harness.recording.entry import AnyEntry, Header, Redaction, WsAccept, WsClose, WsMessage, WsOpen
from harness.recording.reader import Recording
from harness.replayer.service import ReplayService
from harness.wire.ready_frames import chunks, message

ONE, MANY = 40_000, 500
CLIENTS = 1000
PACED, STEP_US = 10_000, 1000
TEXT = json.dumps({"type": "utterance", "interaction_id": "i", "text": "x" * 950})[:1024]
SUBSCRIBE = '{"type":"subscribe","interaction_id":"i"}'
PATH = "/api/v2/mediation/conversations/stream"
HERE = Path(__file__).resolve().parent
NODE_FOLDER = HERE.parent.parent / ".bench-venv" / "node"
Server = Callable[["Clients"], Coroutine[Any, Any, float]]


def recording(messages: int, step_us: int = 0) -> Recording:
    entries: list[AnyEntry] = [
        WsOpen(n=1, t=0, conn="w1", url=PATH),
        WsAccept(n=2, t=0, conn="w1", re=1),
        WsMessage(n=3, t=0, conn="w1", dir="out", text=SUBSCRIBE),
    ]
    entries += [WsMessage(n=4 + i, t=(i + 1) * step_us, conn="w1", dir="in", re=3, text=TEXT) for i in range(messages)]
    entries.append(WsClose(n=4 + messages, t=messages * step_us, conn="w1", by="peer", code=1000))
    header = Header(id="b", created="", tool="bench", source="synthetic", redaction=Redaction(state="fictional"))
    return Recording(path=Path("bench.rec.jsonl"), header=header, entries=entries)


# ---------------------------------------------------------------------------------------- the clients' process


class Clients(NamedTuple):
    """A child process of clients: ``connect`` them, let them ``go``, and wait until ``done`` is readable."""

    told: int
    connected: int
    done: int

    def connect(self, port: int, token: str = "-") -> None:
        os.write(self.told, f"{port} {token}".encode())

    def go(self) -> None:
        os.write(self.told, b"go")

    async def serve(self, port: int, token: str = "-") -> float:
        """CPU seconds of this process from when all are connected to when all have ended."""
        self.connect(port, token)
        await _until_readable(self.connected)
        before = time.process_time()
        self.go()
        await _until_readable(self.done)
        return time.process_time() - before


@contextlib.contextmanager
def clients(count: int, *, stamps: bool = False) -> Iterator[Clients]:
    """So many clients in a child; ``done`` holds the arrival times in ns of one of them, if asked for."""
    told_read, told_write = os.pipe()
    connected_read, connected_write = os.pipe()
    done_read, done_write = os.pipe()
    child = os.fork()
    if child == 0:
        with contextlib.suppress(BaseException):
            drain(told_read, connected_write, done_write, count, stamps=stamps)
        os._exit(0)
    os.close(done_write)
    os.close(connected_write)
    try:
        yield Clients(told_write, connected_read, done_read)
    finally:
        for fd in (told_write, told_read, connected_read, done_read):
            os.close(fd)
        os.waitpid(child, 0)


def _write_all(fd: int, text: str) -> None:
    with os.fdopen(fd, "w") as file:
        file.write(text)


def handshake(port: int, token: str) -> socket.socket:
    found = socket.create_connection(("127.0.0.1", port))
    found.sendall(
        f"GET {PATH} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        f"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nAuthorization: Bearer {token}\r\n\r\n".encode()
    )
    return found


def drain(told: int, connected: int, done: int, count: int, *, stamps: bool) -> None:
    port, _, token = os.read(told, 4096).decode().partition(" ")
    selector = selectors.DefaultSelector()
    masked = b"\x81" + bytes([0x80 | len(SUBSCRIBE)]) + bytes(4) + SUBSCRIBE.encode()
    opened = [handshake(int(port), token) for _ in range(count)]
    for one in opened:
        head = b""
        while b"\r\n\r\n" not in head:
            head += one.recv(1)
    os.write(connected, b"c")
    os.read(told, 2)
    for one in opened:
        one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        one.sendall(masked)
        selector.register(one, selectors.EVENT_READ)
    size = len(message(TEXT))
    left, seen, buffer, held = count, [], memoryview(bytearray(1 << 18)), 0
    while left:
        for key, _ in selector.select():
            got = key.fileobj.recv_into(buffer)  # type: ignore[union-attr]
            if stamps:
                now = time.monotonic_ns()
                held += got
                while held >= size:
                    held -= size
                    seen.append(now)
            if not got or (got < size and buffer[0] == 0x88) or bytes(buffer[got - 4 : got - 2]) == b"\x88\x02":
                selector.unregister(key.fileobj)
                key.fileobj.sendall(b"\x88\x82\0\0\0\0\x03\xe8")  # type: ignore[union-attr]
                left -= 1
    _write_all(done, json.dumps(seen))


# ------------------------------------------------------------------------------------------------ the servers


async def _until_readable(fd: int) -> None:
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(fd, ended.set)
    await ended.wait()
    loop.remove_reader(fd)


def cpu_of(server: Server, count: int) -> float:
    """CPU seconds of this process while it serves ``count`` clients to their end."""
    gc.collect()
    gc.freeze()  # what the bench itself has loaded is nothing a server would sweep
    try:
        with clients(count) as them:
            return asyncio.run(server(them))
    finally:
        gc.unfreeze()


def replay(messages: int) -> Server:
    async def run(them: Clients) -> float:
        made = recording(messages)
        service = ReplayService([made], dialect=MediationDialect(), clock=SystemClock(), loop=True)
        async with service:
            return await them.serve(service.ports[1], service.mint_token())

    return run


def ws_send(messages: int) -> Server:
    async def run(them: Clients) -> float:
        async def handler(ws: ServerConnection) -> None:
            await ws.recv()
            for _ in range(messages):
                await ws.send(TEXT)

        async with serve(handler, "127.0.0.1", 0, compression=None, ping_interval=None) as server:
            return await them.serve(next(iter(server.sockets)).getsockname()[1])

    return run


def raw_tcp(messages: int) -> Server:
    """Batched asyncio TCP: the same bytes in the same chunks, no WebSocket at all behind the handshake."""
    made = [chunk for _, chunk in chunks([message(TEXT)] * messages)]

    async def run(them: Clients) -> float:
        async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 101 Switching Protocols\r\n\r\n")
            await reader.read(4096)
            for chunk in made:
                writer.write(chunk)
                await writer.drain()
            writer.write(b"\x88\x02\x03\xe8")
            await reader.read(16)
            writer.close()

        server = await asyncio.start_server(handler, "127.0.0.1", 0, backlog=2048)
        async with server:
            return await them.serve(server.sockets[0].getsockname()[1])

    return run


NODE = """
const { WebSocketServer } = require('ws');
const text = process.argv[1], messages = +process.argv[2];
const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false, backlog: 2048 }, () =>
  console.log(server.address().port));
let before;
server.on('connection', ws => {
  ws.on('message', () => { before ??= process.cpuUsage(); let i = 0; const go = () => {
    while (i < messages) { i++; let full = ws.bufferedAmount > 1 << 20; ws.send(text, full ? go : undefined); if (full) return; }
    ws.close(1000); }; go(); });
});
process.stdin.on('end', () => { const used = process.cpuUsage(before); console.log((used.user + used.system) / 1e6);
  process.exit(0); }).resume();
"""


def node_ws(messages: int, count: int) -> float:
    node, (modules, _) = shutil.which("node"), node_modules()
    assert node is not None
    with (
        clients(count) as them,
        subprocess.Popen(
            [node, "-e", NODE, "--", TEXT, str(messages)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "NODE_PATH": str(modules)},
        ) as process,
    ):
        assert process.stdout is not None
        assert process.stdin is not None
        them.connect(int(process.stdout.readline()))
        wait_for(them.connected)
        them.go()
        wait_for(them.done)
        process.stdin.close()
        return float(process.stdout.readline())


def wait_for(fd: int) -> None:
    with selectors.DefaultSelector() as selector:
        selector.register(fd, selectors.EVENT_READ)
        selector.select()


@functools.cache
def node_modules() -> tuple[Path | None, str]:
    """Where the pinned ``ws`` is, installed when it is first asked for; or None, and why it cannot be had."""
    for tool in ("node", "npm"):
        if shutil.which(tool) is None:
            return None, f"{tool} is not installed"
    shutil.copytree(HERE / "node_ws", NODE_FOLDER, dirs_exist_ok=True)
    if not (NODE_FOLDER / "node_modules" / "ws").is_dir():
        command = ["npm", "ci", "--silent", "--no-audit", "--no-fund", "--ignore-scripts"]
        done = subprocess.run(command, cwd=NODE_FOLDER, capture_output=True, check=False)
        if done.returncode:
            return None, f"npm ci in {NODE_FOLDER} ended with {done.returncode}"
    return NODE_FOLDER / "node_modules", ""


# --------------------------------------------------------------------------------------------------------- pace


def paced() -> tuple[float, float]:
    """Drift in ms over the whole, and the median lateness in us, of a replay at recorded speed."""

    async def run(them: Clients) -> tuple[float, float]:
        service = ReplayService([recording(PACED, STEP_US)], dialect=MediationDialect(), clock=SystemClock(), speed=1)
        async with service:
            await them.serve(service.ports[1], service.mint_token())
            return _pace_of(_read_stamps(them.done), service._scripts[0].progress.happened[0])

    with clients(1, stamps=True) as them:
        return asyncio.run(run(them))


def _read_stamps(fd: int) -> list[int]:
    found = b""
    while piece := os.read(fd, 1 << 20):
        found += piece
    stamps: list[int] = json.loads(found)
    return stamps


def _pace_of(stamps: list[int], began_ns: int) -> tuple[float, float]:
    late = [at - began_ns - (i + 1) * STEP_US * 1000 for i, at in enumerate(stamps)]
    tenth = PACED // 10
    drift_ms = abs(statistics.median(late[-tenth:]) - statistics.median(late[:tenth])) / 1e6
    return drift_ms, statistics.median(late) / 1e3


def blocking() -> tuple[float, float]:
    """The same of a blocking server that sleeps to each deadline."""
    frame = message(TEXT)
    with clients(1, stamps=True) as them, socket.create_server(("127.0.0.1", 0)) as server:
        them.connect(server.getsockname()[1])
        one, _ = server.accept()
        with one:
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            one.recv(4096)
            one.sendall(b"HTTP/1.1 101 Switching Protocols\r\n\r\n")
            wait_for(them.connected)
            them.go()
            one.recv(4096)
            began = time.monotonic_ns()
            for i in range(PACED):
                time.sleep(max(0, began + (i + 1) * STEP_US * 1000 - time.monotonic_ns()) / 1e9)
                one.sendall(frame)
            one.sendall(b"\x88\x02\x03\xe8")
            return _pace_of(_read_stamps(them.done), began)


def relative() -> tuple[float, float]:
    """The same of a loop that sleeps the recorded gaps one after the other."""

    async def run(them: Clients) -> tuple[float, float]:
        began: list[int] = []

        async def handler(ws: ServerConnection) -> None:
            await ws.recv()
            began.append(time.monotonic_ns())
            for _ in range(PACED):
                await asyncio.sleep(STEP_US / 1e6)
                await ws.send(TEXT)

        async with serve(handler, "127.0.0.1", 0, compression=None, ping_interval=None) as server:
            await them.serve(next(iter(server.sockets)).getsockname()[1])
            return _pace_of(_read_stamps(them.done), began[0])

    with clients(1, stamps=True) as them:
        return asyncio.run(run(them))


def rows() -> list[dict[str, Any]]:
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    one = {"unit": "us/message", "value": lambda: cpu_of(replay(ONE), 1) / ONE * 1e6}
    ones = {"ws.send": lambda: cpu_of(ws_send(ONE), 1) / ONE * 1e6}
    raw = {"raw tcp": lambda: cpu_of(raw_tcp(ONE), 1) / ONE * 1e6}
    each = CLIENTS * MANY
    many = {"unit": "us/message", "value": lambda: cpu_of(replay(MANY), CLIENTS) / each * 1e6}
    manies: dict[str, Any] = {"ws.send": lambda: cpu_of(ws_send(MANY), CLIENTS) / each * 1e6}
    node_one, node_many = functools.partial(_node, ONE, 1), functools.partial(_node, MANY, CLIENTS)
    return [
        {"name": "serve-1", **one, "against": ones, "also": node_one, "target": 1 / 20},
        {"name": "serve-1-raw", **one, "against": raw, "target": 1.6},
        {"name": "serve-1000", **many, "against": manies, "also": node_many, "hardest": True, "target": 1 / 12},
        {
            "name": "pace-drift",
            "unit": "ms",
            "value": lambda: paced()[0],
            "against": {"relative sleeps": lambda: relative()[0]},
            "absolute": True,
            "target": 1.1,
        },
        {
            "name": "pace-late",
            "unit": "us",
            "value": lambda: paced()[1],
            "against": {"time.sleep": lambda: blocking()[1], "relative sleeps": lambda: relative()[1]},
            "target": 1.25,
        },
    ]


def _node(messages: int, count: int) -> tuple[dict[str, Any], dict[str, str]]:
    modules, reason = node_modules()
    if modules is None:
        return {}, {"node ws": reason}
    return {"node ws": lambda: node_ws(messages, count) / (messages * count) * 1e6}, {}
