"""Workers and drivers of a pool killed with SIGKILL: after that, and after resuming, the verdicts are the undisturbed ones."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from harness.clock import SystemClock
from harness.scenario.files import compose_files

SMALL = ("airline-misspelled-name", "retail-points-login", "bank-mortgage-question")
NINE = (
    *SMALL,
    *("airline-dog-in-cabin", "health_insurance-find-a-doctor", "health_insurance-new-dependent"),
    *("retail-vacuum-warranty", "retail-gift-return", "telco-sim-swap"),
)
DEADLINE_S = 1200
CLOCK = SystemClock()

DETECTOR = """
import ctypes

class Fatal:
    name, version = "fatal", "1"
    def detect(self, text):
        if "poisonous" in text:
            ctypes.string_at(0)
        return []
"""


def compose(root: Path, folder: Path, count: int, names: Sequence[str] = SMALL) -> Path:
    """``count`` recordings with labels: small scenarios under one seed after the other."""
    scenarios = [root / "fixtures" / "scenarios" / f"{name}.yaml" for name in names]
    corpus = folder / "corpus"
    corpus.mkdir()
    for seed in range(1, 2 + count // len(names)):
        for path in compose_files(scenarios, folder / "made", seed):
            if len(list(corpus.glob("*.rec.jsonl"))) < count:
                for one in (path, path.with_name(path.name.replace(".rec.", ".labels."))):
                    one.rename(corpus / f"{seed}-{one.name}")
    return corpus


def start(folder: Path, *arguments: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "harness", "run", "corpus", "--name", "run", "--json", *arguments]
    return subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def digest(process: subprocess.Popen[bytes]) -> str:
    out, said = process.communicate(timeout=DEADLINE_S)
    assert process.returncode == 0, said.decode()
    found: str = json.loads(out)["digest"]
    return found


def watched(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """Looks again and again until the process ends, or too late."""
    pause = threading.Event()
    ends_ns = CLOCK.monotonic_ns() + DEADLINE_S * 10**9
    while process.poll() is None and CLOCK.monotonic_ns() < ends_ns:
        yield
        pause.wait(0.002)


def workers_of(shards: Path) -> set[int]:
    """Ids of the workers that are at a recording."""
    found = set()
    for path in shards.glob("*.at"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            found.add(int(path.read_text().split()[0]))
    return found


def kill_workers(process: subprocess.Popen[bytes], shards: Path, times: int) -> int:
    """Kill a worker, let the others get on, kill the next; how many."""
    killed: set[int] = set()
    done = -1
    for _ in watched(process):
        now = len(list(shards.glob("*.jsonl")))
        others = workers_of(shards) - killed
        if others and now > done:
            with contextlib.suppress(ProcessLookupError):
                os.kill(min(others), signal.SIGKILL)
                killed |= {min(others)}
                done = now + 2
        if len(killed) >= times:
            break
    return len(killed)


def kill_driver(process: subprocess.Popen[bytes], shards: Path, done: int) -> set[int]:
    """Kill the run once so many shards are done; the workers it had."""
    for _ in watched(process):
        if len(list(shards.glob("*.jsonl"))) >= done:
            break
    assert process.poll() is None, "the run was over before it could be killed"
    workers = workers_of(shards)
    process.kill()
    process.communicate(timeout=DEADLINE_S)
    return workers


def gone(pids: set[int]) -> bool:
    """Whether the processes end by themselves."""
    pause = threading.Event()
    ends_ns = CLOCK.monotonic_ns() + DEADLINE_S * 10**9
    while any(map(_runs, pids)) and CLOCK.monotonic_ns() < ends_ns:
        pause.wait(0.01)
    return not any(map(_runs, pids))


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def disturbed(root: Path, folder: Path, count: int, figure: Callable[[str, object], None], killed: int) -> None:
    compose(root, folder, count)
    shards = folder / "reports" / "run" / "shards"
    undisturbed = digest(start(folder))
    process = start(folder, "--workers", "2")
    deaths = kill_workers(process, shards, killed)
    assert digest(process) == undisturbed
    first = start(folder, "--workers", "2")
    workers = kill_driver(first, shards, max(1, count // 16))
    assert gone(workers)
    done = len(list(shards.glob("*.jsonl")))
    second = start(folder, "--workers", "3", "--resume")
    more = kill_workers(second, shards, killed)
    assert digest(second) == undisturbed
    assert not shards.exists()
    figure(
        f"pool of {count} recordings",
        f"{deaths + more} workers and 1 driver killed; {done} shards kept; digest {undisturbed[:19]}",
    )


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="asks /proc")
def test_thirty_recordings(root: Path, tmp_path: Path, figure: Callable[[str, object], None]) -> None:
    """A worker killed, the driver killed, a worker of the resumed run killed: the same digest."""
    disturbed(root, tmp_path, 30, figure, 1)


@pytest.mark.prove
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="asks /proc")
def test_a_thousand_recordings(root: Path, tmp_path: Path, figure: Callable[[str, object], None]) -> None:
    """The same over a thousand recordings and with several workers killed."""
    disturbed(root, tmp_path, 1000, figure, 4)


def test_a_recording_that_kills_its_worker(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A real crash, in the code of another package: in quarantine with its place, the rest done, exit code 3."""
    corpus = compose(root, tmp_path, 9, NINE)
    (chosen,) = corpus.glob("*points-login.rec.jsonl")
    site = tmp_path / "site"
    told = site / "fatal-1.dist-info"
    told.mkdir(parents=True)
    (told / "METADATA").write_text("Metadata-Version: 2.1\nName: fatal\nVersion: 1\n")
    (told / "entry_points.txt").write_text("[harness.detectors]\nfatal = fatal:Fatal\n")
    word = _word_of(chosen)
    (site / "fatal.py").write_text(DETECTOR.replace("poisonous", word))
    monkeypatch.setenv("PYTHONPATH", f"{os.environ['PYTHONPATH']}{os.pathsep}{site}")
    monkeypatch.setenv("HARNESS_DETECTORS", '["fatal"]')
    process = start(tmp_path, "--workers", "2")
    out, said = process.communicate(timeout=DEADLINE_S)
    assert process.returncode == 3, said.decode()
    (problem,) = [one for one in json.loads(out)["parity"]["problems"] if "quarantine" in one]
    assert problem.startswith(f"{chosen.name}: in quarantine: its worker died: Segmentation fault < ")
    assert "fatal.py:8 in detect" in problem
    assert word not in problem
    assert "in quarantine: 1 recordings" in said.decode()
    report: dict[str, Any] = json.loads((tmp_path / "reports" / "run" / "report.json").read_text())
    rows = report["verdicts"]["per_session"]
    assert [row["file"] for row in rows if not row["messages"]] == [chosen.name]
    assert len(rows) == 9


def _word_of(path: Path) -> str:
    """A labelled value of an utterance: in this recording alone."""
    labels = [
        json.loads(line) for line in path.with_name(path.name.replace(".rec.", ".labels.")).read_text().splitlines()
    ]
    label = next(one for one in labels if one.get("kind") == "span" and one["path"] == "/text")
    for line in path.read_text().splitlines():
        entry = json.loads(line)
        text = entry.get("text") or ""
        if f'"seq":{label["seq"]},' in text.replace(" ", ""):
            value: str = json.loads(text)["text"][label["start"] : label["end"]]
            return value
    raise AssertionError
