"""Stage: count summary tokens per interaction and keep them inside the service's limits.

1. Tokens are counted over redacted text, so that live and replay count alike.
2. A summary counts once: what its deltas, or an earlier sending of it, counted is not counted again.
3. At the threshold the client is asked, exactly once, to send ``context_window.update``; the count goes on from
   ``retain_tokens`` when the service answers ``context_window.updated``.
4. Text that would pass the maximum before that is cut at the last word boundary inside the budget, never inside a
   placeholder.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from harness.dialects.base import LengthMatrix
from harness.pipeline.outcome import Budget
from harness.text.placeholder import PLACEHOLDER
from harness.text.span import RedactedText

__all__ = ["BudgetStage", "TokenEstimator", "Utf8Estimator", "length_reasons"]


class TokenEstimator(Protocol):
    """How many tokens a text has; must grow with the text."""

    name: str

    def tokens(self, text: str) -> int:
        """Tokens in ``text``."""
        ...


class Utf8Estimator:
    """ceil(UTF-8 bytes / 4): the rule of thumb of the mediation documents, rounded up."""

    name = "utf8/4"

    def tokens(self, text: str) -> int:
        size = len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
        return -(-size // 4)


@dataclass(slots=True)
class _Counted:
    """A summary: the text its deltas kept so far, and the tokens it has been counted with."""

    text: str = ""
    counted: int = 0
    full: bool = False


@dataclass(slots=True)
class BudgetStage:
    """The count of one conversation.

    Args:
        maximum: no summary text goes past it, tokens.
        threshold: where the update is asked for, tokens.
        retain_tokens: what an update leaves.
        estimator: how tokens are counted.
    """

    maximum: int
    threshold: int
    retain_tokens: int
    estimator: TokenEstimator = field(default_factory=Utf8Estimator)
    total: int = 0
    update_pending: bool = False
    _summaries: dict[str, _Counted] = field(default_factory=dict)

    def delta(self, summary_id: str, text: RedactedText) -> tuple[RedactedText, Budget]:
        """Count a piece of a summary; after a cut nothing more of that summary is let through."""
        summary = self._summaries.setdefault(summary_id, _Counted())
        room = 0 if summary.full else self._room() + summary.counted
        fits = self.estimator.tokens(summary.text + text) <= room
        kept = text if fits else cut(text, room, self.estimator, before=summary.text)
        summary.full = summary.full or not fits
        summary.text += kept
        self._count(summary, self.estimator.tokens(summary.text))
        return kept, self._budget(text, kept, self.estimator.tokens(text))

    def completed(self, summary_id: str, text: RedactedText) -> tuple[RedactedText, Budget]:
        """Count a whole summary, less what was counted of it already; one without an id is its own only sending."""
        summary = self._summaries.setdefault(summary_id, _Counted()) if summary_id else _Counted()
        room = min(self._room() + summary.counted, self.maximum)
        tokens = self.estimator.tokens(text)
        kept = text if tokens <= room else cut(text, room, self.estimator)
        self._count(summary, tokens if kept is text else self.estimator.tokens(kept))
        return kept, self._budget(text, kept, tokens)

    def must_update(self) -> bool:
        """True once per crossing of the threshold."""
        if self.update_pending or self.total < self.threshold:
            return False
        self.update_pending = True
        return True

    def updated(self) -> None:
        """The service has emptied its window."""
        if self.update_pending:
            self.update_pending = False
            self.total = min(self.retain_tokens, self.total)

    def _room(self) -> int:
        return max(self.maximum - self.total, 0)

    def _count(self, summary: _Counted, tokens: int) -> None:
        self.total += max(tokens - summary.counted, 0)
        summary.counted = max(tokens, summary.counted)

    def _budget(self, text: str, kept: str, tokens: int) -> Budget:
        truncated = len(kept) < len(text)
        left = self.estimator.tokens(kept) if truncated else tokens
        return Budget(tokens=tokens, kept=left, total=self.total, truncated=truncated)


def cut(text: RedactedText, tokens: int, estimator: TokenEstimator, before: str = "") -> RedactedText:
    """The longest prefix of ``text`` that keeps ``before + prefix`` within ``tokens``.

    It ends at a word boundary and splits no placeholder.
    """
    if not tokens and not before and estimator.tokens(text[:1]):
        return RedactedText("")
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if estimator.tokens(before + text[:middle]) <= tokens:
            low = middle
        else:
            high = middle - 1
    return RedactedText(text[: _boundary(text, low)].rstrip())


def _boundary(text: str, at: int) -> int:
    for match in PLACEHOLDER.finditer(text):
        if match.start() < at < match.end():
            return match.start()
    while 0 < at < len(text) and not _parts(text[at - 1], text[at]):
        at -= 1
    return at


def _parts(before: str, after: str) -> bool:
    """Whether a word ends between two characters; scripts from U+2E80 on are written without blanks."""
    return before.isspace() or after.isspace() or max(before, after) >= "\u2e80"


def length_reasons(matrix: LengthMatrix, tokens: int, context_tokens: int) -> list[str]:
    """Where a completed summary leaves its matrix: below_min_tokens, above_max_tokens, compression_ratio."""
    reasons = []
    if tokens < matrix.min_tokens:
        reasons.append("below_min_tokens")
    if tokens > matrix.max_tokens:
        reasons.append("above_max_tokens")
    if context_tokens > 0 and tokens > matrix.target_compression_ratio * context_tokens:
        reasons.append("compression_ratio")
    return reasons
