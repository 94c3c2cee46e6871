"""What the labels say of each message: every value found and every value missed, every claim.

1. A found value is ``tp`` or ``fp`` by the same pairing the figures are made with (``metrics/accuracy.py``).
2. A labelled value nothing hit is missed, at each of its pieces; ``covered`` when another type hid all of it there.
3. A claim is judged by the labelled sentences it overlaps: flagged and hallucinated ``tp``, flagged only ``fp``,
   hallucinated only ``fn``, neither ``tn``. A claim that overlaps no labelled sentence is not judged.
4. A message sent twice is marked like its first.
5. Of several sources of labels one speaks: people before scenarios before models.
"""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from harness.metrics.accuracy import Mention, Place, distinct, pair
from harness.pipeline.outcome import ClaimVerdict, Outcome, PathSpan
from harness.report.accuracy import UNGROUNDED, found_mentions, labelled_mentions, unit_name
from harness.report.labels import Label
from harness.report.run import SessionResult
from harness.report.sources import HUMAN, SCENARIO, by_source

__all__ = ["Missed", "Truth"]

Mark = Literal["tp", "fp", "fn", "tn"]


class Missed(NamedTuple):
    """A labelled stretch that no finding of its type hit; offsets as received."""

    path: str
    start: int
    end: int
    type: str
    covered: bool


@dataclass(frozen=True, slots=True)
class _Values:
    found: dict[tuple[Place, int, int, str], Mark]
    missed: dict[tuple[str, int | None], list[tuple[str, int, int, str]]]


def _one_source(session: SessionResult) -> SessionResult:
    """Rule 5."""
    if not session.labelled:
        return session
    views = by_source([dataclasses.replace(session, detected=None)])
    source = next((one for one in (HUMAN, SCENARIO) if one in views), min(views))
    return views[source][0]


class Truth:
    """The labels of one session, asked message by message; without labels every answer is None or empty."""

    def __init__(self, session: SessionResult) -> None:
        session = _one_source(session)
        self._id = session.recording_id
        self.source = session.label_source if session.labelled else None
        self._values = _values(session) if session.labelled else _Values({}, {})
        self._sentences: dict[tuple[str, int | None], list[Label]] = defaultdict(list)
        for label in session.labels if session.labelled else ():
            if label.kind == "sentence":
                self._sentences[label.conversation, label.seq].append(label)

    def of_span(self, outcome: Outcome, span: PathSpan) -> Mark | None:
        """tp, fp; None without labels or for an empty span."""
        return self._values.found.get((self._place(outcome, span.path), span.start, span.end, span.type))

    def missed(self, outcome: Outcome) -> list[Missed]:
        """The labelled values of the message that were missed, by path and offset."""
        unit, seq, _ = self._place(outcome, "")
        return [
            Missed(path, start, end, type_, _covered(outcome.spans, path, start, end))
            for path, start, end, type_ in sorted(self._values.missed.get((unit, seq), ()))
        ]

    def of_claim(self, outcome: Outcome, claim: ClaimVerdict) -> Mark | None:
        """Rule 3."""
        sentences = self._sentences.get((outcome.conversation, outcome.seq), ())
        met = [s for s in sentences if claim.start < (s.end or 0) and claim.end > (s.start or 0)]
        if not met:
            return None
        bad = any(sentence.verdict == "hallucinated" for sentence in met)
        if claim.verdict == UNGROUNDED:
            return "tp" if bad else "fp"
        return "fn" if bad else "tn"

    def _place(self, outcome: Outcome, path: str) -> Place:
        return Place(unit_name(self._id, outcome.conversation), outcome.seq, path)


def _values(session: SessionResult) -> _Values:
    gold, guess = distinct(labelled_mentions([session])), distinct(found_mentions([session]))
    hits = pair(gold, guess)
    right = set(hits.values())
    found: dict[tuple[Place, int, int, str], Mark] = {}
    for j, mention in enumerate(guess):
        for piece in mention.pieces:
            found[piece.place, piece.start, piece.end, mention.type] = "tp" if j in right else "fp"
    missed: dict[tuple[str, int | None], list[tuple[str, int, int, str]]] = defaultdict(list)
    for mention in _unhit(gold, hits):
        for piece in mention.pieces:
            missed[piece.place.unit, piece.place.seq].append((piece.place.path, piece.start, piece.end, mention.type))
    return _Values(found, dict(missed))


def _unhit(gold: Sequence[Mention], hits: dict[int, int]) -> list[Mention]:
    return [mention for i, mention in enumerate(gold) if i not in hits]


def _covered(spans: Sequence[PathSpan], path: str, start: int, end: int) -> bool:
    reached = start
    for span in sorted((span for span in spans if span.path == path), key=lambda span: span.start):
        if span.start > reached:
            break
        reached = max(reached, span.end)
    return reached >= end
