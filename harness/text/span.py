"""A typed stretch of text, and the type of text that is safe to leave the process.

1. Offsets are code points of the decoded string, half open: ``text[start:end]`` is the value.
2. A span never holds the value it covers.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NewType

__all__ = ["RedactedText", "Span", "merged"]

RedactedText = NewType("RedactedText", str)
"""Text that went through an operator; only ``harness.pii`` and the placeholder grammar make it."""


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A stretch of personal data.

    Args:
        start: first code point.
        end: one past the last code point.
        type: PHONE, EMAIL, CREDIT_CARD, SSN, IBAN, IP ... (harness/pii/rules).
        rule: id of the rule that decided it.
    """

    start: int
    end: int
    type: str
    rule: str = ""


def merged(spans: Iterable[Span]) -> list[Span]:
    """``spans`` in order; those that overlap become one, of the first one's type and rule."""
    found: list[Span] = []
    for span in sorted(spans):
        last = found[-1] if found else None
        if last is None or last.end <= span.start:
            found.append(span)
        elif span.end > last.end:
            found[-1] = Span(last.start, span.end, last.type, last.rule)
    return found
