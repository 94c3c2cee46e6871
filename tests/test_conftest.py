"""The shared test set-up does what its head says."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SAMPLE = """
import os, subprocess, sys
import pytest, harness
from hypothesis import settings

def test_fast(figure, profile):
    figure("examples", settings().max_examples)
    figure("profile", profile)

@pytest.mark.prove
def test_full(figure):
    figure("full", 1)

def test_children(tmp_path):
    code = "import harness; print(harness.__file__)"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, text=True, capture_output=True, check=True)
    assert done.stdout.strip() == harness.__file__

@pytest.mark.parametrize("text", ["warn"])
def test_warning(text):
    import warnings
    with pytest.raises(UserWarning):
        warnings.warn(text)
"""


def run(folder: Path, root: Path, profile: str, *arguments: str) -> str:
    (folder / "tests").mkdir()
    shutil.copy(root / "pyproject.toml", folder)
    shutil.copy(root / "tests" / "conftest.py", folder / "tests")
    (folder / "tests" / "test_sample.py").write_text(SAMPLE)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments],
        cwd=folder,
        env={**os.environ, "HARNESS_TEST_PROFILE": profile},
        text=True,
        capture_output=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("workers", ["0", "1"])
def test_the_fast_tier(tmp_path: Path, root: Path, workers: str) -> None:
    """By default counts are small, tests marked ``prove`` are left out, and figures are printed, with workers too."""
    out = run(tmp_path, root, "fast", "-n", workers)
    assert "examples: 25\n" in out
    assert "profile: fast\n" in out
    assert "full: 1" not in out
    assert "3 passed" in out


def test_the_prove_tier(tmp_path: Path, root: Path) -> None:
    """Under ``prove`` counts are full and every test runs."""
    out = run(tmp_path, root, "prove", "-m", "prove or not prove")
    assert "examples: 1000\n" in out
    assert "full: 1\n" in out
    assert "4 passed" in out
