"""The whole loop, as its users run it: real sockets, the embedded service, files on disk."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.recording.edit import reseal
from harness.recording.reader import find_recordings, read_recording
from harness.session.demo import DemoResult, run_demo

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> DemoResult:
    folder = tmp_path_factory.mktemp("demo")
    return asyncio.run(run_demo(folder, seed=7, speed=None, progress=lambda _what, _done, _all: None))


@pytest.fixture
def harness(tmp_path: Path) -> Run:
    def run(*args: str, **env: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "harness", *args]
        full = {**os.environ, **env}
        return subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=full, timeout=120, check=False)

    return run


def test_demo_has_parity_and_substitutions(demo: DemoResult, figure: Callable[[str, object], None]) -> None:
    """Every message of every session is the same when replayed, although its values were replaced on disk."""
    parity = demo.report["parity"]
    figure("demo parity", {name: parity[name] for name in ("messages", "differing", "substituted_spans")})
    assert [str(run.error) for run in demo.live if run.error] == []
    assert parity["problems"] == []
    assert parity["messages"] > 1000
    assert parity["differing"] == 0
    assert parity["substituted_spans"] > 100
    assert parity["policy_changed"] is False


def test_demo_leaves_its_files(demo: DemoResult) -> None:
    """Report, results, deliveries, quarantine and audit lie where the documentation says, one audit record a message."""
    assert json.loads((demo.folder / "report.json").read_text())["digest"] == demo.report["digest"]
    for name in ("report.html", "report.md", "results.jsonl", "delivered.jsonl", "quarantine.jsonl"):
        assert (demo.folder / name).stat().st_size > 0
    records = [json.loads(line) for line in (demo.folder / "audit.jsonl").read_text().splitlines()]
    messages = sum(record["record"] == "message" for record in records)
    assert messages == sum(len(run.outcomes) for run in demo.live)


def test_demo_recordings_hold_no_labelled_value(demo: DemoResult) -> None:
    """No value the recorder detected is left in clear: every ``pii`` label of a recording covers a surrogate."""
    for path in find_recordings([demo.recordings]):
        assert read_recording(path).header.redaction.state == "surrogate"


@pytest.mark.parametrize("kind", ["utterance", "summary.delta"])
def test_one_changed_word_is_one_difference(demo: DemoResult, harness: Run, tmp_path: Path, kind: str) -> None:
    """A word changed by hand in one recording, resealed, makes exactly one message differ, and exit code 1."""
    folder = tmp_path / "recordings"
    folder.mkdir()
    for path in sorted(demo.recordings.glob("*.rec.jsonl"))[:4]:
        shutil.copy(path, folder)
    name = _change_a_word(folder, kind)
    reseal(folder / name)
    done = harness("run", "--recording", str(folder), "--name", "planted", "--json")
    report = json.loads((tmp_path / "reports" / "planted" / "report.json").read_text())
    assert report["parity"]["differing"] == 1
    assert report["parity"]["first_divergence"]["file"] == name
    assert done.returncode == 1


def _change_a_word(folder: Path, kind: str) -> str:
    """Change " the " in the first message of ``kind`` that holds it; returns the file's name."""
    for path in sorted(folder.glob("*.rec.jsonl")):
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        for index, line in enumerate(lines):
            text = json.loads(line).get("text") or ""
            if f'"type":"{kind}"' in text and " the " in text and '"is_final":false' not in text:
                lines[index] = line.replace(" the ", " these ", 1)
                path.write_text("".join(lines), encoding="utf-8")
                return path.name
    raise AssertionError("no word to change")


def test_two_replays_are_byte_identical(demo: DemoResult, harness: Run, tmp_path: Path) -> None:
    """The same recordings replayed twice, in two processes with other hash seeds, give the same results, byte for byte."""
    paths = [str(path) for path in sorted(demo.recordings.glob("*.rec.jsonl"))[::4]]
    for name, seed in (("one", "1"), ("two", "2")):
        done = harness("run", *paths, "--name", name, PYTHONHASHSEED=seed)
        assert done.returncode == 0, done.stderr
    one, two = tmp_path / "reports" / "one", tmp_path / "reports" / "two"
    assert (one / "results.jsonl").read_bytes() == (two / "results.jsonl").read_bytes()
    digests = {json.loads((folder / "report.json").read_text())["digest"] for folder in (one, two)}
    assert len(digests) == 1


def _bench(root: Path) -> Any:
    spec = importlib.util.spec_from_file_location("dialogues_bench", root / "tests" / "bench" / "dialogues.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_plain_transcripts(root: Path, tmp_path: Path) -> None:
    """Transcripts go through the loop without a difference, and none of their labelled numbers is left anywhere."""
    figures = _bench(root).measure(root / "fixtures" / "dialogues" / "plain.jsonl", tmp_path)
    assert figures["problems"] == 0
    assert figures["messages"] > 30
    assert figures["differing"] == 0
    assert figures["share_gone"] == 1.0
    assert figures["changed_outside_spans"] == 0


@pytest.mark.prove
def test_transcripts_by_path(root: Path, tmp_path: Path, figure: Callable[[str, object], None]) -> None:
    """The transcripts named by HARNESS_DIALOGUES: parity without a difference, at least 97 % of the numbers gone."""
    source = os.environ.get("HARNESS_DIALOGUES")
    if not source:
        pytest.skip("HARNESS_DIALOGUES names no file of transcripts to measure on")
    figures = _bench(root).measure(Path(source), tmp_path)
    figure("transcripts", figures)
    assert figures["differing"] == 0
    assert figures["problems"] == 0
    assert figures["share_gone"] >= 0.97
    assert figures["changed_outside_spans"] == 0
