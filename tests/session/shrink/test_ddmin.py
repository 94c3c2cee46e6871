"""Delta debugging."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from harness.session.shrink.ddmin import ddmin


@given(st.integers(1, 60).flatmap(lambda n: st.tuples(st.just(n), st.sets(st.integers(0, n - 1), max_size=5))))
def test_exactly_what_is_needed_is_left(case: tuple[int, set[int]]) -> None:
    """Where a failure needs some items, these are left, in order."""
    count, needed = case
    assert ddmin(range(count), lambda part: needed <= set(part)) == sorted(needed)


@given(st.lists(st.integers(0, 9), min_size=1, max_size=40))
def test_the_result_is_1_minimal(items: list[int]) -> None:
    """Of a failure that many parts have, one is left from which nothing can be taken."""

    def fails(part: Sequence[int]) -> bool:
        return sum(part) >= sum(items) / 2

    left = ddmin(items, fails)
    assert fails(left)
    assert not any(fails([*left[:place], *left[place + 1 :]]) for place in range(len(left)) if left)


def test_no_part_is_asked_about_twice() -> None:
    """Every replay is made once."""
    asked: list[tuple[int, ...]] = []

    def fails(part: Sequence[int]) -> bool:
        asked.append(tuple(part))
        return {3, 17} <= set(part)

    assert ddmin(range(20), fails) == [3, 17]
    assert len(asked) == len(set(asked))


def test_nothing_is_left_of_what_fails_by_itself() -> None:
    """A failure that needs no item, and no items, leave nothing."""
    assert ddmin([1, 2], lambda _: True) == []
    assert ddmin([], lambda _: False) == []
