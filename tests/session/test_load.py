"""A load: an open model on loopback, bounded, every client with conversations of its own."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from harness.clock import SystemClock
from harness.dialects.mediation import MediationDialect
from harness.errors import ConfigError
from harness.recording.entry import (
    AnyEntry,
    Header,
    HttpChunk,
    HttpRequest,
    HttpResponse,
    Redaction,
    WsAccept,
    WsClose,
    WsMessage,
    WsOpen,
)
from harness.recording.reader import Recording
from harness.replayer.rules import Rules
from harness.replayer.service import ReplayService
from harness.session.load import LoadScript, LoadTarget, load_script, run_load
from harness.wire.serve import Peer, PeerClosed, WsServer

STREAM = "/api/v2/mediation/conversations/stream"
VALIDATE = "/api/v2/ai-gateway/summaries/validate"
ID = "0b6f4a52-6f0c-4d7a-9f43-0f3f5a3c1b77"
ABOUT = {"interaction_id": ID}


def recorded(*, ends: Any = None, body: str | None = "x") -> Recording:
    """A session: a subscribe that is answered, a request, and the client leaves."""
    asked = None if body is None else json.dumps({**ABOUT, "summary": body})
    json_ = (("content-type", "application/json"),)
    entries: list[AnyEntry] = [
        WsOpen(n=1, t=1000, conn="w1", url=STREAM),
        WsAccept(n=2, t=1000, conn="w1", re=1),
        WsMessage(n=3, t=2000, conn="w1", dir="out", text=json.dumps({"type": "subscribe", **ABOUT})),
        WsMessage(n=4, t=3000, conn="w1", dir="in", text=json.dumps({"type": "subscribed", **ABOUT, "seq": 1})),
        HttpRequest(n=5, t=4000, conn="h1", service="gateway", method="POST", url=VALIDATE, body=asked),
        HttpResponse(n=6, t=5000, conn="h1", re=5, status=200, headers=json_),
        HttpChunk(n=7, t=5000, conn="h1", re=5, text='{"valid":true}', final=True),
        HttpRequest(n=8, t=6000, conn="h2", service="gateway", method="GET", url="/api/v2/other"),
        ends or WsClose(n=9, t=9000, conn="w1", by="us", code=1000),
    ]
    header = Header(id="l", created="", tool="test/1", source="synthetic", redaction=Redaction(state="fictional"))
    return Recording(path=Path("load.rec.jsonl"), header=header, entries=entries)


def scripted(recording: Recording) -> LoadScript:
    script = load_script(recording, MediationDialect())
    assert script is not None
    return script


def loaded_replay(recording: Recording, *, clients: int, gateway: bool = True, **options: Any) -> Any:
    """The result of a load on a replay of ``recording``, and the service."""

    async def run() -> Any:
        script = scripted(recording)
        rules = Rules(bind=script.pointers)
        service = ReplayService(
            [recording], dialect=MediationDialect(), clock=SystemClock(), loop=True, rules=rules, **options
        )
        async with service:
            gateway_url = service.gateway_url if gateway else None
            target = LoadTarget(
                stream_url=service.stream_url, gateway_url=gateway_url, token=SecretStr(service.mint_token())
            )
            return await run_load([(script, target)], clients=clients, seconds=0.05), service

    return asyncio.run(run())


def test_connections_and_requests() -> None:
    """Every client plays the stream and the gateway of its session; what is not played is counted."""
    result, service = loaded_replay(recorded(), clients=20)
    assert service.problems == []
    assert result.sound
    assert (result.sent, result.received, result.requests, result.skipped) == (20, 20, 20, 20)
    assert {stage: row["n"] for stage, row in result.figures()["latency_ms"].items() if stage != "schedule_lag"} == {
        "connect": 20,
        "reply": 20,
        "request": 20,
    }


def test_without_a_gateway() -> None:
    """Requests are left out where there is no gateway, and counted."""
    result, _ = loaded_replay(recorded(), clients=3, gateway=False)
    assert (result.requests, result.skipped, result.sound) == (0, 6, True)


def test_a_service_that_refuses() -> None:
    """A refused connection or request is a failure of its own."""
    result, _ = loaded_replay(recorded(), clients=6, max_connections=1)
    assert result.failed > 0
    assert not result.sound


def on_server(handler: Any, script: LoadScript, **options: Any) -> Any:
    """The result of a load on a stream of our own."""

    async def run() -> Any:
        async with WsServer(handler) as server:
            url = f"ws://127.0.0.1:{server.port}{STREAM}"
            target = LoadTarget(stream_url=url, gateway_url=None, token=SecretStr("t"))
            return await run_load([(script, target)], **options)

    return asyncio.run(run())


def test_every_client_has_its_own_conversation() -> None:
    """No id comes twice, none is the recorded one, and a UUID stays one."""
    seen: list[str] = []

    async def handler(peer: Peer) -> None:
        seen.append(json.loads(await peer.recv())["interaction_id"])
        await peer.send('{"type":"subscribed"}')
        await until_closed(peer)

    assert on_server(handler, scripted(recorded()), clients=12, seconds=0.05).sound
    assert len(set(seen)) == 12
    assert ID not in seen
    assert {len(one) for one in seen} == {len(ID)}


async def until_closed(peer: Peer) -> None:
    try:
        while True:
            await peer.recv()
    except PeerClosed:
        return


def test_waiting_for_the_service_is_in_the_latency() -> None:
    """A service that takes clients one by one makes the later ones wait, and the figure shows it in full."""

    async def handler(peer: Peer) -> None:
        await peer.recv()
        async with one_by_one:
            await asyncio.sleep(0.05)
        await peer.send('{"type":"subscribed"}')
        await until_closed(peer)

    one_by_one = asyncio.Lock()
    late = WsClose(n=9, t=3_000_000, conn="w1", by="us", code=1000)
    result = on_server(handler, scripted(recorded(ends=late)), clients=8, seconds=0.01)
    assert result.figures()["latency_ms"]["reply"]["max_ms"] >= 8 * 50 * 0.9


def test_the_answer_is_told_by_its_type(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other messages that come first are not taken for the answer; without it the send is unanswered."""
    monkeypatch.setattr("harness.session.load_client.GRACE_S", 2.0)

    async def handler(peer: Peer) -> None:
        await peer.recv()
        await peer.send('{"type":"heartbeat"}')
        await peer.send(b"\x00")
        await until_closed(peer)

    result = on_server(handler, scripted(recorded()), clients=2, seconds=0.01)
    assert (result.received, result.unanswered, result.sound) == (4, 2, False)


