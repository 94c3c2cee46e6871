"""``harness compose`` from the outside."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from harness.cli.compose import command

GOOD = """
title: t
line: bank
date: 2026-03-14
script:
  - end: {at: 2, reason: completed}
"""
TALK = json.dumps({"id": "c-1", "turns": [{"speaker": "agent", "text": "Good day to you."}]})


@pytest.fixture
def scenario(tmp_path: Path) -> Path:
    """A scenario file."""
    path = tmp_path / "bank-a.yaml"
    path.write_text(GOOD)
    return path


def run(*args: object, stdin: str | None = None) -> Result:
    return CliRunner().invoke(command, [str(arg) for arg in args], input=stdin)


def test_it_prints_the_recordings(scenario: Path, tmp_path: Path) -> None:
    """Paths on stdout, words on stderr."""
    result = run(scenario, "-o", tmp_path / "out")
    assert result.exit_code == 0
    assert result.stdout == f"{tmp_path / 'out' / 'bank-a.rec.jsonl'}\n"
    assert result.stderr.startswith("1 composed\nnext: harness replay ")


def test_json_names_both_files(scenario: Path, tmp_path: Path) -> None:
    """One object for machines, nothing else on stdout."""
    result = run(scenario, "-o", tmp_path / "out", "--json", "--seed", 3)
    found = json.loads(result.stdout)
    assert found["composed"] == 1
    assert all(Path(path).is_file() for path in found["files"][0].values())


def test_an_existing_file_needs_force(scenario: Path, tmp_path: Path) -> None:
    """The second time is one line and exit code 4; with --force it is done."""
    assert run(scenario, "-o", tmp_path / "out").exit_code == 0
    again = run(scenario, "-o", tmp_path / "out")
    assert again.exit_code == 4
    assert again.stderr.startswith("harness: ")
    assert again.stderr.count("\n") == 1
    assert run(scenario, "-o", tmp_path / "out", "--force").exit_code == 0


def test_dialogues_from_a_file_and_from_stdin(tmp_path: Path) -> None:
    """``-`` reads stdin."""
    path = tmp_path / "talk.jsonl"
    path.write_text(TALK)
    assert run("--dialogues", path, "-o", tmp_path / "a").exit_code == 0
    assert run("--dialogues", "-", "-o", tmp_path / "b", stdin=TALK).exit_code == 0
    assert (tmp_path / "a" / "c-1.rec.jsonl").read_bytes() == (tmp_path / "b" / "c-1.rec.jsonl").read_bytes()


def test_either_scenarios_or_dialogues(scenario: Path, tmp_path: Path) -> None:
    """Neither and both are wrong usage."""
    assert run("-o", tmp_path / "out").exit_code == 2
    assert run(scenario, "--dialogues", "x", "-o", tmp_path / "out").exit_code == 2


def test_bad_input_is_one_line_with_its_place(tmp_path: Path) -> None:
    """A bad scenario, a bad transcript, a missing file: exit code 4, no traceback, nothing written."""
    bad = tmp_path / "bank-b.yaml"
    bad.write_text(GOOD.replace("completed", "whenever"))
    talk = tmp_path / "talk.jsonl"
    talk.write_text('{"id":"x"}')
    for args, place in (
        ((bad,), "step 1, field end.reason"),
        (("--dialogues", talk), "line 1, field turns"),
        (("--dialogues", tmp_path / "none"), "cannot be read"),
    ):
        result = run(*args, "-o", tmp_path / "out")
        assert result.exit_code == 4
        assert place in result.stderr
        assert result.stderr.count("\n") == 1
        assert not (tmp_path / "out").exists()
