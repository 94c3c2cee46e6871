"""A corpus cut into shards, and what a resumed run believes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from harness.errors import ConfigError, RecordingNotFound, RecordingWriteError
from harness.session.shards import Plan, Shards, Torn

ABOUT = {"policies": {"policy": "p"}, "speed": None}


@pytest.fixture
def paths(composed: list[Path], tmp_path: Path) -> list[Path]:
    """A dozen files, each of its own bytes."""
    made = []
    for number in range(12):
        made.append(tmp_path / "in" / f"r{number}.rec.jsonl")
        made[-1].parent.mkdir(exist_ok=True)
        made[-1].write_bytes(composed[0].read_bytes() + b"%d\n" % number)
    return made


def test_every_recording_is_in_one_shard(paths: list[Path]) -> None:
    """Shards cover the corpus, and moving the files changes nothing."""
    plan = Plan.of(paths, ABOUT)
    assert sorted(place for places in plan.shards().values() for place in places) == list(range(12))
    assert set(plan.shards()) <= {0, 1, 2}
    moved = shutil.copytree(paths[0].parent, paths[0].parent.with_name("moved"))
    again = Plan.of([moved / path.name for path in paths], ABOUT)
    assert again.shards() == plan.shards()
    assert again.differences(json.loads(json.dumps(plan.about))) == []


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """A recording that cannot be read has no place in a plan."""
    with pytest.raises(RecordingNotFound, match="No such file"):
        Plan.of([tmp_path / "x.rec.jsonl"], ABOUT)


def finish(shards: Shards, number: int, line: bytes = b'{"result":{}}\n') -> None:
    shards.result(number).write_bytes(line + b'{"end":{}}\n')


def test_going_on(paths: list[Path], tmp_path: Path) -> None:
    """A resumed run believes whole shards without quarantine, and nothing else; a new one believes nothing."""
    plan, shards = Plan.of(paths, ABOUT), Shards(tmp_path / "out" / "shards")
    with shards.held():
        assert shards.begin(plan, resume=True) == set()
        one, *more = sorted(plan.shards())
        finish(shards, one)
        shards.result(more[0]).write_bytes(b'{"result":{}}\n{"e')
        assert shards.begin(plan, resume=True) == {one}
        assert not shards.result(more[0]).exists()
        finish(shards, more[0], b'{"quarantined":{}}\n')
        assert shards.begin(plan, resume=True) == {one}
        assert shards.begin(plan, resume=False) == set()
        with pytest.raises(Torn):
            shards.lines(one)
    shards.remove()
    assert not shards.folder.exists()


@pytest.mark.parametrize(
    "change,said",
    [
        ({"policies": {"policy": "q"}}, "another policy"),
        ({"speed": 1.0}, "another speed"),
        ({"tool": "x"}, "another version of the harness"),
    ],
)
def test_another_run_is_refused(paths: list[Path], tmp_path: Path, change: dict[str, object], said: str) -> None:
    """What was begun under something else is not gone on with, and the error says what differs."""
    shards = Shards(tmp_path / "shards")
    with shards.held():
        shards.begin(Plan.of(paths, ABOUT), resume=False)
        with pytest.raises(ConfigError, match=said):
            shards.begin(Plan.of(paths, {**ABOUT, **change}), resume=True)


def test_another_corpus_is_refused(paths: list[Path], tmp_path: Path) -> None:
    """A recording more, a changed one, or changed labels: not the same run; nor is a plan that is none."""
    shards = Shards(tmp_path / "shards")
    with shards.held():
        shards.begin(Plan.of(paths, ABOUT), resume=False)
        with pytest.raises(ConfigError, match="other recordings or labels"):
            shards.begin(Plan.of(paths[1:], ABOUT), resume=True)
        (paths[0].parent / "r3.labels.jsonl").write_text("{}\n")
        with pytest.raises(ConfigError, match="other recordings or labels"):
            shards.begin(Plan.of(paths, ABOUT), resume=True)
        (shards.folder / "plan.json").write_text("[]")
        with pytest.raises(ConfigError, match="another policy"):
            shards.begin(Plan.of(paths, ABOUT), resume=True)


def test_one_run_at_a_time(tmp_path: Path) -> None:
    """A second run in the folder is refused while the first is there; a folder that cannot be made is an error."""
    shards = Shards(tmp_path / "reports" / "nightly" / "shards")
    refused = pytest.raises(ConfigError, match="'nightly' is not allowed; expected a run nobody is at")
    with shards.held(), refused, Shards(shards.folder).held():
        pass
    with shards.held():
        pass
    (tmp_path / "file").write_text("")
    with pytest.raises(RecordingWriteError, match="cannot be made"), Shards(tmp_path / "file" / "shards").held():
        pass


def test_who_is_at_a_shard(tmp_path: Path) -> None:
    """A worker says where it stands; a note that is not whole is none, and one that cannot be written is missed by nobody."""
    shards = Shards(tmp_path)
    assert shards.standing(3) is None
    shards.stand(3, 17)
    standing = shards.standing(3)
    assert standing is not None
    assert standing.place == 17
    (tmp_path / "0003.at").write_text("12")
    assert shards.standing(3) is None
    shards.leave(3)
    assert list(tmp_path.iterdir()) == []
    Shards(tmp_path / "absent").stand(3, 17)
