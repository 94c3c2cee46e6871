"""The digest of a report's verdicts hangs on nothing but its input."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.session.runs import run_on_recordings
from harness.settings import Settings

NAMES = ("bank-lost-card", "retail-gift-return", "telco-broken-stream")


@pytest.fixture
def corpus(root: Path, tmp_path: Path) -> list[Path]:
    """Some committed recordings with their labels, in two folders."""
    folders = [tmp_path / "one", tmp_path / "deep" / "er"]
    for folder in folders:
        folder.mkdir(parents=True)
        for name in NAMES:
            for kind in ("rec", "labels"):
                shutil.copy(root / "recordings" / f"{name}.{kind}.jsonl", folder)
    return folders


def digest_here(corpus: Path, out: Path, *, speed: float | None = None) -> str:
    report = asyncio.run(run_on_recordings(Settings(), [corpus], out, speed=speed, progress=lambda *_: None))
    return str(report["digest"])


def started(corpus: Path, out: Path, seed: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "harness", "run", "--json", "--name", out.name, "--recording", str(corpus)]
    env = {**os.environ, "PYTHONHASHSEED": seed, "HARNESS_REPORTS_DIR": str(out.parent)}
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env)


def test_runs_folders_processes(corpus: list[Path], tmp_path: Path, figure: Callable[[str, object], None]) -> None:
    """Two runs, two folders, this process and two others at once, timed and not: one digest."""
    others = [started(folder, tmp_path / "out" / f"other{i}", str(i)) for i, folder in enumerate(corpus)]
    digests = {digest_here(corpus[0], tmp_path / "out" / "a"), digest_here(corpus[0], tmp_path / "out" / "b")}
    digests |= {
        digest_here(corpus[1], tmp_path / "out" / "c"),
        digest_here(corpus[1], tmp_path / "out" / "d", speed=1e4),
    }
    for other in others:
        out, _ = other.communicate(timeout=300)
        digests.add(json.loads(out)["digest"])
    figure("digests of verdicts over 6 runs, 2 folders, 3 processes, timed and not", f"{len(digests)} different")
    assert len(digests) == 1
