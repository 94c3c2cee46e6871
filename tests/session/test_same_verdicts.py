"""What a replay says does not depend on when it is run, or how often."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from harness.clock import SystemClock, VirtualClock
from harness.pipeline.policy import PipelinePolicy
from harness.recording.reader import read_recording
from harness.recording.same import traffic_differences
from harness.scenario.files import compose_files
from harness.session.keys import load_key
from harness.session.parts import Tools
from harness.session.replay import replay_recording
from harness.session.session import RecordTo


@pytest.fixture(scope="module")
def fixtures(root: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Every scenario composed, and every committed recording."""
    made = compose_files(sorted((root / "fixtures" / "scenarios").glob("*.yaml")), tmp_path_factory.mktemp("all"), 7)
    return [*made, *sorted((root / "recordings").glob("*.rec.jsonl"))]


class _Jumping:
    """A clock whose date jumps by two hours, back and forth, whenever it is asked; its monotonic time is sound."""

    def __init__(self, clock: VirtualClock | SystemClock) -> None:
        self._clock = clock
        self._asked = 0
        self.virtual = clock.virtual
        self.monotonic_ns = clock.monotonic_ns
        self.sleep_until = clock.sleep_until

    def wall(self) -> datetime:
        self._asked += 1
        return self._clock.wall() + timedelta(hours=2 * (self._asked % 3 - 1))


def _verdicts(path: Path, tools: Tools, **options: Any) -> bytes:
    """Everything a replay says of every message, as bytes."""
    replayed = asyncio.run(replay_recording(read_recording(path), tools=tools, policy=PipelinePolicy(), **options))
    said = {
        "outcomes": [asdict(outcome) for outcome in replayed.run.outcomes],
        "gaps": [asdict(gap) for gap in replayed.run.gaps],
        "premature": replayed.run.premature,
        "problems": replayed.problems,
    }
    return json.dumps(said, default=str).encode()


def test_two_runs_of_some(fixtures: list[Path], tools: Tools) -> None:
    """Two instant runs in this process give the same bytes."""
    for path in fixtures[::7]:
        assert _verdicts(path, tools) == _verdicts(path, tools)


@pytest.mark.prove
def test_two_runs_of_every_fixture(fixtures: list[Path], tools: Tools, figure: Any) -> None:
    """Two instant runs of every fixture, and one on real time, give the same bytes."""
    other = []
    for path in fixtures:
        first = _verdicts(path, tools)
        if not first == _verdicts(path, tools) == _verdicts(path, tools, speed=1000.0):
            other.append(path.name)
    figure("two instant replays and one at x1000, recordings, with other verdicts", f"{len(fixtures)}, {len(other)}")
    assert other == []


@pytest.mark.parametrize("speed", [None, 1000.0])
def test_a_wall_clock_that_jumps(fixtures: list[Path], tools: Tools, tmp_path: Path, speed: float | None) -> None:
    """A date two hours early or late changes no verdict and nothing that is recorded but the date."""
    for path in (fixtures[0], fixtures[24]):
        clock = VirtualClock(auto=True) if speed is None else SystemClock()
        made = []
        for name, one in (("sound", clock), ("jumping", _Jumping(clock))):
            record = RecordTo(path=tmp_path / f"{speed}-{name}-{path.name}", key=load_key(None, 5))
            made.append((_verdicts(path, tools, speed=speed, clock=one, record=record), read_recording(record.path)))
        (sound, first), (jumping, second) = made
        assert sound == jumping
        assert traffic_differences(first.entries, second.entries) == []
        assert all(later.t >= earlier.t for earlier, later in zip(second.entries, second.entries[1:], strict=False))
