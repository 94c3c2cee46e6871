"""Stage: count summary tokens per interaction and keep them inside the service's limits.

1. Tokens are counted over redacted text, so that live and replay count alike.
2. A summary counts once: what its deltas counted is not counted again when it is completed.
3. At the threshold the client is asked, exactly once, to send ``context_window.update``; the count goes on from
   ``retain_tokens`` when the service answers ``context_window.updated``.
4. Text that would pass the maximum before that is cut at the last word boundary inside the budget, never inside a
   placeholder.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from harness.dialects.mediation_models import SummaryLengthMatrix
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
        return -(-len(text.encode("utf-8", "surrogatepass")) // 4)


@dataclass(slots=True)
class _Open:
    """A summary whose deltas are being counted: the text kept so far and its tokens."""

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
    _open: dict[str, _Open] = field(default_factory=dict)
    _done: set[str] = field(default_factory=set)

    def delta(self, summary_id: str, text: RedactedText) -> tuple[RedactedText, Budget]:
        """Count a piece of a summary; after a cut nothing more of that summary is let through."""
        summary = self._open.setdefault(summary_id, _Open())
        whole = self.estimator.tokens(summary.text + text)
        room = 0 if summary.full else self._room() + summary.counted
        kept = text if whole <= room else cut(text, room, self.estimator, before=summary.text)
        summary.full = summary.full or whole > room
        summary.text += kept
        now = self.estimator.tokens(summary.text)
        grown, summary.counted = now - summary.counted, now
        self.total += grown
        return kept, self._budget(self.estimator.tokens(text), self.estimator.tokens(kept), len(kept) < len(text))

    def completed(self, summary_id: str, text: RedactedText) -> tuple[RedactedText, Budget]:
        """Count a whole summary, less what its deltas counted already."""
        tokens = self.estimator.tokens(text)
        if summary_id in self._done:
            return text, self._budget(tokens, tokens, False)
        self._done.add(summary_id)
        already = self._open.pop(summary_id, _Open()).counted
        room = min(self._room() + already, self.maximum)
        kept = text if tokens <= room else cut(text, room, self.estimator)
        self.total += max(self.estimator.tokens(kept) - already, 0)
        return kept, self._budget(tokens, self.estimator.tokens(kept), len(kept) < len(text))

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

    def _budget(self, tokens: int, kept: int, truncated: bool) -> Budget:
        return Budget(tokens=tokens, kept=kept, total=self.total, truncated=truncated)


def cut(text: RedactedText, tokens: int, estimator: TokenEstimator, before: str = "") -> RedactedText:
    """The longest prefix of ``text`` that keeps ``before + prefix`` within ``tokens``.

    It ends at a word boundary and splits no placeholder.
    """
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
    if at >= len(text) or text[at].isspace():
        return at
    while at > 0 and not text[at - 1].isspace():
        at -= 1
    return at


def length_reasons(matrix: SummaryLengthMatrix, tokens: int, context_tokens: int) -> list[str]:
    """Where a completed summary leaves its matrix: below_min_tokens, above_max_tokens, compression_ratio."""
    reasons = []
    if tokens < matrix.min_tokens:
        reasons.append("below_min_tokens")
    if tokens > matrix.max_tokens:
        reasons.append("above_max_tokens")
    if context_tokens > 0 and tokens > matrix.target_compression_ratio * context_tokens:
        reasons.append("compression_ratio")
    return reasons
