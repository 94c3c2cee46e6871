"""The rule this check replaces, kept by name for comparison.

``token_overlap``: the share of the summary's distinct lower-case words that occur in the context; grounded from 0.6.
Both sides are to be given redacted alike. It is a coin flip on labelled sets; never the default.
"""

from __future__ import annotations

__all__ = ["THRESHOLD", "token_overlap"]

THRESHOLD = 0.6


def token_overlap(context: str, summary: str) -> tuple[bool, float]:
    """Whether the overlap reaches :data:`THRESHOLD`, and the overlap, rounded to 1e-6; an empty summary overlaps in nothing."""
    words = set(summary.lower().split())
    if not words:
        return False, 0.0
    score = len(words & set(context.lower().split())) / len(words)
    return score >= THRESHOLD, round(score, 6)
