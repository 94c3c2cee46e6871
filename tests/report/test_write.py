"""The folder of a report: its files, each whole or not there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from harness.errors import RecordingWriteError
from harness.report.write import render, write_atomically, write_report

FILES = ["findings.sarif", "junit.xml", "report.csv", "report.html", "report.json", "report.md", "results.jsonl"]


def test_the_files(make: SimpleNamespace, tmp_path: Path) -> None:
    """They are there, and nothing else; a second run gives the same bytes."""
    write_report(make.run(), tmp_path / "a" / "b")
    write_report(make.run(), tmp_path / "c")
    assert sorted(path.name for path in (tmp_path / "c").iterdir()) == FILES
    for name in FILES:
        assert (tmp_path / "a" / "b" / name).read_bytes() == (tmp_path / "c" / name).read_bytes()


def test_results_are_ascii(make: SimpleNamespace, tmp_path: Path) -> None:
    """Nothing in results.jsonl acts on a terminal; a lone surrogate is no fault."""
    write_report(make.run(make.session([make.outcome(1, payload={"text": "\u202e\x1b[31m\ud800"})])), tmp_path)
    assert (tmp_path / "results.jsonl").read_bytes().decode("ascii").replace("\n", "").isprintable()


def test_replaces(make: SimpleNamespace, tmp_path: Path) -> None:
    """An older report in the folder goes."""
    (tmp_path / "report.md").write_text("old")
    write_report(make.run(), tmp_path)
    assert (tmp_path / "report.md").read_text().startswith("# Mediation report")


def test_folder_in_the_way(make: SimpleNamespace, tmp_path: Path) -> None:
    """A file where the folder should be is a typed error."""
    (tmp_path / "x").write_text("")
    with pytest.raises(RecordingWriteError, match="cannot be made"):
        write_report(make.run(), tmp_path / "x")


def test_nothing_half_written(tmp_path: Path) -> None:
    """When writing breaks off, the old file stays and no part is left."""
    path = tmp_path / "report.json"
    path.write_text("old")

    def chunks() -> Iterator[bytes]:
        yield b"new"
        raise OSError(28, "No space left on device")

    with pytest.raises(RecordingWriteError, match="No space left"):
        write_atomically(path, chunks())
    assert [(found.name, found.read_text()) for found in tmp_path.iterdir()] == [("report.json", "old")]


def test_render(make: SimpleNamespace, tmp_path: Path) -> None:
    """Each form by its name; rendering again gives the written bytes."""
    report = write_report(make.run(), tmp_path)
    assert render(report, None, "json") == (tmp_path / "report.json").read_text()
    assert render(report, None, "md").startswith("# ")
    assert render(report, None, "html").lstrip().startswith("<!doctype html>")
