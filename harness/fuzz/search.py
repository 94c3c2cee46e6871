"""Search one lane with hypothesis until it shows nothing new: generate, check, shrink, go on without what is known.

1. A round looks for one failure that is not known yet. Once one is seen, the round shrinks that one only.
2. Rounds have seeds of their own, made from the search's seed: the same search takes the same course. With a database
   it does not: what failed before is tried first, and chance is free.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, Verbosity, given, settings
from hypothesis import seed as seeded
from hypothesis.database import DirectoryBasedExampleDatabase
from hypothesis.errors import Flaky
from hypothesis.strategies import SearchStrategy

from harness.fuzz.problems import Finding, Problem
from harness.fuzz.tally import Tally

__all__ = ["Lane", "Search"]

ROUND = 400
"""Most examples of one round."""

Key = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """One kind of case and how it is judged.

    Args:
        name: for the statistics.
        kinds: kinds of problem it can show.
        cases: makes the cases.
        check: the problems of a case.
        describe: the finding a problem of a case makes.
        labels: what a case is counted as.
    """

    name: str
    kinds: frozenset[str]
    cases: SearchStrategy[Any]
    check: Callable[[Any], Sequence[Problem]]
    describe: Callable[[Problem, Any], Finding]
    labels: Callable[[Any], Sequence[tuple[str, str]]] = lambda _: ()


class _Seen(Exception):
    """A case failed; hypothesis shrinks it."""


@dataclass(slots=True, kw_only=True)
class Search:
    """A search in progress.

    Args:
        seed: where everything begins.
        kinds: kinds of problem that are asked for.
        out_of_time: says when to stop; asked before each case.
        database: the folder where failing cases are remembered, if anywhere; the first round of a lane tries them first.
    """

    seed: int
    kinds: frozenset[str]
    out_of_time: Callable[[], bool] = lambda: False
    database: Path | None = None
    tally: Tally = field(default_factory=Tally)
    known: set[Key] = field(default_factory=set)
    findings: list[Finding] = field(default_factory=list)

    def run(self, lane: Lane, examples: int, start: int = 0) -> None:
        """Try ``examples`` cases of ``lane``; ``start`` numbers its first round."""
        number, left = start, examples
        while left > 0 and not self.out_of_time():
            left -= max(1, self._round(lane, min(left, ROUND), number))
            number += 1

    def _round(self, lane: Lane, examples: int, number: int) -> int:
        """One round; returns how many cases it generated."""
        one = _Round(self, lane)
        try:
            self._test(one, lane, examples, number)()
        except (_Seen, Flaky):
            pass
        if one.target and one.failing:
            problem, case = one.failing
            self.known.add(one.target)
            self.findings.append(lane.describe(problem, case))
        return one.made

    def _test(self, one: _Round, lane: Lane, examples: int, number: int) -> Callable[[], None]:
        def judged(case: Any) -> None:
            one.judge(case)

        phases = [Phase.generate, Phase.shrink]
        database = DirectoryBasedExampleDatabase(self.database / lane.name) if self.database else None
        test = settings(
            max_examples=examples,
            derandomize=False,
            database=database,
            deadline=None,
            phases=[Phase.reuse, *phases] if database and not number else phases,
            suppress_health_check=list(HealthCheck),
            report_multiple_bugs=False,
            verbosity=Verbosity.quiet,
            print_blob=False,
        )(given(lane.cases)(judged))
        # hypothesis keeps no database for a test with a seed.
        return test if database else seeded(f"{self.seed}/{lane.name}/{number}")(test)


class _Round:
    """What happens in one round."""

    def __init__(self, search: Search, lane: Lane) -> None:
        self._search = search
        self._lane = lane
        self.made = 0
        self.target: Key | None = None
        self.failing: tuple[Problem, Any] | None = None

    def judge(self, case: Any) -> None:
        """Check one case; raise if it shows what is looked for."""
        if self.target is None:
            if self._search.out_of_time():
                return
            self.made += 1
            self._search.tally.add([("lane", self._lane.name), *self._lane.labels(case)])
        for problem in self._problems(case):
            key = (problem.kind, problem.rule)
            if self.target is None and key not in self._search.known:
                self.target = key
            if key == self.target:
                self.failing = (problem, case)
                raise _Seen

    def _problems(self, case: Any) -> Sequence[Problem]:
        try:
            problems = self._lane.check(case)
        except Exception as error:  # noqa: BLE001  whatever it is, it is a finding
            return [Problem("crash", self._lane.name, f"{type(error).__name__} was raised")]
        return [problem for problem in problems if problem.kind in self._search.kinds]
