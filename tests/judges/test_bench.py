"""Asking judges."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from harness.errors import ConfigError
from harness.grounding.judge import Pair
from harness.judges import Answers, Bench, FakeJudge
from harness.pipeline.outcome import JudgeRequest
from harness.text.span import RedactedText

PAIRS: list[Pair] = [(("Agent: Hi.",), "yes"), (("Agent: Hi.",), "no")]


class Broken(FakeJudge):
    """Fails in the way it is told."""

    def __init__(self, answer: Any) -> None:
        super().__init__()
        self._answer = answer

    def score(self, pairs: Sequence[Pair]) -> Any:
        """Whatever it was made with."""
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer


class Later(FakeJudge):
    """Answers by a coroutine, after a while."""

    def __init__(self, wait_s: float) -> None:
        super().__init__()
        self._wait_s = wait_s

    async def score(self, pairs: Sequence[Pair]) -> list[float]:  # type: ignore[override]  # a judge may be either
        """All supported, later."""
        await asyncio.sleep(self._wait_s)
        return [1.0] * len(pairs)


def scores(bench: Bench, pairs: Sequence[Pair] = PAIRS) -> list[float | None]:
    """What the fake judge says of the pairs."""
    return asyncio.run(bench.scores("fake", pairs))


def test_an_answer_is_asked_for_once() -> None:
    """The second time it is remembered, and costs nothing."""
    judge = FakeJudge({"yes": 0.9, "no": 0.1})
    bench = Bench([judge])
    assert scores(bench) == scores(bench) == [0.9, 0.1]
    assert judge.calls == 1
    assert bench.counts["fake"].as_dict() == {"scored": 2, "remembered": 2, "failed": 0, "cost": 2.0}
    assert bench.names == ("fake",)


def test_a_replay_never_goes_out(tmp_path: Path) -> None:
    """On frozen answers the judge is not asked: known is played back, the rest is degraded."""
    path = tmp_path / "answers.jsonl"
    assert scores(Bench([FakeJudge({"yes": 0.9})], Answers(path)), PAIRS[:1]) == [0.9]
    silent = Broken(AssertionError("asked"))
    assert scores(Bench([silent], Answers(path, frozen=True))) == [0.9, None]


@pytest.mark.parametrize("answer", [ValueError("no"), [0.5], [0.5, 1.5], ["x", "y"], None], ids=str)
def test_a_broken_judge_is_degraded(answer: Any) -> None:
    """Whatever it does wrong, there is no answer, and the failure is counted."""
    bench = Bench([Broken(answer)])
    assert scores(bench) == [None, None]
    assert bench.counts["fake"].failed == 2


def test_a_judge_may_answer_later_but_not_too_late() -> None:
    """A coroutine is waited for, up to the limit."""
    assert scores(Bench([Later(0)])) == [1.0, 1.0]
    assert scores(Bench([Later(5)], timeout_s=0.01)) == [None, None]


def test_names_must_differ_and_unknown_ones_are_degraded() -> None:
    """Two judges of one name are refused; one that is not there has no answer."""
    with pytest.raises(ConfigError, match="judges"):
        Bench([FakeJudge(), FakeJudge()])
    assert asyncio.run(Bench([]).scores("fake", PAIRS)) == [None, None]


def test_the_pipelines_question_is_answered() -> None:
    """Over a half it is valid; without an answer neither."""

    def request(judge: str, summary: str) -> JudgeRequest:
        context = ({"speaker": "agent", "text": "Hi."},)
        return JudgeRequest(id="1", judge=judge, conversation="c", context=context, summary=RedactedText(summary))

    bench = Bench([FakeJudge({"yes": 0.9, "no": 0.1})])
    assert asyncio.run(bench.ask(request("fake", "yes"))).valid is True
    refused = asyncio.run(bench.ask(request("fake", "no")))
    assert (refused.valid, refused.violations) == (False, ("unsupported",))
    assert asyncio.run(bench.ask(request("other", "no"))).valid is None