@pytest.mark.parametrize("recorded_code,failed", [(None, 3), (1011, 3), (4008, 0)])
def test_another_end_than_the_recorded(recorded_code: int | None, failed: int) -> None:
    """A service that ends a connection as it was not recorded has failed."""

    async def handler(peer: Peer) -> None:
        await peer.recv()
        await peer.send('{"type":"subscribed"}')
        await peer.close(4008)

    ends = None if recorded_code is None else WsClose(n=9, t=9000, conn="w1", by="peer", code=recorded_code)
    assert on_server(handler, scripted(recorded(ends=ends)), clients=3, seconds=0.01).failed == failed


def test_nobody_there() -> None:
    """A connection that is refused is a failure, not an exception."""
    target = LoadTarget(stream_url="ws://127.0.0.1:1/x", gateway_url="http://127.0.0.1:1", token=SecretStr("t"))
    result = asyncio.run(run_load([(scripted(recorded()), target)], clients=2, seconds=0.01))
    assert (result.failed, result.cut_off) == (4, 0)


def test_what_is_not_over_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """The run ends in time whatever the service does, and says how many clients were not over."""
    monkeypatch.setattr("harness.session.load.GRACE_S", 0.1)

    async def handler(peer: Peer) -> None:
        await until_closed(peer)

    never = WsClose(n=9, t=9000, conn="w1", by="peer", code=1000)
    result = on_server(handler, scripted(recorded(ends=never)), clients=2, seconds=0.01)
    assert result.cut_off == 2


GOOD = LoadTarget(stream_url="ws://127.0.0.1:1/x", gateway_url=None, token=SecretStr("t"))
FAR = LoadTarget(stream_url="wss://far.invalid/x", gateway_url=None, token=SecretStr("t"))
FAR_GATEWAY = LoadTarget(stream_url="ws://[::1]:1/x", gateway_url="https://far.invalid", token=SecretStr("t"))


@pytest.mark.parametrize(
    "targets,clients,seconds,words",
    [
        ([GOOD], 0, 1, "--clients"),
        ([GOOD], 10_001, 1, "--clients"),
        ([GOOD], 1, 0, "--seconds"),
        ([GOOD], 1, 3601, "--seconds"),
        ([], 1, 1, "recordings of clients that send something"),
        ([FAR], 1, 1, "--url"),
        ([FAR_GATEWAY], 1, 1, "--gateway-url"),
    ],
)
def test_bounds(targets: list[LoadTarget], clients: int, seconds: float, words: str) -> None:
    """Too many clients, too long, nothing to play and other hosts are refused before anything is dialled."""
    played = [(scripted(recorded()), target) for target in targets]
    with pytest.raises(ConfigError, match=words):
        asyncio.run(run_load(played, clients=clients, seconds=seconds))
