"""Stage: the tokens of a redacted message against its conversation's budget, and the entities nobody asked for."""

from __future__ import annotations

from dataclasses import dataclass

from harness.dialects.base import Directives, LengthMatrix, Summary, SummaryDelta, Utterance
from harness.dialects.mediation_models import Subscription
from harness.pipeline.audit import masked
from harness.pipeline.budget import length_reasons
from harness.pipeline.outcome import Budget
from harness.pipeline.payload import Document
from harness.pipeline.redact import Redaction
from harness.pipeline.state import ConversationState, Work
from harness.pipeline.validate import drop_entities, unwanted_entities
from harness.text.span import RedactedText

__all__ = ["Counted", "count"]


@dataclass(frozen=True, slots=True)
class Counted:
    """A message that was counted: what leaves, its budget if it has one, and the entities that were dropped."""

    document: Document
    budget: Budget | None = None
    dropped: int = 0


def count(work: Work, state: ConversationState | None, subscription: Subscription) -> Counted:
    """Count a message whose redaction has settled; one at fault, or of no conversation, counts nothing.

    Args:
        subscription: what was asked for, where the message does not say so itself.
    """
    event, redaction = work.event, work.redaction
    assert redaction is not None
    document = redaction.done()
    if work.fault is not None or state is None:
        return Counted(document)
    match event:
        case Summary():
            return _summary(work, event, state, document, event.asked or _asked_for(subscription))
        case SummaryDelta():
            text = redaction.text("/text", event.text)
            kept, budget = state.budget.delta(event.summary_id, text)
            return _cut(work, document, "/text", text, kept, budget)
        case Utterance() if event.is_final:
            _remember(work, event, state, redaction)
    return Counted(document)


def _summary(
    work: Work, event: Summary, state: ConversationState, document: Document, asked: tuple[LengthMatrix, Directives]
) -> Counted:
    matrix, directives = asked
    assert work.redaction is not None
    text = work.redaction.text("/summary", event.summary)
    # Flat messages of one interaction share an id, but each is a summary of its own.
    kept, budget = state.budget.completed("" if event.type == "flat" else event.summary_id, text)
    work.notes += length_reasons(matrix, budget.tokens, state.context_tokens)
    counted = _cut(work, document, "/summary", text, kept, budget)
    unwanted = unwanted_entities(event, directives)
    if not unwanted:
        return counted
    left = Document(drop_entities(counted.document.value, unwanted))
    return Counted(left, budget, len(unwanted))


def _cut(work: Work, document: Document, path: str, text: RedactedText, kept: RedactedText, budget: Budget) -> Counted:
    if budget.truncated:
        work.notes.append("truncated")
    return Counted(document if kept == text else document.replaced({path: kept}), budget)


def _asked_for(subscription: Subscription) -> tuple[LengthMatrix, Directives]:
    return subscription.summary_matrix, subscription.extraction_directives


def _remember(work: Work, event: Utterance, state: ConversationState, redaction: Redaction) -> None:
    text = redaction.text(event.text_path, event.text)
    safe = masked(text)
    if safe == text:
        work.scanned = text
    text = safe
    state.context.append({"speaker": event.speaker, "text": text})
    state.context_tokens += state.budget.estimator.tokens(text)
