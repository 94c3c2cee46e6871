"""The statistics of the reports, hand-rolled on the standard library.

1. The unit of resampling is the conversation (a cluster), never the message: messages of one conversation are
   alike, and treating them as independent makes intervals too narrow.
2. Randomness is passed in (``random.Random(seed)``): the same seed gives the same interval.
3. What cannot be said is None, never a guess: no interval from fewer than two clusters, nor from clusters that
   all agree (the bootstrap would claim certainty).
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeVar

from harness.errors import ConfigError

__all__ = ["Z_95", "Interval", "auroc", "cluster_bootstrap", "f_beta", "quantile", "wilson"]

T = TypeVar("T")

Z_95 = 1.959963984540054
"""Two-sided 95 % point of the standard normal distribution."""

_DRAWS = 1_000_000
"""Clusters drawn at most in one bootstrap; bounds its time on large corpora (never below 200 replicates)."""


class Interval(NamedTuple):
    """A 95 % interval, both ends included."""

    low: float
    high: float


def wilson(hits: int, n: int, *, z: float = Z_95) -> Interval | None:
    """Wilson score interval of a proportion; None for ``n`` = 0.

    Args:
        hits: successes, 0..n.
        n: trials.
        z: normal quantile; 1.96 for 95 %.

    Raises:
        ConfigError: ``hits`` outside 0..``n``.

    Source: E. B. Wilson, JASA 22 (1927) 209-212.
    """
    if not 0 <= hits <= n:
        raise ConfigError("hits", hits, f"0 to n = {n}")
    if n == 0:
        return None
    p = hits / n
    scale = 1 + z * z / n
    centre = (p + z * z / (2 * n)) / scale
    half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / scale
    low = 0.0 if hits == 0 else centre - half
    high = 1.0 if hits == n else centre + half
    return Interval(low, high)


def f_beta(tp: int, fp: int, fn: int, beta: float) -> float | None:
    """F-measure, recall weighted ``beta`` times as much as precision; None where there was nothing at all."""
    weight = beta * beta
    whole = (1 + weight) * tp + weight * fn + fp
    return (1 + weight) * tp / whole if whole else None


def quantile(values: Sequence[float], q: float) -> float:
    """Linear-interpolation quantile of sorted, non-empty ``values`` (Hyndman and Fan type 7)."""
    place = (len(values) - 1) * q
    below = math.floor(place)
    above = min(below + 1, len(values) - 1)
    return values[below] + (values[above] - values[below]) * (place - below)


def cluster_bootstrap(
    clusters: Sequence[T],
    statistic: Callable[[Sequence[T]], Sequence[float | None]],
    rng: random.Random,
    *,
    replicates: int = 1000,
) -> list[Interval | None]:
    """95 % percentile intervals of one or more statistics, resampling whole clusters.

    Args:
        clusters: one item per conversation.
        statistic: figures of a resample, always as many; None where one is undefined.
        rng: source of the draws.
        replicates: resamples; lowered to 200 at least when ``clusters`` are many.

    Returns:
        one interval per figure; None where rule 3 forbids one, or half the resamples left it undefined.
    """
    width = len(statistic(clusters))
    if len(clusters) < 2:
        return [None] * width
    count = max(200, min(replicates, _DRAWS // len(clusters)))
    drawn = [statistic(rng.choices(clusters, k=len(clusters))) for _ in range(count)]
    return [_percentile_interval([row[i] for row in drawn]) for i in range(width)]


def _percentile_interval(values: Sequence[float | None]) -> Interval | None:
    known = sorted(value for value in values if value is not None)
    if len(known) * 2 < len(values) or known[0] == known[-1]:
        return None
    return Interval(quantile(known, 0.025), quantile(known, 0.975))


def auroc(positives: Sequence[float], negatives: Sequence[float]) -> float | None:
    """Chance that a random positive scores above a random negative, ties counting half; None without both kinds.

    Source: Mann and Whitney's U over the product of the sizes, by mid-ranks.
    """
    if not positives or not negatives:
        return None
    tagged = sorted([(value, True) for value in positives] + [(value, False) for value in negatives])
    rank_sum = 0.0
    start = 0
    while start < len(tagged):
        end = start
        while end < len(tagged) and tagged[end][0] == tagged[start][0]:
            end += 1
        middle = (start + 1 + end) / 2
        rank_sum += middle * sum(positive for _, positive in tagged[start:end])
        start = end
    n = len(positives)
    return (rank_sum - n * (n + 1) / 2) / (n * len(negatives))
