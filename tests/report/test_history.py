"""The history of runs."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path
from types import SimpleNamespace

import pytest

from harness.errors import RecordingFormatError, RecordingNotFound
from harness.report.history import HISTORY, add_run, figures_of, runs_of, trend_of
from harness.report.model import build_report

AT = "2026-07-06T09:00:0{}.000000Z"


@pytest.fixture
def file(make: SimpleNamespace, tmp_path: Path) -> Path:
    """Three runs, the last over another corpus."""
    path = tmp_path / "new" / HISTORY
    for i, sha in enumerate(("aa", "aa", "bb")):
        session = make.session(make.session().outcomes[: 5 - i], sha256=f"sha256:{sha}")
        assert add_run(path, build_report(make.run(session, name=f"run-{i % 2}")), AT.format(i))
    return path


def test_figures(make: SimpleNamespace) -> None:
    """Figures that have a number, by name; what is n/a is not there."""
    found = figures_of(build_report(make.run()))
    assert found["redaction.recall (scenario)"] == pytest.approx(2 / 3, abs=1e-6)
    assert found["latency.p50_ms"] > 0
    assert "latency.p99_ms" not in found
    assert "latency.p50_ms" not in figures_of(build_report(make.run(measurements=None)))


def test_runs_in_order(file: Path) -> None:
    """The newest are listed, oldest first; a name and a number narrow them."""
    assert [run["at"] for run in runs_of(file)] == [AT.format(i) for i in range(3)]
    assert [run["at"] for run in runs_of(file, last=1)] == [AT.format(2)]
    assert [run["name"] for run in runs_of(file, name="run-1")] == ["run-1"]
    assert runs_of(file)[0]["messages"] == 5


def test_trend(file: Path) -> None:
    """A figure over time, with a mark where the corpus changed; an unknown one has no points."""
    assert [(point["value"], point["same_corpus"]) for point in trend_of(file, "rejected")] == [
        (1, False),
        (0, True),
        (0, False),
    ]
    assert trend_of(file, "nothing") == []


def test_added_once(file: Path, make: SimpleNamespace) -> None:
    """The same report at the same time is one row."""
    report = build_report(make.run())
    assert add_run(file, report, AT.format(9))
    assert not add_run(file, report, AT.format(9))


def test_no_history(tmp_path: Path) -> None:
    """None there is said, and none is made by asking."""
    with pytest.raises(RecordingNotFound, match="no history"):
        runs_of(tmp_path / HISTORY)
    assert not (tmp_path / HISTORY).exists()


def test_unusable(tmp_path: Path, make: SimpleNamespace) -> None:
    """A file that is no database, or of a later version, is left as it is."""
    path = tmp_path / HISTORY
    path.write_bytes(b"no database at all, but long enough to be looked at" * 30)
    with pytest.raises(RecordingFormatError, match="not a history"):
        runs_of(path)
    path.unlink()
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 9")
    db.close()
    with pytest.raises(RecordingFormatError, match="later version"):
        add_run(path, build_report(make.run()), AT.format(0))


@pytest.mark.parametrize("data", [b"", None])
def test_looking_changes_no_file(tmp_path: Path, data: bytes | None) -> None:
    """An empty file, or a database of another kind, is no history and stays as it is."""
    path = tmp_path / "other #1?.db"
    if data is None:
        with contextlib.closing(sqlite3.connect(path)) as db:
            db.execute("CREATE TABLE parcels (a)")
    else:
        path.write_bytes(data)
    before = path.read_bytes()
    with pytest.raises(RecordingFormatError, match="not a history"):
        runs_of(path)
    assert path.read_bytes() == before
