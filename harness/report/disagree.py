"""Where labels and outcomes disagree, one by one. Pure.

1. ``missed``: a labelled value of a type that rules look for is not wholly covered.
2. ``delivered``: a summary was accepted with a sentence that is labelled hallucinated.
3. ``let_through``: a message that is labelled as broken was not rejected for that reason.
4. Names and addresses are found by cues only: a missed one disagrees only where it is asked for.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from harness.pipeline.outcome import Outcome
from harness.report.labels import Label

__all__ = ["BY_CUE", "Disagreement", "disagreements"]

BY_CUE = frozenset({"PERSON", "ADDRESS"})
"""Types of which the rules promise only what a cue introduces."""

Where = tuple[str, int | None]
Place = tuple[str, int | None, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Disagreement:
    """One label that the outcomes do not bear out.

    Args:
        outcome: the message it is about, None if that did not come.
        left: of a missed value, characters in clear.
    """

    kind: Literal["missed", "delivered", "let_through"]
    label: Label
    outcome: Outcome | None
    left: int = 0


def disagreements(
    labels: Iterable[Label], outcomes: Sequence[Outcome], types: Collection[str]
) -> Iterator[Disagreement]:
    """Every disagreement, in the order of ``labels``.

    Args:
        types: of values whose absence is told of.
    """
    by_place: defaultdict[Where, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        by_place[outcome.conversation, outcome.seq].append(outcome)
    covered = _covered(outcomes)
    for label in labels:
        at = by_place.get((label.conversation, label.seq), [])
        if label.kind == "span" and label.label in types:
            yield from _missed(label, covered, at)
        elif label.kind == "sentence" and label.verdict == "hallucinated":
            yield from _delivered(label, at)
        elif label.kind == "message":
            numbered = [one for one in outcomes if one.number == label.number]
            yield from _let_through(label, at if label.number is None else numbered, at)


def _covered(outcomes: Iterable[Outcome]) -> Mapping[Place, set[int]]:
    found: defaultdict[Place, set[int]] = defaultdict(set)
    for outcome in outcomes:
        for span in outcome.spans:
            found[outcome.conversation, outcome.seq, span.path].update(range(span.start, span.end))
    return found


def _missed(label: Label, covered: Mapping[Place, set[int]], at: Sequence[Outcome]) -> Iterator[Disagreement]:
    wanted = set(range(label.start or 0, label.end or 0))
    left = wanted - covered.get((label.conversation, label.seq, label.path), set())
    if left:
        yield Disagreement(kind="missed", label=label, outcome=at[0] if at else None, left=len(left))


def _delivered(label: Label, at: Sequence[Outcome]) -> Iterator[Disagreement]:
    passed = next((one for one in at if one.deliverable and one.verdict == "accepted"), None)
    if passed is not None:
        yield Disagreement(kind="delivered", label=label, outcome=passed)


def _let_through(label: Label, judged: Sequence[Outcome], at: Sequence[Outcome]) -> Iterator[Disagreement]:
    if any(one.verdict == "rejected" and _says(one, label.label) for one in judged):
        return
    shown = judged or at
    yield Disagreement(kind="let_through", label=label, outcome=shown[0] if shown else None)


def _says(outcome: Outcome, reason: str) -> bool:
    """``schema`` stands for every ``schema:<field>``, no reason for any."""
    return not reason or any(one == reason or one.startswith(f"{reason}:") for one in outcome.reasons)
