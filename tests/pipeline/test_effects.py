"""What a message changes for those after it."""

from __future__ import annotations

from harness.dialects.base import Lifecycle, Other, Summary, Utterance
from harness.grounding import Checker
from harness.pii import Redactor
from harness.pipeline.budget import BudgetStage
from harness.pipeline.effects import effects_of
from harness.pipeline.ground import GroundStage
from harness.pipeline.outcome import Generate, Send
from harness.pipeline.policy import PipelinePolicy
from harness.pipeline.sequence import Sequencer
from harness.pipeline.state import ConversationState


def state() -> ConversationState:
    return ConversationState(
        ground=GroundStage(Checker(), Redactor()), budget=BudgetStage(4096, 10, 5), sequencer=Sequencer(window=4)
    )


def said(by: str, *, final: bool = True) -> Utterance:
    return Utterance(type="utterance", conversation="c", utterance_id="u", speaker=by, text="hello", is_final=final)


SUMMARY = Summary(type="summary.completed", conversation="c", summary_id="s", summary="they spoke")


def test_a_summary_past_the_threshold_asks_for_an_update_once() -> None:
    """And is counted as a summary."""
    one, policy = state(), PipelinePolicy(retain_tokens=5)
    one.budget.total = 12
    (asked,) = effects_of(SUMMARY, one, policy)
    assert isinstance(asked, Send)
    assert (asked.message["token_count"], asked.message["retain_tokens"]) == (12, 5)
    assert [*effects_of(SUMMARY, one, policy)] == []
    assert one.summaries == 2
    assert [*effects_of(Lifecycle(type="context_window.updated", conversation="c"), one, policy)] == []
    assert one.budget.total == 5


def test_every_so_many_customer_turns_ask_for_a_summary() -> None:
    """Final ones of the customer count, nobody else's."""
    one, policy = state(), PipelinePolicy(generate=2)
    turns = [said("customer"), said("agent"), said("customer", final=False), said("customer")]
    assert [len([*effects_of(turn, one, policy)]) for turn in turns] == [0, 0, 0, 1]
    assert [*effects_of(Other(type="new", conversation="c"), one, policy)] == []


def test_an_end_without_a_summary_asks_for_one() -> None:
    """Unless there was one, or none is wanted."""
    end = Lifecycle(type="end", conversation="c", facts={"reason": "completed"})
    assert [type(effect) for effect in effects_of(end, state(), PipelinePolicy())] == [Generate]
    assert [*effects_of(end, state(), PipelinePolicy(generate="never"))] == []
    one = state()
    assert [*effects_of(SUMMARY, one, PipelinePolicy())] == []
    assert [*effects_of(end, one, PipelinePolicy())] == []


def test_the_service_says_its_limits() -> None:
    """They are the budget's from then on."""
    one = state()
    limits = {"max_streaming_tokens": 700, "context_window_threshold": 300}
    assert [*effects_of(Lifecycle(type="subscribed", facts={"limits": limits}), one, PipelinePolicy())] == []
    assert (one.budget.maximum, one.budget.threshold) == (700, 300)
