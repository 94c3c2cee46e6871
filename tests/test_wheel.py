"""The built wheel is enough: installed in another folder it runs the demo with the scenarios it carries."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def wheel(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    if importlib.util.find_spec("hatchling") is None:
        pytest.skip("the build backend (extra dev) is not installed here")
    if not (root / "pyproject.toml").exists():
        pytest.skip("there is no source tree to build from")
    out = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(out)]
    subprocess.run(command, cwd=root, check=True, capture_output=True, timeout=120)
    return next(out.glob("*.whl"))


def test_wheel_holds_the_data(wheel: Path) -> None:
    """Rules, lexicons, templates, specifications, the type marker and the demo's scenarios travel with the code."""
    names = zipfile.ZipFile(wheel).namelist()
    assert "harness/py.typed" in names
    assert {"harness/report/render/page/report.html.j2", "harness/report/render/page/main.js"} <= set(names)
    assert "harness/dialects/mediation.md" in names
    assert {"harness/cli/recipes/github.yml", "harness/cli/recipes/git-hook.sh"} <= set(names)
    assert sum(name.startswith("harness/_fixtures/scenarios/") and name.endswith(".yaml") for name in names) >= 24
    assert any(name.startswith("harness/pii/rules/") and name.endswith(".toml") for name in names)
    assert not any(name.startswith(("tests/", "fixtures/", "reports/")) for name in names)


def test_installed_wheel_runs_the_demo(wheel: Path, tmp_path: Path) -> None:
    """Unpacked into an empty folder, with no clone in sight, ``harness demo`` exits 0 with full parity."""
    site = tmp_path / "site"
    zipfile.ZipFile(wheel).extractall(site)
    work = tmp_path / "work"
    work.mkdir()
    # The copy is not the code whose coverage is measured.
    env = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    env["PYTHONPATH"] = str(site)
    command = [sys.executable, "-P", "-m", "harness", "demo", "--speed", "200", "--json"]
    done = subprocess.run(command, cwd=work, env=env, capture_output=True, text=True, timeout=180, check=False)
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)
    assert figures["parity"]["messages"] > 1000
    assert figures["parity"]["differing"] == 0
    assert (work / "reports" / "demo" / "report.html").exists()
