"""Plain transcripts become scenarios; bad lines are named."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import ScenarioError
from harness.scenario import transcript
from harness.scenario.compose import compose
from harness.scenario.steps import End, Summary, Utterance
from harness.scenario.transcript import Dialogue, read_dialogues, safe_name, to_scenario

SECRET = "Zebra-4471"


def turn(text: str = "My number is 415-299-0188.", **more: Any) -> dict[str, Any]:
    return {"speaker": "customer", "text": text, **more}


def dialogue(**more: Any) -> dict[str, Any]:
    return {"id": "c-1", "turns": [turn(spans=[{"start": 13, "end": 25, "type": "PHONE"}])], **more}


def read(*values: object) -> list[tuple[int, Dialogue]]:
    lines = "\n".join(value if isinstance(value, str) else json.dumps(value) for value in values)
    return list(read_dialogues(io.BytesIO(lines.encode()), Path("talk.jsonl")))


def test_turns_end_and_summary() -> None:
    """Every turn is an utterance, then the summary left to the gateway, then the end."""
    ((_, found),) = read(dialogue(unknown=1, summary="They called {{us."))
    actions = [step.action for step in to_scenario(found, seed=7, path=Path("talk.jsonl")).script]
    assert [type(action) for action in actions] == [Utterance, Summary, End]
    summary = actions[1]
    assert isinstance(summary, Summary)
    assert (summary.deliver, summary.origin) == ("rest", None)
    assert summary.sentences[0].text.text == "They called {{us."
    assert summary.sentences[0].label is None


def test_a_missing_summary_is_composed() -> None:
    """It is verbatim, marked by its origin, and its spans are labelled."""
    ((_, found),) = read(dialogue())
    composed = compose(to_scenario(found, seed=7, path=Path("talk.jsonl")), seed=7)
    text = "".join(getattr(entry, "text", None) or "" for entry in composed.entries)
    assert '"origin":"composed"' in text
    assert composed.conversation.startswith("transcript-c-1-")
    assert [(label.path, label.start, label.end) for label in composed.labels] == [
        ("/text", 13, 25),
        ("/summary", 13, 25),
    ]
    assert composed.header.created == "2026-01-01T09:00:00.000Z"


def test_the_pace_follows_the_text() -> None:
    """A longer turn takes longer; the same seed gives the same times."""
    ((_, found),) = read(dialogue(turns=[turn("Hi."), turn("word " * 60)]))
    first, second = (step.action for step in to_scenario(found, seed=7, path=Path("t")).script[:2])
    assert isinstance(second, Utterance)
    assert second.duration == 20.0
    assert second.at - first.at > 20
    again = to_scenario(found, seed=7, path=Path("t"))
    assert again.script == to_scenario(found, seed=7, path=Path("t")).script
    assert again.script != to_scenario(found, seed=8, path=Path("t")).script


def test_lines_are_counted_with_the_blank_ones() -> None:
    """Blank lines are passed over and counted; the last needs no line end."""
    assert [number for number, _ in read(dialogue(), "", dialogue())] == [1, 3]


@pytest.mark.parametrize(
    "bad,where",
    [
        ("{", "line 2"),
        ("[]", "line 2"),
        (dialogue(id=""), "line 2, field id"),
        (dialogue(id=7), "line 2, field id"),
        (dialogue(turns=[]), "line 2, field turns"),
        (dialogue(turns=[turn("  ")]), "line 2, field turns"),
        (dialogue(turns=[turn(), {"speaker": SECRET, "text": "x"}]), "line 2, field turns.1.speaker"),
        (dialogue(turns=[turn("")]), "line 2, field turns.0.text"),
        (dialogue(turns=[turn(spans=[{"start": 5, "end": 99, "type": "A"}])]), "line 2, field turns.0"),
        (dialogue(turns=[turn(spans=[{"start": 5, "end": 5, "type": "A"}])]), "line 2, field turns.0"),
        (dialogue(turns=[turn(spans=[{"start": 0, "end": 5, "type": SECRET}])]), "line 2, field turns.0.spans.0.type"),
        (dialogue(summary=" "), "line 2, field summary"),
    ],
)
def test_bad_lines_are_named(bad: object, where: str) -> None:
    """The error names line and field, and shows nothing of the talk."""
    with pytest.raises(ScenarioError) as caught:
        read(dialogue(), bad)
    assert caught.value.where == where
    assert SECRET not in str(caught.value)


def test_bytes_that_are_no_text_are_named() -> None:
    """A line that is not UTF-8."""
    with pytest.raises(ScenarioError, match="line 1: is not UTF-8 at byte 1"):
        list(read_dialogues(io.BytesIO(b'"\xff"\n'), Path("talk.jsonl")))


def test_endless_lines_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A line longer than the limit is never read whole."""
    monkeypatch.setattr(transcript, "MAX_LINE", 10)
    with pytest.raises(ScenarioError, match="longer than 10 bytes"):
        read(dialogue())


@pytest.mark.parametrize(
    "id_", ["../../etc/passwd", "/abs", "..", ".hidden", "a/b", "a\\b", "con:x", "x" * 500, "ÄÖ", "A", "a b"]
)
def test_ids_never_become_paths(id_: str) -> None:
    """No separators, no leading dot, bounded; what was changed gets a digest."""
    name = safe_name(id_)
    assert Path(name).name == name
    assert not name.startswith(".")
    assert len(name) <= 90
    assert name != id_


@given(st.text(min_size=1), st.text(min_size=1))
def test_distinct_ids_stay_distinct(first: str, second: str) -> None:
    """Two ids share a name only if they are the same."""
    assert (safe_name(first).lower() == safe_name(second).lower()) == (first == second)
