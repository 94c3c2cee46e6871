"""Stage: is every claim of a summary supported by what was said before it?

1. It runs on raw text, before redaction; what leaves it is redacted.
2. Only final utterances of the same conversation that came before the summary support it.
3. A message's own context is used only where the dialect offers nothing else, and is labelled ``self_supplied``.
"""

from __future__ import annotations

from collections.abc import Callable

from harness.dialects.base import Summary, Utterance
from harness.grounding import Checker, GroundingResult
from harness.pipeline.outcome import ClaimVerdict, Grounding
from harness.text.span import RedactedText

__all__ = ["GroundStage"]


class GroundStage:
    """The evidence of one conversation.

    Args:
        checker: shared by all conversations; holds no state of its own.
        redact: makes evidence safe to leave.
    """

    def __init__(self, checker: Checker, redact: Callable[[str], RedactedText]) -> None:
        self._checker = checker
        self._redact = redact
        self._conversation = checker.conversation()
        self._heard = False

    def hear(self, event: Utterance) -> None:
        """Take a final utterance as evidence."""
        if event.is_final:
            self._conversation.add(event.speaker, event.text)
            self._heard = True

    def forget(self) -> None:
        """Drop the context (an update without ``preserve_context_window``)."""
        self._conversation = self._checker.conversation()
        self._heard = False

    def check(self, event: Summary) -> Grounding:
        """The verdict on a whole summary."""
        if event.self_context is not None and not self._heard:
            return self._leave(self._checker.check(event.self_context, event.summary), "self_supplied")
        return self._leave(self._conversation.check(event.summary), "stream")

    def _leave(self, result: GroundingResult, context: str) -> Grounding:
        claims = tuple(
            ClaimVerdict(
                start=claim.start,
                end=claim.end,
                verdict=claim.verdict,
                reason=claim.reason,
                score=claim.score,
                evidence=self._redact(claim.evidence),
            )
            for claim in result.claims
        )
        return Grounding(verdict=result.verdict, band=result.band, score=result.score, claims=claims, context=context)
