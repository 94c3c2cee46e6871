"""From labels and outcomes to the items the metrics count.

1. Label sources are never mixed: each has its own figures; the one with most labels comes first.
2. Spans meet by conversation, seq and path; a string without seq (a summary over REST) by conversation and path.
3. A labelled sentence is flagged when any claim overlapping it is ungrounded; its support is the weakest of
   these claims. A sentence no claim overlaps holds nothing to check: not flagged.
4. A summary is hallucinated when any of its sentences is labelled so.
5. What was detected at record time is a source of its own, of redaction alone, under ``as_detected``: it says what another
   policy finds differently, not what is right.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from harness.metrics.acceptance import Expected, Received, schema_acceptance
from harness.metrics.accuracy import Mention, Piece, Place, redaction_accuracy
from harness.metrics.judgement import Judged, grounding_accuracy
from harness.metrics.missing import NA
from harness.pipeline.outcome import ClaimVerdict, Grounding
from harness.report.labels import Label
from harness.report.run import SessionResult
from harness.report.sources import DETECTED, by_source

__all__ = [
    "UNGROUNDED",
    "accuracy",
    "expected_messages",
    "found_mentions",
    "judged_sentences",
    "judged_summaries",
    "labelled_mentions",
    "received_messages",
    "unit_name",
    "unit_of",
    "unit_prefix",
]

UNGROUNDED = "ungrounded"


def accuracy(sessions: Sequence[SessionResult], *, rng: random.Random) -> dict[str, Any]:
    """The accuracy part of ``verdicts``; without labels every part is n/a and ``why`` says so."""
    sources = by_source(sessions)
    detected = sources.pop(DETECTED, None)
    table = _labelled_part(sources, rng)
    return table if detected is None else {**table, "as_detected": _detected_part(detected, rng)}


def _labelled_part(sources: Mapping[str, Sequence[SessionResult]], rng: random.Random) -> dict[str, Any]:
    if not sources:
        why = "no recording of this run has labels"
        parts = ("redaction", "grounding", "schema")
        return {"label_source": NA, "labels": 0, **dict.fromkeys(parts, NA), "why": dict.fromkeys(parts, why)}
    first, *others = sorted(
        (_of_source(source, group, rng) for source, group in sources.items()),
        key=lambda table: -int(table["labels"]),
    )
    return {**first, "other_sources": others} if others else first


def _detected_part(sessions: Sequence[SessionResult], rng: random.Random) -> dict[str, Any]:
    """Rule 5."""
    return {
        "label_source": DETECTED,
        "labels": sum(len(session.labels) for session in sessions),
        "sessions": len(sessions),
        "redaction": redaction_accuracy(labelled_mentions(sessions), found_mentions(sessions), rng=rng),
    }


def _of_source(source: str, sessions: Sequence[SessionResult], rng: random.Random) -> dict[str, Any]:
    sentences = [item for _, item in judged_sentences(sessions)]
    summaries = [item for _, item in judged_summaries(sessions)]
    return {
        "label_source": source,
        "labels": sum(len(session.labels) for session in sessions),
        "sessions": len(sessions),
        "redaction": redaction_accuracy(labelled_mentions(sessions), found_mentions(sessions), rng=rng),
        "grounding": {
            **grounding_accuracy(sentences, rng=rng),
            "summaries": grounding_accuracy(summaries, rng=rng),
        },
        "schema": schema_acceptance(received_messages(sessions), expected_messages(sessions)),
    }


def unit_name(recording: str, conversation: str) -> str:
    """The name of one conversation of one recording, the unit of all statistics."""
    return f"{unit_prefix(recording)}{conversation}"


def unit_prefix(recording: str) -> str:
    """What the names of a recording's units begin with, up to the first slash."""
    return recording.replace("%", "%25").replace("/", "%2F") + "/"


def unit_of(session: SessionResult, conversation: str) -> str:
    """:func:`unit_name` of a session's conversation."""
    return unit_name(session.recording_id, conversation)


def _mentions(pieces: Mapping[tuple[Any, ...], tuple[str, list[Piece]]]) -> list[Mention]:
    return [Mention(type_, tuple(sorted(set(group), key=repr))) for type_, group in pieces.values()]


def labelled_mentions(sessions: Iterable[SessionResult]) -> list[Mention]:
    """The labelled values, in one or more pieces each."""
    groups: dict[tuple[Any, ...], tuple[str, list[Piece]]] = {}
    for session in sessions:
        for label in session.labels:
            if label.kind == "span" and label.start is not None and label.end is not None and label.end > label.start:
                place = Place(unit_of(session, label.conversation), label.seq, label.path)
                group = groups.setdefault((session.recording_id, label.group), (label.label, []))
                group[1].append(Piece(place, label.start, label.end))
    return _mentions(groups)


def found_mentions(sessions: Iterable[SessionResult]) -> list[Mention]:
    """The values the pipeline found, in one or more pieces each."""
    groups: dict[tuple[Any, ...], tuple[str, list[Piece]]] = {}
    for session in sessions:
        for outcome in session.outcomes:
            unit = unit_of(session, outcome.conversation)
            for span in (span for span in outcome.spans if span.end > span.start):
                own = (outcome.number, span.path, span.start, span.type)
                key = (
                    (session.recording_id, span.value_id, span.type) if span.value_id else (session.recording_id, *own)
                )
                group = groups.setdefault(key, (span.type, []))
                group[1].append(Piece(Place(unit, outcome.seq, span.path), span.start, span.end))
    return _mentions(groups)


Summaries = dict[tuple[str, int | None], list[Label]]


def judged_sentences(sessions: Iterable[SessionResult]) -> Iterator[tuple[Label, Judged]]:
    """Labelled sentences with the pipeline's answers."""
    for session in sessions:
        grounding = _groundings(session)
        for key, labels in _by_summary(session).items():
            unit, found = unit_of(session, key[0]), grounding.get(key)
            yield from ((label, _sentence(unit, label, found)) for label in labels)


def judged_summaries(sessions: Iterable[SessionResult]) -> Iterator[tuple[int | None, Judged]]:
    """Labelled summaries, by seq, with the pipeline's answers."""
    for session in sessions:
        grounding = _groundings(session)
        for key, labels in _by_summary(session).items():
            yield key[1], _summary(unit_of(session, key[0]), labels, grounding.get(key))


def _by_summary(session: SessionResult) -> Summaries:
    of_summary: Summaries = defaultdict(list)
    for label in session.labels:
        if label.kind == "sentence":
            of_summary[label.conversation, label.seq].append(label)
    return of_summary


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


def received_messages(sessions: Iterable[SessionResult]) -> list[Received]:
    """Every message and what became of it."""
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


def expected_messages(sessions: Iterable[SessionResult]) -> list[Expected]:
    """The messages that labels want refused."""
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
