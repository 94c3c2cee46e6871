"""Recordings to be shrunk, and what is made of them, as files."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import RecordingNotFound, RecordingWriteError
from harness.recording.reader import read_recording
from harness.report.labels import labels_path, read_labels
from harness.session.shrink.candidate import Plan, build
from harness.session.shrink.files import open_material, refuse_existing, write_beside, write_shrunk
from harness.session.shrink.material import Material
from harness.session.shrink.search import Shrunk


@pytest.fixture
def small(gift: Material) -> Shrunk:
    """Two messages of the session."""
    made = build(gift, Plan(units=tuple(gift.units[8:10])))
    return Shrunk(candidate=made, facts=(), messages=(2, 48), tries=1, spent=False, live=False)


def test_a_shrunken_recording_says_what_it_was(gift: Material, small: Shrunk, tmp_path: Path) -> None:
    """It is an edit of the original, its labels name it, and nothing is written over unless asked."""
    target = tmp_path / "small.rec.jsonl"
    count = write_shrunk(gift, small, "leak", target)
    read = read_recording(target)
    assert (read.header.source, read.header.parent) == ("edited", gift.loaded.digest)
    assert {label.recording for label in read_labels(labels_path(target))} == {read.digest}
    assert count == len(read_labels(labels_path(target))) > 0
    with pytest.raises(RecordingWriteError, match="exists"):
        write_shrunk(gift, small, "leak", target)
    with pytest.raises(RecordingWriteError, match="--force"):
        refuse_existing([tmp_path / "other", target])
    assert write_shrunk(gift, small, "leak", target, force=True) == count
    assert write_beside(target, []) == 0
    assert not labels_path(target).exists()
    refuse_existing([labels_path(target)])


def test_what_is_not_there_is_not_opened(tmp_path: Path) -> None:
    """A recording that does not exist is an error of its own."""
    with pytest.raises(RecordingNotFound):
        open_material(tmp_path / "no.rec.jsonl")
