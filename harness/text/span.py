"""A typed stretch of text, and the type of text that is safe to leave the process.

1. Offsets are code points of the decoded string, half open: ``text[start:end]`` is the value.
2. A span never holds the value it covers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NewType

__all__ = ["RedactedText", "Span"]

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
