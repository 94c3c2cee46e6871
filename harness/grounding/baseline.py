"""The rule this check replaces, kept by name for comparison.

``token_overlap``: the share of the summary's distinct lower-case words that occur in the context; grounded from 0.6.
Both sides are to be given redacted alike. It is a coin flip on labelled sets; never the default.
"""

from __future__ import annotations

from collections.abc import Iterable, Set

from harness.grounding.checker import Checker, Context, Conversation, turns_of
from harness.grounding.verdict import Claim, GroundingResult

__all__ = ["THRESHOLD", "OverlapChecker", "token_overlap"]

THRESHOLD = 0.6


def token_overlap(context: str, summary: str) -> tuple[bool, float]:
    """Whether the overlap reaches :data:`THRESHOLD`, and the overlap, rounded to 1e-6; an empty summary overlaps in nothing."""
    return _overlap(set(context.lower().split()), summary)


def _overlap(said: Set[str], summary: str) -> tuple[bool, float]:
    words = set(summary.lower().split())
    if not words:
        return False, 0.0
    score = len(words & said) / len(words)
    return score >= THRESHOLD, round(score, 6)


class OverlapChecker(Checker):
    """A :class:`Checker` that asks :func:`token_overlap` instead: one claim, the whole summary."""

    @property
    def policy_digest(self) -> str:
        """Its name: there is nothing else to it."""
        return f"token_overlap/{THRESHOLD}"

    def check(self, context: Context, summary: str, **_: object) -> GroundingResult:
        """Judge ``summary`` against a whole conversation; see :meth:`Checker.check`."""
        texts = [context] if isinstance(context, str) else [text for _, text in turns_of(context)]
        return _result(_words(texts), summary)

    def conversation(self, **_: object) -> Conversation:
        """A conversation without turns."""
        return _Words()


class _Words(Conversation):
    """The words said so far."""

    def __init__(self) -> None:
        self._said: set[str] = set()

    def add(self, speaker: str, text: str) -> None:
        self._said |= _words([text])

    def check(self, summary: str) -> GroundingResult:
        return _result(self._said, summary)

    def forget(self) -> None:
        self._said = set()


def _words(texts: Iterable[str]) -> set[str]:
    return {word for text in texts for word in text.lower().split()}


def _result(said: Set[str], summary: str) -> GroundingResult:
    grounded, score = _overlap(said, summary)
    verdict = "grounded" if grounded else "ungrounded"
    reason = "supported" if grounded else "unsupported_claim"
    claim = Claim(start=0, end=len(summary), verdict=verdict, band=verdict, reason=reason, score=score)
    return GroundingResult(verdict=verdict, band=verdict, score=score, claims=(claim,))
