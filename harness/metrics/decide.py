"""One figure of two runs: regressed, ok, or too little to say.

1. ``regressed``: the exact one-sided sign test over conversations, adjusted for the number of figures (Holm), stays within
   alpha, and the pooled rate fell.
2. ``ok``: not regressed, and the upper bound of the net share of worse conversations is within the tolerance.
3. ``inconclusive``: neither. It says how many more conversations would decide if the shares stayed as they are.
4. Latency: ``regressed`` where the whole interval of the ratio lies above the threshold (and so excludes 1), ``ok`` where it
   ends below the threshold. The tail is compared only where each run has the samples for it.
5. Every verdict names the minimum detectable change: what the sample would have shown with chance 0.8.
6. A figure that only one of the two runs has is ``missing``, which fails: what is not measured is not fine.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

from harness.metrics.missing import Missing, ratio, settle
from harness.metrics.paired import (
    ALPHA,
    POWER,
    conversations_for_ok,
    conversations_needed,
    holm,
    minimum_detectable_change,
    net_upper,
    paired_ratio,
    sign_test,
)
from harness.metrics.stats import cluster_bootstrap

__all__ = ["SLOWER", "TOLERANCE", "Limits", "Score", "decide"]

TOLERANCE = 0.02
"""Net share of conversations that may get worse and still pass: 1 in 50."""

SLOWER = 0.10
"""How much slower a run may be and still pass: machines differ by a few per cent from run to run."""

_FEWEST_TIMED = 20
"""Conversations below which a bootstrap interval of a ratio promises too much."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What the gate asks for."""

    alpha: float = ALPHA
    tolerance: float = TOLERANCE
    slower: float = SLOWER


@dataclass(frozen=True, slots=True)
class Score:
    """One conversation: ``hits`` of ``n`` right before and after; none of 0 counts as all right."""

    hits_before: int
    n_before: int
    hits_after: int
    n_after: int

    @property
    def direction(self) -> int:
        """-1 worse, 0 alike, 1 better; fractions are compared in whole numbers."""
        before = (self.hits_before, self.n_before) if self.n_before else (1, 1)
        after = (self.hits_after, self.n_after) if self.n_after else (1, 1)
        change = after[0] * before[1] - before[0] * after[1]
        return (change > 0) - (change < 0)


Timing = tuple[float, float]
"""Milliseconds of one conversation, before and after."""


def decide(
    scores: Mapping[str, Sequence[Score]],
    timings: Mapping[str, Sequence[Timing]],
    *,
    rng: random.Random,
    limits: Limits | None = None,
    identical: bool = False,
    bootstrap: bool = True,
) -> list[dict[str, Any]]:
    """A row for each figure, ready for JSON.

    Args:
        scores: figure -> its conversations; higher is better.
        timings: figure -> its conversations; lower is better.
        rng: for the intervals.
        limits: see :class:`Limits`.
        identical: the verdicts of both runs are the same, byte for byte: then every score is ``ok``, whatever its n.
        bootstrap: draw the intervals of the rates; a simulation that needs only verdicts leaves them out.
    """
    limits = limits or Limits()
    rows = [_score_row(name, group, rng if bootstrap else None) for name, group in scores.items()]
    rows += [_timing_row(name, group, rng) for name, group in timings.items()]
    adjusted = holm([row["p"] for row in rows])
    for row, p in zip(rows, adjusted, strict=True):
        row["p_adjusted"] = p
        _judge_timing(row, limits) if row["kind"] == "latency" else _judge_score(row, limits, identical=identical)
    return [settle(row) for row in rows]


def _score_row(name: str, scores: Sequence[Score], rng: random.Random | None) -> dict[str, Any]:
    known = [score for score in scores if score.n_before or score.n_after]
    ways = [score.direction for score in known]
    worse, better = ways.count(-1), ways.count(1)
    before, after = _rates(known)
    change = Missing("one of the runs has none of these") if before is None or after is None else after - before
    between = cluster_bootstrap(known, _change, rng)[0] if rng is not None and known else None
    nothing = "nothing of this kind in the corpus"
    return {
        "figure": name,
        "kind": "accuracy",
        "n": len(known),
        "worse": worse,
        "better": better,
        "before": Missing(nothing) if before is None else before,
        "after": Missing(nothing) if after is None else after,
        "change": change,
        "interval": between or Missing("fewer than two conversations, or none of them changed"),
        "p": sign_test(worse, better),
    }


