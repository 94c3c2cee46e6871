"""Clients nobody here wrote see through the proxy what they see without it, and are recorded."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

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


def test_node_ws(open_lab: Any, node_modules: Path, tmp_path: Path, nonce: str, figure: Any) -> None:
    """Node's ws package, with permessage-deflate and a bearer token."""

    async def client(url: str) -> list[str]:
        process = await asyncio.create_subprocess_exec(
            "node", str(HERE / "node_client.js"), url, stdout=asyncio.subprocess.PIPE,
            env={"NONCE": nonce, "PATH": os.environ["PATH"], "NODE_PATH": str(node_modules / "node_modules")},
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


def test_chromium(open_lab: Any, browser: Any, tmp_path: Path, figure: Any) -> None:
    """A browser's WebSocket, with permessage-deflate and an Origin."""

    async def client(url: str) -> list[str]:
        seen: str = await browser.visit((HERE / "chromium_client.html").read_bytes(), url)
        return seen.splitlines()

    path = tmp_path / "chromium.rec.jsonl"
    direct = asyncio.run(_direct(open_lab, client))
    assert asyncio.run(_through_proxy(open_lab, client, path)) == direct
    assert direct[:4] == ["error", "close 1006  false"] * 2
    assert direct[4].startswith("open permessage-deflate")
    assert direct[-1] == "close 4008 too slow true"
    _recorded_like_seen(read_recording(path), figure, "chromium")
