"""The hallucination check against labels."""

from __future__ import annotations

import random
from typing import Any

from harness.metrics.judgement import Judged, grounding_accuracy


def measure(items: list[Judged]) -> dict[str, Any]:
    return grounding_accuracy(items, rng=random.Random(0))


def item(bad: bool, flagged: bool | None, *, unit: str = "c", score: float | None = 0.5, reason: str = "r") -> Judged:
    return Judged(unit=unit, hallucinated=bad, reason=reason, flagged=flagged, score=score)


def test_confusion_and_rates() -> None:
    """Three of four hallucinated flagged, one of two grounded left alone."""
    found = measure([item(True, True)] * 3 + [item(True, False), item(False, True), item(False, False)])
    assert found["confusion"] == {"tp": 3, "fp": 1, "fn": 1, "tn": 1}
    assert (found["sensitivity"], found["specificity"], found["balanced_accuracy"]) == (0.75, 0.5, 0.625)
    assert found["interval"]["balanced_accuracy"] == "n/a"


def test_flagging_nothing_is_half() -> None:
    """A checker that never flags is worth 50 %, whatever the mix."""
    items = [item(False, False, unit=str(i)) for i in range(9)] + [item(True, False, unit="9")]
    assert measure(items)["balanced_accuracy"] == 0.5


def test_auroc_ranks_by_support() -> None:
    """Less support for the hallucinated is right; a missing score counts as full support."""
    good = [item(False, False, score=0.9), item(False, False, score=None)]
    assert measure([*good, item(True, True, score=0.1)])["auroc"] == 1
    assert measure([*good, item(True, True, score=0.95)])["auroc"] == 0.5


def test_unjudged_are_counted_apart() -> None:
    """A sentence without a verdict is neither right nor wrong."""
    found = measure([item(True, None, score=None), item(False, False)])
    assert (found["n"], found["unjudged"]) == (2, 1)
    assert found["sensitivity"] == "n/a"
    assert found["why"]["sensitivity"]


def test_nothing_judged() -> None:
    """Without any label every figure is n/a with its reason."""
    found = measure([])
    assert found["n"] == 0
    assert {found[name] for name in ("sensitivity", "specificity", "balanced_accuracy", "auroc")} == {"n/a"}


def test_by_reason() -> None:
    """Each labelled reason has its own n and share of right answers, apart for the two labels."""
    found = measure(
        [item(True, True, reason="number"), item(True, False, reason="number"), item(False, False, reason="")]
    )
    assert found["by_reason"]["hallucinated"]["number"]["rate"] == 0.5
    assert found["by_reason"]["grounded"]["none given"]["right"] == 1


def test_interval_over_conversations() -> None:
    """With several conversations that differ there is an interval around the estimate."""
    items = [item(i % 2 == 0, i % 3 == 0, unit=f"c{i // 4}", score=i / 40) for i in range(40)]
    found = measure(items)
    low, high = found["interval"]["balanced_accuracy"]
    assert low <= found["balanced_accuracy"] <= high
