"""The search: several failures, each once, each shrunk, the same every time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from hypothesis import strategies as st

from harness.fuzz.problems import Finding, Problem
from harness.fuzz.search import Lane, Search


def check(number: int) -> Sequence[Problem]:
    """Large numbers and multiples of seven are wrong, each in a way of its own."""
    if number == 66:
        raise ValueError("no payload")
    problems = [Problem("leak", "large", "too large")] if number > 100 else []
    return [*problems, Problem("over", "seven", "a multiple")] if number and number % 7 == 0 else problems


def large(number: int) -> Sequence[Problem]:
    """Large numbers are wrong, and nothing else is."""
    return [Problem("leak", "large", "too large")] if number > 100 else []


def lane(name: str = "numbers", check: Callable[[int], Sequence[Problem]] = check) -> Lane:
    """Numbers up to a thousand."""
    return Lane(
        name=name,
        kinds=frozenset({"leak", "over"}),
        cases=st.integers(0, 1000),
        check=check,
        describe=lambda problem, case: Finding(problem=problem, text=str(case), spans=(), example=repr(case)),
        labels=lambda case: [("digits", str(len(str(case))))],
    )


def found(search: Search) -> dict[tuple[str, str], str]:
    """(kind, rule) -> the smallest case."""
    return {(f.problem.kind, f.problem.rule): f.text for f in search.findings}


def test_each_failure_is_found_once_and_shrunk() -> None:
    """Two kinds of failure and a crash, all smallest."""
    search = Search(seed=1, kinds=frozenset({"leak", "over"}))
    search.run(lane(), 2000)
    assert found(search) == {("leak", "large"): "101", ("over", "seven"): "7", ("crash", "numbers"): "66"}
    assert len(search.findings) == 3
    assert search.tally.total("lane") == search.tally.total("digits") >= 1000


def test_a_seed_gives_the_same_search() -> None:
    """Findings and counts alike."""
    one, two = (Search(seed=5, kinds=frozenset({"leak"})) for _ in range(2))
    one.run(lane(), 300)
    two.run(lane(), 300)
    assert one.findings == two.findings
    assert one.tally.as_json() == two.tally.as_json()


def test_only_what_is_asked_for() -> None:
    """Other kinds do not count."""
    search = Search(seed=1, kinds=frozenset({"over"}))
    search.run(lane(), 300)
    assert ("leak", "large") not in found(search)


def test_time_ends_a_search() -> None:
    """At once, or in the middle of a round."""
    late = Search(seed=1, kinds=frozenset({"leak"}), out_of_time=lambda: True)
    late.run(lane(), 100)
    assert late.tally.total("lane") == 0
    answers = iter([False] * 6)
    soon = Search(seed=1, kinds=frozenset(), out_of_time=lambda: next(answers, True))
    soon.run(lane(), 100)
    assert 0 < soon.tally.total("lane") < 7


def test_failures_are_remembered(tmp_path: Path) -> None:
    """The database holds them for the next time."""
    search = Search(seed=1, kinds=frozenset({"leak"}), database=tmp_path)
    search.run(lane(check=large), 200)
    assert found(search) == {("leak", "large"): "101"}
    again = Search(seed=2, kinds=frozenset({"leak"}), database=tmp_path)
    again.run(lane(check=large), 1)
    assert found(again) == {("leak", "large"): "101"}
