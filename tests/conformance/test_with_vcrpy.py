"""The example of REPLAY.md: vcrpy for plain REST and a replay for what is timed, in one test.

1. vcrpy buffers what is streamed and stores no time: whatever is timed goes past it, by ``skip_patchers=("httpx",)``.
2. vcrpy does not see WebSocket dials, in mode ``none`` neither: the network guard does.
"""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import httpx
import pytest
import vcr
from websockets.asyncio.client import connect

from harness.clock import SystemClock
from harness.dialects.mediation import MediationDialect
from harness.errors import NetworkBlocked
from harness.recording.entry import (
    AnyEntry,
    Header,
    HttpChunk,
    HttpRequest,
    HttpResponse,
    Redaction,
    WsAccept,
    WsMessage,
    WsOpen,
)
from harness.recording.reader import Recording
from harness.replayer.rest import GATEWAY_PATH
from harness.replayer.roster import STREAM_PATH
from harness.replayer.service import ReplayService
from harness.wire.guard import NetworkGuard

requests = pytest.importorskip("requests", reason="requests is not installed")

APART_US = 600_000
CASSETTE = """
interactions:
- request: {method: GET, uri: "https://crm.invalid/agents/7", body: null, headers: {}}
  response:
    status: {code: 200, message: OK}
    headers: {content-type: [application/json]}
    body: {string: '{"team": "blue"}'}
version: 1
"""
SUBSCRIBE = '{"type":"subscribe","interaction_id":"i-1"}'


def _recording() -> Recording:
    """A summary asked of the gateway that comes in two pieces, and a stream."""
    header = Header(id="r", created="", tool="test/1", source="synthetic", redaction=Redaction(state="fictional"))
    asked = HttpRequest(
        n=1, t=0, service="gateway", conn="h1", method="POST", url=f"{GATEWAY_PATH}/summaries/generate", body="{}"
    )
    entries: list[AnyEntry] = [
        asked,
        HttpResponse(n=2, t=1000, conn="h1", re=1, status=200, headers=(("content-type", "application/json"),)),
        HttpChunk(n=3, t=1000, conn="h1", re=1, text='{"one":1,'),
        HttpChunk(n=4, t=1000 + APART_US, conn="h1", re=1, text='"two":2}', final=True),
        WsOpen(n=5, t=700_000, conn="w1", url=STREAM_PATH),
        WsAccept(n=6, t=700_000, conn="w1", re=5),
        WsMessage(n=7, t=700_000, conn="w1", dir="out", text=SUBSCRIBE),
        WsMessage(n=8, t=701_000, conn="w1", dir="in", re=7, text='{"type":"end","seq":1}'),
    ]
    return Recording(path=Path("one.rec.jsonl"), header=header, entries=entries)


async def application(
    gateway: str, stream: str, token: str, clock: SystemClock
) -> tuple[dict[str, int], list[int], str]:
    """What is tested: it asks a CRM (requests), streams a summary (httpx) and listens (websockets)."""
    agent = await asyncio.to_thread(lambda: requests.get("https://crm.invalid/agents/7").json())
    bearer = {"Authorization": f"Bearer {token}"}
    came_us, body = [], b""
    async with (
        httpx.AsyncClient(trust_env=False, headers=bearer) as http,
        http.stream("POST", f"{gateway}/summaries/generate", content=b"{}") as response,
    ):
        async for piece in response.aiter_raw():
            came_us.append(clock.monotonic_ns() // 1000)
            body += piece
    async with connect(stream, additional_headers=bearer, proxy=None) as ws:
        await ws.send(SUBSCRIBE)
        said = await ws.recv()
    return {**agent, **json.loads(body)}, came_us, str(said)


def _played(cassette: Path, **options: object) -> tuple[dict[str, int], list[int], str]:
    async def run() -> tuple[dict[str, int], list[int], str]:
        clock = SystemClock()
        service = ReplayService([_recording()], dialect=MediationDialect(), clock=clock, speed=1)
        async with service:
            with NetworkGuard(service.ports), vcr.use_cassette(str(cassette), **options):
                found = await application(service.gateway_url, service.stream_url, service.mint_token(), clock)
        service.finish()
        return found

    return asyncio.run(run())


@pytest.fixture
def cassette(tmp_path: Path) -> Path:
    """A cassette of the CRM."""
    path = tmp_path / "crm.yaml"
    path.write_text(CASSETTE, encoding="utf-8")
    return path


def test_both_together(cassette: Path) -> None:
    """The CRM is vcrpy's; gateway and stream are the replay's, and the pieces come as far apart as they were recorded."""
    found, came_us, said = _played(cassette, record_mode="none", skip_patchers=("httpx",))
    assert found == {"team": "blue", "one": 1, "two": 2}
    assert said == '{"type":"end","seq":1}'
    assert len(came_us) == 2
    assert came_us[1] - came_us[0] > APART_US / 2


def test_why_httpx_is_skipped(cassette: Path) -> None:
    """Through vcrpy the same answer comes in one piece: a time taken there would be vcrpy's."""
    allow = {"record_mode": "new_episodes"}
    found, came_us, _ = _played(cassette, **allow)
    assert found == {"team": "blue", "one": 1, "two": 2}
    assert len(came_us) == 1


def test_vcrpy_alone_lets_websockets_dial(cassette: Path) -> None:
    """In mode none too; the guard does not."""

    async def dial() -> None:
        async with connect("ws://192.0.2.7:443", proxy=None):
            pass

    with NetworkGuard(), vcr.use_cassette(str(cassette), record_mode="none"), pytest.raises(NetworkBlocked):
        asyncio.run(dial())
