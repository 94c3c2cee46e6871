"""Recordings through the real client."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from harness.errors import RecordingFormatError
from harness.metrics.latency import FROM_INTENDED, SCHEDULE_LAG, LatencyBook
from harness.pipeline.policy import PipelinePolicy
from harness.recording.edit import reseal
from harness.recording.reader import Recording, read_recording
from harness.report.parity import compare
from harness.session.parts import Tools
from harness.session.replay import (
    Replayed,
    baseline,
    conversations_of,
    replay_recording,
    subscription_of,
    substituted_spans,
)


def _replay(recording: Recording, tools: Tools, speed: float | None = None) -> Replayed:
    return asyncio.run(replay_recording(recording, tools=tools, policy=PipelinePolicy(), speed=speed))


def test_replay_equals_live(recorded: list[Path], tools: Tools) -> None:
    """Every recorded session comes out as it was live, with nothing left unplayed."""
    for path in recorded:
        recording = read_recording(path)
        replayed = _replay(recording, tools)
        live = baseline(recording)
        assert live is not None
        count, differences = compare(live, replayed.run.outcomes)
        assert (count, differences, list(replayed.problems)) == (len(live), [], [])


def test_speed_changes_nothing_but_time(recorded: list[Path], tools: Tools) -> None:
    """The outcomes of a paced replay are those of an instant one."""
    recording = read_recording(recorded[0])
    instant, paced = _replay(recording, tools), _replay(recording, tools, speed=1000.0)
    assert paced.run.outcomes == instant.run.outcomes


def test_composed_recordings_have_no_live_side(composed: list[Path]) -> None:
    """A composed recording holds no outcomes and no surrogates."""
    recording = read_recording(composed[0])
    assert baseline(recording) is None
    assert substituted_spans(recording) == 0


def test_what_was_asked_for(recorded: list[Path]) -> None:
    """Conversations and subscription are read from the recorded sends."""
    recording = read_recording(recorded[0])
    assert len(conversations_of(recording)) == 1
    assert subscription_of(recording).summary_matrix.min_tokens == 50
    assert substituted_spans(recording) > 0


def test_a_recording_that_ends_without_end(recorded: list[Path], tools: Tools, tmp_path: Path) -> None:
    """A session cut off before its ``end`` is replayed as far as it goes, and the client does not wait for more."""
    path = tmp_path / "cut.rec.jsonl"
    lines = recorded[0].read_text(encoding="utf-8").splitlines(keepends=True)
    entries = [json.loads(line) for line in lines]
    end = next(i for i, e in enumerate(entries) if e.get("kind") == "ws.message" and '"type":"end"' in e["text"])
    path.write_text("".join(lines[:end]), encoding="utf-8")
    reseal(path)
    replayed = _replay(read_recording(path), tools)
    sent = sum(e.get("kind") == "ws.message" and e["dir"] == "in" for e in entries[:end])
    assert len(replayed.run.outcomes) == sent
    assert not any("stalled" in problem for problem in replayed.problems)


def test_nothing_to_replay(recorded: list[Path], tools: Tools, tmp_path: Path) -> None:
    """A recording without a subscription is refused with the way out."""
    path = tmp_path / "none.rec.jsonl"
    path.write_text(recorded[0].read_text(encoding="utf-8").split("\n", 1)[0] + "\n", encoding="utf-8")
    reseal(path)
    with pytest.raises(RecordingFormatError, match="no subscription"):
        _replay(read_recording(path), tools)


def test_latency_from_the_intended_time(recorded: list[Path], tools: Tools) -> None:
    """Every message of a paced replay has a time it was due, and is timed from there; at instant speed there is none."""
    recording = read_recording(recorded[0])
    book = LatencyBook()
    replayed = asyncio.run(replay_recording(recording, tools=tools, policy=PipelinePolicy(), speed=1000.0, book=book))
    stages = book.by_session()[recording.path.name]
    streamed = [outcome for outcome in replayed.run.outcomes if outcome.service == "stream"]
    assert stages[FROM_INTENDED]["n"] == len(streamed)
    assert stages[FROM_INTENDED]["max_ms"] > 0
    instant = LatencyBook()
    asyncio.run(replay_recording(recording, tools=tools, policy=PipelinePolicy(), speed=None, book=instant))
    assert FROM_INTENDED not in instant.summary()


def test_schedule_lag_is_measured(recorded: list[Path], tools: Tools) -> None:
    """At a real speed the replayer says how late it was; at instant speed there is nothing to be late for."""
    recording = read_recording(recorded[0])
    for speed, wanted in ((1000.0, True), (None, False)):
        book = LatencyBook()
        asyncio.run(replay_recording(recording, tools=tools, policy=PipelinePolicy(), speed=speed, book=book))
        assert (SCHEDULE_LAG in book.summary()) is wanted
