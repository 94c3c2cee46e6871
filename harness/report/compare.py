"""Two reports over the same corpus: is the second worse, and where?

1. Reports of different corpora, or of the same recordings under other labels, are not compared: the difference would be the
   corpus's.
2. Only labels that are the truth decide. Where both kinds are there each has its own figures: a person's and a scenario's
   labels are never added up.
3. A leak on the truth that was not there before is named and is fatal by itself: no statistic excuses it.
4. Equal outcomes, byte for byte, are ``ok`` whatever the number of conversations: nothing changed.
5. A time is compared where both runs measured it; where only the first did, that is a failure; simulated times are none.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from harness.errors import ConfigError
from harness.metrics.decide import Limits, Score, Timing, decide
from harness.report.sources import TRUTH

__all__ = ["Side", "compare_sides", "overall", "pooled", "same_corpus", "side_of"]

SEED = 20_260_706
"""Of the intervals: the same two reports give the same comparison."""


class Side(NamedTuple):
    """What one run brings to a comparison.

    Args:
        name: of the run.
        corpus: recording id -> {"file", "sha256", "labels", "outcomes"}.
        units: as :func:`harness.report.units.unit_rows` makes them.
        times: conversation -> quantiles in ms; None where nothing was timed.
    """

    name: str
    corpus: Mapping[str, Mapping[str, Any]]
    units: Mapping[str, Any]
    times: Mapping[str, Mapping[str, Any]] | None


def side_of(report: Mapping[str, Any]) -> Side:
    """The side a report stands for.

    Raises:
        ConfigError: a report of an older version, or of a live service that was not recorded.
    """
    verdicts, name = report["verdicts"], report["run"]["name"]
    if "units" not in verdicts:
        raise ConfigError("report", name, "one that holds units", fix="make it again with `harness run`")
    if verdicts["corpus"]["digest"] is None:
        raise ConfigError("report", name, "a run of recordings", fix="record the sessions and run the recordings")
    corpus = {one["id"]: {key: one[key] for key in one if key != "id"} for one in verdicts["corpus"]["recordings"]}
    times = report["measurements"].get("by_conversation") or None
    return Side(name, corpus, verdicts["units"], times)


def compare_sides(before: Side, after: Side, *, limits: Limits | None = None) -> dict[str, Any]:
    """The comparison as one dict: ``verdict``, ``leaks``, ``figures``.

    Raises:
        ConfigError: rule 1; the message names what differs and what to do.
    """
    same_corpus(before, after)
    identical = all(before.corpus[one]["outcomes"] == facts["outcomes"] for one, facts in after.corpus.items())
    scores, timings = _scores(before, after), _timings(before, after)
    rows = decide(scores, timings, rng=random.Random(SEED), limits=limits, identical=identical)
    missing = before.times is not None and after.times is None
    if missing:
        why = "the first run was timed and the second was not"
        rows.append({"figure": "latency.p50", "kind": "latency", "n": 0, "verdict": "missing", "why": {"n": why}})
    leaks = _new_leaks(before, after)
    return {
        "before": before.name,
        "after": after.name,
        "recordings": len(after.corpus),
        "identical": identical,
        "verdict": overall(rows, leaks["new"]),
        "leaks": leaks,
        "figures": rows,
        "changed": _changed(before, after),
    }


def overall(rows: Sequence[Mapping[str, Any]], new_leaks: Sequence[str]) -> str:
    """``regressed`` (a leak, a figure worse or missing), else ``inconclusive`` if a figure is, else ``ok``."""
    found = {row["verdict"] for row in rows}
    if new_leaks or found & {"regressed", "missing"}:
        return "regressed"
    return "inconclusive" if "inconclusive" in found else "ok"


def same_corpus(before: Side, after: Side) -> None:
    """Rule 1.

    Raises:
        ConfigError: the corpora differ.
    """
    only = set(before.corpus) ^ set(after.corpus)
    common = set(before.corpus) & set(after.corpus)
    for part, fix in (
        ("sha256", "run both over the same recordings"),
        ("labels", "the labels changed: run the first one again under the present labels"),
    ):
        odd = sorted(one for one in common if before.corpus[one][part] != after.corpus[one][part])
        if odd:
            file = after.corpus[odd[0]]["file"]
            raise ConfigError(
                "corpus", f"{len(odd)} recordings differ in {part}, first {file}", "equal corpora", fix=fix
            )
    if only:
        known = {**before.corpus, **after.corpus}
        file = known[min(only, key=lambda one: str(known[one]["file"]))]["file"]
        raise ConfigError(
            "corpus",
            f"{len(only)} recordings are in one run only, first {file}",
            "equal corpora",
            fix="run both over the same recordings",
        )


# -- scores ----------------------------------------------------------------------------------------------------


def _scores(before: Side, after: Side) -> dict[str, list[Score]]:
    found: dict[str, list[Score]] = {}
    for source in TRUTH:
        one, two = before.units.get(source), after.units.get(source)
        if one is None or two is None:
            continue
        old, new = one["conversations"], two["conversations"]
        for part, count in _COUNTS.items():
            scores = [Score(*count(old.get(unit, {})), *count(new.get(unit, {}))) for unit in sorted({*old, *new})]
            found[f"{part} ({source})"] = scores
        found[f"validation.right ({source})"] = [
            Score(*_schema(one["schema"], name), *_schema(two["schema"], name)) for name in sorted(two["schema"])
        ]
    return {name: scores for name, scores in found.items() if any(s.n_before or s.n_after for s in scores)}


Row = Mapping[str, Any]
Count = tuple[int, int]


def _sum(row: Row, *fields: str) -> int:
    return sum(int(counts[name]) for counts in row.get("redaction", {}).values() for name in fields)


def _recall(row: Row) -> Count:
    return _sum(row, "tp"), _sum(row, "tp", "fn")


def _precision(row: Row) -> Count:
    return _sum(row, "tp"), _sum(row, "tp", "fp")


def _covered(row: Row) -> Count:
    chars = _sum(row, "chars")
    return chars - _sum(row, "leaked"), chars


def _grounding(row: Row) -> Count:
    items = row.get("grounding", {}).values()
    return sum(item is True for item in items), len(items)


_COUNTS = {
    "redaction.recall": _recall,
    "redaction.precision": _precision,
    "redaction.covered": _covered,
    "grounding.right": _grounding,
}
"""Figure -> (right, of how many) of one conversation."""


def _schema(table: Mapping[str, Mapping[str, int]], name: str) -> Count:
    row = table.get(name, {"right": 0, "n": 0})
    return row["right"], row["n"]


def _timings(before: Side, after: Side) -> dict[str, list[Timing]]:
    if before.times is None or after.times is None:
        return {}
    both = sorted(before.times.keys() & after.times.keys())
    found = {}
    for figure in ("p50_ms", "p95_ms"):
        pairs = [
            (float(before.times[name][figure]), float(after.times[name][figure]))
            for name in both
            if before.times[name].get(figure) and after.times[name].get(figure)
        ]
        if pairs:
            found[f"latency.{figure.removesuffix('_ms')}"] = pairs
    return found


# -- what changed, by name -------------------------------------------------------------------------------------


def _new_leaks(before: Side, after: Side) -> dict[str, Any]:
    new, gone = Counter[str](), Counter[str]()
    for source in TRUTH:
        old, now = (_leaks(side.units.get(source, {})) for side in (before, after))
        new += now - old
        gone += old - now
    return {"new": sorted(new.elements()), "gone": sorted(gone.elements())}


def _leaks(table: Mapping[str, Any]) -> Counter[str]:
    return Counter(name for names in table.get("leaks", {}).values() for name in names)


def _changed(before: Side, after: Side) -> list[str]:
    """Conversations whose counts differ under some source of labels."""
    units: set[str] = set()
    for source in {*before.units, *after.units}:
        old, new = (side.units.get(source, {}).get("conversations", {}) for side in (before, after))
        units |= {unit for unit in {*old, *new} if old.get(unit) != new.get(unit)}
    return sorted(units)


def pooled(units: Mapping[str, Any]) -> dict[str, float]:
    """Each figure that has a number, over all conversations of one run."""
    found: dict[str, float] = {}
    for source in TRUTH:
        table = units.get(source, {"conversations": {}, "schema": {}})
        counts = {part: [count(row) for row in table["conversations"].values()] for part, count in _COUNTS.items()}
        counts["validation.right"] = [_schema(table["schema"], name) for name in table["schema"]]
        for part, pairs in counts.items():
            n = sum(pair[1] for pair in pairs)
            if n:
                found[f"{part} ({source})"] = round(sum(pair[0] for pair in pairs) / n, 6)
    return found
