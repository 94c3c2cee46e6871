"""An outcome to deliver, and composed recordings to run sessions on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.pipeline.outcome import Grounding, Outcome
from harness.pipeline.policy import PipelinePolicy
from harness.scenario.files import compose_files
from harness.session.demo import record_corpus
from harness.session.parts import Tools

NAMES = ("retail-gift-return", "telco-roaming-bill", "bank-lost-card")


@pytest.fixture(scope="session")
def tools() -> Tools:
    return Tools.default()


@pytest.fixture(scope="session")
def composed(root: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    files = [root / "fixtures" / "scenarios" / f"{name}.yaml" for name in NAMES]
    return compose_files(files, tmp_path_factory.mktemp("composed"), 7)


@pytest.fixture(scope="session")
def recorded(composed: list[Path], tools: Tools, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    out = tmp_path_factory.mktemp("recorded")
    runs = asyncio.run(record_corpus(composed, out, tools=tools, policy=PipelinePolicy(), speed=None, seed=7))
    assert [run.error for run in runs] == [None] * len(runs)
    return [run.recording for run in runs if run.recording]


@pytest.fixture
def make_outcome() -> Callable[..., Outcome]:
    """Makes an accepted summary; keywords change it."""

    def make(**changes: Any) -> Outcome:
        fields: dict[str, Any] = {
            "number": 3,
            "conversation": "telco-one-0001",
            "seq": 9,
            "event": "summary.completed",
            "verdict": "accepted",
            "stage": "audit",
            "payload": {"summary": "Caf\u00e9 visit.", "summary_id": "s1", "entities": [{"type": "PERSON"}]},
            "digest": "d" * 64,
            "deliverable": True,
            "pii_redacted": True,
            "grounding": Grounding(verdict="grounded", band="grounded", score=1.0),
            "governance": {"status": "compliant"},
        }
        return Outcome(**{**fields, **changes})

    return make
