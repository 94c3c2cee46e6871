"""The one pipeline, live or replayed: decode -> validate -> ground -> redact -> budget -> audit.

1. Pure and deterministic: no clock, no I/O; the same messages give the same outcomes, byte for byte.
2. Over a session exactly one outcome per inbound message, in wire order; one call may return none (text held back until
   no value can begin in it any more, or a hole in the order) or several.
3. Nothing raw leaves: outcomes hold redacted text only.
4. A bad message is an outcome, never an exception.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from harness.dialects.base import Dialect, Event, Lifecycle, Malformed, Summary, SummaryDelta, Utterance
from harness.grounding import Checker
from harness.pii import Redactor
from harness.pipeline.audit import audit_body
from harness.pipeline.budget import BudgetStage
from harness.pipeline.conclude import conclude
from harness.pipeline.counting import count
from harness.pipeline.effects import effects_of
from harness.pipeline.found import Found
from harness.pipeline.ground import GroundStage
from harness.pipeline.outcome import Effect, GapFound, JudgeAnswer, Outcome
from harness.pipeline.payload import Document
from harness.pipeline.policy import PipelinePolicy
from harness.pipeline.redact import Redaction, RedactStage
from harness.pipeline.sequence import Hole, Sequencer
from harness.pipeline.state import ConversationState, Slots, Work
from harness.pipeline.validate import fault
from harness.pipeline.verdict import settle

__all__ = ["DROPPED", "Pipeline"]

DROPPED = ("queue", "dropped")
"""Stage and reason of a message the queue had no room for."""


def _no_mark(_: str) -> None:
    """Times no stage."""


class Pipeline:
    """All conversations of one session.

    Args:
        dialect: how messages are decoded.
        redactor: finds and replaces personal data.
        checker: the hallucination check.
        policy: every other choice.
        on_stage: called with the stage's name when a stage is done with a message, and with "" when a message comes in;
            a caller that has a clock may time stages by it.
    """

    def __init__(
        self,
        *,
        dialect: Dialect,
        redactor: Redactor | None = None,
        checker: Checker | None = None,
        policy: PipelinePolicy | None = None,
        on_stage: Callable[[str], None] = _no_mark,
    ) -> None:
        self._dialect = dialect
        self._redactor = Found(redactor or Redactor())
        self._checker = checker or Checker()
        self.policy = policy or PipelinePolicy()
        self.policy_digest = self.policy.digest(self._redactor.policy_digest, self._checker.policy_digest)
        self._mark = on_stage
        self._redact = RedactStage(self._redactor, dialect)
        self._slots = Slots()
        self._conversations: dict[str, ConversationState] = {}
        self._effects: list[Effect] = []

    def feed(self, data: str | bytes, at_ns: int = 0, *, service: str = "stream") -> list[Effect]:
        """Take one inbound message: of the stream, or (``service="gateway"``) the body of a summary made over REST.

        ``at_ns`` is the time of arrival; no verdict depends on it.
        """
        self._mark("")
        event = self._decode(data, service)
        self._mark("decode")
        work = Work(number=self._slots.open(), event=event, raw=data, service=service)
        if event.seq is None or not event.conversation:
            self._process(work)
        else:
            self._in_order(work)
        return self._leave()

    def drop(self, event: Event, fault: tuple[str, str] = DROPPED) -> list[Effect]:
        """A message that was dropped before it came here: ``event`` says whose it was, and nothing of its text.

        It is rejected with ``fault`` (stage, reason). One of the queue keeps its place in the order, and is a gap of its own.
        """
        self._mark("")
        work = Work(number=self._slots.open(), event=event, raw="", fault=fault)
        if event.seq is None or not event.conversation:
            self._process(work)
        else:
            self._in_order(work)
        return self._leave()

    def give_up(self, conversation: str) -> list[Effect]:
        """Wait no longer for what is missing: the edge's timer decided, and records the gap it is told of."""
        state = self._conversations.get(conversation)
        if state is not None:
            self._drain(conversation, state, "timer")
        return self._leave()

    def finish(self) -> list[Effect]:
        """The session is over: nothing more will come, so nothing is held any longer."""
        for conversation, state in self._conversations.items():
            self._drain(conversation, state, "finish")
        self._redact.finish()
        for state in self._conversations.values():
            self._complete_streaming(state)
        return self._leave()

    def settle(self, outcome: Outcome, answers: Mapping[str, JudgeAnswer]) -> Outcome:
        """``outcome`` with its judge requests answered, by request id; a missing answer is ``degraded``."""
        return settle(outcome, answers)

    def premature(self) -> list[tuple[int, int, int]]:
        """Claims of summaries that became true only after they were made: message number, start and end, in order."""
        return sorted(found for state in self._conversations.values() for found in state.ground.premature())

    def resume_after(self, conversation: str) -> int:
        """The seq up to which nothing is missing, 0 before the first message."""
        state = self._conversations.get(conversation)
        return 0 if state is None else state.sequencer.last_in_order

    def waiting(self, conversation: str) -> int:
        """Messages that wait behind a hole in the order."""
        state = self._conversations.get(conversation)
        return 0 if state is None else state.sequencer.waiting

    def audit_body(self, outcome: Outcome) -> dict[str, Any]:
        """The audit record of ``outcome``, but for what only the edge knows."""
        return audit_body(outcome, self.policy_digest)

    # -- order -----------------------------------------------------------------------------------------------

    def _decode(self, data: str | bytes, service: str) -> Event:
        if service == "gateway":
            return self._dialect.decode_rest(data) if isinstance(data, str) else Malformed(reason="binary")
        return self._dialect.decode(data)

    def _in_order(self, work: Work) -> None:
        event = work.event
        assert event.seq is not None
        state = self._state(event.conversation)
        if event.type == "subscribed":
            state.sequencer.begin(event.seq)
        released = state.sequencer.push(event.seq, work)
        if isinstance(released, str):
            work.fault = ("decode", f"{released}_seq")
            self._process(work)
            return
        for item in released:
            self._pass_on(event.conversation, item, "window")

    def _pass_on(self, conversation: str, item: Work | Hole, reason: str) -> None:
        if isinstance(item, Hole):
            self._redact.tear(conversation)
            gap = GapFound(conversation=conversation, from_seq=item.first, to_seq=item.last, reason=reason)
            self._effects.append(gap)
            return
        if item.fault == DROPPED and item.event.seq is not None:
            self._redact.tear(conversation)
            seq = item.event.seq
            self._effects.append(GapFound(conversation=conversation, from_seq=seq, to_seq=seq, reason="dropped"))
        self._process(item)

    def _drain(self, conversation: str, state: ConversationState, reason: str) -> None:
        for item in state.sequencer.give_up():
            self._pass_on(conversation, item, reason)

    def _state(self, conversation: str) -> ConversationState:
        state = self._conversations.get(conversation)
        if state is None:
            policy = self.policy
            state = ConversationState(
                ground=GroundStage(self._checker, self._redactor),
                budget=BudgetStage(policy.max_streaming_tokens, policy.context_window_threshold, policy.retain_tokens),
                sequencer=Sequencer(window=policy.reorder_window),
            )
            self._conversations[conversation] = state
        return state

    def _leave(self) -> list[Effect]:
        effects: list[Effect] = [*self._effects, *self._slots.take()]
        self._effects.clear()
        return effects

    # -- stages ----------------------------------------------------------------------------------------------

    def _process(self, work: Work) -> None:
        """validate -> ground -> redact; what is complete goes on to budget and audit."""
        event = work.event
        self._look_at(work)
        work.fault = work.fault or fault(event)
        self._mark("validate")
        state = self._state(event.conversation) if event.conversation else None
        if state is not None and work.fault is None:
            self._ground(work, state)
        work.redaction = self._redaction(work, state)
        self._mark("redact")
        if state is None:
            self._complete(work, None)
            return
        state.streaming.append(work)
        if work.fault is None:
            self._close_streams(event)
        self._complete_streaming(state)

    def _look_at(self, work: Work) -> None:
        """What is to be searched in the message, for all stages that search."""
        if work.event.payload is None:
            self._redactor.begin()
            return
        document = Document(work.event.payload)
        texts = self._redact.texts(work.event, document)
        self._redactor.begin([text for _, text in texts])
        work.seen = document, texts

    def _redaction(self, work: Work, state: ConversationState | None) -> Redaction:
        event = work.event
        if not isinstance(event, SummaryDelta) or state is None or event.seq is None:
            return self._redact.submit(event, work.raw, work.seen)
        if work.fault is None:
            state.keep(event.seq, work, 2 * self.policy.reorder_window)
            return self._redact.submit(event, work.raw, work.seen)
        original = state.recent.get(event.seq)
        if original is not None and original.raw == work.raw:
            assert original.redaction is not None
            return original.redaction
        return self._redact.submit_alone(event, work.seen)

    def _ground(self, work: Work, state: ConversationState) -> None:
        match work.event:
            case Summary() as summary:
                work.grounding = state.ground.check(summary, work.number)
            case Utterance() as utterance:
                state.ground.hear(utterance)
            case Lifecycle(type="context_window.updated"):
                if not self.policy.subscription.extraction_directives.preserve_context_window:
                    state.ground.forget()
        self._mark("ground")

    def _close_streams(self, event: Event) -> None:
        match event:
            case Summary(summary_id=summary_id):
                self._redact.close(event.conversation, summary_id)
            case Lifecycle(type="end"):
                self._redact.settle(event.conversation)
                self._redact.tear(event.conversation)

    def _complete_streaming(self, state: ConversationState) -> None:
        """Budget and audit, in order, for every message whose redaction has settled."""
        while state.streaming:
            redaction = state.streaming[0].redaction
            assert redaction is not None
            if redaction.pending:
                return
            self._complete(state.streaming.popleft(), state)

    def _complete(self, work: Work, state: ConversationState | None) -> None:
        counted = count(work, state, self.policy.subscription)
        self._mark("budget")
        self._slots.fill(conclude(work, state, counted, self._dialect.exempt_paths(work.event), self.policy))
        self._mark("audit")
        if work.fault is None and state is not None:
            self._effects += effects_of(work.event, state, self.policy)
