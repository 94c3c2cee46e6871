"""Record modes against a live service (a replay on other ports), with clients that only know the replay."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from websockets.asyncio.client import connect

from harness.clock import SystemClock
from harness.dialects.mediation import MediationDialect
from harness.dialects.mediation_addresses import resolve
from harness.errors import ConfigError
from harness.recording.reader import read_recording
from harness.replayer.service import ReplayService
from harness.scenario.files import compose_files
from harness.session.episodes import LiveSide, episode
from harness.session.keys import load_key
from harness.session.modes import RecordMode, plan_of
from harness.session.parts import Credentials, Tools


@pytest.fixture
def composed(tmp_path: Path, root: Path) -> list[Path]:
    """Two conversations a live service knows."""
    scenarios = root / "fixtures" / "scenarios"
    names = ("telco-outage-credit.yaml", "retail-gift-return.yaml")
    return compose_files([scenarios / name for name in names], tmp_path / "composed", 3)


async def _client(service: ReplayService, recording: Path) -> int:
    """Play the client's side of ``recording`` on ``service``; how many messages came."""
    entries = read_recording(recording).entries
    sends = [e.text for e in entries if type(e).__name__ == "WsMessage" and e.dir == "out"]  # type: ignore[union-attr]
    wanted = sum(type(e).__name__ == "WsMessage" and e.dir == "in" for e in entries)  # type: ignore[union-attr]
    async with httpx.AsyncClient(trust_env=False) as http:
        form = {"grant_type": "client_credentials"}
        answer = await http.post(service.token_url, data=form, auth=(service.client_id, service.client_secret))
    headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    async with connect(service.stream_url, additional_headers=headers, proxy=None) as ws:
        got = 0
        for number, text in enumerate(sends):
            if number == len(sends) - 1:
                while got < wanted:
                    await ws.recv()
                    got += 1
            await ws.send(str(text))
    return got


def run_mode(path: Path, mode: str, composed: list[Path], plays: list[Path], on_miss: str | None = None) -> Any:
    """Serve ``path`` in ``mode`` before a live service with ``composed``, to clients that play ``plays``."""

    plan = plan_of(RecordMode(mode), on_miss, exists=path.exists())

    async def run() -> Any:
        recordings = [read_recording(one) for one in composed]
        live = ReplayService(recordings, dialect=MediationDialect(), clock=SystemClock(), loop=True)
        async with asyncio.timeout(120), live:
            side = LiveSide(
                addresses=resolve(endpoint=live.endpoint),
                credentials=Credentials(live.client_id, SecretStr(live.client_secret)),
                tools=Tools.default(),
                key=load_key(None, 5),
            )
            async with episode(path, plan, side) as running:
                for one in plays:
                    assert await _client(running.service, one) > 0
        return running

    return asyncio.run(run())


def _streams(path: Path) -> int:
    return sum(type(entry).__name__ == "WsOpen" for entry in read_recording(path).entries)


def test_once_records_and_then_replays(composed: list[Path], tmp_path: Path) -> None:
    """The first run records; the second needs no live service, and records nothing."""
    path = tmp_path / "one.rec.jsonl"
    running = run_mode(path, "once", composed, composed[:1])
    assert running.written == path
    assert _streams(path) == 1
    assert read_recording(path).header.redaction.state == "surrogate"
    before = path.read_bytes()
    again = run_mode(path, "once", [], composed[:1])
    assert again.written is None
    assert path.read_bytes() == before
    assert again.service.problems == []


def test_new_episodes_are_added_whole(composed: list[Path], tmp_path: Path) -> None:
    """What the file holds is replayed, what it does not is recorded behind it; then both are there."""
    path = tmp_path / "one.rec.jsonl"
    run_mode(path, "once", composed, composed[:1])
    run_mode(path, "new_episodes", composed, composed)
    assert _streams(path) == 2
    assert run_mode(path, "once", [], composed).service.problems == []
    assert list(tmp_path.glob(".one*")) == []


@pytest.mark.parametrize("mode", ["all", "rewrite"])
def test_everything_anew(composed: list[Path], tmp_path: Path, mode: str) -> None:
    """The file is replaced by what was recorded now."""
    path = tmp_path / "one.rec.jsonl"
    run_mode(path, "once", composed, composed[:1])
    before = read_recording(path).header.id
    assert run_mode(path, mode, composed, composed[:1]).written == path
    assert read_recording(path).header.id != before


def test_verify_compares_and_writes_nothing(composed: list[Path], tmp_path: Path) -> None:
    """The same traffic is no difference; another client's is, and the file stays as it is."""
    path = tmp_path / "one.rec.jsonl"
    run_mode(path, "once", composed, composed[:1])
    before = path.read_bytes()
    assert run_mode(path, "verify", composed, composed[:1]).differences == []
    assert run_mode(path, "verify", composed, composed[1:]).differences != []
    assert path.read_bytes() == before


def test_passthrough_keeps_nothing(composed: list[Path], tmp_path: Path) -> None:
    """A miss reaches the live service, and leaves no trace in the file."""
    path = tmp_path / "one.rec.jsonl"
    run_mode(path, "once", composed, composed[:1])
    before = path.read_bytes()
    run_mode(path, "once", composed, composed, on_miss="passthrough")
    assert path.read_bytes() == before


def test_a_live_side_is_needed(tmp_path: Path) -> None:
    """A mode that records says so where there is nothing to record."""

    async def run() -> None:
        async with episode(tmp_path / "a.rec.jsonl", plan_of(RecordMode.ONCE, None, exists=False), None):
            pass

    with pytest.raises(ConfigError, match="upstream"):
        asyncio.run(run())
