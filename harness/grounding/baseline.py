"""The rules this check replaces, kept by name for comparison; neither is ever the default.

1. ``token_overlap``: the share of the summary's distinct lower-case words that occur in the context; grounded from 0.6.
2. ``rouge_l``: the share of the summary's words in the longest common subsequence with the context's first
   :data:`READ` words; no threshold goes with it.
3. Both sides are to be given redacted alike. On labelled sets both are near to a coin flip.
"""

from __future__ import annotations

from collections.abc import Iterable

from harness.grounding.checker import Checker, Context, Conversation, turns_of
from harness.grounding.verdict import Claim, GroundingResult
from harness.text.tokens import tokenize

__all__ = ["READ", "THRESHOLD", "OverlapChecker", "rouge_l", "token_overlap"]

THRESHOLD = 0.6
READ = 3000


def token_overlap(context: str, summary: str) -> tuple[bool, float]:
    """Whether the overlap reaches :data:`THRESHOLD`, and the overlap, rounded to 1e-6; an empty summary overlaps in nothing."""
    return _overlap(_words(context), summary)


def _overlap(said: Iterable[str], summary: str) -> tuple[bool, float]:
    words = set(_words(summary))
    if not words:
        return False, 0.0
    score = len(words.intersection(said)) / len(words)
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


class OverlapChecker(Checker):
    """A :class:`Checker` that asks :func:`token_overlap` instead: one claim, the whole summary."""

    @property
    def policy_digest(self) -> str:
        """Its name: there is nothing else to it."""
        return f"token_overlap/{THRESHOLD}"

    def check(self, context: Context, summary: str, **_: object) -> GroundingResult:
        """Judge ``summary`` against a whole conversation; see :meth:`Checker.check`."""
        text = context if isinstance(context, str) else "\n".join([text for _, text in turns_of(context)])
        return _result(_words(text), summary)

    def conversation(self, **_: object) -> Conversation:
        """A conversation without turns."""
        return _Words()


class _Words(Conversation):
    """The words said so far."""

    def __init__(self) -> None:
        self._said: set[str] = set()

    def add(self, speaker: str, text: str) -> None:
        self._said.update(_words(text))

    def check(self, summary: str) -> GroundingResult:
        return _result(self._said, summary)

    def forget(self) -> None:
        self._said = set()


def _words(text: str) -> list[str]:
    return text.lower().split()


def _result(said: Iterable[str], summary: str) -> GroundingResult:
    grounded, score = _overlap(said, summary)
    verdict = "grounded" if grounded else "ungrounded"
    reason = "supported" if grounded else "unsupported_claim"
    claim = Claim(start=0, end=len(summary), verdict=verdict, band=verdict, reason=reason, score=score)
    return GroundingResult(verdict=verdict, band=verdict, score=score, claims=(claim,))
