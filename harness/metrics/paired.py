"""Two runs over the same conversations: is the second worse?

1. The unit is the conversation. Each is worse, better or alike in the second run; conversations that are alike say nothing
   about the direction, and the exact sign test (McNemar's test, for scores of 0 and 1) looks at the others only.
2. One-sided where a gate decides (is it *worse*?), two-sided where a person asks (is it *different*?).
3. Several figures at once are adjusted by Holm's method, so that ten figures do not raise ten times the false alarms.
4. A sample that shows nothing has not shown that there is nothing: see :func:`net_upper` and
   :func:`minimum_detectable_change`.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from statistics import NormalDist
from typing import NamedTuple

from harness.errors import ConfigError
from harness.metrics.stats import Interval, quantile

__all__ = [
    "ALPHA",
    "POWER",
    "Ratio",
    "conversations_for_ok",
    "conversations_needed",
    "holm",
    "mcnemar",
    "minimum_detectable_change",
    "net_upper",
    "paired_ratio",
    "sign_test",
]

_DRAWS = 4_000_000
"""Conversations drawn at most in one bootstrap; bounds its time on a large corpus."""

ALPHA = 0.05
"""False alarms a test may raise."""

POWER = 0.8
"""Chance that a change of the minimum detectable size is found."""


def sign_test(worse: int, better: int) -> float:
    """One-sided exact p: the chance of at least ``worse`` of ``worse + better`` were both equally likely; 1.0 of none.

    Raises:
        ConfigError: a count is negative.
    """
    if worse < 0 or better < 0:
        raise ConfigError("worse, better", (worse, better), "counts of 0 or more")
    return _tail(worse + better, better)


def mcnemar(worse: int, better: int) -> float:
    """Two-sided exact p of the same counts: McNemar's test by the binomial distribution.

    Source: Q. McNemar, Psychometrika 12 (1947) 153-157; exact form as in statsmodels ``mcnemar(exact=True)``.
    """
    sign_test(worse, better)
    return min(1.0, 2 * _tail(worse + better, min(worse, better)))


def _tail(n: int, k: int) -> float:
    """P(X <= k) of a fair coin thrown ``n`` times, in whole numbers until the last division."""
    total = term = 1
    for i in range(k):
        term = term * (n - i) // (i + 1)
        total += term
    return total / (1 << n)


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjusted p values, in the order given.

    Source: S. Holm, Scandinavian Journal of Statistics 6 (1979) 65-70.
    """
    order = sorted(range(len(p_values)), key=lambda i: p_values[i])
    adjusted = [0.0] * len(p_values)
    least = 0.0
    for rank, i in enumerate(order):
        least = max(least, min(1.0, (len(p_values) - rank) * p_values[i]))
        adjusted[i] = least
    return adjusted


# -- how sure, and how many more -------------------------------------------------------------------------------


def net_upper(worse: int, better: int, n: int, *, alpha: float = ALPHA) -> float:
    """One-sided upper bound of the net share of conversations that got worse, (worse - better) / n; 1.0 of none.

    Source: D. G. Bonett and R. M. Price, Journal of Educational and Behavioral Statistics 37 (2012) 479-488: one
    conversation is added to either side, which keeps the bound honest when few or none changed.
    """
    if n == 0:
        return 1.0
    up, down, size = worse + 1, better + 1, n + 2
    net = (up - down) / size
    spread = math.sqrt(((up + down) / size - net * net) / size)
    return min(1.0, net + _z(alpha) * spread)


