"""Places for outcomes, and what is remembered of a conversation."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.dialects.base import Malformed
from harness.dialects.mediation import MediationDialect
from harness.grounding import Checker
from harness.pii import Redactor
from harness.pipeline.budget import BudgetStage
from harness.pipeline.ground import GroundStage
from harness.pipeline.outcome import Outcome
from harness.pipeline.sequence import Sequencer
from harness.pipeline.state import ConversationState, Slots, Work


def outcome(number: int) -> Outcome:
    return Outcome(number=number, conversation="", seq=None, event="heartbeat", verdict="accepted", stage="audit")


def test_outcomes_leave_from_the_front_only() -> None:
    """One that is ready waits for the one before it."""
    slots = Slots()
    assert [slots.open(), slots.open(), slots.open()] == [1, 2, 3]
    slots.fill(outcome(2))
    assert (slots.take(), len(slots)) == ([], 3)
    slots.fill(outcome(1))
    assert [o.number for o in slots.take()] == [1, 2]
    assert slots.open() == 4
    slots.fill(outcome(4))
    slots.fill(outcome(3))
    assert [o.number for o in slots.take()] == [3, 4]
    assert len(slots) == 0


@pytest.mark.parametrize("number", [0, 1, 2, 4])
def test_a_place_is_filled_once(number: int) -> None:
    """An outcome without a place, or whose place is taken or gone, is a fault of ours."""
    slots = Slots()
    for _ in range(3):
        slots.open()
    slots.fill(outcome(1))
    slots.take()
    slots.fill(outcome(2))
    with pytest.raises(AssertionError):
        slots.fill(outcome(number))


@given(st.integers(0, 30), st.integers(0, 2**32))
def test_every_outcome_leaves_once_in_order(size: int, seed: int) -> None:
    """In whatever order they are made."""
    slots, left = Slots(), []
    numbers = [slots.open() for _ in range(size)]
    random.Random(seed).shuffle(numbers)
    for number in numbers:
        slots.fill(outcome(number))
        left += [one.number for one in slots.take()]
    assert left == list(range(1, size + 1))


def test_pieces_are_remembered_for_a_while() -> None:
    """The oldest is forgotten first."""
    state = ConversationState(
        ground=GroundStage(Checker(), Redactor()), budget=BudgetStage(1, 1, 1), sequencer=Sequencer()
    )
    works = [Work(number=n, event=MediationDialect().decode("x"), raw="x") for n in (1, 2, 3)]
    for seq, work in enumerate(works):
        state.keep(seq, work, 2)
    assert state.recent == {1: works[1], 2: works[2]}


def test_raw_text_is_not_shown() -> None:
    """A log of a work in progress holds nothing of it."""
    assert "628" not in repr(Work(number=1, event=Malformed(reason="not_json"), raw="628-374-9920"))
