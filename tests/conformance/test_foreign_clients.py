"""Clients nobody here wrote see through the proxy what they see without it, and are recorded."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from harness.clock import SystemClock
from harness.pipeline.policy import PipelinePolicy
from harness.recording.entry import OutcomeEntry, WsClose, WsControl, WsMessage, WsReject
from harness.recording.reader import Recording, read_recording
from harness.session.keys import Key
from harness.session.parts import Tools
from harness.session.proxy import ProxyPlan, run_proxy
from harness.session.session import RecordTo

HERE = Path(__file__).parent
PATIENCE_S = 60

pytestmark = pytest.mark.prove

Client = Callable[[str], Awaitable[list[str]]]


async def _direct(open_lab: Any, client: Client) -> list[str]:
    async with open_lab() as lab:
        return await client(lab.stream + "/s")


async def _through_proxy(open_lab: Any, client: Client, path: Path) -> list[str]:
    stop, port = asyncio.Event(), asyncio.get_running_loop().create_future()
    async with open_lab() as lab:
        plan = ProxyPlan(
            upstreams={"stream": lab.stream},
            record=RecordTo(path=path, key=Key("k1", bytes(32))),
            policy=PipelinePolicy(),
            tools=Tools.default(),
            clock=SystemClock(),
        )
        async with asyncio.TaskGroup() as group:
            group.create_task(run_proxy(plan, stop, lambda proxy: port.set_result(proxy.ports["stream"])))
            try:
                return await client(f"ws://127.0.0.1:{await port}/s")
            finally:
                stop.set()


def _recorded_like_seen(recording: Recording, figure: Any, name: str) -> None:
    entries = recording.entries
    assert [entry.status for entry in entries if isinstance(entry, WsReject)] == [401, 429]
    (close,) = (entry for entry in entries if isinstance(entry, WsClose))
    assert (close.by, close.code, close.reason, close.clean) == ("peer", 4008, "too slow", True)
    assert [entry.opcode for entry in entries if isinstance(entry, WsControl)] == ["ping", "pong"]
    texts = [entry.text for entry in entries if isinstance(entry, WsMessage)]
    assert texts == [
        '{"type":"hi"}',
        '{"type":"note","text":"hello"}',
        '{"type":"heartbeat","note":"café"}',
        "bye",
    ]
    assert sum(isinstance(entry, OutcomeEntry) for entry in entries) == 3
    figure(f"{name} through the proxy", f"as without it; {len(entries)} entries")


@pytest.fixture(scope="module")
def node_modules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the package ws."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("node or npm is not installed")
    folder = tmp_path_factory.mktemp("node")
    command = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts", "ws@8"]
    done = subprocess.run(command, cwd=folder, capture_output=True, timeout=120, check=False)
    if done.returncode:
        pytest.skip("npm could not install the package ws")
    shutil.copy(HERE / "node_client.js", folder)
    return folder


def test_node_ws(open_lab: Any, node_modules: Path, tmp_path: Path, nonce: str, figure: Any) -> None:
    """Node's ws package, with permessage-deflate and a bearer token."""

    async def client(url: str) -> list[str]:
        process = await asyncio.create_subprocess_exec(
            "node", "node_client.js", url, cwd=node_modules, env={"NONCE": nonce, "PATH": "/usr/bin:/bin"},
            stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        async with asyncio.timeout(PATIENCE_S):
            out, _ = await process.communicate()
        return out.decode().splitlines()

    path = tmp_path / "node.rec.jsonl"
    direct = asyncio.run(_direct(open_lab, client))
    assert asyncio.run(_through_proxy(open_lab, client, path)) == direct
    assert direct[:2] == ['rejected 401 "who are you\\n"', 'rejected 429 "{\\"error\\":\\"slow down\\"}"']
    assert direct[2] == "open permessage-deflate"
    assert direct[-1] == "close 4008 too slow"
    assert nonce not in path.read_text()
    _recorded_like_seen(read_recording(path), figure, "node ws")


async def _page(seen: asyncio.Future[list[str]], reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:  # a browser opens connections ahead of need
        writer.close()
        return
    if head.startswith(b"POST /seen"):
        length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length"))
        body = await reader.readexactly(int(length.partition(b":")[2]))
        seen.set_result(body.decode().splitlines())
    page = (HERE / "chromium_client.html").read_bytes() if head.startswith(b"GET /page") else b""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n")
    writer.write(b"Content-Length: %d\r\n\r\n" % len(page) + page)
    writer.close()


def test_chromium(open_lab: Any, tmp_path: Path, figure: Any) -> None:
    """A browser's WebSocket, with permessage-deflate and an Origin."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("chromium is not installed")

    async def client(url: str) -> list[str]:
        seen: asyncio.Future[list[str]] = asyncio.get_running_loop().create_future()
        server = await asyncio.start_server(lambda r, w: _page(seen, r, w), "127.0.0.1", 0)
        address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/page?{quote(url, safe='')}"
        flags = ("--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")
        profile = f"--user-data-dir={tmp_path / 'profile'}"
        quiet = asyncio.subprocess.DEVNULL
        async with server:
            process = await asyncio.create_subprocess_exec(
                browser, *flags, profile, address, stdout=quiet, stderr=quiet
            )
            try:
                async with asyncio.timeout(PATIENCE_S):
                    return await seen
            finally:
                process.terminate()
                await process.wait()

    path = tmp_path / "chromium.rec.jsonl"
    direct = asyncio.run(_direct(open_lab, client))
    assert asyncio.run(_through_proxy(open_lab, client, path)) == direct
    assert direct[:4] == ["error", "close 1006  false"] * 2
    assert direct[4].startswith("open permessage-deflate")
    assert direct[-1] == "close 4008 too slow true"
    _recorded_like_seen(read_recording(path), figure, "chromium")
