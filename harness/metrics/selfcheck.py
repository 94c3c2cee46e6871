"""The gate measured on itself: how often it cries wolf, and how small a fall it sees.

1. A null comparison is two runs of which neither is worse. It goes through :func:`harness.metrics.decide.decide`, the same
   code that decides over real runs; ``regressed`` is then a false alarm.
2. Accuracy: conversations differ in length and in difficulty; between two runs a share of the answers is drawn anew (from
   5 %, a changed rule that wins here and loses there, to all of them, a judge that answers as it likes).
3. Latency: log-normal messages with 2 % Pareto stragglers; conversations differ, have a good or a bad moment as a whole in
   each run, and a whole run is a little faster or slower than another. No two messages are treated as independent.
4. Chance is passed in: the same seed gives the same answer.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

from harness.metrics.decide import Limits, Score, Timing, decide
from harness.metrics.stats import quantile, wilson

__all__ = ["SIZES", "Simulated", "false_alarms", "power", "simulate_scores", "simulate_timings", "trustworthy"]

SIZES = (200, 500, 1000)
"""Conversations at which power is shown."""

_FIGURES = ("redaction.recall", "redaction.precision", "grounding.right")
_CHURN = (0.05, 0.3, 1.0)
_RECALL = 0.9
_CONVERSATIONS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulated:
    """What ``runs`` null comparisons of either kind came to."""

    runs: int
    accuracy_false_alarms: int
    latency_false_alarms: int

    def as_json(self) -> dict[str, int]:
        return {
            "runs": self.runs,
            "accuracy_false_alarms": self.accuracy_false_alarms,
            "latency_false_alarms": self.latency_false_alarms,
        }


def simulate_scores(rng: random.Random, conversations: int, *, churn: float, drop: float = 0.0) -> list[Score]:
    """Rule 2; ``drop`` is the planted fall of the rate, in shares (0.03 = 3 points)."""
    return [_conversation(rng, churn, drop / _RECALL) for _ in range(conversations)]


def _conversation(rng: random.Random, churn: float, lost: float) -> Score:
    values = 1 + min(30, int(rng.expovariate(0.2)))
    ease = rng.betavariate(18, 2)
    before = after = 0
    for _ in range(values):
        first = rng.random() < ease
        second = rng.random() < ease if rng.random() < churn else first
        before += first
        after += second and rng.random() >= lost
    return Score(before, values, after, values)


def simulate_timings(rng: random.Random, conversations: int, *, slower: float = 0.0) -> list[Timing]:
    """Rule 3: the median of each conversation in two runs, ms; ``slower`` is the planted change (0.2 = 20 %)."""
    first, second = rng.lognormvariate(0, 0.02), rng.lognormvariate(0, 0.02) * (1 + slower)
    pairs = []
    for _ in range(conversations):
        base, messages = rng.lognormvariate(3, 0.8), rng.randint(5, 25)
        pairs.append((_median(rng, base * first, messages), _median(rng, base * second, messages)))
    return pairs


def _median(rng: random.Random, base: float, messages: int) -> float:
    moment = base * rng.lognormvariate(0, 0.2)
    times = sorted(
        moment * rng.lognormvariate(0, 0.4) * (1 + 5 * rng.paretovariate(1.5) if rng.random() < 0.02 else 1)
        for _ in range(messages)
    )
    return quantile(times, 0.5)


def false_alarms(runs: int, rng: random.Random, *, conversations: int = _CONVERSATIONS) -> Simulated:
    """How many of ``runs`` null comparisons of each kind a gate would have failed (rule 1)."""
    accuracy = latency = 0
    for number in range(runs):
        churn = _CHURN[number % len(_CHURN)]
        scores = {name: simulate_scores(rng, conversations, churn=churn) for name in _FIGURES}
        accuracy += _regressed(decide(scores, {}, rng=rng, bootstrap=False))
        timings = {"latency.p50": simulate_timings(rng, conversations)}
        latency += _regressed(decide({}, timings, rng=rng))
    return Simulated(runs=runs, accuracy_false_alarms=accuracy, latency_false_alarms=latency)


def power(runs: int, rng: random.Random, *, drop: float = 0.03, slower: float = 0.2) -> list[dict[str, Any]]:
    """For each of :data:`SIZES` the share of planted falls that is found."""
    rows = []
    for size in SIZES:
        found = slow = 0
        for number in range(runs):
            planted = {name: simulate_scores(rng, size, churn=_CHURN[number % 3]) for name in _FIGURES[1:]}
            planted[_FIGURES[0]] = simulate_scores(rng, size, churn=_CHURN[number % 3], drop=drop)
            found += _regressed(decide(planted, {}, rng=rng, bootstrap=False))
            timings = {"latency.p50": simulate_timings(rng, size, slower=slower)}
            slow += _regressed(decide({}, timings, rng=rng))
        rows.append({"conversations": size, "runs": runs, "recall_drop": found / runs, "slower": slow / runs})
    return rows


def _regressed(rows: list[dict[str, Any]]) -> bool:
    return any(row["verdict"] == "regressed" for row in rows)


def trustworthy(found: Simulated, alpha: float = Limits().alpha) -> bool:
    """False where more false alarms were raised than chance can explain at ``alpha``."""
    counts = (found.accuracy_false_alarms, found.latency_false_alarms)
    return all((wilson(count, found.runs) or (0.0, 1.0))[0] <= alpha for count in counts)
