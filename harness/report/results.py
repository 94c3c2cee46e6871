"""``results.jsonl``: one line per outcome, redacted; what the lists of a report are made of.

1. An outcome is redacted already; a line adds the session, the claims' own words cut from the redacted summary,
   and how the message differs from its live side.
2. Where a claim's words cannot be found with certainty in the redacted summary they are null, never guessed. The same
   holds for ``at``, the place of a value or a claim in the redacted string.
3. ``before`` names what crossed the wire since the message before it (our own messages, connections opened and closed);
   the last line of a session has in ``after`` what came behind it. Words of the protocol only.
4. ``label`` of a value or a claim and ``missed`` say what the labels say; ``labels`` is their source, null = unlabelled.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from harness.pipeline.outcome import ClaimVerdict, Grounding, Outcome, PathSpan
from harness.pipeline.shown import shown_path
from harness.report.parity import Difference, budget_facts, compare
from harness.report.place import string_at
from harness.report.run import RunResult, SessionResult
from harness.report.truth import Truth
from harness.text.placeholder import placeholder

__all__ = ["redacted_place", "redacted_slice", "result_rows"]

_SUMMARY = "/summary"


def result_rows(run: RunResult) -> Iterator[dict[str, Any]]:
    """The lines, by session (file name, id) and number."""
    for session in run.in_order():
        yield from _with_crossings(session, _session_rows(session))


def _session_rows(session: SessionResult) -> Iterator[dict[str, Any]]:
    differing, truth = _differing(session), Truth(session)
    for outcome in sorted(session.outcomes, key=lambda outcome: outcome.number):
        yield _row(session, outcome, differing.get(outcome.number), truth)


def _with_crossings(session: SessionResult, rows: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Rule 3; one row is held back, for the last may have something after it."""
    left = deque(session.crossings)
    held: dict[str, Any] | None = None
    for row in rows:
        before = []
        while left and row["line"] is not None and left[0].line < row["line"]:
            before.append(left.popleft()._asdict())
        row["before"] = before
        if held is not None:
            yield held
        held = row
    if held is not None:
        held["after"] = [crossing._asdict() for crossing in left]
        yield held


def _differing(session: SessionResult) -> dict[int, Difference]:
    if session.baseline is None:
        return {}
    return {d.number: d for d in compare(session.baseline, session.outcomes)[1] if d.side != "live"}


def _row(session: SessionResult, outcome: Outcome, difference: Difference | None, truth: Truth) -> dict[str, Any]:
    shown = shown_path(outcome.spans)
    place = session.places.get(outcome.number)
    return {
        "session": session.recording_id,
        "file": session.file,
        "number": outcome.number,
        "line": None if place is None else place.line,
        "t_us": None if place is None else place.t_us,
        "conversation": outcome.conversation,
        "seq": outcome.seq,
        "event": outcome.event,
        "verdict": outcome.verdict,
        "stage": outcome.stage,
        "reasons": list(outcome.reasons),
        "labels": truth.source,
        "spans": [
            _span(outcome, span, shown(span.path)) | {"label": truth.of_span(outcome, span)} for span in outcome.spans
        ],
        "missed": [
            {**missed._asdict(), "path": shown(missed.path), "at": _at(outcome, missed.path, missed.start, missed.end)}
            for missed in truth.missed(outcome)
        ],
        "grounding": None if outcome.grounding is None else _grounding(session, outcome, outcome.grounding, truth),
        "budget": None if outcome.budget is None else budget_facts(outcome.budget),
        "payload": outcome.payload,
        "digest": outcome.digest,
        "deliverable": outcome.deliverable,
        "provisional": outcome.provisional,
        "pii_redacted": outcome.pii_redacted,
        "entities_dropped": outcome.entities_dropped,
        "governance": dict(outcome.governance),
        "parity": None if difference is None else difference.as_json(),
        "before": [],
        "after": [],
    }


def _span(outcome: Outcome, span: PathSpan, path: str) -> dict[str, Any]:
    return {
        "path": path,
        "start": span.start,
        "end": span.end,
        "at": _at(outcome, span.path, span.start, span.end),
        "type": span.type,
        "rule": span.rule,
        "value_id": span.value_id,
        "last": span.last,
    }


def _at(outcome: Outcome, path: str, start: int, end: int) -> list[int] | None:
    """Where ``start``..``end`` of the string at ``path`` stands in the redacted payload; None where that is not sure."""
    redacted = string_at(outcome.payload, shown_path(outcome.spans)(path))
    if redacted is None:
        return None
    place = redacted_place(redacted, [span for span in outcome.spans if span.path == path], start, end)
    return None if place is None else list(place)


def _grounding(session: SessionResult, outcome: Outcome, grounding: Grounding, truth: Truth) -> dict[str, Any]:
    return {
        "verdict": grounding.verdict,
        "band": grounding.band,
        "score": round(grounding.score, 6),
        "context": grounding.context,
        "degraded": list(grounding.degraded),
        "claims": [
            _claim(session, outcome, claim) | {"label": truth.of_claim(outcome, claim)} for claim in grounding.claims
        ],
    }


def _claim(session: SessionResult, outcome: Outcome, claim: ClaimVerdict) -> dict[str, Any]:
    at = _at(outcome, _SUMMARY, claim.start, claim.end)
    return {
        "start": claim.start,
        "end": claim.end,
        "at": at,
        "verdict": claim.verdict,
        "reason": claim.reason,
        "score": round(claim.score, 6),
        "premature": (outcome.number, claim.start, claim.end) in session.premature,
        "text": None if at is None else outcome.payload["summary"][slice(*at)],
        "evidence": claim.evidence,
    }


def redacted_slice(redacted: str, spans: Sequence[PathSpan], start: int, end: int) -> str | None:
    """The part of a redacted string that stands for ``start``..``end`` of the string before; see redacted_place."""
    place = redacted_place(redacted, spans, start, end)
    return None if place is None else redacted[slice(*place)]


def redacted_place(redacted: str, spans: Sequence[PathSpan], start: int, end: int) -> tuple[int, int] | None:
    """Where ``start``..``end`` of a string went when it was redacted.

    A span cut by an end counts as its whole placeholder.

    Args:
        redacted: the string with each span replaced by its placeholder, perhaps cut short at its end.
        spans: the spans replaced, offsets in the string before.
        start: first code point, in the string before.
        end: one past the last.

    Returns:
        start and end, or None where a placeholder is not where it should be or all of it was cut off.
    """
    new_start = new_end = shift = 0
    for span in sorted(spans, key=lambda span: span.start):
        mark = placeholder(span.type)
        at = span.start + shift
        if span.start < end and at < len(redacted) and not redacted.startswith(mark, at):
            return None
        shift += len(mark) - (span.end - span.start)
        if span.start <= start:
            new_start = at - start if span.end > start else shift
        if span.start < end:
            new_end = shift if span.end <= end else span.end + shift - end
    first, last = start + new_start, min(end + new_end, len(redacted))
    return (first, last) if first < last else None
