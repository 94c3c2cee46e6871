"""``harness new-test``: the test it writes fails before the repair and passes after it."""

from __future__ import annotations

import importlib.metadata
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import harness
from harness.cli.main import main

RULE = """[[rule]]
id = "phone.nanp"
type = "PHONE"
kind = "regex"
pattern = '{pattern}'
priority = 50
min_len = 12
max_len = 12
[rule.examples]
match = ["628-232-7719"]
no_match = ["628"]
"""
BROKEN, FIXED = "[0-9]{3}-[0-9]{3}-[0-9]{4}", "[0-9]{3}[- ][0-9]{3}[- ][0-9]{4}"

Call = Callable[..., Result]


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, root: Path) -> pytest.Pytester:
    """A project with a recording, its labels, and a rule that lost a format."""
    assert harness.__file__ is not None
    for name in ("CI", "HARNESS_RULES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PYTHONPATH", str(Path(harness.__file__).parent.parent))
    folder = pytester.mkdir("recordings")
    for kind in ("rec", "labels"):
        shutil.copy(root / "recordings" / f"retail-gift-return.{kind}.jsonl", folder)
    (pytester.path / "rules.toml").write_text(RULE.replace("{pattern}", BROKEN))
    (pytester.path / "harness.toml").write_text('rules = ["rules.toml"]\n')
    return pytester


@pytest.fixture
def new_test(project: pytest.Pytester) -> Call:
    """Calls the verb in the project."""

    def call(*arguments: str) -> Result:
        return CliRunner().invoke(main, ["new-test", "recordings/retail-gift-return.rec.jsonl", *arguments])

    return call


@pytest.fixture
def verdict(project: pytest.Pytester) -> Callable[[str], int]:
    """Exit code of pytest on a file of the project."""
    known = any(point.name == "harness" for point in importlib.metadata.entry_points(group="pytest11"))

    def run(path: str) -> int:
        plugin = () if known else ("-p", "harness.pytest_plugin.plugin")
        return int(project.runpytest_subprocess("-p", "no:cacheprovider", *plugin, path, timeout=120).ret)

    return run


def repair(project: pytest.Pytester) -> None:
    (project.path / "rules.toml").write_text(RULE.replace("{pattern}", FIXED))


def test_without_python(project: pytest.Pytester, new_test: Call, verdict: Callable[[str], int]) -> None:
    """A missed value becomes a small recording and a label; pytest fails on it, and passes under the repaired rule."""
    done = new_test("--message", "11")
    recording, labels = (
        "tests/retail-gift-return-message-11.rec.jsonl",
        "tests/retail-gift-return-message-11.labels.jsonl",
    )
    assert done.exit_code == 0, done.output
    assert done.stdout.splitlines() == [recording, labels]
    assert f"next: pytest {recording}   (fails now, passes when it is repaired)" in done.stderr
    assert len((project.path / labels).read_text().splitlines()) == 1
    assert verdict(recording) == 1
    repair(project)
    assert verdict(recording) == 0


def test_in_python(
    project: pytest.Pytester,
    new_test: Call,
    verdict: Callable[[str], int],
    entry_of: Callable[[Path, int], int],
) -> None:
    """What no label says becomes a test in Python; it is not written over unless that is asked for."""
    entry = entry_of(project.path / "recordings" / "retail-gift-return.rec.jsonl", 11)
    asked = ("--entry", str(entry), "--failing", "leak:PHONE", "--name", "lost-phone")
    assert new_test(*asked).exit_code == 0
    assert verdict("tests/test_lost_phone.py") == 1
    repair(project)
    assert verdict("tests/test_lost_phone.py") == 0
    (project.path / "rules.toml").write_text(RULE.replace("{pattern}", BROKEN))
    refused = new_test(*asked)
    assert refused.exit_code == 4
    assert "--force" in refused.stderr
    again = new_test(*asked, "--force", "--json")
    facts = json.loads(again.stdout)
    assert facts["files"] == ["tests/lost-phone.rec.jsonl", "tests/test_lost_phone.py"]
    assert facts["run"] == "pytest tests/test_lost_phone.py"


def test_a_sound_message(project: pytest.Pytester, new_test: Call) -> None:
    """Where nothing is wrong nothing is written, and the way out is named."""
    done = new_test("--message", "2")
    assert done.exit_code == 5
    assert new_test("--entry", "7").exit_code == 5
    assert new_test("--entry", "7", "--message", "2").exit_code == new_test().exit_code == 2
    assert "--failing" in done.stderr
    assert not list(project.path.glob("tests/*"))


def test_rules_are_told_in_the_next_step(project: pytest.Pytester, new_test: Call) -> None:
    """Rules that were named on the command line are named in the command that runs the test."""
    (project.path / "harness.toml").unlink()
    done = new_test("--message", "11", "--rules", "rules.toml", "--python")
    assert done.exit_code == 0
    told = "next: HARNESS_RULES=rules.toml pytest tests/test_retail_gift_return_message_11.py"
    assert told in done.stderr
