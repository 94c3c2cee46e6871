"""The whole search: lanes and pumps in turn. The report says what was found and what was tried.

1. With a number of examples every lane tries that many, whatever the time; the report depends on seed and rules alone.
2. With minutes the lanes take turns, a round each, until the time is up.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.fuzz.lanes import builtin_lanes, unclaimed, user_lanes
from harness.fuzz.problems import KINDS, Finding
from harness.fuzz.pump import growth_problem, pumps, work_problem
from harness.fuzz.search import ROUND, Lane, Search
from harness.fuzz.tally import Tally
from harness.pii.rules import Rule, RuleSet, builtin_rules
from harness.pii.stream import Redactor

__all__ = ["Report", "fuzz"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a search came to.

    Args:
        seed: with which it began.
        findings: what is wrong, in the order it was found.
        tally: what was tried.
    """

    seed: int
    findings: tuple[Finding, ...]
    tally: Tally

    def as_json(self) -> dict[str, Any]:
        """For ``--json``."""
        return {
            "seed": self.seed,
            "findings": [_finding(finding) for finding in self.findings],
            "tried": self.tally.as_json(),
        }


def _finding(finding: Finding) -> dict[str, Any]:
    problem = finding.problem
    return {
        "kind": problem.kind,
        "rule": problem.rule,
        "what": problem.what,
        "text": finding.text,
        "spans": [{"start": span.start, "end": span.end, "type": span.type} for span in finding.spans],
        "example": finding.example,
    }


def fuzz(
    rules: RuleSet,
    *,
    seed: int = 0,
    examples: int | None = None,
    out_of_time: Callable[[], bool] = lambda: False,
    kinds: Sequence[str] = KINDS,
    database: Path | None = None,
) -> Report:
    """Search ``rules`` for everything of ``kinds``.

    Args:
        rules: built-in or merged; those that are not built-in get lanes of their own.
        seed: where chance begins.
        examples: cases of each lane; without it the lanes take turns until ``out_of_time``.
        out_of_time: says when to stop.
        kinds: of :data:`harness.fuzz.KINDS`.
        database: the folder where hypothesis remembers what failed.
    """
    redactor = Redactor(rules)
    search = Search(seed=seed, kinds=frozenset(kinds), out_of_time=out_of_time, database=database)
    known = builtin_rules().rules
    mine = [rule for rule in rules.rules if rule not in known]
    lanes = [*user_lanes(redactor, mine), *builtin_lanes(redactor, unclaimed(mine))]
    wanted = [lane for lane in lanes if lane.kinds & search.kinds]
    slow = "slow" in search.kinds
    if slow:
        _pumped(search, rules, mine)
    if examples is not None:
        for lane in wanted:
            search.run(lane, examples)
    elif wanted:
        _turn(search, wanted, 0)
    if slow:
        _pumped(search, builtin_rules(), known, examples=1)
    turn = 1
    while examples is None and wanted and not search.out_of_time():
        _turn(search, wanted, turn)
        turn += 1
    return Report(seed=seed, findings=tuple(search.findings), tally=search.tally)


def _turn(search: Search, lanes: Sequence[Lane], number: int) -> None:
    """A round of each lane; a turn may take several seeds, so those of turns lie far apart."""
    for lane in lanes:
        search.run(lane, ROUND, start=number * 1000)


def _pumped(search: Search, rules: RuleSet, some: Sequence[Rule], examples: int = 2) -> None:
    """Pump up the examples of ``some`` of the rules."""
    redactor = Redactor(rules)
    for rule in some:
        for pump in pumps(rule, examples):
            if search.out_of_time():
                return
            search.tally.add([("pumped rule", rule.id)])
            counted = work_problem(rules, rule, pump) if examples > 1 else None
            problem = counted or growth_problem(redactor, rule, pump)
            if problem is not None:
                search.findings.append(Finding(problem=problem, text=pump, spans=(), example=f"{pump!r} * 200"))
                break
