"""``harness rules`` as a user calls it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from harness.cli.rules import command
from harness.pii.rules import builtin_rules

RULE = """
[[rule]]
id = "{id}"
type = "{type}"
kind = "regex"
pattern = '{pattern}'
priority = 50
min_len = 9
max_len = 9
[rule.examples]
match = ["badge EMP-12345"]
no_match = ["EMP-1234"]
"""
BADGE = RULE.format(id="badge.number", type="BADGE", pattern="EMP-[0-9]{5}")


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """A rule file of one's own."""
    path = tmp_path / "mine.toml"
    path.write_text(BADGE)
    return path


def test_list(mine: Path) -> None:
    """Every rule, for people and as JSON."""
    result = CliRunner().invoke(command, ["list", "--rules", str(mine)])
    assert len(result.stdout.splitlines()) == len(builtin_rules().rules) + 1
    lines = CliRunner().invoke(command, ["list", "--json"]).stdout.splitlines()
    assert json.loads(lines[0])["priority"] >= json.loads(lines[-1])["priority"]


def test_examples_hold_or_exit_code_1(mine: Path) -> None:
    """Those of the package hold; one that does not is named, not shown."""
    assert CliRunner().invoke(command, ["test", "--rules", str(mine)]).exit_code == 0
    mine.write_text(BADGE.replace('no_match = ["EMP-1234"]', 'no_match = ["EMP-12345"]'))
    result = CliRunner().invoke(command, ["test", "--rules", str(mine)])
    assert (result.exit_code, result.stdout) == (1, "badge.number: no_match[0] does not hold\n")
    as_json = CliRunner().invoke(command, ["test", "--json", "--rules", str(mine)]).stdout
    assert json.loads(as_json) == {"rule": "badge.number", "examples": "no_match", "number": 0}


def test_explain(mine: Path) -> None:
    """Places, types and rules; the value is not shown again."""
    result = CliRunner().invoke(command, ["explain", "EMP-12345 at 628-271-4432", "--rules", str(mine)])
    assert result.stdout.splitlines() == [
        "0-9  BADGE  badge.number",
        "13-25  PHONE  phone.nanp",
        "[BADGE_REDACTED] at [PHONE_REDACTED]",
    ]
    piped = CliRunner().invoke(command, ["explain", "-", "--json"], input="kim@kestrel.io")
    assert json.loads(piped.stdout) == {"start": 0, "end": 14, "type": "EMAIL", "rule": "email.address"}


def test_impact(tmp_path: Path, root: Path) -> None:
    """A rule that takes the place of one that finds something loses its spans; the same rules change nothing."""
    broken = tmp_path / "broken.toml"
    broken.write_text(RULE.format(id="phone.nanp", type="PHONE", pattern="EMP-[0-9]{5}"))
    corpus = ["--corpus", str(root / "recordings")]
    result = CliRunner().invoke(command, ["impact", "-", str(broken), *corpus])
    assert result.exit_code == 1
    assert any(line.startswith("- PHONE ") for line in result.stdout.splitlines())
    lines = CliRunner().invoke(command, ["impact", str(broken), "-", *corpus, "--json"]).stdout.splitlines()
    assert {json.loads(line)["change"] for line in lines} >= {"+"}
    same = CliRunner().invoke(command, ["impact", "-", "-", *corpus])
    assert (same.exit_code, same.stdout) == (0, "")
