"""The rules this check replaces, kept by name for comparison; neither is ever the default.

1. ``token_overlap``: the share of the summary's distinct lower-case words that occur in the context; grounded from 0.6.
2. ``rouge_l``: the share of the summary's words in the longest common subsequence with the context's first
   :data:`READ` words; no threshold goes with it.
3. Both sides are to be given redacted alike. On labelled sets both are near to a coin flip.
"""

from __future__ import annotations

from harness.text.tokens import tokenize

__all__ = ["READ", "THRESHOLD", "rouge_l", "token_overlap"]

THRESHOLD = 0.6
READ = 3000


def token_overlap(context: str, summary: str) -> tuple[bool, float]:
    """Whether the overlap reaches :data:`THRESHOLD`, and the overlap, rounded to 1e-6; an empty summary overlaps in nothing."""
    words = set(summary.lower().split())
    if not words:
        return False, 0.0
    score = len(words & set(context.lower().split())) / len(words)
    return score >= THRESHOLD, round(score, 6)


def rouge_l(context: str, summary: str) -> float:
    """Recall of the summary, rounded to 1e-6; an empty summary scores 0."""
    left, right = [[token.norm for token in tokenize(text)] for text in (summary, context)]
    row = [0] * (len(left) + 1)
    for word in right[:READ]:
        before = 0
        for at, other in enumerate(left):
            before, row[at + 1] = row[at + 1], before + 1 if other == word else max(row[at + 1], row[at])
    return round(row[-1] / len(left), 6) if left else 0.0
