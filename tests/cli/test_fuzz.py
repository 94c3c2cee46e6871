"""``harness fuzz``: exit codes, files, and the same bytes under one seed."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from harness.cli.main import main
from harness.clock import SystemClock

PLANTED = {
    "badge-separator": ("leak", "badge.number"),
    "contract-tail": ("leak", "contract.number"),
    "locker-twice": ("idempotence", "locker.code"),
    "member-greedy": ("over", "member.number"),
    "part-slow": ("slow", "part.number"),
}


def fuzz(*args: object) -> Result:
    """Run the verb."""
    return CliRunner().invoke(main, ["fuzz", *map(str, args)])


@pytest.fixture
def broken(root: Path) -> Path:
    """Rules with a planted leak."""
    return root / "fixtures" / "rules_broken" / "badge-separator.toml"


def test_nothing_found_is_exit_0() -> None:
    """And what was tried is told."""
    done = fuzz("--examples", 30, "--only", "leak")
    assert done.exit_code == 0
    assert "30 cases tried" in done.stdout
    assert "type:" in done.stdout
    assert "nothing found" in done.stderr


def test_a_finding_is_exit_1(broken: Path, tmp_path: Path) -> None:
    """With the example that repeats it, a case and a recording that doctor likes."""
    done = fuzz("--rules", broken, "--examples", 40, "--only", "leak", "--out", tmp_path)
    assert done.exit_code == 1
    assert "leak  badge.number" in done.stdout
    assert "@example(PiiText(text=" in done.stdout
    case = json.loads((tmp_path / "cases.jsonl").read_text())
    assert case["id"] == "leak-badge-number"
    doctor = CliRunner().invoke(main, ["doctor", str(tmp_path / "leak-badge-number.rec.jsonl")])
    assert doctor.exit_code == 0


def test_usage_is_exit_2(tmp_path: Path) -> None:
    """Unknown kinds and unreadable files."""
    assert fuzz("--only", "boredom").exit_code == 2
    assert fuzz("--rules", tmp_path / "missing.toml").exit_code == 2


def test_without_hypothesis_the_way_out_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The extra."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    done = fuzz("--examples", 1)
    assert done.exit_code == 2
    assert "mediation-harness[fuzz]" in done.stderr


def test_minutes_end_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the clock; five if nothing is said."""
    now = iter(range(0, 10**15, 10**9))
    monkeypatch.setattr(SystemClock, "monotonic_ns", lambda _: next(now))
    done = fuzz("--minutes", "0.5", "--only", "over", "--json")
    assert done.exit_code == 0
    assert 0 < sum(json.loads(done.stdout)["tried"]["lane"].values()) <= 32
    assert fuzz("--only", "over").exit_code == 0


def test_profiles(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """``ci`` has its own seed; ``nightly`` remembers what failed."""
    monkeypatch.chdir(tmp_path)
    done = fuzz("--profile", "ci", "--seed", 5, "--examples", 20, "--only", "over", "--json")
    assert json.loads(done.stdout)["seed"] == 0
    done = fuzz("--profile", "nightly", "--seed", 5, "--examples", 20, "--only", "over", "--json", "--out", tmp_path)
    assert json.loads(done.stdout)["seed"] == 5


def test_a_seed_repeats_byte_for_byte(broken: Path, tmp_path: Path) -> None:
    """Output and files of two processes are equal."""
    seen = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        done = subprocess.run(
            [sys.executable, "-m", "harness", "fuzz", "--rules", broken, "--examples", "40", "--seed", "3", "--out", "out",
             "--only", "leak", "--only", "over"],
            capture_output=True, check=False, cwd=tmp_path / name, timeout=300,
        )  # fmt: skip
        assert done.returncode == 1
        files = {path.name: path.read_bytes() for path in (tmp_path / name / "out").iterdir()}
        seen.append((done.stdout, files))
    assert seen[0] == seen[1]


@pytest.mark.prove
@pytest.mark.parametrize("name", sorted(PLANTED))
def test_planted_faults_are_found_in_a_minute(
    root: Path, name: str, tmp_path: Path, figure: Callable[[str, object], None]
) -> None:
    """Each of the five broken files, by the command, with no more time than that."""
    path = root / "fixtures" / "rules_broken" / f"{name}.toml"
    clock = SystemClock()
    begin = clock.monotonic_ns()
    done = subprocess.run(
        [sys.executable, "-m", "harness", "fuzz", "--rules", path, "--minutes", "0.8", "--json"],
        capture_output=True, check=False, cwd=tmp_path, timeout=600,
    )  # fmt: skip
    found = [(finding["kind"], finding["rule"]) for finding in json.loads(done.stdout)["findings"]]
    figure(
        f"fuzz {name}, told to take 48 s", f"{len(found)} found, {(clock.monotonic_ns() - begin) / 1e9:.0f} s in all"
    )
    assert done.returncode == 1
    assert PLANTED[name] in found
