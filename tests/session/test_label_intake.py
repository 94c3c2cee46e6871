"""Labels from outside."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from harness.errors import RecordingFormatError
from harness.report.labels import labels_path, read_labels
from harness.session.label_intake import add_labels

AT = "2026-07-06T09:00:00Z"
DEFAULTS = {"annotator": "ann", "annotator_kind": "HUMAN", "guideline": "g1"}


@pytest.fixture
def recording(root: Path, tmp_path: Path) -> Path:
    """A committed recording without its labels."""
    return Path(shutil.copy(root / "recordings" / "airline-misspelled-name.rec.jsonl", tmp_path))


@pytest.fixture
def row(root: Path) -> dict[str, Any]:
    """A span somebody marked in it."""
    first = json.loads((root / "recordings" / "airline-misspelled-name.labels.jsonl").read_text().splitlines()[0])
    return {name: first[name] for name in ("conversation", "seq", "path", "kind", "start", "end", "label")}


def add(recording: Path, *rows: dict[str, Any], **defaults: str) -> int:
    return add_labels(recording, list(enumerate(rows, 2)), source="t.csv", at=AT, defaults={**DEFAULTS, **defaults})


def test_added(recording: Path, row: dict[str, Any]) -> None:
    """A row becomes a label: id, annotator, time and the recording's digest are filled in."""
    assert add(recording, row, {**row, "start": 0}) == 2
    first, second = read_labels(labels_path(recording))
    assert (first.annotator, first.annotator_kind, first.guideline, first.at) == ("ann", "HUMAN", "g1", AT)
    assert first.recording.startswith("sha256:")
    assert first.id != second.id


def test_append_only(recording: Path, row: dict[str, Any]) -> None:
    """What was there stays byte for byte, also where its last line was not ended; the same again adds nothing."""
    beside = labels_path(recording)
    add(recording, {**row, "id": "a"})
    old = beside.read_bytes().rstrip(b"\n")
    beside.write_bytes(old)
    assert add(recording, {**row, "id": "b", "supersedes": "a"}) == 1
    assert beside.read_bytes().startswith(old + b"\n")
    assert add(recording, {**row, "id": "a"}) == 0
    assert [label.id for label in read_labels(beside)] == ["b"]


@pytest.mark.parametrize(
    "changes,words",
    [
        ({"kind": "opinion"}, "not a label"),
        ({"start": 9, "end": 3}, "offsets"),
        ({"seq": 9999}, "no such string"),
        ({"path": "/nothing"}, "no such string"),
        ({"seq": None, "path": "/nothing"}, "no such string"),
        ({"end": 99_999}, "ends behind"),
        ({"annotator_kind": "CAT"}, "HUMAN, CODE or LLM"),
        ({"supersedes": "nobody"}, "supersedes"),
        ({"kind": "message", "seq": 9999, "start": None, "end": None}, "no such string"),
    ],
)
def test_refused(recording: Path, row: dict[str, Any], changes: dict[str, Any], words: str) -> None:
    """A row that points at nothing, or says too little, is refused by its line, and nothing is written."""
    with pytest.raises(RecordingFormatError, match=words) as caught:
        add(recording, row, {**row, **changes})
    assert caught.value.line == 3
    assert not labels_path(recording).exists()


def test_another_content_for_an_id(recording: Path, row: dict[str, Any]) -> None:
    """An id is used once; the way to correct a label is named."""
    add(recording, {**row, "id": "a"})
    with pytest.raises(RecordingFormatError, match="supersedes"):
        add(recording, {**row, "id": "a", "label": "OTHER"})


def test_messages(recording: Path, row: dict[str, Any]) -> None:
    """A whole message may be labelled, by its seq or without one."""
    message = {"kind": "message", "conversation": row["conversation"], "verdict": "rejected", "label": "x"}
    assert add(recording, {**message, "seq": row["seq"]}, {**message, "seq": None, "id": "c:m3"}) == 2


def test_summary_over_rest(root: Path, tmp_path: Path) -> None:
    """A string that came over REST is found by its path, however many chunks brought it."""
    labelled = [
        (path, label)
        for path in sorted((root / "recordings").glob("*.labels.jsonl"))
        for label in read_labels(path)
        if label.seq is None and label.kind != "message"
    ]
    for path, label in labelled[:3]:
        name = path.name.replace(".labels.", ".rec.")
        copy = Path(shutil.copy(path.with_name(name), tmp_path))
        fields = {"conversation": label.conversation, "seq": None, "path": label.path, "kind": "span"}
        assert add(copy, {**fields, "start": 0, "end": 1, "label": "PHONE", "id": f"new{label.id}"}) == 1


def test_ids_do_not_collide(recording: Path, row: dict[str, Any]) -> None:
    """An id made up is none that is there."""
    conversation = row["conversation"]
    add(recording, {**row, "id": f"{conversation}:ann:2"})
    add(recording, {**row, "start": 0})
    assert len({label.id for label in read_labels(labels_path(recording))}) == 2
