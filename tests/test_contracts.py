"""Each import contract of pyproject.toml is kept by the code and broken by a planted breach."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import harness

RUN = "import sys; from importlinter.cli import lint_imports_command as run; run(sys.argv[1:])"

BREACHES = [
    pytest.param("floors", "errors.py", "import harness.text.span", id="floors-upward"),
    pytest.param("floors", "dialects/__init__.py", "import harness.recording.entry", id="floors-sideways"),
    pytest.param("floors", "stray.py", "", id="floors-module-on-no-floor"),
    pytest.param("cycles", "text/span.py", "import harness.text.placeholder", id="cycles-inside-a-package"),
    pytest.param("pure", "grounding/__init__.py", "import time", id="pure-standard-library"),
    pytest.param("pure", "report/__init__.py", "import harness.clock", id="pure-clock"),
    pytest.param("pure", "text/span.py", "import logging", id="pure-through-another-module"),
    pytest.param("stages", "pipeline/budget.py", "import harness.pipeline.redact", id="stages"),
    pytest.param("wire", "sinks/__init__.py", "import httpx", id="wire-httpx"),
    pytest.param("wire", "cli/main.py", "def late():\n    import websockets.sync.client", id="wire-late-import"),
    pytest.param("leak-scan", "pii/scan.py", "import harness.pii.detect", id="leak-scan"),
]


@pytest.fixture
def copy(tmp_path: Path, root: Path) -> Path:
    """A folder with the installed package and the project's contracts."""
    assert harness.__file__ is not None
    shutil.copytree(
        Path(harness.__file__).parent, tmp_path / "harness", ignore=shutil.ignore_patterns("__pycache__", "_fixtures")
    )
    shutil.copy(root / "pyproject.toml", tmp_path)
    return tmp_path


def lint(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", RUN, "--no-cache", "--no-logo", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder), "NO_COLOR": "1", "COLUMNS": "200"},
        text=True,
        capture_output=True,
        timeout=120,
        check=False,
    )


def test_the_code_keeps_every_contract(copy: Path) -> None:
    """The package as installed breaks no contract."""
    done = lint(copy)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("contract,file,breach", BREACHES)
def test_a_breach_is_seen(copy: Path, contract: str, file: str, breach: str) -> None:
    """One planted import breaks the contract that forbids it."""
    path = copy / "harness" / file
    before = path.read_text() if path.exists() else '"""Planted."""\n'
    path.write_text(f"{before}\n\n{breach}\n")
    done = lint(copy, "--contract", contract)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "1 broken" in done.stdout


def test_every_contract_has_a_breach(root: Path) -> None:
    """No contract is added without showing that it bites."""
    config = tomllib.loads((root / "pyproject.toml").read_text())
    contracts = {contract["id"] for contract in config["tool"]["importlinter"]["contracts"]}
    assert contracts == {str(breach.values[0]) for breach in BREACHES}
