"""Labels files: read whole or refused with the line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from harness.errors import RecordingFormatError, RecordingNotFound, UnsupportedVersion
from harness.report.labels import Label, labels_path, parse_labels, read_labels


def line(**changes: Any) -> bytes:
    fields = {
        "v": 1,
        "id": "c:l1",
        "conversation": "c",
        "seq": 17,
        "path": "/summary",
        "kind": "span",
        "start": 3,
        "end": 9,
        "label": "PHONE",
        "annotator_kind": "CODE",
        "supersedes": None,
        "at": "2026-03-14T09:00:00Z",
    }
    return json.dumps(fields | changes).encode()


def test_round_trip(tmp_path: Path) -> None:
    """A file's labels come back in order; empty lines and unknown fields do not matter."""
    path = tmp_path / "x.labels.jsonl"
    path.write_bytes(line() + b"\n\n" + line(id="c:l2", seq=None, later="field") + b"\n")
    first, second = read_labels(path)
    assert (first.seq, first.start, first.end, first.label) == (17, 3, 9, "PHONE")
    assert second.seq is None


def test_superseded() -> None:
    """A label that another replaces is dropped."""
    found = parse_labels([line(), line(id="c:l2", supersedes="c:l1", label="SSN")], path="x")
    assert [label.label for label in found] == ["SSN"]


@pytest.mark.parametrize(
    "bad",
    [
        b"{",
        b"[]",
        b"\xff",
        line(kind="secret kind"),
        line(start="secret"),
        line(start=9, end=3),
        line(start=-1),
        line(start=None),
        line(id=None),
        b'"secret"',
    ],
)
def test_bad_line(bad: bytes) -> None:
    """A broken line names itself and shows nothing of what it holds."""
    with pytest.raises(RecordingFormatError) as caught:
        parse_labels([line(), bad], path="x.labels.jsonl")
    assert caught.value.line == 2
    assert "secret" not in str(caught.value)


def test_same_id_twice() -> None:
    """Append-only means a new id each time."""
    with pytest.raises(RecordingFormatError, match="used before"):
        parse_labels([line(), line()], path="x")


def test_later_version() -> None:
    """Labels of a later version are not guessed at."""
    with pytest.raises(UnsupportedVersion):
        parse_labels([line(v=2)], path="x")


def test_missing_file(tmp_path: Path) -> None:
    """No file is not an empty file."""
    with pytest.raises(RecordingNotFound):
        read_labels(tmp_path / "none.labels.jsonl")


def test_unreadable_file(tmp_path: Path) -> None:
    """A folder in its place is a bad file."""
    with pytest.raises(RecordingFormatError, match="cannot be read"):
        read_labels(tmp_path)


@pytest.mark.parametrize("name", ["a.rec.jsonl", "a.jsonl", "a"])
def test_labels_path(name: str) -> None:
    """The labels lie beside the recording."""
    assert labels_path(Path("r") / name) == Path("r/a.labels.jsonl")


def test_group_and_number() -> None:
    """Pieces share the id before #; a message's id holds its number."""
    assert Label(id="c:l1#3", conversation="c", kind="span").group == "c:l1"
    assert Label(id="c:m12", conversation="c", kind="message").number == 12
    assert Label(id="c:l1", conversation="c", kind="message").number is None
    assert Label(id="c:m12", conversation="c", kind="span").number is None
