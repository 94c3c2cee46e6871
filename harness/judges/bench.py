"""The bench: asks judges, in time or not at all, and keeps count.

1. What was answered before is not asked again (``answers.py``); on frozen answers nobody is asked at all.
2. A judge that fails, is late, answers too few or out of 0..1 gives no answer: None, which its asker calls degraded.
3. The count says per judge: pairs scored, of them from the answers kept, failures, and what they cost.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from harness.errors import ConfigError
from harness.grounding.judge import Judge, Pair
from harness.judges.answers import Answers, key_of
from harness.pipeline.outcome import JudgeAnswer, JudgeRequest

__all__ = ["Bench", "Count"]


@dataclass(slots=True)
class Count:
    """What one judge did."""

    scored: int = 0
    remembered: int = 0
    failed: int = 0
    cost: float = 0.0

    def as_dict(self) -> dict[str, Any]:
        """For reports."""
        return {"scored": self.scored, "remembered": self.remembered, "failed": self.failed, "cost": self.cost}


class Bench:
    """Judges by name.

    Args:
        judges: whom to ask; names must differ.
        answers: what is known; default: nothing, kept in memory.
        timeout_s: for one call.
    """

    def __init__(self, judges: Sequence[Judge], answers: Answers | None = None, *, timeout_s: float = 30.0) -> None:
        self._judges = {judge.name: judge for judge in judges}
        if len(self._judges) != len(judges):
            raise ConfigError("judges", [judge.name for judge in judges], "judges with different names")
        self._answers = answers or Answers()
        self._timeout_s = timeout_s
        self.counts = {name: Count() for name in self._judges}

    @property
    def names(self) -> tuple[str, ...]:
        """The judges, in order."""
        return tuple(self._judges)

    async def scores(self, name: str, pairs: Sequence[Pair]) -> list[float | None]:
        """Support of each pair by one judge; None where there is no answer."""
        judge = self._judges.get(name)
        if judge is None:
            return [None] * len(pairs)
        count = self.counts[name]
        keys = [key_of(judge, pair) for pair in pairs]
        known = [self._answers.get(key) for key in keys]
        count.remembered += sum(score is not None for score in known)
        open_ = [at for at, score in enumerate(known) if score is None]
        if open_ and not self._answers.frozen:
            asked = await self._ask(judge, [pairs[at] for at in open_])
            for at, score in zip(open_, asked, strict=False):  # no scores at all when the judge failed
                self._answers.put(name, keys[at], score)
                known[at] = score
                count.scored += 1
                count.cost += judge.cost
        count.failed += sum(score is None for score in known)
        return known

    async def _ask(self, judge: Judge, pairs: Sequence[Pair]) -> list[float]:
        """The judge's scores; none at all when it fails."""
        try:
            async with asyncio.timeout(self._timeout_s):
                given: Any
                if inspect.iscoroutinefunction(judge.score):  # a thread might return it too late
                    given = await judge.score(pairs)
                else:
                    given = await asyncio.to_thread(judge.score, pairs)
                    given = await given if inspect.isawaitable(given) else given
            scores = [round(float(score), 6) for score in given]
        except Exception:  # noqa: BLE001 -- a judge is foreign code: whatever it raises, the verdict is "degraded"
            return []
        return scores if len(scores) == len(pairs) and all(0 <= score <= 1 for score in scores) else []

    async def ask(self, request: JudgeRequest, *, by: str | None = None) -> JudgeAnswer:
        """The answer to a pipeline's question about a whole summary, by the judge ``by`` or the one it names."""
        turns = [f"{turn.get('speaker', '')}: {turn.get('text', '')}" for turn in request.context]
        (score,) = await self.scores(by or request.judge, [(turns, request.summary)])
        if score is None:
            return JudgeAnswer(valid=None)
        return JudgeAnswer(valid=score >= 0.5, violations=() if score >= 0.5 else ("unsupported",))
