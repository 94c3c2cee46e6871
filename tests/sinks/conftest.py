"""An outcome to deliver."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from harness.pipeline.outcome import Grounding, Outcome


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
