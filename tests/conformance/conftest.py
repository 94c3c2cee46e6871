"""A laboratory service: it does on the wire what few services do, and notes when it did it."""

from __future__ import annotations

import asyncio
import base64
import gzip
import itertools
import os
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response

from harness.clock import SystemClock

FRAGMENTS = ('{"type":"heart', 'beat","note":"caf\u00c3', "", '\u00a9"}')


@dataclass
class Lab:
    """Where the service is, and what it did."""

    stream: str = ""
    rest: str = ""
    clock: SystemClock = field(default_factory=SystemClock)
    sent_ns: list[int] = field(default_factory=list)
    """When each chunk of the streamed response was written."""
    fragment_ns: list[int] = field(default_factory=list)
    stalled_us: int = 0
    """The longest time the process stood still meanwhile."""
    authorized: list[str] = field(default_factory=list)


def _refuser() -> Callable[[ServerConnection, Request], Response | None]:
    """401, then 429 with Retry-After, then everybody is let in."""
    dials = itertools.count()

    def judge(ws: ServerConnection, _: Request) -> Response | None:
        match next(dials):
            case 0:
                return ws.respond(401, "who are you\n")
            case 1:
                response = ws.respond(429, '{"error":"slow down"}')
                response.headers["Retry-After"] = "0"
                return response
            case _:
                return None

    return judge


async def _session(lab: Lab, ws: ServerConnection) -> None:
    assert ws.request is not None
    lab.authorized.append(ws.request.headers.get("Authorization", ""))
    await ws.recv()
    await ws.send('{"type":"note","text":"hello"}')
    await ws.send(bytes(range(256)))
    await (await ws.ping(b"lab-1"))
    pieces = [piece.encode("latin-1") for piece in FRAGMENTS]
    for index, piece in enumerate(pieces):
        if index:
            await asyncio.sleep(0.05)
            ws.protocol.send_continuation(piece, fin=index == 3)
        else:
            ws.protocol.send_text(piece, fin=False)
        ws.send_data()
        lab.fragment_ns.append(lab.clock.monotonic_ns())
    assert await ws.recv() == "bye"
    await ws.close(4008, "too slow")


async def _http(lab: Lab, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while True:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:
            break
        length = next((line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length")), b":0")
        await reader.readexactly(int(length.partition(b":")[2]))
        path = head.split(b" ", 2)[1]
        if path == b"/streamed":
            await _streamed(lab, writer)
        elif path == b"/gzip":
            body = gzip.compress(b'{"text":"hello hello hello"}')
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\n")
            writer.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        else:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\ncut off")
            await writer.drain()
            break
    writer.close()


async def _streamed(lab: Lab, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
    for index, piece in enumerate((b'{"a":1,', b'"b":2,', b'"c":3,', b'"d":4}')):
        if index:
            await asyncio.sleep(0.2)
        lab.sent_ns.append(lab.clock.monotonic_ns())
        writer.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        await writer.drain()
    writer.write(b"0\r\n\r\n")


@asynccontextmanager
async def _open_lab() -> AsyncIterator[Lab]:
    lab = Lab()
    rest = await asyncio.start_server(lambda r, w: _http(lab, r, w), "127.0.0.1", 0)
    async with (
        rest,
        serve(lambda ws: _session(lab, ws), "127.0.0.1", 0, process_request=_refuser(), ping_interval=None) as stream,
    ):
        lab.rest = f"http://127.0.0.1:{rest.sockets[0].getsockname()[1]}"
        lab.stream = f"ws://127.0.0.1:{stream.sockets[0].getsockname()[1]}"
        yield lab


@pytest.fixture
def open_lab() -> Callable[[], object]:
    """Call it for an async context manager that gives a :class:`Lab`."""
    return _open_lab


@pytest.fixture
def nonce() -> str:
    """A header value nobody can foresee: the proof that a credential is not stored."""
    return base64.b32encode(os.urandom(15)).decode()


# ------------------------------------------------------------------------------------------------ foreign runtimes

NODE_PACKAGES = ("ws@8.18.0",)
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
PATIENCE_S = 90


@pytest.fixture(scope="session")
def node_modules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with ``node_modules/ws``, installed for this session (``npm`` and its registry are needed)."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("node or npm is not installed")
    folder = tmp_path_factory.mktemp("node")
    command = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts", *NODE_PACKAGES]
    done = subprocess.run(command, cwd=folder, capture_output=True, timeout=120, check=False)
    if done.returncode:
        pytest.skip("npm could not install the package ws")
    return folder


class Browser:
    """A headless Chromium that visits a page; the page posts what it saw to ``/seen``."""

    def __init__(self, command: str, folder: Path) -> None:
        self._command = command
        self._profile = folder / "profile"
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.origin = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.play: Any = None

    async def visit(self, page: bytes, query: str) -> str:
        """Show ``page``, with ``query`` in its address, and return what it posts."""
        seen: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        flags = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run")
        quiet = asyncio.subprocess.DEVNULL
        server = await asyncio.start_server(lambda r, w: _serve_page(page, seen, r, w), sock=self._listener.dup())
        async with server:
            process = await asyncio.create_subprocess_exec(
                self._command, *flags, "--disable-background-networking", f"--user-data-dir={self._profile}",
                f"{self.origin}/page?{quote(query, safe='')}", stdout=quiet, stderr=quiet,
            )  # fmt: skip
            try:
                async with asyncio.timeout(PATIENCE_S):
                    return await seen
            finally:
                process.terminate()
                await process.wait()

    def close(self) -> None:
        self._listener.close()


async def _serve_page(
    page: bytes, seen: asyncio.Future[str], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
        if head.startswith(b"POST /seen"):
            length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length"))
            seen.set_result((await reader.readexactly(int(length.partition(b":")[2]))).decode())
    except asyncio.IncompleteReadError:  # a browser opens connections ahead of need
        writer.close()
        return
    body = page if head.startswith(b"GET /page") else b""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n")
    writer.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
    writer.close()


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Browser]:
    """A Chromium."""
    command = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if command is None:
        pytest.skip("no Chromium is installed")
    made = Browser(command, tmp_path)
    yield made
    made.close()
