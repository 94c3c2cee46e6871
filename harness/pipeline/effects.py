"""What a message that counts changes for those after it, and what it asks the edge to do."""

from __future__ import annotations

from collections.abc import Iterator

from harness.dialects.base import Event, Lifecycle, Summary, SummaryDelta, Utterance
from harness.dialects.mediation import context_window_update
from harness.pipeline.outcome import Effect, Generate, Send
from harness.pipeline.policy import PipelinePolicy
from harness.pipeline.state import ConversationState

__all__ = ["effects_of"]


def effects_of(event: Event, state: ConversationState, policy: PipelinePolicy) -> Iterator[Effect]:
    """Note in ``state`` that ``event`` is through; gives what is to be done now, in order."""
    match event:
        case SummaryDelta():
            yield from _update(event.conversation, state, policy)
        case Summary():
            state.summaries += 1
            yield from _update(event.conversation, state, policy)
        case Utterance(is_final=True, speaker="customer"):
            state.final_customer_turns += 1
            every = policy.generate
            if isinstance(every, int) and state.final_customer_turns % every == 0:
                yield _generate(event.conversation, state)
        case Lifecycle(type="subscribed", facts=facts):
            state.budget.maximum = facts["limits"]["max_streaming_tokens"]
            state.budget.threshold = facts["limits"]["context_window_threshold"]
        case Lifecycle(type="context_window.updated"):
            state.budget.updated()
        case Lifecycle(type="end") if state.summaries == 0 and policy.generate == "end":
            yield _generate(event.conversation, state)


def _update(conversation: str, state: ConversationState, policy: PipelinePolicy) -> Iterator[Send]:
    if state.budget.must_update():
        message = context_window_update(conversation, state.budget.total, policy.retain_tokens)
        yield Send(conversation=conversation, message=message)


def _generate(conversation: str, state: ConversationState) -> Generate:
    return Generate(conversation=conversation, context=tuple(state.context))
