"""What a run keeps, in this process."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from harness.pytest_plugin.baseline import read_baseline
from harness.pytest_plugin.play import play
from harness.pytest_plugin.results import append
from harness.pytest_plugin.state import State
from harness.settings import Settings


def made(folder: Path, *, worker: dict[str, Any] | None = None, **options: Any) -> State:
    """The state of a run in ``folder``; options of pytest's own begin with ``ini_``."""
    config = SimpleNamespace(
        getoption=lambda name: options.get(name.removeprefix("harness_")),
        getini=lambda name: options.get("ini_" + name.removeprefix("harness_"), ""),
        invocation_params=SimpleNamespace(dir=folder),
        rootpath=folder,
        args=["."],
        option=SimpleNamespace(collectonly=False),
        workeroutput={},
    )
    if worker is not None:
        config.workerinput = worker
    return State(config)  # type: ignore[arg-type]  # as much of a configuration as it asks for


def test_where_names_lead(tmp_path: Path) -> None:
    """A name is looked for in the folder of the option or of the ini value, packed if only that is there."""
    assert made(tmp_path, ini_recordings_dir="tapes").folder == tmp_path / "tapes"
    state = made(tmp_path, recordings_dir="other")
    assert state.path_of("one") == tmp_path / "other" / "one.rec.jsonl"
    assert state.path_of("sub/one.rec.jsonl") == tmp_path / "other" / "sub" / "one.rec.jsonl"
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "one.rec.jsonl.gz").touch()
    assert state.path_of("one").name == "one.rec.jsonl.gz"


def test_options_that_cannot_be_used(tmp_path: Path, root: Path) -> None:
    """No number of days, no report, a report without its rows: usage errors that name the option."""
    with pytest.raises(pytest.UsageError, match="harness_expire_days"):
        made(tmp_path, ini_expire_days="soon").check_options()
    with pytest.raises(pytest.UsageError, match=r"--harness-baseline: .*absent"):
        made(tmp_path, baseline="absent").check_options()
    (tmp_path / "report.json").write_bytes((root / "reports" / "golden" / "report.json").read_bytes())
    with pytest.raises(pytest.UsageError, match=r"results\.jsonl"):
        read_baseline(tmp_path)
    made(tmp_path, ini_expire_days="30").check_options()


def test_a_worker_and_its_controller(tmp_path: Path, root: Path) -> None:
    """A worker keeps results where the controller said, and tells it what was used; a dead worker tells nothing."""
    controller = made(tmp_path, report="out")
    kept = controller.kept()
    worker = made(tmp_path, worker={"workerid": "gw0", "harness_kept": str(kept)}, report="out", ini_recordings_dir=".")
    played = worker.played(root / "recordings" / "bank-lost-card.rec.jsonl")
    assert worker.played(root / "recordings" / "bank-lost-card.rec.jsonl") is played
    worker.use("bank-lost-card")
    session: Any = SimpleNamespace(exitstatus=0)
    worker.finish(session)
    worker.close()
    assert [path.name for path in kept.iterdir()] == ["gw0.jsonl"]
    controller.hear(worker._config.workeroutput["harness"])  # type: ignore[attr-defined]
    controller.hear(None)
    assert controller.used == {str(tmp_path / "bank-lost-card.rec.jsonl")}
    controller.finish(session)
    assert session.exitstatus == 0
    assert json.loads((tmp_path / "out" / "report.json").read_text())["verdicts"]["sessions"] == 1
    assert controller.summary()[0].startswith("report: ")
    controller.close()
    assert not kept.exists()


def test_a_report_that_cannot_be_made(tmp_path: Path, root: Path) -> None:
    """A folder that cannot be written, or results cut off with their worker, fail the run and say so."""
    (tmp_path / "out").write_text("a file")
    state, session = made(tmp_path, report="out"), SimpleNamespace(exitstatus=0)
    played = play(root / "recordings" / "bank-lost-card.rec.jsonl", Settings())
    append(state.kept() / "main.jsonl", played.result, played.policies, root=root)
    state.finish(session)  # type: ignore[arg-type]
    assert session.exitstatus == pytest.ExitCode.TESTS_FAILED
    assert state.summary()[0].startswith("no report: ")
    state.close()


def test_old_and_unused_recordings_at_the_end(tmp_path: Path, root: Path) -> None:
    """The lines at the end name what nothing used, and what is older than the limit."""
    source = root / "recordings" / "bank-lost-card.rec.jsonl"
    for name in ("used", "unused"):
        (tmp_path / f"{name}.rec.jsonl").write_bytes(source.read_bytes())
    state = made(tmp_path, ini_recordings_dir=".", ini_expire_days="99999")
    assert state.summary() == []
    state.use("used")
    state.notes.add("a note")
    note, line = state.summary()
    assert note == "a note"
    assert line.startswith("unused: ")
    assert line.endswith("/unused.rec.jsonl")
