"""Do annotators agree?

1. Kappa compares two annotators who both labelled every item; alpha any number of them, with items missing.
2. Labels are names: two of them are the same or not (nominal).
3. Where chance alone would always agree (one label only) neither is defined: None, never 1.
4. Spans agree when type and characters are the same (``exact``), or by :data:`harness.metrics.accuracy.IOU` (``overlap``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence

from harness.errors import ConfigError
from harness.metrics.accuracy import Mention, pair
from harness.metrics.stats import f_beta

__all__ = ["cohen_kappa", "krippendorff_alpha", "span_f1"]


def cohen_kappa(first: Sequence[Hashable], second: Sequence[Hashable]) -> float | None:
    """Agreement beyond chance of two annotators, item by item.

    Source: J. Cohen, Educational and Psychological Measurement 20 (1960) 37-46.

    Raises:
        ConfigError: the two lists have different lengths.
    """
    if len(first) != len(second):
        raise ConfigError("second", len(second), f"as many labels as the first: {len(first)}")
    n = len(first)
    if n == 0:
        return None
    observed = sum(a == b for a, b in zip(first, second, strict=True))
    ones, twos = Counter(first), Counter(second)
    # In whole numbers: n * n times the expected share.
    expected = sum(ones[label] * twos[label] for label in ones)
    return None if expected == n * n else (n * observed - expected) / (n * n - expected)


def krippendorff_alpha(items: Sequence[Mapping[str, Hashable]]) -> float | None:
    """Agreement beyond chance of any number of annotators.

    Args:
        items: for each item annotator -> label; who did not label it is left out.

    Returns:
        alpha, or None where fewer than two labels are paired or all are the same.

    Source: K. Krippendorff, Content Analysis (2004), chapter 11; by the coincidence matrix.
    """
    weights: dict[tuple[Hashable, Hashable], float] = {}
    for item in items:
        counts, size = Counter(item.values()), len(item)
        if size < 2:
            continue
        for a, times_a in counts.items():
            for b, times_b in counts.items():
                pairs = times_a * (times_b - (a == b))
                weights[a, b] = weights.get((a, b), 0.0) + pairs / (size - 1)
    of_label: dict[Hashable, float] = {}
    for (a, _), weight in weights.items():
        of_label[a] = of_label.get(a, 0.0) + weight
    total = sum(of_label.values())
    if len([label for label, weight in of_label.items() if weight]) < 2:
        return None
    differing = sum(weight for (a, b), weight in weights.items() if a != b)
    by_chance = (total * total - sum(weight * weight for weight in of_label.values())) / (total - 1)
    return 1 - differing / by_chance


def span_f1(first: Sequence[Mention], second: Sequence[Mention], *, exact: bool = False) -> float | None:
    """F1 of one annotator's spans against another's; the same whichever is called the truth; None without any span."""
    if exact:
        both = Counter((m.type, frozenset(m.pieces)) for m in first) & Counter(
            (m.type, frozenset(m.pieces)) for m in second
        )
        hits = both.total()
    else:
        hits = len(pair(first, second))
    return f_beta(hits, len(second) - hits, len(first) - hits, 1)
