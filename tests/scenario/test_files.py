"""Recordings and labels on disk: all of them or none."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.errors import ScenarioError
from harness.recording.reader import read_recording
from harness.report.run import NO_LABELS
from harness.scenario import files
from harness.scenario.compose import Composed
from harness.scenario.files import compose_dialogues, compose_files, find_scenarios, write_composed
from harness.session.results import labels_of

GOOD = """
title: t
line: bank
date: 2026-03-14
script:
  - utterance: {at: 1, by: customer, text: "It is {{PHONE|415-299-0188}}."}
  - end: {at: 2, reason: completed}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with two scenarios and what is none."""
    inside = tmp_path / "in"
    inside.mkdir()
    for name in ("bank-b.yaml", "bank-a.yaml"):
        (inside / name).write_text(GOOD)
    (inside / "notes.txt").write_text("x")
    (inside / "old.rec.jsonl").write_text("x")
    (inside / "old.labels.jsonl").write_text("x")
    return inside


def test_a_folder_is_its_scenarios_in_order(folder: Path) -> None:
    """Only scenario files, sorted; recordings and labels are none."""
    assert [path.name for path in find_scenarios([folder])] == ["bank-a.yaml", "bank-b.yaml"]


def test_recordings_and_labels_are_written(folder: Path, tmp_path: Path) -> None:
    """A sealed recording that reads back, and labels that name its digest."""
    written = compose_files([folder], tmp_path / "out")
    assert [path.name for path in written] == ["bank-a.rec.jsonl", "bank-b.rec.jsonl"]
    recording = read_recording(written[0])
    assert recording.header.source == "synthetic"
    assert recording.seal is not None
    assert recording.seal.reason == "composed"
    (label,) = (tmp_path / "out" / "bank-a.labels.jsonl").read_text().splitlines()
    assert json.loads(label)["recording"] == recording.digest
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        *["bank-a.labels.jsonl", "bank-a.rec.jsonl", "bank-b.labels.jsonl", "bank-b.rec.jsonl"],
    ]


def test_twice_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    """Same seed, same files; another seed, other files."""
    for name, seed in (("one", 7), ("two", 7), ("three", 8)):
        compose_files([folder], tmp_path / name, seed)
    one, two, three = (
        [(tmp_path / n / f).read_bytes() for f in ("bank-a.rec.jsonl", "bank-a.labels.jsonl")]
        for n in ("one", "two", "three")
    )
    assert one == two
    assert one[0] != three[0]


def test_a_bad_file_leaves_nothing(folder: Path, tmp_path: Path) -> None:
    """The good ones before it are not written, and the folder made for them is gone."""
    (folder / "bank-c.yaml").write_text(GOOD.replace("customer", "nobody"))
    with pytest.raises(ScenarioError, match="step 1"):
        compose_files([folder], tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_folder_that_was_there_stays(folder: Path, tmp_path: Path) -> None:
    """After an error an existing target holds what it held."""
    out = tmp_path / "out"
    out.mkdir()
    (out / "mine").write_text("x")
    (folder / "bank-c.yaml").write_text("x")
    with pytest.raises(ScenarioError):
        compose_files([folder], out)
    assert [path.name for path in out.iterdir()] == ["mine"]


@pytest.mark.parametrize("suffix", [".rec.jsonl", ".labels.jsonl"])
def test_what_exists_is_not_overwritten(folder: Path, tmp_path: Path, suffix: str) -> None:
    """An existing file is an error with the way out; --force replaces it."""
    out = tmp_path / "out"
    out.mkdir()
    (out / f"bank-b{suffix}").write_text("mine")
    with pytest.raises(ScenarioError, match=r"exists already .*--force"):
        compose_files([folder], out)
    assert [path.name for path in out.iterdir()] == [f"bank-b{suffix}"]
    compose_files([folder], out, force=True)
    assert read_recording(out / "bank-b.rec.jsonl").seal is not None


def test_a_folder_in_the_way_is_not_replaced(folder: Path, tmp_path: Path) -> None:
    """Not even by force."""
    (tmp_path / "out" / "bank-a.rec.jsonl").mkdir(parents=True)
    with pytest.raises(ScenarioError, match="exists already"):
        compose_files([folder], tmp_path / "out", force=True)


def test_one_name_for_two_is_refused(folder: Path, tmp_path: Path) -> None:
    """The second of the same name would replace the first."""
    with pytest.raises(ScenarioError, match="two inputs would be written as bank-a"):
        compose_files([folder / "bank-a.yaml", folder / "bank-a.yaml"], tmp_path / "out")


def test_an_empty_folder_and_a_missing_file_are_said(tmp_path: Path) -> None:
    """Nothing to compose is an error, not silence."""
    with pytest.raises(ScenarioError, match="holds no scenario"):
        compose_files([tmp_path], tmp_path / "out")
    with pytest.raises(ScenarioError, match="No such file"):
        compose_files([tmp_path / "none.yaml"], tmp_path / "out")


def test_a_target_that_is_a_file_is_said(folder: Path) -> None:
    """A file cannot be a folder."""
    with pytest.raises(ScenarioError, match="cannot be written to"):
        compose_files([folder], folder / "notes.txt")


def test_a_failing_disk_leaves_nothing(
    played: Callable[..., Composed], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error of the system while writing is a ScenarioError, and nothing stays behind."""

    def fail(*args: object) -> bytes:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files, "encode_labels", fail)
    with pytest.raises(ScenarioError, match="No space left"):
        write_composed([played("end: {at: 1, reason: completed}")], tmp_path / "new")
    assert not (tmp_path / "new").exists()


def talk(*ids: str) -> io.BytesIO:
    lines = [json.dumps({"id": id_, "turns": [{"speaker": "agent", "text": "Good day to you all."}]}) for id_ in ids]
    return io.BytesIO("\n".join(lines).encode())


def test_a_recording_per_transcript(tmp_path: Path) -> None:
    """Named after the id, made safe; nothing is written elsewhere."""
    written = compose_dialogues(talk("c-1", "../x"), "talk.jsonl", tmp_path / "out")
    assert written[0] == tmp_path / "out" / "c-1.rec.jsonl"
    assert all(path.parent == tmp_path / "out" and path.is_file() for path in written)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_transcript_nobody_marked_has_no_labels(tmp_path: Path) -> None:
    """Not even those of what was there before; ``spans`` in one turn, though empty, is a mark."""
    marked = {"id": "c-1", "turns": [{"speaker": "agent", "text": "Good day to you all.", "spans": []}]}
    labels = tmp_path / "c-1.labels.jsonl"
    compose_dialogues(io.BytesIO(json.dumps(marked).encode()), "talk.jsonl", tmp_path)
    assert labels.read_bytes() == b""
    (recording,) = compose_dialogues(talk("c-1"), "talk.jsonl", tmp_path, force=True)
    assert not labels.exists()
    assert labels_of(recording) == ([], NO_LABELS)


def test_an_id_that_comes_twice_is_named(tmp_path: Path) -> None:
    """Both lines are named."""
    with pytest.raises(ScenarioError, match="line 3, field id: is the id of line 1 too"):
        compose_dialogues(talk("a", "b", "a"), "talk.jsonl", tmp_path / "out")


def test_no_transcript_is_an_error(tmp_path: Path) -> None:
    """An empty file is said to be one."""
    with pytest.raises(ScenarioError, match="holds no transcript"):
        compose_dialogues(io.BytesIO(b"\n\n"), "talk.jsonl", tmp_path / "out")