def _rates(scores: Sequence[Score]) -> tuple[float | None, float | None]:
    before, after = sum(s.n_before for s in scores), sum(s.n_after for s in scores)
    return (
        sum(s.hits_before for s in scores) / before if before else None,
        sum(s.hits_after for s in scores) / after if after else None,
    )


def _change(scores: Sequence[Score]) -> tuple[float | None]:
    before, after = _rates(scores)
    return (None if before is None or after is None else after - before,)


def _judge_score(row: dict[str, Any], limits: Limits, *, identical: bool) -> None:
    worse, better, n = row["worse"], row["better"], row["n"]
    upper = net_upper(worse, better, n, alpha=limits.alpha)
    share = ratio(worse + better, n, "nothing of this kind in the corpus")
    row["worse_share_at_most"] = upper
    row["minimum_detectable_change"] = (
        share if isinstance(share, Missing) else minimum_detectable_change(n, share, alpha=limits.alpha)
    )
    row["more_conversations"] = 0
    fell = isinstance(row["change"], float) and row["change"] < 0
    if identical or n == 0:
        row["verdict"] = "ok"
    elif row["p_adjusted"] <= limits.alpha and fell:
        row["verdict"] = "regressed"
    elif upper <= limits.tolerance:
        row["verdict"] = "ok"
    else:
        row["verdict"] = "inconclusive"
        row["more_conversations"] = _more(worse, better, n, limits)


def _more(worse: int, better: int, n: int, limits: Limits) -> int:
    """Rule 3: the nearer of the two ways out."""
    wanted = [conversations_for_ok(worse, better, n, limits.tolerance, alpha=limits.alpha)]
    if worse > better:
        wanted.append(conversations_needed((worse - better) / n, (worse + better) / n, alpha=limits.alpha))
    return max(1, min(number for number in wanted if number is not None) - n)


# -- latency ---------------------------------------------------------------------------------------------------


def _timing_row(name: str, timings: Sequence[Timing], rng: random.Random) -> dict[str, Any]:
    found = paired_ratio(timings, rng)
    few = Missing("fewer than two conversations were timed in both runs")
    return {
        "figure": name,
        "kind": "latency",
        "n": len(timings),
        "worse": sum(after > before for before, after in timings),
        "better": sum(after < before for before, after in timings),
        "ratio": few if found is None else found.ratio,
        "interval": few if found is None else tuple(found.interval),
        "spread": few if found is None else found.spread,
        "p": 1.0 if found is None else found.p,
    }


def _judge_timing(row: dict[str, Any], limits: Limits) -> None:
    n, bound = row["n"], 1 + limits.slower
    row["more_conversations"] = 0
    if n < 2:
        row |= {"verdict": "inconclusive", "more_conversations": _FEWEST_TIMED - n}
        row["minimum_detectable_change"] = row["ratio"]
        return
    reach = (_z(limits.alpha / 2) + _z(1 - POWER)) * row["spread"]
    row["minimum_detectable_change"] = bound * math.exp(reach / math.sqrt(n)) - 1
    low, high = row["interval"]
    if n >= _FEWEST_TIMED and row["p_adjusted"] <= limits.alpha and low > bound:
        row["verdict"] = "regressed"
    elif n >= _FEWEST_TIMED and high < bound:
        row["verdict"] = "ok"
    else:
        row["verdict"] = "inconclusive"
        distance = abs(math.log(bound) - math.log(row["ratio"])) or 1e-3
        row["more_conversations"] = max(1, _FEWEST_TIMED - n, math.ceil(min(1e7, (reach / distance) ** 2)) - n)


def _z(tail: float) -> float:
    return NormalDist().inv_cdf(1 - tail)
