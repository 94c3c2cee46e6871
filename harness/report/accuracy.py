"""From labels and outcomes to the items the metrics count.

1. Label sources are never mixed: each has its own figures; the one with most labels comes first.
2. Spans meet by conversation, seq and path; a string without seq (a summary over REST) by conversation and path.
3. A labelled sentence is flagged when any claim overlapping it is ungrounded; its support is the weakest of
   these claims. A sentence no claim overlaps holds nothing to check: not flagged.
4. A summary is hallucinated when any of its sentences is labelled so.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from harness.metrics.acceptance import Expected, Received, schema_acceptance
from harness.metrics.accuracy import Mention, Piece, Place, redaction_accuracy
from harness.metrics.judgement import Judged, grounding_accuracy
from harness.metrics.missing import NA
from harness.pipeline.outcome import ClaimVerdict, Grounding
from harness.report.labels import Label
from harness.report.run import SessionResult

__all__ = ["UNGROUNDED", "accuracy", "found_mentions", "labelled_mentions"]

UNGROUNDED = "ungrounded"


def accuracy(sessions: Sequence[SessionResult], *, rng: random.Random) -> dict[str, Any]:
    """The accuracy part of ``verdicts``; without labels every part is n/a and ``why`` says so."""
    by_source: dict[str, list[SessionResult]] = defaultdict(list)
    for session in sessions:
        if session.labelled:
            by_source[session.label_source].append(session)
    if not by_source:
        why = "no recording of this run has labels"
        parts = ("redaction", "grounding", "schema")
        return {"label_source": NA, "labels": 0, **dict.fromkeys(parts, NA), "why": dict.fromkeys(parts, why)}
    first, *others = sorted(
        (_of_source(source, group, rng) for source, group in sorted(by_source.items())),
        key=lambda table: -int(table["labels"]),
    )
    return {**first, "other_sources": others} if others else first


def _of_source(source: str, sessions: Sequence[SessionResult], rng: random.Random) -> dict[str, Any]:
    sentences, summaries = _judged(sessions)
    return {
        "label_source": source,
        "labels": sum(len(session.labels) for session in sessions),
        "sessions": len(sessions),
        "redaction": redaction_accuracy(labelled_mentions(sessions), found_mentions(sessions), rng=rng),
        "grounding": {
            **grounding_accuracy(sentences, rng=rng),
            "summaries": grounding_accuracy(summaries, rng=rng),
        },
        "schema": schema_acceptance(_received(sessions), _expected(sessions)),
    }


def _unit(session: SessionResult, conversation: str) -> str:
    return f"{session.recording_id}/{conversation}"


def _mentions(pieces: Mapping[tuple[Any, ...], tuple[str, list[Piece]]]) -> list[Mention]:
    return [Mention(type_, tuple(sorted(set(group), key=repr))) for type_, group in pieces.values()]


def labelled_mentions(sessions: Iterable[SessionResult]) -> list[Mention]:
    """The labelled values, in one or more pieces each."""
    groups: dict[tuple[Any, ...], tuple[str, list[Piece]]] = {}
    for session in sessions:
        for label in session.labels:
            if label.kind == "span" and label.start is not None and label.end is not None and label.end > label.start:
                place = Place(_unit(session, label.conversation), label.seq, label.path)
                group = groups.setdefault((session.recording_id, label.group), (label.label, []))
                group[1].append(Piece(place, label.start, label.end))
    return _mentions(groups)


def found_mentions(sessions: Iterable[SessionResult]) -> list[Mention]:
    """The values the pipeline found, in one or more pieces each."""
    groups: dict[tuple[Any, ...], tuple[str, list[Piece]]] = {}
    for session in sessions:
        for outcome in session.outcomes:
            unit = _unit(session, outcome.conversation)
            for span in (span for span in outcome.spans if span.end > span.start):
                own = (outcome.number, span.path, span.start, span.type)
                key = (
                    (session.recording_id, span.value_id, span.type) if span.value_id else (session.recording_id, *own)
                )
                group = groups.setdefault(key, (span.type, []))
                group[1].append(Piece(Place(unit, outcome.seq, span.path), span.start, span.end))
    return _mentions(groups)


Summaries = dict[tuple[str, int | None], list[Label]]


def _judged(sessions: Iterable[SessionResult]) -> tuple[list[Judged], list[Judged]]:
    """Labelled sentences and labelled summaries with the pipeline's answers."""
    sentences: list[Judged] = []
    summaries: list[Judged] = []
    for session in sessions:
        grounding = _groundings(session)
        of_summary: Summaries = defaultdict(list)
        for label in session.labels:
            if label.kind == "sentence":
                of_summary[label.conversation, label.seq].append(label)
        for key, labels in of_summary.items():
            unit, found = _unit(session, key[0]), grounding.get(key)
            sentences += [_sentence(unit, label, found) for label in labels]
            summaries.append(_summary(unit, labels, found))
    return sentences, summaries


def _groundings(session: SessionResult) -> dict[tuple[str, int | None], Grounding]:
    """(conversation, seq) -> the first verdict on a whole summary."""
    found: dict[tuple[str, int | None], Grounding] = {}
    for outcome in session.outcomes:
        if outcome.grounding is not None and not outcome.provisional:
            found.setdefault((outcome.conversation, outcome.seq), outcome.grounding)
    return found


def _sentence(unit: str, label: Label, found: Grounding | None) -> Judged:
    bad = label.verdict == "hallucinated"
    if found is None:
        return Judged(unit=unit, hallucinated=bad, reason=label.label)
    claims = [claim for claim in found.claims if _overlap(claim, label)]
    flagged = any(claim.verdict == UNGROUNDED for claim in claims)
    score = min((claim.score for claim in claims), default=1.0)
    return Judged(unit=unit, hallucinated=bad, reason=label.label, flagged=flagged, score=score)


def _overlap(claim: ClaimVerdict, label: Label) -> bool:
    return claim.start < (label.end or 0) and claim.end > (label.start or 0)


def _summary(unit: str, labels: Iterable[Label], found: Grounding | None) -> Judged:
    reasons = [label.label for label in labels if label.verdict == "hallucinated"]
    return Judged(
        unit=unit,
        hallucinated=bool(reasons),
        reason=reasons[0] if reasons else "all sentences grounded",
        flagged=None if found is None else found.verdict == UNGROUNDED,
        score=None if found is None else found.score,
    )


def _received(sessions: Iterable[SessionResult]) -> list[Received]:
    return [
        Received(
            session=session.recording_id,
            number=outcome.number,
            conversation=outcome.conversation,
            seq=outcome.seq,
            rejected=outcome.verdict == "rejected",
            reasons=outcome.reasons,
        )
        for session in sessions
        for outcome in session.outcomes
    ]


def _expected(sessions: Iterable[SessionResult]) -> list[Expected]:
    return [
        Expected(
            session=session.recording_id,
            conversation=label.conversation,
            seq=label.seq,
            reason=label.label,
            number=label.number,
        )
        for session in sessions
        for label in session.labels
        if label.kind == "message"
    ]
