"""The judges of a session: made from the settings, asked through the client, counted for the report.

1. A judge goes by the name the settings give it; that name is in reasons, in ``degraded`` and in the report.
2. What judges answer is kept in the file of answers: digests and scores, no text. A replay plays it back and asks
   nobody: what is not in it is degraded.
3. A judge sees accepted summaries only, redacted: it agrees, or it overrules the check and the summary is quarantined.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from harness.clock import Clock
from harness.errors import ConfigError
from harness.grounding.judge import Judge
from harness.judges import Answers, Bench, load_judge
from harness.pipeline.outcome import JudgeAnswer, JudgeRequest
from harness.settings import Settings

__all__ = ["Judging", "judging_of"]


@dataclass(slots=True)
class _Tally:
    asked: int = 0
    agreed: int = 0
    overruled: int = 0


class Judging:
    """Judges by the names the settings give them.

    Args:
        judges: name -> judge.
        answers: what is known; None = nothing, kept in memory.
    """

    def __init__(self, judges: Mapping[str, Judge], answers: Answers | None = None) -> None:
        kept = answers or Answers()
        self._judges = dict(judges)
        self._benches = {name: Bench([judge], kept) for name, judge in judges.items()}
        self._tallies = {name: _Tally() for name in judges}

    async def ask(self, request: JudgeRequest) -> JudgeAnswer:
        """The answer to a pipeline's question; of a judge nobody knows there is none."""
        judge = self._judges.get(request.judge)
        if judge is None:
            return JudgeAnswer(valid=None)
        answer = await self._benches[request.judge].ask(request, by=judge.name)
        tally = self._tallies[request.judge]
        tally.asked += 1
        tally.agreed += answer.valid is True
        tally.overruled += answer.valid is False
        return answer

    def rows(self) -> list[dict[str, Any]]:
        """For the report: of each judge what it was asked, decided and cost; ``cached`` were answered from the file."""
        return [self._row(name, judge) for name, judge in self._judges.items()]

    def _row(self, name: str, judge: Judge) -> dict[str, Any]:
        tally, count = self._tallies[name], self._benches[name].counts[judge.name]
        decided = tally.agreed + tally.overruled
        return {
            "judge": name,
            "version": judge.version,
            "deterministic": judge.deterministic,
            "asked": tally.asked,
            "decided": decided,
            "agreed": tally.agreed,
            "overruled": tally.overruled,
            "degraded": tally.asked - decided,
            "cached": count.remembered,
            "cost": count.cost,
        }


def judging_of(settings: Settings, *, clock: Clock, replay: bool = False) -> Judging | None:
    """The judges of the settings; None where there is none.

    Args:
        settings: their names, where answers are kept, the key of http judges.
        clock: times retries of http judges.
        replay: play back answers only.

    Raises:
        ConfigError: a judge that does not exist or lacks something, or a damaged file of answers.
    """
    if not settings.judges:
        return None
    if "gateway" in settings.judges:
        raise ConfigError("judges", "gateway", "another name: this one is the service's own validation")
    path = settings.judge_answers
    known = None if replay and not path.exists() else path
    return Judging(_loaded(settings.judges, clock, settings.judge_key), Answers(_home(known), frozen=replay))


def _loaded(chosen: Mapping[str, str], clock: Clock, key: SecretStr | None) -> dict[str, Judge]:
    return {name: load_judge(setting, clock=clock, key=key) for name, setting in chosen.items()}


def _home(path: Path | None) -> Path | None:
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
    return path
