"""The committed recordings: readable, free of unreplaced values, and equal to their live side when replayed."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from harness.dialects.mediation import MediationDialect
from harness.pii import Redactor
from harness.pii.segment import HELD_MAX
from harness.pipeline.chain import Pipeline
from harness.pipeline.outcome import Outcome
from harness.pipeline.policy import PipelinePolicy
from harness.recorder.edits import leak_in
from harness.recording.entry import WsMessage
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


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.name)
def test_pieces_of_a_summary_are_its_whole(path: Path) -> None:
    """Fed in order, the redacted pieces of each summary are its redacted text; few characters are held, none at the end."""
    messages = sorted(_inbound(path).values(), key=lambda message: (message["interaction_id"], message["seq"]))
    redactor, held = Redactor(), list[int]()
    raw: defaultdict[tuple[str, str], str] = defaultdict(str)
    out: defaultdict[tuple[str, str], str] = defaultdict(str)
    pipeline = Pipeline(dialect=MediationDialect(), redactor=redactor)
    for message in messages:
        effects = [effect for effect in pipeline.feed(json.dumps(message)) if isinstance(effect, Outcome)]
        key = (message["interaction_id"], message.get("summary_id", ""))
        if message["type"] == "summary.delta":
            raw[key] += message["text"]
        for outcome in effects:
            if outcome.provisional:
                out[outcome.conversation, outcome.payload["summary_id"]] += outcome.payload["text"]
                held += [] if outcome.held is None else [outcome.held]
        if message["type"] == "summary.completed":
            assert effects[-1].seq == message["seq"]
    assert not [e for e in pipeline.finish() if isinstance(e, Outcome)]
    assert dict(out) == {key: redactor.redact(text).text for key, text in raw.items()}
    assert all(0 <= count <= HELD_MAX for count in held)


def _inbound(path: Path) -> dict[tuple[str, int], dict[str, Any]]:
    """Every message of the stream that has a place in it, once each."""
    found: dict[tuple[str, int], dict[str, Any]] = {}
    for entry in read_recording(path).entries:
        if isinstance(entry, WsMessage) and entry.dir == "in" and entry.text:
            with contextlib.suppress(ValueError):
                message = json.loads(entry.text)
                if isinstance(message, dict) and isinstance(message.get("seq"), int):
                    found.setdefault((message["interaction_id"], message["seq"]), message)
    return found
