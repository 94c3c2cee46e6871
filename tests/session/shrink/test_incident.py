"""A message that went wrong, as a recording with what is expected of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.errors import RecordingNotFound
from harness.report.labels import labels_path, read_labels
from harness.session.shrink.incident import Incident, function_name, incident, python_test
from harness.session.shrink.search import Budget
from harness.settings import Settings

Make = Callable[..., Incident]


@pytest.fixture
def make(root: Path, tmp_path: Path) -> Make:
    """Makes an incident of a message of the gift's session."""

    def run(number: int, settings: Settings, expression: str | None = None, source: Path | None = None) -> Incident:
        path = source or root / "recordings" / "retail-gift-return.rec.jsonl"
        told: list[Any] = []
        return incident(
            path,
            number,
            expression,
            tmp_path / "small.rec.jsonl",
            settings,
            budget=Budget(),
            tell=lambda *about: told.append(about),
        )

    return run


def test_a_missed_value_is_expected_by_its_label(make: Make, broken: Settings, tmp_path: Path) -> None:
    """What is wrong is found out, and beside the recording lies the one label that is contradicted."""
    found = make(11, broken)
    assert (found.failing.text, found.number, found.place) == ("leak", 2, "message 2 (seq 2, utterance)")
    (label,) = read_labels(labels_path(tmp_path / "small.rec.jsonl"))
    assert (label.kind, label.label, label.seq, label.annotator) == ("span", "PHONE", 2, "scenario")


def test_a_value_only_the_recorder_knew_says_so(make: Make, broken: Settings, root: Path, tmp_path: Path) -> None:
    """Without labels beside the recording what was replaced at record time is expected, and says where it is from."""
    bare = tmp_path / "bare.rec.jsonl"
    bare.write_bytes((root / "recordings" / "retail-gift-return.rec.jsonl").read_bytes())
    found = make(11, broken, source=bare)
    (label,) = found.labels
    assert (label.annotator, label.annotator_kind, label.guideline) == (
        "recorder",
        "CODE",
        "as detected at record time",
    )


def test_what_is_said_to_be_wrong_needs_no_label(make: Make) -> None:
    """With an expression the message is shrunk to that; no label is written, for none says it."""
    found = make(48 - 4, Settings(), "verdict==accepted")
    assert found.labels == ()


def test_a_sound_message_is_refused(make: Make) -> None:
    """Where nothing is known to be wrong the way out is named; so for a number that is none."""
    with pytest.raises(RecordingNotFound, match="say what is with --failing"):
        make(11, Settings())
    with pytest.raises(RecordingNotFound, match="it has messages 1 to 48"):
        make(480, Settings())


def test_the_test_is_python(make: Make, broken: Settings) -> None:
    """The written test compiles, names the message and asserts what must not be."""
    path = Path("tests") / "a-class.rec.jsonl"
    text = python_test(make(11, broken), path, Path("whole.rec.jsonl"))
    compile(text, "test.py", "exec")
    assert text.startswith('"""Message 2 (seq 2, utterance) of a-class.rec.jsonl has no leak.')
    assert 'assert harness_report.failing("leak", harness_recording) == []' in text
    assert function_name(path) == "test_a_class"
    assert function_name(Path("class.rec.jsonl")) == "test_class_"
