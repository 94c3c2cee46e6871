"""A second opinion for ``harness ground``: a judge is asked about the claims the check is uncertain of.

1. What is asked is redacted first, whoever the judge is.
2. A claim without an answer stays as it was, and counts as degraded.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from harness.clock import SystemClock
from harness.errors import ConfigError
from harness.grounding.checker import turns_of
from harness.grounding.judge import Judge, refine, uncertain
from harness.grounding.verdict import GroundingResult
from harness.judges import Answers, Bench, load_judge
from harness.pii import Redactor

__all__ = ["Second"]

KEY = "HARNESS_JUDGE_KEY"
"""Environment variable with the bearer token of an http judge."""


class Second:
    """One judge with its answers.

    Args:
        setting: see ``judges/load.py``.
        answers: file of answers, or None.
        frozen: play back only.

    Raises:
        ConfigError: no such judge; frozen without a file.
    """

    def __init__(self, setting: str, answers: Path | None, *, frozen: bool = False, judge: Judge | None = None) -> None:
        if frozen and answers is None:
            raise ConfigError("frozen", True, "--answers FILE beside it")
        key = os.environ.get(KEY)
        judge = judge or load_judge(setting, clock=SystemClock(), key=SecretStr(key) if key else None)
        self._name = judge.name
        self._bench = Bench([judge], Answers(answers, frozen=frozen))
        self._redactor = Redactor()

    def opinion(self, context: Any, summary: str, result: GroundingResult) -> GroundingResult:
        """``result``, its uncertain claims decided by the judge."""
        open_ = uncertain(result)
        if not open_:
            return result
        turns = [self._redactor.redact(f"{speaker}: {text}").text for speaker, text in turns_of(context)]
        claims = [result.claims[at] for at in open_]
        pairs = [(turns, self._redactor.redact(summary[claim.start : claim.end]).text) for claim in claims]
        scores = asyncio.run(self._bench.scores(self._name, pairs))
        known = {at: score for at, score in zip(open_, scores, strict=True) if score is not None}
        return refine(result, known, self._name)

    def account(self) -> str:
        """What the judge decided and cost, in one line."""
        count = self._bench.counts[self._name]
        return (
            f"judge {self._name}: {count.scored} claims asked, {count.remembered} remembered, "
            f"{count.failed} degraded, cost {count.cost:g}"
        )
