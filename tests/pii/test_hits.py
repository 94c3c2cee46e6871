"""Which candidates are accepted, and which of two stays."""

from __future__ import annotations

import pytest

from harness.pii.hits import Hit, accepted, chosen, hit_of
from harness.pii.rules import Rule, builtin_rules
from harness.pii.view import View

RULES = {rule.id: rule for rule in builtin_rules().rules}


def hit(start: int, end: int, priority: int, rule: str = "card.luhn") -> Hit:
    return Hit(start, end, RULES[rule], priority)


def places(hits: list[Hit]) -> list[tuple[int, int]]:
    return [(one.start, one.end) for one in hits]


def test_higher_then_fuller_then_earlier() -> None:
    """Priority, letters and digits, place; what is chosen comes in order and does not overlap."""
    chain = "12 34. 56 78 90"
    assert places(chosen([hit(0, 9, 5), hit(7, 12, 9)], chain)) == [(7, 12)]
    assert places(chosen([hit(3, 12, 5), hit(0, 9, 5)], chain)) == [(0, 9)]
    assert places(chosen([hit(0, 5, 5), hit(0, 9, 5)], chain)) == [(0, 9)]
    assert places(chosen([hit(0, 6, 5), hit(0, 5, 5)], chain)) == [(0, 6)]
    assert places(chosen([hit(10, 12, 1), hit(0, 2, 1)], chain)) == [(0, 2), (10, 12)]
    assert chosen([], chain) == []


@pytest.mark.parametrize(
    ("rule", "tail", "value", "look", "wanted"),
    [
        ("card.luhn", "", "4539578763621486", "", True), ("card.luhn", "card ", "4539578763621487", "", False),
        ("card.context", "card ", "4539578763621487", "", True), ("card.context", "", "4539578763621487", "", False),
        ("card.context", "card reference ", "4539578763621487", "", False), ("card.context", "", "4539578763621487", " visa", True),
        ("ssn.dashed", "order ", "536-22-1478", "", False), ("ssn.dashed", "ssn ", "000-22-1478", "", True), ("ssn.dashed", "", "000-22-1478", "", False),
        ("phone.nanp", "our toll-free line ", "1-800-299-2671", "", False), ("phone.nanp", "my number is ", "1-800-299-2671", "", True),
        ("ip.v4", "section ", "3.2.1.4", "", False), ("phone.grouped", "call about ", "10 000 000", " dollars", False),
    ],
)  # fmt: skip
def test_validators_then_context(rule: str, tail: str, value: str, look: str, wanted: bool) -> None:
    """A failed check needs context or ends it; the nearer cue wins; what follows may be a unit."""
    assert accepted(RULES[rule], View(tail, value, look), 0, len(value)) is wanted


def test_the_value_may_be_given() -> None:
    """What is said is judged by its digits."""
    rule: Rule = RULES["card.spoken"]
    view = View("", "four five", "")
    assert accepted(rule, view, 0, 9, "4539578763621486")
    assert not accepted(rule, view, 0, 9, "4539578763621487")


def test_surrogate_numbers_stand_above_their_rule() -> None:
    """So that they are found again over their whole length."""
    rule = RULES["phone.context"]
    assert hit_of(rule, View("", "6285550142", ""), 0, 10).priority >= 70
    assert hit_of(rule, View("", "6282714432", ""), 0, 10).priority == rule.priority
