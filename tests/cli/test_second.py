"""A second opinion."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from harness.cli import ground, second
from harness.cli.second import Second
from harness.errors import ConfigError
from harness.grounding import Checker
from harness.judges import FakeJudge

CONTEXT = "Customer: The tent leaks."
CLAIM = "Zebras dance at the opera."


def test_the_judge_decides_uncertain_claims(tmp_path: Path) -> None:
    """Its answers are kept, and played back without it."""
    result = Checker().check(CONTEXT, CLAIM)
    path = tmp_path / "answers.jsonl"
    asked = Second("x", path, judge=FakeJudge(default=1.0))
    refined = asked.opinion(CONTEXT, CLAIM, result)
    assert (refined.verdict, refined.claims[0].reason) == ("grounded", "judge:fake")
    assert asked.account() == "judge fake: 1 claims asked, 0 remembered, 0 degraded, cost 1"
    played = Second("x", path, frozen=True, judge=FakeJudge(default=0.0))
    assert played.opinion(CONTEXT, CLAIM, result) == refined


def test_nothing_uncertain_nothing_asked() -> None:
    """A sentence said word for word needs no judge."""
    judge = FakeJudge()
    result = Checker().check(CONTEXT, "The tent leaks.")
    assert Second("x", None, judge=judge).opinion(CONTEXT, "The tent leaks.", result) == result
    assert judge.calls == 0


def test_frozen_needs_a_file() -> None:
    """There is nothing to play back."""
    with pytest.raises(ConfigError, match="--answers"):
        Second("x", None, frozen=True)


def test_the_verb(monkeypatch: pytest.MonkeyPatch) -> None:
    """``--judge`` says what was asked at the end."""
    monkeypatch.setattr(second, "load_judge", lambda *_, **__: FakeJudge(default=1.0))
    monkeypatch.setenv(second.KEY, "k")
    text = json.dumps({"id": 1, "context": CONTEXT, "summary": CLAIM})
    done = CliRunner().invoke(ground.command, ["--judge", "mine"], input=text)
    assert done.exit_code == 0
    assert "1: grounded" in done.stdout
    assert "judge fake: 1 claims asked" in done.stderr
