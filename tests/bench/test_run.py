from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import pytest

ROWS = """
def spin(n):
    def call():
        for i in range(n):
            i * i
    return call

def rows():
    return [
        {"name": "less", "unit": "us/turn", "ours": spin(2_000), "against": {"more": spin(40_000)}, "per": 10, "target": 0.5},
        {"name": "more", "unit": "ms", "ours": spin(40_000), "against": {"less": spin(2_000)}, "target": 0.5},
        {"name": "bytes", "unit": "bytes", "value": lambda: 42, "target": 42},
        {"name": "plain", "unit": "ms", "ours": spin(10)},
    ]
"""


@pytest.fixture(scope="module")
def bench(root: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("bench_run", root / "tests" / "bench" / "run.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "rows_made.py").write_text(ROWS)
    return tmp_path


def test_a_run_prints_and_writes_every_row(bench: ModuleType, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """All rows are measured, judged and written; a missed target is exit code 1."""
    report = folder / "out" / "bench.json"
    assert bench.main(["--rows", str(folder), "--report", str(report), "--only", ""]) == 1
    written = json.loads(report.read_text())
    assert {row["name"]: row["met"] for row in written["rows"]} == {
        "less": True,
        "more": False,
        "bytes": True,
        "plain": None,
    }
    assert set(written["rows"][0]) == {"name", "ours", "against", "unit", "ratio", "target", "met", "noise"}
    assert written["rows"][2]["ours"] == 42
    assert written["machine"]["cores"] >= 1
    assert not list(report.parent.glob("*.part"))
    assert "MISSED" in capsys.readouterr().out


def test_only_picks_one_row(bench: ModuleType, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """ONLY in the environment picks a row by its name."""
    monkeypatch.setenv("ONLY", "bytes")
    report = folder / "bench.json"
    assert bench.main(["--rows", str(folder), "--report", str(report)]) == 0
    assert [row["name"] for row in json.loads(report.read_text())["rows"]] == ["bytes"]


def test_an_unknown_row_names_the_known(bench: ModuleType, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A name that is no row is a usage error that lists the rows, and nothing is written."""
    report = folder / "bench.json"
    assert bench.main(["--rows", str(folder), "--report", str(report), "--only", "nope"]) == 2
    assert "less, more, bytes, plain" in capsys.readouterr().err
    assert not report.exists()


def test_the_project_has_rows(bench: ModuleType, root: Path) -> None:
    """Every row of the project has a unique name and what the runner needs."""
    rows = bench.discover(root / "tests" / "bench")
    assert len({row["name"] for row in rows}) == len(rows) > 0
    assert all("unit" in row and ("ours" in row) != ("value" in row) for row in rows)


def test_more_rivals(bench: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    """A row may find rivals when it is run; one that is absent is told with its reason, and kept in the report."""
    row = {
        "name": "one",
        "unit": "us",
        "value": lambda: 4.0,
        "against": {"slow": lambda: 100.0},
        "also": lambda: ({"fast": lambda: 10.0}, {"other": "not installed"}),
        "target": 0.1,
    }
    first = bench.measure(row, 5)
    assert (first["ratio"], first["met"], first["absent"]) == (0.04, True, {"other": "not installed"})
    assert "one: other is left out: not installed" in capsys.readouterr().err
    hardest = bench.measure({**row, "hardest": True}, 5)
    assert (hardest["ratio"], hardest["met"]) == (0.4, False)
    assert bench.measure({**row, "absolute": True, "target": 4}, 5)["met"] is True
