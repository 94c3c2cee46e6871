"""The committed recordings: readable, free of unreplaced values, and equal to their live side when replayed."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from harness.pipeline.policy import PipelinePolicy
from harness.recorder.edits import leak_in
from harness.recording.reader import find_recordings, read_recording
from harness.session.parts import Tools
from harness.session.replay import replay_recording
from harness.session.results import replayed_result

RECORDINGS = find_recordings([Path(__file__).resolve().parent.parent / "recordings"])


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.name)
def test_is_safe_and_sealed(path: Path) -> None:
    """Each file is sealed, holds surrogates, and beside them the independent scan finds nothing in any of its texts."""
    recording = read_recording(path)
    assert recording.seal is not None
    assert recording.header.redaction.state == "surrogate"
    found = [
        leak_in(text, lambda _path: False, getattr(entry, "pii", ()))
        for entry in recording.entries
        for text in (getattr(entry, "text", None), getattr(entry, "body", None))
        if text
    ]
    assert found
    assert [leak for leak in found if leak] == []


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.name)
def test_replays_without_a_problem(path: Path) -> None:
    """Each replays to its end: as many outcomes as were recorded, nothing unplayed, nothing unexpected."""
    recording = read_recording(path)
    replayed = asyncio.run(replay_recording(recording, tools=Tools.default(), policy=PipelinePolicy()))
    result = replayed_result(recording, replayed)
    assert list(result.problems) == []
    assert result.baseline is not None
    assert len(result.outcomes) == len(result.baseline)
