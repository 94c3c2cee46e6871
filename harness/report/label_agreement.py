"""Do the annotators of a set of labels agree?

1. An annotator is a name and a kind. Who corrected a label of another is not agreement with it: a label is replaced only by a
   later one of the same annotator.
2. Verdicts on sentences and messages are compared item by item: kappa of each pair of annotators on the items both labelled,
   alpha of them all.
3. Spans are compared as sets, in the conversations both annotators labelled: F1 of equal spans, and of spans that overlap
   by half.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from typing import Any

from harness.metrics.accuracy import Mention, Piece, Place
from harness.metrics.agreement import cohen_kappa, krippendorff_alpha, span_f1
from harness.metrics.missing import Missing, settle
from harness.report.labels import Label

__all__ = ["agreement"]

Item = tuple[str, ...]
_ALIKE = "fewer than two labels to compare, or all of them are the same"


def agreement(labels: Iterable[tuple[str, Label]]) -> dict[str, Any]:
    """The figures of (file, label) of each, those replaced since too."""
    own = _by_annotator(labels)
    verdicts = {name: _verdicts(rows) for name, rows in own.items()}
    spans = {name: _spans(rows) for name, rows in own.items()}
    named = {name: {(file, label.conversation) for file, label in rows} for name, rows in own.items()}
    items: dict[Item, dict[str, str]] = defaultdict(dict)
    for name, table in verdicts.items():
        for item, verdict in table.items():
            items[item][name] = verdict
    alpha = krippendorff_alpha(list(items.values()))
    return {
        "annotators": {name: len(rows) for name, rows in own.items()},
        **settle({"items": len(items), "alpha": Missing(_ALIKE) if alpha is None else alpha}),
        "pairs": [
            _pair(a, b, verdicts, spans, {f"{file}/{conversation}" for file, conversation in named[a] & named[b]})
            for a, b in combinations(own, 2)
        ],
    }


def _by_annotator(labels: Iterable[tuple[str, Label]]) -> dict[str, list[tuple[str, Label]]]:
    own: dict[str, list[tuple[str, Label]]] = defaultdict(list)
    for file, label in labels:
        own[f"{label.annotator or 'unnamed'} ({label.annotator_kind or 'no kind'})"].append((file, label))
    found = {}
    for name, rows in sorted(own.items()):
        replaced = {(file, label.supersedes) for file, label in rows}
        found[name] = [(file, label) for file, label in rows if (file, label.id) not in replaced]
    return found


def _verdicts(rows: Iterable[tuple[str, Label]]) -> dict[Item, str]:
    found: dict[Item, str] = {}
    for file, label in rows:
        where = (file, label.conversation, str(label.seq), label.path)
        if label.kind == "sentence":
            found[*where, str(label.start), str(label.end)] = label.verdict or ""
        elif label.kind == "message":
            found[*where, str(label.number)] = f"{label.verdict}:{label.label}"
    return found


def _spans(rows: Iterable[tuple[str, Label]]) -> list[Mention]:
    groups: dict[tuple[str, str], tuple[str, list[Piece]]] = {}
    for file, label in rows:
        if label.kind == "span" and label.start is not None and label.end is not None:
            place = Place(f"{file}/{label.conversation}", label.seq, label.path)
            groups.setdefault((file, label.group), (label.label, []))[1].append(Piece(place, label.start, label.end))
    return [Mention(type_, tuple(pieces)) for type_, pieces in groups.values()]


def _pair(
    a: str,
    b: str,
    verdicts: Mapping[str, Mapping[Item, str]],
    spans: Mapping[str, Sequence[Mention]],
    both: set[str],
) -> dict[str, Any]:
    common = sorted(verdicts[a].keys() & verdicts[b].keys())
    kappa = cohen_kappa([verdicts[a][item] for item in common], [verdicts[b][item] for item in common])
    one, two = ([mention for mention in spans[name] if mention.unit in both] for name in (a, b))
    exact, overlap = span_f1(one, two, exact=True), span_f1(one, two)
    nothing = Missing("no spans in conversations both labelled")
    return settle(
        {
            "annotators": (a, b),
            "items": len(common),
            "kappa": Missing(_ALIKE) if kappa is None else kappa,
            "spans": (len(one), len(two)),
            "span_f1_exact": nothing if exact is None else exact,
            "span_f1_overlap": nothing if overlap is None else overlap,
        }
    )
