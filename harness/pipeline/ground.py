"""Stage: is every claim of a summary supported by what was said before it?

1. It runs before redaction, on text in which every value is its identity: which values are the same counts, not what
   they are. So a replay on surrogates comes to the same verdict. What leaves the stage is redacted.
2. Only final utterances of the same conversation that came before the summary support it.
3. What is said after a summary changes later verdicts, never its own; :meth:`GroundStage.premature` tells which of its
   claims became true later.
4. A message's own context is used only where the dialect offers nothing else, and is labelled ``self_supplied``.
"""

from __future__ import annotations

from harness.dialects.base import Summary, Utterance
from harness.grounding import Checker, GroundingResult
from harness.pii import Redactor
from harness.pii.identity import Identities, Masked
from harness.pipeline.outcome import ClaimVerdict, Grounding
from harness.text.placeholder import plain
from harness.text.span import RedactedText

__all__ = ["GroundStage"]

_MAX_REMEMBERED = 64


class GroundStage:
    """The evidence of one conversation.

    Args:
        checker: shared by all conversations; holds no state of its own.
        redactor: knows personal data; makes evidence safe to leave.
    """

    def __init__(self, checker: Checker, redactor: Redactor) -> None:
        self._checker = checker
        self._redactor = redactor
        self._identities = Identities(redactor)
        self._conversation = checker.conversation()
        self._heard = False
        self._refused: list[tuple[int, str, tuple[int, int], tuple[int, int]]] = []

    def hear(self, event: Utterance) -> None:
        """Take a final utterance as evidence."""
        if event.is_final:
            self._conversation.add(event.speaker, self._identities.mask(event.text).text)
            self._heard = True

    def forget(self) -> None:
        """Drop the context (an update without ``preserve_context_window``)."""
        self._conversation = self._checker.conversation()
        self._heard = False

    def check(self, event: Summary, number: int = 0) -> Grounding:
        """The verdict on a whole summary, which came as message ``number``."""
        if event.self_context is None or self._heard:
            summary = self._identities.mask(event.summary)
            result = self._conversation.check(summary.text)
            self._remember(number, summary, result)
            return self._leave(result, summary, "stream")
        context = self._identities.mask(event.self_context).text
        summary = self._identities.mask(event.summary)
        return self._leave(self._checker.check(context, summary.text), summary, "self_supplied")

    def premature(self) -> list[tuple[int, int, int]]:
        """Claims that nothing supported when they were made and that what was said since supports.

        Returns:
            (message number, start and end in that message's summary), in order.
        """
        return [
            (number, *place)
            for number, text, place, (start, end) in self._refused
            if self._conversation.check(text[start:end]).verdict == "grounded"
        ]

    def _remember(self, number: int, summary: Masked, result: GroundingResult) -> None:
        for claim in result.claims[:_MAX_REMEMBERED]:
            if claim.verdict == "ungrounded":
                place = (summary.original(claim.start), summary.original(claim.end))
                self._refused.append((number, summary.text, place, (claim.start, claim.end)))

    def _leave(self, result: GroundingResult, summary: Masked, context: str) -> Grounding:
        claims = tuple(
            ClaimVerdict(
                start=summary.original(claim.start),
                end=summary.original(claim.end),
                verdict=claim.verdict,
                reason=claim.reason,
                score=claim.score,
                evidence=self._shown(claim.evidence),
            )
            for claim in result.claims
        )
        return Grounding(verdict=result.verdict, band=result.band, score=result.score, claims=claims, context=context)

    def _shown(self, evidence: str) -> RedactedText:
        """What was said, as it may leave."""
        if not evidence:
            return RedactedText("")
        return self._redactor.redact(plain(evidence), names=self._identities.names.copy()).text
