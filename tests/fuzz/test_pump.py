"""Slow inputs: told by a clock that is given, and by counting."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.fuzz.pump import growth_problem, measured, pumps, work_problem
from harness.pii.rules import builtin_rules
from harness.pii.stream import Redactor
from harness.pii.user_rules import rules_of

RULE = builtin_rules().rules[0]


def test_quadratic_time_is_accused() -> None:
    """Every pair of measurements says so."""
    problem = growth_problem(Redactor(), RULE, "a1 ", lambda _, text: len(text) ** 2)
    assert problem is not None
    assert (problem.kind, problem.rule) == ("slow", RULE.id)


@pytest.mark.parametrize("quiet", range(1, 7))
def test_noise_is_no_evidence(quiet: int) -> None:
    """One pair that is linear is enough to be believed."""
    calls = iter(range(1000))

    def timer(_: Redactor, text: str) -> int:
        return len(text) if next(calls) // 2 == quiet else len(text) ** 2

    assert growth_problem(Redactor(), RULE, "a1 ", timer) is None


def test_time_is_measured() -> None:
    """Processor time, more than nothing."""
    assert measured(Redactor(), "628-271-4432 ") > 0


@pytest.mark.parametrize("name", ["part-slow", "badge-separator"])
def test_work_is_counted(root: Path, name: str) -> None:
    """The planted slow rule reads its text over and over; another one does not."""
    rules = rules_of([root / "fixtures" / "rules_broken" / f"{name}.toml"])
    mine = next(rule for rule in rules.rules if rule.id in ("part.number", "badge.number"))
    problems = [work_problem(rules, mine, pump) for pump in pumps(mine)]
    assert any(problems) is (name == "part-slow")
