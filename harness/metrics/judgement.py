"""The hallucination check measured against labels.

1. The positive class is "hallucinated"; a positive answer is "flagged".
2. Balanced accuracy is the mean of sensitivity (hallucinated ones flagged) and specificity (grounded ones left
   alone): it does not reward a checker that flags nothing.
3. AUROC ranks by support: a hallucinated item should have less of it than a grounded one.
4. An item the pipeline never judged (its message was refused before) is counted apart, not guessed.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from harness.metrics.missing import Missing, ratio, settle
from harness.metrics.stats import auroc, cluster_bootstrap, wilson

__all__ = ["Judged", "grounding_accuracy"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One labelled sentence or summary and the checker's answer.

    Args:
        unit: its conversation.
        hallucinated: the label.
        reason: the label's reason ("unsupported_number", "paraphrase" ...), '' if none.
        flagged: the answer; None = never judged.
        score: support, 0..1; None = never judged.
    """

    unit: str
    hallucinated: bool
    reason: str = ""
    flagged: bool | None = None
    score: float | None = None


def grounding_accuracy(items: Sequence[Judged], *, rng: random.Random) -> dict[str, Any]:
    """Counts, sensitivity, specificity, balanced accuracy, AUROC, per reason, with 95 % intervals.

    Args:
        items: labelled items of any conversations.
        rng: for the bootstrap over conversations (balanced accuracy, AUROC).
    """
    judged = [item for item in items if item.flagged is not None]
    table = _confusion(judged)
    positives, negatives = table["tp"] + table["fn"], table["tn"] + table["fp"]
    clusters = list(_by_unit(judged).values())
    balanced, area = _ranked(clusters)
    between = cluster_bootstrap(clusters, _ranked, rng)
    one_kind = "needs judged items of both labels"
    figures = settle(
        {
            "n": len(items),
            "unjudged": len(items) - len(judged),
            "confusion": table,
            "sensitivity": ratio(table["tp"], positives, "nothing judged is labelled hallucinated"),
            "specificity": ratio(table["tn"], negatives, "nothing judged is labelled grounded"),
            "balanced_accuracy": Missing(one_kind) if balanced is None else balanced,
            "auroc": Missing(one_kind) if area is None else area,
        }
    )
    alike = Missing("fewer than two conversations, one label only, or all of them agree")
    figures["interval"] = settle(
        {
            "sensitivity": wilson(table["tp"], positives) or Missing("nothing judged is labelled hallucinated"),
            "specificity": wilson(table["tn"], negatives) or Missing("nothing judged is labelled grounded"),
            "balanced_accuracy": between[0] or alike,
            "auroc": between[1] or alike,
        }
    )
    figures["by_reason"] = _by_reason(judged)
    return figures


def _confusion(judged: Sequence[Judged]) -> dict[str, int]:
    counts = {"tp": 0, "fp": 0, "fn": 0, "tn": 0}
    for item in judged:
        cell = ("tp" if item.flagged else "fn") if item.hallucinated else ("fp" if item.flagged else "tn")
        counts[cell] += 1
    return counts


def _by_unit(judged: Sequence[Judged]) -> dict[str, list[Judged]]:
    units: dict[str, list[Judged]] = defaultdict(list)
    for item in judged:
        units[item.unit].append(item)
    return units


def _ranked(clusters: Sequence[Sequence[Judged]]) -> tuple[float | None, float | None]:
    """Balanced accuracy and AUROC over whole conversations."""
    items = [item for cluster in clusters for item in cluster]
    bad = [item for item in items if item.hallucinated]
    good = [item for item in items if not item.hallucinated]
    if not bad or not good:
        return (None, None)
    sensitivity = sum(bool(item.flagged) for item in bad) / len(bad)
    specificity = sum(not item.flagged for item in good) / len(good)
    return ((sensitivity + specificity) / 2, auroc([-_support(i) for i in bad], [-_support(i) for i in good]))


def _support(item: Judged) -> float:
    return 1.0 if item.score is None else item.score


def _by_reason(judged: Sequence[Judged]) -> dict[str, dict[str, Any]]:
    """Label -> reason -> n and the share answered rightly."""
    groups: dict[tuple[str, str], list[bool]] = defaultdict(list)
    for item in judged:
        label = "hallucinated" if item.hallucinated else "grounded"
        groups[label, item.reason or "none given"].append(bool(item.flagged) == item.hallucinated)
    table: dict[str, dict[str, Any]] = {"grounded": {}, "hallucinated": {}}
    for (label, reason), right in sorted(groups.items()):
        figures = {"n": len(right), "right": sum(right), "rate": sum(right) / len(right)}
        table[label][reason] = settle({**figures, "interval": tuple(wilson(sum(right), len(right)) or ())})
    return table
