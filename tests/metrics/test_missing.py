"""Missing numbers say why, and are never 0."""

from __future__ import annotations

from harness.metrics.missing import NA, Missing, ratio, settle


def test_settle_explains() -> None:
    """A missing figure is n/a and its reason stands under why."""
    assert settle({"a": 1, "b": Missing("no data")}) == {"a": 1, "b": NA, "why": {"b": "no data"}}


def test_settle_rounds() -> None:
    """Floats keep six digits, also in intervals, which become lists."""
    assert settle({"a": 1 / 3, "b": (2 / 3, 1.0)}) == {"a": 0.333333, "b": [0.666667, 1.0]}


def test_ratio() -> None:
    """Nothing over nothing is missing."""
    assert ratio(1, 4, "x") == 0.25
    assert ratio(0, 0, "empty") == Missing("empty")
