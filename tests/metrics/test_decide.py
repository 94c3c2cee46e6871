"""Verdicts of one figure of two runs."""

from __future__ import annotations

import random
from typing import Any

import pytest

from harness.metrics.decide import Limits, Score, decide

ALIKE = Score(9, 10, 9, 10)
WORSE = Score(9, 10, 7, 10)
BETTER = Score(9, 10, 10, 10)


def one(scores: list[Score], **options: Any) -> dict[str, Any]:
    (row,) = decide({"recall": scores}, {}, rng=random.Random(0), **options)
    return row


def timed(pairs: list[tuple[float, float]], **options: Any) -> dict[str, Any]:
    (row,) = decide({}, {"p50": pairs}, rng=random.Random(0), **options)
    return row


@pytest.mark.parametrize(
    "score,way",
    [
        (ALIKE, 0),
        (WORSE, -1),
        (BETTER, 1),
        (Score(1, 3, 2, 6), 0),
        (Score(0, 0, 1, 1), 0),
        (Score(0, 0, 0, 2), -1),
        (Score(0, 2, 0, 0), 1),
    ],
)
def test_direction(score: Score, way: int) -> None:
    """Fractions compare exactly; nothing to get wrong counts as all right."""
    assert score.direction == way


def test_regressed() -> None:
    """Many worse and none better is a regression, with its rates, interval and p."""
    row = one([WORSE] * 12 + [ALIKE] * 300)
    assert (row["verdict"], row["worse"], row["better"], row["n"]) == ("regressed", 12, 0, 312)
    assert row["p"] == pytest.approx(2**-12, abs=1e-6)
    assert row["change"] == pytest.approx(-24 / 3120, abs=1e-6)
    assert row["interval"][1] < 0


def test_ok() -> None:
    """Enough conversations without a change are fine, and say what they would have shown."""
    row = one([ALIKE] * 300)
    assert (row["verdict"], row["more_conversations"]) == ("ok", 0)
    assert 0 < row["minimum_detectable_change"] < 0.03
    assert row["why"]["interval"]


def test_better_is_ok() -> None:
    """An improvement is not an alarm."""
    assert one([BETTER] * 40 + [ALIKE] * 60)["verdict"] == "ok"


def test_too_few() -> None:
    """Few conversations say nothing, and how many more would."""
    row = one([ALIKE] * 30)
    assert row["verdict"] == "inconclusive"
    assert one([ALIKE] * (30 + row["more_conversations"]))["verdict"] == "ok"
    worse = one([WORSE] * 2 + [ALIKE] * 20)
    assert worse["verdict"] == "inconclusive"
    assert worse["more_conversations"] > 10


def test_identical_is_ok() -> None:
    """Equal verdicts are fine whatever their number."""
    assert one([ALIKE] * 3, identical=True)["verdict"] == "ok"


def test_nothing_of_a_kind() -> None:
    """A figure without any conversation decides nothing, and its rates are n/a."""
    row = one([Score(0, 0, 0, 0)])
    assert (row["verdict"], row["n"], row["before"], row["change"]) == ("ok", 0, "n/a", "n/a")


def test_worse_often_but_not_in_sum() -> None:
    """Many a little worse and a few much better: the pooled rate rose, which is no regression."""
    row = one([Score(10, 10, 9, 10)] * 12 + [Score(0, 100, 100, 100)] * 2 + [ALIKE] * 5)
    assert row["change"] > 0
    assert row["verdict"] == "inconclusive"


def test_several_figures_are_adjusted() -> None:
    """What is just significant by itself is not among ten figures."""
    scores = {"a": [WORSE] * 6 + [ALIKE] * 30}
    assert decide(scores, {}, rng=random.Random(0))[0]["verdict"] == "regressed"
    more = {**scores, **{str(i): [ALIKE] * 30 for i in range(9)}}
    first = decide(more, {}, rng=random.Random(0), bootstrap=False)[0]
    assert first["verdict"] == "inconclusive"
    assert first["p_adjusted"] == pytest.approx(10 / 64)


def test_limits_are_taken() -> None:
    """A wider tolerance lets fewer conversations decide."""
    assert one([ALIKE] * 30, limits=Limits(tolerance=0.1))["verdict"] == "ok"


def noisy(ratio: float, n: int, spread: float = 0.2) -> list[tuple[float, float]]:
    rng = random.Random(2)
    return [(base := rng.lognormvariate(3, 0.8), base * ratio * rng.lognormvariate(0, spread)) for _ in range(n)]


@pytest.mark.parametrize(
    "ratio,n,verdict",
    [(1.0, 200, "ok"), (1.3, 200, "regressed"), (1.0, 10, "inconclusive"), (1.1, 60, "inconclusive"), (0.7, 100, "ok")],
)
def test_latency(ratio: float, n: int, verdict: str) -> None:
    """The interval and the threshold decide; few conversations, or a ratio at the threshold, do not."""
    row = timed(noisy(ratio, n))
    assert row["verdict"] == verdict
    assert (row["more_conversations"] > 0) == (verdict == "inconclusive")
    assert 0.1 < row["minimum_detectable_change"] < 1


def test_latency_slower_but_within() -> None:
    """Surely slower, by less than the threshold: that passes."""
    row = timed(noisy(1.04, 2000, 0.1))
    assert row["interval"][0] > 1
    assert row["verdict"] == "ok"


def test_latency_of_one_conversation() -> None:
    """One conversation has no ratio worth telling."""
    row = timed([(1.0, 2.0)])
    assert (row["verdict"], row["ratio"], row["minimum_detectable_change"]) == ("inconclusive", "n/a", "n/a")
    assert row["more_conversations"] == 19


def test_latency_at_the_threshold() -> None:
    """A ratio exactly at the threshold asks for very many more, not for infinitely many."""
    row = timed([(1.0, 1.1 * (1.2 if i % 2 else 1 / 1.2)) for i in range(40)])
    assert row["verdict"] == "inconclusive"
    assert row["more_conversations"] <= 10_000_000
