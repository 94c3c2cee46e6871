"""The hallucination check beside the rule it replaced, ``token_overlap``, on the same labelled summaries.

1. Both sides are read from the run's own ``results.jsonl``: what was said before a summary, and the summary, redacted alike.
2. A summary the run never judged counts as wrong for the run; one whose row is not there is left out and counted.
3. Balanced accuracy stands beside the paired verdict: a rule that never flags anything is right about every true summary.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from harness.grounding.baseline import token_overlap
from harness.metrics.decide import Limits, Score, decide
from harness.metrics.missing import Missing, settle
from harness.report.accuracy import unit_name
from harness.report.compare import SEED, Side, overall
from harness.report.sources import TRUTH

__all__ = ["compare_with_overlap"]

Row = Mapping[str, Any]
Answers = list[tuple[bool, bool, bool]]
"""(hallucinated, token_overlap is right, the run is right) of each summary."""


def compare_with_overlap(run: Side, rows: Iterable[Row], *, limits: Limits | None = None) -> dict[str, Any]:
    """The comparison ``token_overlap`` (before) against the run (after), by source of labels."""
    verdicts = dict(_overlaps(rows))
    scores: dict[str, list[Score]] = {}
    balanced: dict[str, Any] = {}
    left_out = 0
    for source in TRUTH:
        units: dict[str, Answers] = defaultdict(list)
        for unit, row in run.units.get(source, {}).get("conversations", {}).items():
            for seq, item in row.get("summaries", {}).items():
                flagged = verdicts.get((unit, seq))
                if flagged is None:
                    left_out += 1
                else:
                    bad = item["hallucinated"]
                    units[unit].append((bad, flagged == bad, item["flagged"] == bad))
        if units:
            scores[f"grounding.summaries ({source})"] = [_score(units[unit]) for unit in sorted(units)]
            answers = [answer for unit in units.values() for answer in unit]
            balanced[source] = settle(
                {"before": _balanced(answers, 1), "after": _balanced(answers, 2), "n": len(answers)}
            )
    figures = decide(scores, {}, rng=random.Random(SEED), limits=limits)
    return {
        "before": "token_overlap",
        "after": run.name,
        "verdict": overall(figures, ()) if figures else "inconclusive",
        "figures": figures,
        "balanced_accuracy": balanced,
        "left_out": left_out,
    }


def _score(answers: Answers) -> Score:
    n = len(answers)
    return Score(sum(old for _, old, _ in answers), n, sum(new for _, _, new in answers), n)


def _balanced(answers: Answers, side: int) -> float | Missing:
    rates = []
    for kind in (True, False):
        right = [answer[side] for answer in answers if answer[0] is kind]
        if not right:
            return Missing("needs summaries of both labels")
        rates.append(sum(right) / len(right))
    return sum(rates) / 2


def _overlaps(rows: Iterable[Row]) -> Iterator[tuple[tuple[str, str], bool]]:
    """(unit, seq) of each whole summary -> whether token_overlap flags it; the first of a number counts."""
    said: dict[str, list[str]] = defaultdict(list)
    seen: set[tuple[str, str]] = set()
    for row in rows:
        payload = row["payload"] if isinstance(row["payload"], Mapping) else {}
        unit = unit_name(row["session"], row["conversation"])
        text, summary = payload.get("text"), payload.get("summary")
        if row["event"] == "utterance" and isinstance(text, str) and row["verdict"] == "accepted":
            said[unit].append(text)
        elif row["deliverable"] and not row["provisional"] and isinstance(summary, str):
            key = (unit, "" if row["seq"] is None else str(row["seq"]))
            if key not in seen:
                seen.add(key)
                grounded, _ = token_overlap("\n".join(said[unit]), summary)
                yield key, not grounded
