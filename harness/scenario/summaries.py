"""A scripted summary in the forms it can take on the wire, with the truth about each.

1. The text is the sentences joined by one space; offsets of labels are of that text.
2. A ``flat`` message is the untyped one: the subscription's fields, the summary, its own context.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import Any

from harness.dialects.mediation import Subscription
from harness.scenario.labels import LabelBook
from harness.scenario.markup import Marked, join
from harness.scenario.steps import Summary

__all__ = [
    "completed_fields",
    "cuts",
    "flat_message",
    "gateway_answer",
    "label_flat",
    "label_summary",
    "text_of",
    "tokens_of",
]

_SHORTEST, _LONGEST = 3, 40


def text_of(summary: Summary) -> Marked:
    """The whole text with its spans."""
    return join(sentence.text for sentence in summary.sentences)


def tokens_of(text: str) -> int:
    """The dialect's estimate: UTF-8 bytes / 4, rounded up."""
    return -(-len(text.encode("utf-8")) // 4)


def cuts(summary: Summary, length: int, rng: random.Random) -> list[tuple[int, int]]:
    """Where the deltas begin and end, in code points: as scripted, the rest last, or else drawn from ``rng``."""
    lengths = list(summary.pieces)
    while not summary.pieces and sum(lengths) < length:
        lengths.append(_SHORTEST + int(rng.random() * (_LONGEST - _SHORTEST + 1)))
    ends = [end for end in accumulate(lengths) if end < length]
    return list(pairwise([0, *ends, length]))


def completed_fields(summary: Summary, summary_id: str) -> dict[str, Any]:
    """The fields of ``summary.completed`` in the order of the dialect's table."""
    return {
        "summary_id": summary_id,
        "summary": text_of(summary).text,
        "entities": _entities(summary),
        **_optional(summary),
    }


def flat_message(
    summary: Summary, subscription: Subscription, interaction_id: str, context: Sequence[tuple[str, Marked]]
) -> dict[str, Any]:
    """The untyped message; ``context`` is (speaker, text) of the final utterances so far."""
    entities = _entities(summary)
    return {
        "interaction_id": interaction_id,
        "summary_matrix": subscription.summary_matrix.model_dump(mode="json"),
        "extraction_directives": subscription.extraction_directives.model_dump(mode="json"),
        "ai_gateway_version": subscription.ai_gateway_version,
        "summary": text_of(summary).text,
        "conversation_context": _context(context).text,
        **({"entities": entities} if entities else {}),
        **_optional(summary),
    }


def gateway_answer(summary: Summary, summary_id: str, interaction_id: str) -> dict[str, Any]:
    """The body of the gateway's 201."""
    text = text_of(summary).text
    return {
        "summary_id": summary_id,
        "interaction_id": interaction_id,
        "summary": text,
        "entities": _entities(summary),
        "usage": {"tokens": tokens_of(text)},
        **_optional(summary),
    }


def label_summary(book: LabelBook, summary: Summary, seq: int | None) -> None:
    """Labels of every text field of a whole summary, and of its sentences."""
    book.spans(seq, "/summary", text_of(summary))
    for index, entity in enumerate(summary.entities):
        book.spans(seq, f"/entities/{index}/text", entity.text)
    for path, text in (("/reason", summary.reason), ("/resolution", summary.resolution)):
        if text is not None:
            book.spans(seq, path, text)
    for index, followup in enumerate(summary.followups):
        book.spans(seq, f"/followups/{index}", followup)
    _label_sentences(book, summary, seq)


def label_flat(book: LabelBook, summary: Summary, context: Sequence[tuple[str, Marked]]) -> None:
    """As :func:`label_summary`, and the spans of the context the message brings along."""
    label_summary(book, summary, None)
    book.spans(None, "/conversation_context", _context(context))


def _label_sentences(book: LabelBook, summary: Summary, seq: int | None) -> None:
    start = 0
    for sentence in summary.sentences:
        end = start + len(sentence.text.text)
        if sentence.label is not None:
            book.sentence(seq, (start, end), sentence.label, sentence.reason or "")
        start = end + 1


def _entities(summary: Summary) -> list[dict[str, Any]]:
    return [
        {"type": entity.type, "text": entity.text.text, "confidence": entity.confidence} for entity in summary.entities
    ]


def _optional(summary: Summary) -> dict[str, Any]:
    """The fields that are there only if scripted."""
    found: dict[str, Any] = {
        "reason": summary.reason and summary.reason.text,
        "resolution": summary.resolution and summary.resolution.text,
        "followups": [followup.text for followup in summary.followups],
        "error_type": summary.error_type,
        "origin": summary.origin,
    }
    return {key: value for key, value in found.items() if value}


def _context(context: Sequence[tuple[str, Marked]]) -> Marked:
    lines = (join((Marked(f"{speaker.capitalize()}:"), text)) for speaker, text in context)
    return join(lines, "\n")
