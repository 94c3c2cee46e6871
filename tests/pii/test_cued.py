"""Values that only their cue gives away."""

from __future__ import annotations

import pytest

from harness.pii.cued import cued_values
from harness.pii.rules import builtin_rules
from harness.pii.spoken import runs
from harness.pii.view import View


def found(tail: str, chain: str, look: str = "") -> list[tuple[str, str]]:
    hits = cued_values(builtin_rules(), View(tail, chain, look), runs(chain))
    return [(hit.rule.type, chain[hit.start : hit.end]) for hit in hits]


@pytest.mark.parametrize(
    ("tail", "chain", "values"),
    [
        ("the cvv is ", "737", [("CVV", "737")]), ("", "my pin number is um 4417", [("PIN", "4417")]), ("pin ", "four four one seven", [("PIN", "four four one seven")]),
        ("security code on the back is ", "737", [("CVV", "737")]), ("sort code: ", "20-45-77", [("SORT_CODE", "20-45-77")]),
        ("passport number ", "C71234567", [("PASSPORT", "C71234567")]), ("birthday is ", "july fourteenth nineteen eighty six", [("DOB", "july fourteenth nineteen eighty six")]),
        ("my card expires ", "09/27", [("EXPIRY", "09/27")]), ("CVV2 ", "737", [("CVV", "737")]),
    ],
)  # fmt: skip
def test_a_value_after_its_cue(tail: str, chain: str, values: list[tuple[str, str]]) -> None:
    """Written or said, at most six fillers between."""
    assert found(tail, chain) == values


@pytest.mark.parametrize(
    ("tail", "chain", "look"),
    [
        ("cvv ", "73712", ""), ("cvv checked ", "737", ""), ("", "737", ""), ("pin is is is is is is is is ", "4417", ""), ("pin ", "4417", "%"),
        ("pin ", "4417", ".50"), ("pin $", "4417", ""), ("pin ", "x4417", ""), ("the offer expires ", "09/27", ""), ("routing number ", "021000022", ""),
        ("cvv [CVV_REDACTED] ", "737", ""), ("pin ", "four four", ""), ("password ", "reset", ""),
    ],
)  # fmt: skip
def test_what_is_not_the_cue_s_value(tail: str, chain: str, look: str) -> None:
    """Another shape, another word between, too many fillers, money, decimals, a failed check, a second value."""
    assert found(tail, chain, look) == []


def test_of_two_cues_the_nearer_counts() -> None:
    """A pin after a cvv is a pin."""
    assert found("cvv and my pin is ", "4417") == [("PIN", "4417")]
    assert found("cvv is ", "737, pin 4417") == [("CVV", "737"), ("PIN", "4417")]
