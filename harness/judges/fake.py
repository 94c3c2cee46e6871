"""A judge for tests: it supports what it was told to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from harness.grounding.judge import Pair

__all__ = ["FakeJudge"]


class FakeJudge:
    """Scores by claim; counts its calls.

    Args:
        scores: score by claim.
        default: score of every other claim.
    """

    name = "fake"
    version = "1"
    deterministic = True
    cost = 1.0

    def __init__(self, scores: Mapping[str, float] | None = None, *, default: float = 0.5) -> None:
        self._scores = dict(scores or {})
        self._default = default
        self.calls = 0

    def score(self, pairs: Sequence[Pair]) -> list[float]:
        """The score of each claim."""
        self.calls += 1
        return [self._scores.get(claim, self._default) for _, claim in pairs]
