"""A conversation as its wire messages, and what a pipeline makes of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from harness.dialects.mediation import MediationDialect
from harness.grounding import Checker
from harness.pii import Redactor
from harness.pipeline.chain import Pipeline
from harness.pipeline.outcome import Effect, Outcome

REDACTOR, CHECKER = Redactor(), Checker()


class Talk:
    """The service's side of one interaction: every message gets the next ``seq``."""

    def __init__(self, interaction: str = "i-1") -> None:
        self.interaction = interaction
        self.seq = 0

    def typed(self, kind: str, **fields: Any) -> str:
        self.seq += 1
        return json.dumps({"type": kind, "interaction_id": self.interaction, "seq": self.seq, **fields})

    def subscribed(self, **limits: int) -> str:
        return self.typed("subscribed", limits=limits)

    def utterance(self, text: str, by: str = "customer", **fields: Any) -> str:
        return self.typed("utterance", utterance_id=f"u{self.seq}", speaker=by, text=text, **fields)

    def delta(self, text: str, index: int, summary_id: str = "s1") -> str:
        return self.typed("summary.delta", summary_id=summary_id, index=index, text=text)

    def deltas(self, *pieces: str, summary_id: str = "s1") -> list[str]:
        return [self.delta(piece, index, summary_id) for index, piece in enumerate(pieces)]

    def completed(self, text: str, summary_id: str = "s1", **fields: Any) -> str:
        return self.typed("summary.completed", summary_id=summary_id, summary=text, **fields)

    def updated(self) -> str:
        return self.typed("context_window.updated", token_count=0)

    def heartbeat(self) -> str:
        return self.typed("heartbeat")

    def end(self) -> str:
        return self.typed("end", reason="completed")


def new_pipeline(**arguments: Any) -> Pipeline:
    return Pipeline(**{"dialect": MediationDialect(), "redactor": REDACTOR, "checker": CHECKER, **arguments})


def play(messages: Iterable[str | bytes], pipeline: Pipeline | None = None) -> list[Effect]:
    pipeline = pipeline or new_pipeline()
    return [*(effect for message in messages for effect in pipeline.feed(message)), *pipeline.finish()]


def outcomes_of(effects: Iterable[Effect]) -> list[Outcome]:
    return [effect for effect in effects if isinstance(effect, Outcome)]


@pytest.fixture(scope="session")
def talk() -> Callable[..., Any]:
    """Makes a :class:`Talk`."""
    return Talk


@pytest.fixture(scope="session")
def pipeline_with() -> Callable[..., Pipeline]:
    """Makes a pipeline; parts not given are the default ones."""
    return new_pipeline


@pytest.fixture(scope="session")
def effects_of() -> Callable[..., list[Effect]]:
    """Every effect of feeding messages and finishing."""
    return play


@pytest.fixture(scope="session")
def outcomes() -> Callable[..., list[Outcome]]:
    """Every outcome of feeding messages and finishing."""
    return lambda messages, pipeline=None: outcomes_of(play(messages, pipeline))
