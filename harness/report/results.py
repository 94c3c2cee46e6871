"""``results.jsonl``: one line per outcome, redacted; what the lists of a report are made of.

1. An outcome is redacted already; a line adds the session, the claims' own words cut from the redacted summary,
   and how the message differs from its live side.
2. Where a claim's words cannot be found with certainty in the redacted summary they are null, never guessed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from harness.pipeline.outcome import ClaimVerdict, Grounding, Outcome, PathSpan
from harness.pipeline.shown import shown_path
from harness.report.parity import Difference, budget_facts, compare
from harness.report.run import RunResult, SessionResult
from harness.text.placeholder import placeholder

__all__ = ["redacted_slice", "result_rows"]

_SUMMARY = "/summary"


def result_rows(run: RunResult) -> Iterator[dict[str, Any]]:
    """The lines, by session (file name, id) and number."""
    for session in run.in_order():
        differing = _differing(session)
        for outcome in sorted(session.outcomes, key=lambda outcome: outcome.number):
            yield _row(session, outcome, differing.get(outcome.number))


def _differing(session: SessionResult) -> dict[int, Difference]:
    if session.baseline is None:
        return {}
    return {d.number: d for d in compare(session.baseline, session.outcomes)[1] if d.side != "live"}


def _row(session: SessionResult, outcome: Outcome, difference: Difference | None) -> dict[str, Any]:
    shown = shown_path(outcome.spans)
    return {
        "session": session.recording_id,
        "file": session.file,
        "number": outcome.number,
        "conversation": outcome.conversation,
        "seq": outcome.seq,
        "event": outcome.event,
        "verdict": outcome.verdict,
        "stage": outcome.stage,
        "reasons": list(outcome.reasons),
        "spans": [_span(span, shown(span.path)) for span in outcome.spans],
        "grounding": None if outcome.grounding is None else _grounding(session, outcome, outcome.grounding),
        "budget": None if outcome.budget is None else budget_facts(outcome.budget),
        "payload": outcome.payload,
        "digest": outcome.digest,
        "deliverable": outcome.deliverable,
        "provisional": outcome.provisional,
        "pii_redacted": outcome.pii_redacted,
        "entities_dropped": outcome.entities_dropped,
        "governance": dict(outcome.governance),
        "parity": None if difference is None else difference.as_json(),
    }


def _span(span: PathSpan, path: str) -> dict[str, Any]:
    return {
        "path": path,
        "start": span.start,
        "end": span.end,
        "type": span.type,
        "rule": span.rule,
        "value_id": span.value_id,
        "last": span.last,
    }


def _grounding(session: SessionResult, outcome: Outcome, grounding: Grounding) -> dict[str, Any]:
    return {
        "verdict": grounding.verdict,
        "band": grounding.band,
        "score": round(grounding.score, 6),
        "context": grounding.context,
        "degraded": list(grounding.degraded),
        "claims": [_claim(session, outcome, claim) for claim in grounding.claims],
    }


def _claim(session: SessionResult, outcome: Outcome, claim: ClaimVerdict) -> dict[str, Any]:
    return {
        "start": claim.start,
        "end": claim.end,
        "verdict": claim.verdict,
        "reason": claim.reason,
        "score": round(claim.score, 6),
        "premature": (outcome.number, claim.start, claim.end) in session.premature,
        "text": _words(outcome, claim),
        "evidence": claim.evidence,
    }


def _words(outcome: Outcome, claim: ClaimVerdict) -> str | None:
    summary = outcome.payload.get("summary") if isinstance(outcome.payload, Mapping) else None
    if not isinstance(summary, str):
        return None
    spans = [span for span in outcome.spans if span.path == _SUMMARY]
    return redacted_slice(summary, spans, claim.start, claim.end)


def redacted_slice(redacted: str, spans: Sequence[PathSpan], start: int, end: int) -> str | None:
    """The part of a redacted string that stands for ``start``..``end`` of the string before.

    A span cut by an end is shown as its whole placeholder.

    Args:
        redacted: the string with each span replaced by its placeholder, perhaps cut short at its end.
        spans: the spans replaced, offsets in the string before.
        start: first code point, in the string before.
        end: one past the last.

    Returns:
        the part, or None where a placeholder is not where it should be or all of it was cut off.
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
    return redacted[start + new_start : end + new_end] or None
