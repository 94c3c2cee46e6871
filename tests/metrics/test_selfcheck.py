"""The gate does not cry wolf, and sees what is planted."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from harness.metrics.decide import decide
from harness.metrics.selfcheck import (
    SIZES,
    Simulated,
    false_alarms,
    power,
    simulate_scores,
    simulate_timings,
    trustworthy,
)

Figure = Callable[[str, object], None]


def test_false_alarms(figure: Figure) -> None:
    """Of 40 null comparisons of 60 conversations hardly any is called a regression."""
    found = false_alarms(40, random.Random(3), conversations=60)
    figure("A/A, 40 of 60 conversations", found.as_json())
    assert found.runs == 40
    assert found.accuracy_false_alarms <= 4
    assert found.latency_false_alarms <= 4
    assert trustworthy(found)


@pytest.mark.prove
@pytest.mark.parametrize("seed", range(5))
def test_false_alarms_of_two_hundred(seed: int, figure: Figure) -> None:
    """Of 200 null comparisons each, at most 5 % are false alarms."""
    found = false_alarms(200, random.Random(seed))
    figure(f"A/A, seed {seed}", found.as_json())
    assert found.accuracy_false_alarms <= 10
    assert found.latency_false_alarms <= 10


def test_planted_fall_is_caught() -> None:
    """Recall 3 points lower at 1,000 conversations is a regression, however the rest of the answers moves."""
    for seed, churn in ((1, 0.05), (2, 0.3), (3, 1.0)):
        scores = {"redaction.recall": simulate_scores(random.Random(seed), 1000, churn=churn, drop=0.03)}
        (row,) = decide(scores, {}, rng=random.Random(0), bootstrap=False)
        assert row["verdict"] == "regressed"
        assert row["change"] == pytest.approx(-0.03, abs=0.012)


@pytest.mark.prove
def test_power(figure: Figure) -> None:
    """Power at 200, 500 and 1,000 conversations; at 1,000 a fall of 3 points is found nearly always."""
    rows = power(100, random.Random(1))
    figure("power", rows)
    assert rows[-1]["recall_drop"] >= 0.95
    assert rows[-1]["slower"] >= 0.9


def test_power_grows(monkeypatch: pytest.MonkeyPatch) -> None:
    """The table has a row for each size, and more conversations find no less."""
    monkeypatch.setattr("harness.metrics.selfcheck.SIZES", (40, 300))
    rows = power(6, random.Random(1), drop=0.06)
    assert [row["conversations"] for row in rows] == [40, 300]
    assert rows[0]["recall_drop"] <= rows[1]["recall_drop"]
    assert SIZES == (200, 500, 1000)


def test_simulated_latency_is_correlated() -> None:
    """The two times of a conversation go together, and slower means slower."""
    pairs = simulate_timings(random.Random(0), 300, slower=0.5)
    slower = sum(after > before for before, after in pairs)
    assert slower > 250
    assert max(a for a, _ in pairs) / min(a for a, _ in pairs) > 20


@pytest.mark.parametrize("alarms,fine", [(0, True), (10, True), (15, True), (30, False)])
def test_trust(alarms: int, fine: bool) -> None:
    """More alarms than 5 % explains end the trust; a few more by chance do not."""
    assert trustworthy(Simulated(runs=200, accuracy_false_alarms=alarms, latency_false_alarms=0)) is fine
