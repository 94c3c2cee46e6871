"""Tokens, entities and what is remembered of a message."""

from __future__ import annotations

import json
from typing import Any

import pytest

from harness.dialects.mediation import MediationDialect
from harness.dialects.mediation_models import Subscription
from harness.grounding import Checker
from harness.pii import Redactor
from harness.pipeline.budget import BudgetStage
from harness.pipeline.counting import Counted, count
from harness.pipeline.ground import GroundStage
from harness.pipeline.redact import RedactStage
from harness.pipeline.sequence import Sequencer
from harness.pipeline.state import ConversationState, Work

DIALECT = MediationDialect()
STAGE = RedactStage(Redactor(), DIALECT)
FLAT = {
    "interaction_id": "c",
    "summary_matrix": {"min_tokens": 50, "max_tokens": 500},
    "extraction_directives": {"entity_types": ["PERSON"]},
}


def counted(
    fields: dict[str, Any], maximum: int = 4096, fault: tuple[str, str] | None = None
) -> tuple[Work, Counted, Any]:
    event = DIALECT.decode(json.dumps({"interaction_id": "c", "seq": 1, **fields}))
    work = Work(number=1, event=event, raw="", fault=fault)
    work.redaction = STAGE.submit(event, "")
    state = ConversationState(
        ground=GroundStage(Checker(), Redactor()), budget=BudgetStage(maximum, 9999, 5), sequencer=Sequencer(window=4)
    )
    return work, count(work, state, Subscription()), state


def test_a_summary_is_counted_and_cut() -> None:
    """Where it leaves its bounds, and where it was cut, is noted in this order."""
    fields = {"type": "summary.completed", "summary_id": "s", "summary": "abcd abcd abcd"}
    work, found, _ = counted(fields, maximum=2)
    assert found.document.value["summary"] == "abcd"
    assert work.notes == ["below_min_tokens", "truncated"]
    assert found.budget is not None
    assert (found.budget.tokens, found.budget.kept, found.budget.total, found.budget.truncated) == (4, 1, 1, True)


def test_flat_summaries_leave_nothing_behind() -> None:
    """Each is one of its own, so none needs to be known when the next comes; its own matrix counts."""
    work, found, state = counted({**FLAT, "summary": "word " * 60})
    assert found.dropped == 0
    assert work.notes == []
    assert state.budget._summaries == {}
    assert state.budget.total > 0


def test_entities_nobody_asked_for_are_dropped() -> None:
    """Of the message that leaves, whatever else became of it."""
    entities = [{"type": kind, "text": "x", "confidence": 0.9} for kind in ("PERSON", "PLANET")]
    fields = {"type": "summary.completed", "summary_id": "s", "summary": "abcd", "entities": entities}
    _, found, _ = counted(fields)
    assert found.dropped == 1
    assert [entity["type"] for entity in found.document.value["entities"]] == ["PERSON"]


@pytest.mark.parametrize("final", [True, False])
def test_what_was_said_is_remembered_when_it_is_final(final: bool) -> None:
    """Redacted; and that the second look has seen it."""
    fields = {
        "type": "utterance",
        "utterance_id": "u",
        "speaker": "agent",
        "text": "call 628-271-4432",
        "is_final": final,
    }
    work, found, state = counted(fields)
    assert found.budget is None
    assert [turn["text"] for turn in state.context] == ["call [PHONE_REDACTED]"] * final
    assert work.scanned == "call [PHONE_REDACTED]" * final


def test_a_message_at_fault_counts_nothing() -> None:
    """It leaves redacted."""
    fields = {"type": "summary.completed", "summary_id": "s", "summary": "call 628-271-4432"}
    _, found, state = counted(fields, fault=("validate", "x"))
    assert found.document.value["summary"] == "call [PHONE_REDACTED]"
    assert (found.budget, found.dropped, state.budget.total) == (None, 0, 0)