def conversations_needed(change: float, discordant: float, *, alpha: float = ALPHA, power: float = POWER) -> int:
    """Conversations at which a net share ``change`` that got worse is found with chance ``power``.

    Args:
        change: net share that got worse, over 0 and at most 1.
        discordant: share that changed either way; raised to ``change`` where it is less.
        alpha: one-sided.
        power: chance to find it.

    Source: R. J. Connor, Biometrics 43 (1987) 207-211.

    Raises:
        ConfigError: ``change`` outside (0, 1].
    """
    if not 0 < change <= 1:
        raise ConfigError("change", change, "a share over 0 and at most 1")
    share = min(1.0, max(discordant, change))
    root = _z(alpha) * math.sqrt(share) + _z(1 - power) * math.sqrt(max(0.0, share - change * change))
    return max(_fewest(alpha), math.ceil((root / change) ** 2))


def minimum_detectable_change(n: int, discordant: float, *, alpha: float = ALPHA, power: float = POWER) -> float:
    """The least net share of worse conversations that ``n`` of them would show with chance ``power``; 1.0 if none.

    It is :func:`conversations_needed` solved for the change.
    """
    if n < conversations_needed(1.0, 1.0, alpha=alpha, power=power):
        return 1.0
    low, high = 1e-9, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        if conversations_needed(middle, discordant, alpha=alpha, power=power) > n:
            low = middle
        else:
            high = middle
    return high


def conversations_for_ok(
    worse: int, better: int, n: int, tolerance: float, *, alpha: float = ALPHA, most: int = 10_000_000
) -> int | None:
    """Conversations at which :func:`net_upper` would be within ``tolerance`` if the shares stayed as they are.

    None where no number would do: the net share itself is not within it.
    """
    if n == 0 or (worse - better) / n >= tolerance:
        return None if n else conversations_for_ok(0, 0, 1, tolerance, alpha=alpha, most=most)
    low, high = n, n
    while _scaled(worse, better, n, high, alpha) > tolerance:
        low, high = high, high * 2
        if high > most:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        if _scaled(worse, better, n, middle, alpha) > tolerance:
            low = middle
        else:
            high = middle
    return high


def _scaled(worse: int, better: int, n: int, size: int, alpha: float) -> float:
    return net_upper(round(worse * size / n), round(better * size / n), size, alpha=alpha)


def _fewest(alpha: float) -> int:
    """Conversations below which the exact test can never reach ``alpha``, were all of them worse."""
    return math.ceil(-math.log2(alpha))


def _z(tail: float) -> float:
    return NormalDist().inv_cdf(1 - tail)


# -- latency ---------------------------------------------------------------------------------------------------


class Ratio(NamedTuple):
    """How many times as long the second run took.

    Args:
        ratio: geometric mean over conversations.
        interval: 95 %, by bootstrap over conversations.
        p: one-sided, of a ratio of at most 1.
        spread: standard deviation of the logarithms.
    """

    ratio: float
    interval: Interval
    p: float
    spread: float


def paired_ratio(pairs: Sequence[tuple[float, float]], rng: random.Random, *, replicates: int = 2000) -> Ratio | None:
    """Geometric mean of second / first over conversations, resampled by conversation; None of fewer than two.

    Args:
        pairs: one (first, second) per conversation, in any unit; both over 0.
        rng: source of the draws.
        replicates: resamples; fewer, 400 at least, where conversations are very many.

    Raises:
        ConfigError: a value is not over 0.
    """
    if any(a <= 0 or b <= 0 for a, b in pairs):
        raise ConfigError("pairs", "a value of 0 or less", "durations over 0")
    logs = [math.log(b / a) for a, b in pairs]
    if len(logs) < 2:
        return None
    n = len(logs)
    mean = math.fsum(logs) / n
    count = max(400, min(replicates, _DRAWS // n))
    drawn = sorted(math.fsum(rng.choices(logs, k=n)) / n for _ in range(count))
    low, high = quantile(drawn, 0.025), quantile(drawn, 0.975)
    p = (1 + sum(value <= 0 for value in drawn)) / (count + 1)
    spread = math.sqrt(math.fsum((value - mean) ** 2 for value in logs) / (n - 1))
    return Ratio(math.exp(mean), Interval(math.exp(low), math.exp(high)), p, spread)
