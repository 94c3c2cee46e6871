"""Our own client through the proxy: what is recorded between it and the service is what it recorded itself."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve

from harness.clock import SystemClock
from harness.dialects.mediation import MediationDialect
from harness.dialects.mediation_addresses import resolve
from harness.errors import ConfigError
from harness.pipeline.policy import PipelinePolicy
from harness.recording.entry import Gap, HttpRequest, OutcomeEntry, WsMessage
from harness.recording.reader import Recording, read_recording
from harness.replayer.service import ReplayService
from harness.scenario.files import compose_files
from harness.session.keys import Key
from harness.session.parts import Credentials, Tools
from harness.session.proxy import ProxyPlan, run_proxy
from harness.session.replay import conversations_of, subscription_of
from harness.session.session import RecordTo, SessionPlan, run_session
from harness.wire.proxy import Proxy

KEY = Key("k1", bytes(32))


@pytest.fixture(scope="module")
def composed(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Recording:
    """The first scenario, composed."""
    first = min((root / "fixtures" / "scenarios").glob("*.yaml"))
    (path,) = compose_files([first], tmp_path_factory.mktemp("composed"), 7)
    return read_recording(path)


async def _both(composed: Recording, folder: Path) -> None:
    tools, stop, ready = Tools.default(), asyncio.Event(), asyncio.get_running_loop().create_future()
    policy = replace(PipelinePolicy(), subscription=subscription_of(composed))
    service = ReplayService(
        [composed], dialect=MediationDialect(), clock=SystemClock(), speed=None, lenient=True, patience_s=60
    )
    async with service:
        plan = ProxyPlan(
            upstreams={"token": service.token_url, "gateway": service.gateway_url, "stream": service.stream_url},
            record=RecordTo(path=folder / "proxy.rec.jsonl", key=KEY),
            policy=policy,
            tools=tools,
            clock=SystemClock(),
            gap_timeout_s=0.5,
        )

        def opened(proxy: Proxy) -> None:
            ready.set_result(proxy.endpoint)

        async with asyncio.TaskGroup() as group:
            group.create_task(run_proxy(plan, stop, opened))
            session = SessionPlan(
                addresses=resolve(endpoint=await ready),
                credentials=Credentials(service.client_id, SecretStr(service.client_secret)),
                conversations=conversations_of(composed),
                policy=policy,
                tools=tools,
                clock=SystemClock(),
                stopwatch=SystemClock(),
                record=RecordTo(path=folder / "own.rec.jsonl", key=KEY),
            )
            run = await run_session(session)
            assert run.error is None
            stop.set()
    assert service.client_secret not in (folder / "proxy.rec.jsonl").read_text()


def test_recorded_from_both_sides(composed: Recording, tmp_path: Path) -> None:
    """The same messages, the same outcomes and the same requests, whoever records."""
    asyncio.run(_both(composed, tmp_path))
    own, proxy = (read_recording(tmp_path / f"{name}.rec.jsonl") for name in ("own", "proxy"))
    assert proxy.seal is not None
    assert _facts(proxy) == _facts(own)
    assert len(_facts(own)["outcomes"]) > 5


def _facts(recording: Recording) -> dict[str, Any]:
    outcomes = [entry for entry in recording.entries if isinstance(entry, OutcomeEntry)]
    texts = [(entry.dir, entry.text) for entry in recording.entries if isinstance(entry, WsMessage)]
    asked = [entry for entry in recording.entries if isinstance(entry, HttpRequest)]
    requests = [(entry.service, entry.url, entry.body) for entry in asked]
    return {
        "outcomes": [(entry.seq, entry.event, entry.verdict, entry.spans, entry.digest) for entry in outcomes],
        "sent": [text for direction, text in texts if direction == "out"],
        "received": [text for direction, text in texts if direction == "in"],
        "requests": requests,
    }


def test_hole_in_the_order_is_given_up(composed: Recording, tmp_path: Path) -> None:
    """A message that never comes is given up in time, while the client is still there; that decision is recorded."""
    messages = [entry for entry in composed.entries if isinstance(entry, WsMessage)]
    hello = next(entry.text for entry in messages if entry.dir == "out")
    inbound = [entry.text for entry in messages if entry.dir == "in" and entry.text]

    async def holey(ws: ServerConnection) -> None:
        await ws.recv()
        for text in (*inbound[:2], *inbound[3:6], '{"text":'):
            await ws.send(text)
        await ws.wait_closed()

    async def play() -> None:
        stop, port = asyncio.Event(), asyncio.get_running_loop().create_future()
        async with serve(holey, "127.0.0.1", 0) as service, asyncio.TaskGroup() as group:
            plan = ProxyPlan(
                upstreams={"stream": f"ws://127.0.0.1:{service.sockets[0].getsockname()[1]}"},
                record=RecordTo(path=tmp_path / "x.rec.jsonl", key=KEY),
                policy=PipelinePolicy(),
                tools=Tools.default(),
                clock=SystemClock(),
                gap_timeout_s=0.3,
            )
            group.create_task(run_proxy(plan, stop, lambda proxy: port.set_result(proxy.ports["stream"])))
            async with connect(f"ws://127.0.0.1:{await port}/s", proxy=None) as ws:
                assert hello is not None
                await ws.send("no JSON")
                await ws.send(hello)
                for _ in range(200):
                    await asyncio.sleep(0.05)
                    if '"kind":"gap"' in (tmp_path / "x.rec.jsonl.part").read_text():
                        break
            stop.set()

    asyncio.run(play())
    recording = read_recording(tmp_path / "x.rec.jsonl")
    (gap,) = (entry for entry in recording.entries if isinstance(entry, Gap))
    assert gap.reason == "timer"
    assert gap.from_seq == gap.to_seq == 3
    assert sum(isinstance(entry, OutcomeEntry) for entry in recording.entries) == 6


def test_address_that_cannot_be_used(tmp_path: Path) -> None:
    """A wrong upstream is a typed error, and leaves no recording behind."""
    plan = ProxyPlan(
        upstreams={"stream": "http://127.0.0.1:1"},
        record=RecordTo(path=tmp_path / "x.rec.jsonl", key=KEY),
        policy=PipelinePolicy(),
        tools=Tools.default(),
        clock=SystemClock(),
    )
    with pytest.raises(ConfigError):
        asyncio.run(run_proxy(plan, asyncio.Event(), lambda _: None))
    assert not list(tmp_path.iterdir())
