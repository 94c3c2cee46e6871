"""record(replay(R)) == R: the traffic of a replay, recorded again, is the traffic of the recording."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from harness.client import ClientOptions
from harness.clock import SystemClock, VirtualClock
from harness.dialects.mediation import MediationDialect
from harness.dialects.mediation_addresses import resolve
from harness.pipeline.policy import PipelinePolicy
from harness.recording.reader import Recording, read_recording
from harness.recording.same import traffic_differences
from harness.replayer.service import ReplayService
from harness.scenario.files import compose_files
from harness.session.keys import load_key
from harness.session.parts import Credentials, Tools
from harness.session.replay import _given_up, _subscribed
from harness.session.session import RecordTo, SessionPlan, run_session


async def _recorded(
    recording: Recording, tools: Tools, to: Path, journal: Path | None = None
) -> tuple[Recording, bool]:
    """``recording`` served, consumed by the real client and recorded again; with the service's own recording beside;
    and whether client and recording agreed to the end."""
    conversations, subscription = _subscribed(recording)
    clock = VirtualClock(auto=True)
    service = ReplayService([recording], dialect=MediationDialect(), clock=clock, lenient=True, journal=journal)
    async with service:
        plan = SessionPlan(
            addresses=resolve(endpoint=service.endpoint),
            credentials=Credentials(service.client_id, SecretStr(service.client_secret)),
            conversations=conversations,
            policy=replace(PipelinePolicy(), subscription=subscription),
            tools=tools,
            clock=clock,
            stopwatch=SystemClock(),
            options=ClientOptions(give_up_after=_given_up(recording), attempts=50),
            record=RecordTo(path=to, key=load_key(None, 5)),
        )
        run = await run_session(plan)
    return read_recording(to), run.error is None and not service.problems


def _differences(files: list[Path], work: Path) -> tuple[dict[str, Any], int, list[str]]:
    tools, messages = Tools.default(), 0
    found: dict[str, Any] = {}
    apart: list[str] = []

    async def run() -> None:
        nonlocal messages
        for path in files:
            original = read_recording(path)
            own_path = work / f"own-{path.name}"
            first, agreed = await _recorded(original, tools, work / "first" / path.name, own_path)
            if not agreed:  # a session without an end in good order leaves the client dialling for more
                apart.append(path.name)
                continue
            second, _ = await _recorded(first, tools, work / "second" / path.name)
            messages += sum(type(entry).__name__ == "WsMessage" for entry in second.entries)
            own = traffic_differences(original.entries, read_recording(own_path).entries)
            again = traffic_differences(first.entries, second.entries)
            if own or again:
                found[path.name] = [*own, *again]

    asyncio.run(run())
    return found, messages, apart


def test_the_fixtures(tmp_path: Path, root: Path, figure: Any) -> None:
    """Every fixture: what the service played is the recording, and its recording replayed and recorded is the same."""
    files = compose_files(sorted((root / "fixtures" / "scenarios").glob("*.yaml"))[::4], tmp_path / "composed", 7)
    found, messages, apart = _differences(files, tmp_path)
    figure("record(replay(R)) == R, recordings / messages", f"{len(files) - len(apart)} / {messages}")
    figure("left out, for the client and the recording do not agree on the end", apart)
    assert len(apart) <= 2
    assert found == {}


@pytest.mark.prove
def test_every_fixture_twenty_times(tmp_path: Path, root: Path, figure: Any) -> None:
    """Every fixture recording, 20 times over."""
    files = compose_files(sorted((root / "fixtures" / "scenarios").glob("*.yaml")), tmp_path / "composed", 7)
    for number in range(20):
        work = tmp_path / str(number)
        work.mkdir()
        assert _differences(files, work)[0] == {}
    figure("record(replay(R)) == R, 20 times, recordings", len(files))
