"""``harness shrink`` as a user calls it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from harness.cli.main import main


@pytest.fixture
def rejected(root: Path) -> Path:
    """A session with messages that are broken."""
    return root / "recordings" / "telco-broken-stream.rec.jsonl"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["shrink", *map(str, arguments)])


def test_what_is_left_is_told(rejected: Path, tmp_path: Path) -> None:
    """The path goes to stdout; what is left, what still fails and the next step are told; doctor is content."""
    out = tmp_path / "small.rec.jsonl"
    done = run(rejected, "--failing", "not_json", "-o", out)
    assert done.exit_code == 0, done.output
    assert done.stdout == f"{out}\n"
    assert "of 42 messages kept" in done.stderr
    assert "still: not_json in entry" in done.stderr
    assert "next: harness cat" in done.stderr
    assert CliRunner().invoke(main, ["doctor", str(out)]).exit_code == 0
    again = run(rejected, "--failing", "not_json", "-o", out)
    assert again.exit_code == 4
    assert "--force" in again.stderr


def test_as_json_with_a_spent_budget(rejected: Path, tmp_path: Path) -> None:
    """With --json the facts are one object; a budget that was used up is no failure, and says so."""
    out = tmp_path / "small.rec.jsonl"
    out.write_text("old")
    done = run(rejected, "--failing", "ungrounded", "-o", out, "--tries", 20, "--json", "--force")
    assert done.exit_code == 0, done.output
    facts = json.loads(done.stdout)
    assert (facts["complete"], facts["tries"]) == (False, 20)
    assert facts["messages"] <= facts["of_messages"] == 42
    assert done.stderr == ""
    told = run(rejected, "--failing", "ungrounded", "-o", tmp_path / "b.rec.jsonl", "--tries", 20)
    assert "more --tries or --seconds" in told.stderr


@pytest.mark.parametrize(
    ("expression", "code", "words"),
    [
        ("leak or", 2, "a word at its end"),
        ("leak", 5, "does not fail in that way"),
        ("duplicate_seq", 5, "not_json"),
    ],
)
def test_what_cannot_be_done(rejected: Path, tmp_path: Path, expression: str, code: int, words: str) -> None:
    """No expression is a usage error; a failure that is not there leaves with 5, and says what is."""
    done = run(rejected, "--failing", expression, "-o", tmp_path / "x.rec.jsonl")
    assert done.exit_code == code
    assert words in done.stderr
    assert not (tmp_path / "x.rec.jsonl").exists()


def test_rules_of_the_user(root: Path, tmp_path: Path, entry_of: Callable[[Path, int], int]) -> None:
    """Rule files named on the command line decide what leaks."""
    (tmp_path / "lost.toml").write_text(
        '[[rule]]\nid = "phone.nanp"\ntype = "PHONE"\nkind = "regex"\npattern = "[0-9]{3}-[0-9]{4}"\npriority = 50\n'
        'min_len = 8\nmax_len = 8\n[rule.examples]\nmatch = ["555-0185"]\nno_match = ["5550185"]\n'
    )
    gift = root / "recordings" / "retail-gift-return.rec.jsonl"
    done = run(gift, "--failing", "leak:PHONE", "-o", tmp_path / "x.rec.jsonl", "--rules", tmp_path / "lost.toml")
    assert done.exit_code == 0, done.output
    assert f"still: leak:PHONE in entry {entry_of(gift, 11)}" in done.stderr
