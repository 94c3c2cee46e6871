"""Redaction measured against labels.

1. A mention is one value; it may lie in pieces over several messages (the deltas of a summary).
2. A found mention hits a labelled one when the types are equal and the characters both cover are at least half
   of those either covers (IoU >= 0.5), over all pieces. Each hits at most one; the best overlaps pair first.
3. A labelled character is leaked when no found span of any type covers it: a wrong type still hides the value.
4. A type the policy does not cover has a row like any other, with recall 0 and its n.
5. Mentions that cover the same characters with the same type count once (a message sent twice).
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from harness.metrics.missing import Missing, ratio, settle
from harness.metrics.stats import Interval, cluster_bootstrap, f_beta, wilson

__all__ = [
    "IOU",
    "Mention",
    "Piece",
    "Place",
    "Tally",
    "distinct",
    "leaked_mentions",
    "pair",
    "redaction_accuracy",
    "redaction_tallies",
]

IOU = 0.5
"""The least overlap that counts as found (the usual bar of object detection, PASCAL VOC)."""


class Place(NamedTuple):
    """One decoded string: the conversation's unit, the message's seq (None over REST), the JSON pointer."""

    unit: str
    seq: int | None
    path: str


class Piece(NamedTuple):
    """A stretch of one string; code points, half open."""

    place: Place
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Mention:
    """One value, labelled or found, in one or more pieces of one conversation."""

    type: str
    pieces: tuple[Piece, ...]

    @property
    def unit(self) -> str:
        return self.pieces[0].place.unit

    @property
    def chars(self) -> int:
        return sum(piece.end - piece.start for piece in self.pieces)


class Tally(NamedTuple):
    """Counts of one type in one conversation."""

    tp: int = 0
    fp: int = 0
    fn: int = 0
    chars: int = 0
    leaked: int = 0


def redaction_accuracy(
    labelled: Iterable[Mention], found: Iterable[Mention], *, rng: random.Random
) -> dict[str, dict[str, Any]]:
    """Type -> counts, precision, recall, F1, F2, characters leaked and 95 % intervals.

    Args:
        labelled: the truth.
        found: what the pipeline detected, in the labelled conversations only.
        rng: for the bootstrap over conversations (F1, F2); precision and recall have Wilson intervals.
    """
    tallies = redaction_tallies(labelled, found)
    return {type_: _figures(list(tallies[type_].values()), rng) for type_ in sorted(tallies)}


def redaction_tallies(labelled: Iterable[Mention], found: Iterable[Mention]) -> dict[str, dict[str, Tally]]:
    """Type -> conversation -> counts, by the rules above: what intervals and comparisons are made of."""
    return _counted(distinct(labelled), distinct(found))


def leaked_mentions(labelled: Iterable[Mention], found: Iterable[Mention]) -> list[tuple[Mention, int]]:
    """The labelled mentions of which characters are in clear (rule 3), and how many."""
    covered = _cover(found)
    return [(mention, left) for mention in distinct(labelled) if (left := _leaked(mention, covered))]


def distinct(mentions: Iterable[Mention]) -> list[Mention]:
    """The mentions by rule 5, in order of first appearance."""
    return list({(m.type, frozenset(m.pieces)): m for m in mentions}.values())


def _counted(gold: Sequence[Mention], guess: Sequence[Mention]) -> dict[str, dict[str, Tally]]:
    hits = pair(gold, guess)
    hit_guesses = set(hits.values())
    covered = _cover(guess)
    counts: dict[str, dict[str, Tally]] = defaultdict(dict)
    for i, mention in enumerate(gold):
        hit = int(i in hits)
        _add(counts, mention, Tally(tp=hit, fn=1 - hit, chars=mention.chars, leaked=_leaked(mention, covered)))
    for i, mention in enumerate(guess):
        if i not in hit_guesses:
            _add(counts, mention, Tally(fp=1))
    return counts


def _add(counts: dict[str, dict[str, Tally]], mention: Mention, more: Tally) -> None:
    units = counts[mention.type]
    units[mention.unit] = _sum([units.get(mention.unit, Tally()), more])


def _sum(tallies: Sequence[Tally]) -> Tally:
    return Tally(*map(sum, zip(*tallies, strict=True))) if tallies else Tally()


def pair(gold: Sequence[Mention], guess: Sequence[Mention]) -> dict[int, int]:
    """Index of a labelled mention -> index of the found one that hits it (rule 2)."""
    at: dict[tuple[str, Place], set[int]] = defaultdict(set)
    for j, mention in enumerate(guess):
        for piece in mention.pieces:
            at[mention.type, piece.place].add(j)
    candidates = []
    for i, mention in enumerate(gold):
        near = set().union(*(at.get((mention.type, piece.place), set()) for piece in mention.pieces))
        candidates += [(-overlap, i, j) for j in near if (overlap := _iou(mention, guess[j])) >= IOU]
    pairs: dict[int, int] = {}
    taken: set[int] = set()
    for _, i, j in sorted(candidates):
        if i not in pairs and j not in taken:
            pairs[i] = j
            taken.add(j)
    return pairs


def _iou(a: Mention, b: Mention) -> float:
    common = sum(
        max(0, min(p.end, q.end) - max(p.start, q.start)) for p in a.pieces for q in b.pieces if p.place == q.place
    )
    return common / (a.chars + b.chars - common) if common else 0.0


def _cover(guess: Iterable[Mention]) -> dict[Place, list[tuple[int, int]]]:
    covered: dict[Place, list[tuple[int, int]]] = defaultdict(list)
    for mention in guess:
        for piece in mention.pieces:
            covered[piece.place].append((piece.start, piece.end))
    return {place: sorted(stretches) for place, stretches in covered.items()}


def _leaked(mention: Mention, covered: Mapping[Place, Sequence[tuple[int, int]]]) -> int:
    left = 0
    for piece in mention.pieces:
        reached = piece.start
        for start, end in covered.get(piece.place, ()):
            left += max(0, min(start, piece.end) - reached)
            reached = max(reached, min(end, piece.end))
        left += piece.end - reached
    return left


def _figures(units: Sequence[Tally], rng: random.Random) -> dict[str, Any]:
    total = _sum(units)
    found, n = total.tp + total.fp, total.tp + total.fn
    f1, f2 = _f_scores(units)
    between = cluster_bootstrap(units, _f_scores, rng)
    figures = settle(
        {
            "n": n,
            "tp": total.tp,
            "fp": total.fp,
            "fn": total.fn,
            "precision": ratio(total.tp, found, "nothing of this type was found"),
            "recall": ratio(total.tp, n, "nothing of this type is labelled"),
            "f1": f1,
            "f2": f2,
            "chars": total.chars,
            "chars_leaked": total.leaked,
        }
    )
    figures["interval"] = settle(
        {
            "precision": _shown(wilson(total.tp, found), "nothing of this type was found"),
            "recall": _shown(wilson(total.tp, n), "nothing of this type is labelled"),
            "f1": _shown(between[0], _TOO_ALIKE),
            "f2": _shown(between[1], _TOO_ALIKE),
        }
    )
    return figures


_TOO_ALIKE = "fewer than two conversations, or all of them agree"


def _f_scores(units: Sequence[Tally]) -> tuple[float | None, float | None]:
    total = _sum(units)
    return (f_beta(total.tp, total.fp, total.fn, 1), f_beta(total.tp, total.fp, total.fn, 2))


def _shown(interval: Interval | None, why_not: str) -> Interval | Missing:
    return Missing(why_not) if interval is None else interval
