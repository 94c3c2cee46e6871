"""What has been said of a message as one outcome: the second look, the verdict, and who is to be asked about it."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import replace

from harness.dialects.base import Event, Malformed, Other, Summary, SummaryDelta
from harness.pipeline.audit import evidence_masked, judged, masked, nothing_left, without_leaks
from harness.pipeline.counting import Counted
from harness.pipeline.outcome import Outcome
from harness.pipeline.payload import digest
from harness.pipeline.policy import PipelinePolicy
from harness.pipeline.redact import Redaction
from harness.pipeline.state import ConversationState, Work
from harness.pipeline.verdict import decide, degraded, judge_requests

__all__ = ["conclude"]


def conclude(
    work: Work, state: ConversationState | None, counted: Counted, exempt: Container[str], policy: PipelinePolicy
) -> Outcome:
    """The outcome of a message that is through all stages.

    Args:
        counted: what leaves.
        exempt: paths of ids, enums and counters, which the second look leaves alone.
    """
    event, redaction = work.event, work.redaction
    assert redaction is not None
    document = counted.document
    clean = nothing_left(document, exempt, work.scanned)
    if not clean:
        document = without_leaks(document, exempt)
    verdict, stage, reasons = decide(
        fault=work.fault,
        clean=clean,
        fatal_lengths=policy.fatal_lengths,
        grounding=work.grounding,
        notes=work.notes,
    )
    deliverable = isinstance(event, Summary)
    grounding = evidence_masked(work.grounding)
    outcome = Outcome(
        number=work.number,
        service=work.service,
        conversation=_shown(event, redaction, "/interaction_id", event.conversation),
        seq=event.seq,
        event=_shown(event, redaction, "/type", event.type),
        verdict=verdict,
        stage=stage,
        reasons=(*reasons, *degraded(redaction.spans)) if redaction.spans else tuple(reasons),
        spans=tuple(redaction.spans),
        payload=document.value,
        digest=digest(document.value),
        deliverable=deliverable,
        provisional=isinstance(event, SummaryDelta),
        pii_redacted=clean,
        grounding=grounding,
        budget=counted.budget,
        entities_dropped=counted.dropped,
        held=redaction.held,
        governance=judged(
            clean=clean,
            verdict=verdict,
            stage=stage,
            deliverable=deliverable,
            unchecked=grounding is None or bool(grounding.degraded),
            found=bool(redaction.spans),
        ),
    )
    judges = ("gateway",) * policy.gateway_validation + policy.judges if state is not None else ()
    asked = judge_requests(outcome, judges, state.context) if judges and state is not None else ()
    return replace(outcome, judge_requests=asked) if asked else outcome


def _shown(event: Event, redaction: Redaction, path: str, text: str) -> str:
    """A name the message gives itself, as it may leave: only those of a well-formed message are ids and enums."""
    return masked(redaction.text(path, text)) if isinstance(event, Malformed | Other) else text
