"""The one pipeline, live or replayed: decode -> validate -> ground -> redact -> budget -> audit.

1. Pure and deterministic: no clock, no I/O; the same messages give the same outcomes, byte for byte.
2. Over a session exactly one outcome per inbound message, in wire order; one call may return none (text held back until
   no value can begin in it any more, or a hole in the order) or several.
3. Nothing raw leaves: outcomes hold redacted text only.
4. A bad message is an outcome, never an exception.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from harness.dialects.base import (
    Dialect,
    Event,
    Lifecycle,
    Malformed,
    Other,
    Summary,
    SummaryDelta,
    Utterance,
)
from harness.dialects.mediation import context_window_update
from harness.dialects.mediation_models import (
    EntityExtractionDirective,
    FlatDirective,
    FlatMatrix,
    SummaryLengthMatrix,
)
from harness.grounding import Checker
from harness.pii import Redactor
from harness.pipeline.audit import audit_body, evidence_masked, governance, masked, nothing_left, without_leaks
from harness.pipeline.budget import BudgetStage, length_reasons
from harness.pipeline.found import Found
from harness.pipeline.ground import GroundStage
from harness.pipeline.outcome import (
    Budget,
    Effect,
    GapFound,
    Generate,
    JudgeAnswer,
    JudgeRequest,
    Outcome,
    Send,
)
from harness.pipeline.payload import digest, rebuild
from harness.pipeline.policy import PipelinePolicy
from harness.pipeline.redact import Redaction, RedactStage
from harness.pipeline.sequence import Hole, Sequencer
from harness.pipeline.state import ConversationState, Slots, Work
from harness.pipeline.validate import drop_entities, fault, unwanted_entities
from harness.pipeline.verdict import decide, degraded, judge_requests, settle
from harness.text.span import RedactedText

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
        self._redactor.begin()
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

    def _redaction(self, work: Work, state: ConversationState | None) -> Redaction:
        event = work.event
        if not isinstance(event, SummaryDelta) or state is None or event.seq is None:
            return self._redact.submit(event, work.raw)
        if work.fault is None:
            state.keep(event.seq, work, 2 * self.policy.reorder_window)
            return self._redact.submit(event, work.raw)
        original = state.recent.get(event.seq)
        if original is not None and original.raw == work.raw:
            assert original.redaction is not None
            return original.redaction
        return self._redact.submit_alone(event)

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
            self._complete(state.streaming.pop(0), state)

    def _complete(self, work: Work, state: ConversationState | None) -> None:
        assert work.redaction is not None
        payload, budget, dropped = work.redaction.result(), None, 0
        if work.fault is None and state is not None:
            payload, budget, dropped = self._budget(work, state, payload)
            work.notes += ["truncated"] * (budget is not None and budget.truncated)
        self._mark("budget")
        self._slots.fill(self._audit(work, state, payload, budget, dropped))
        self._mark("audit")
        if work.fault is None and state is not None:
            self._after(work.event, state)

    def _budget(self, work: Work, state: ConversationState, payload: Any) -> tuple[Any, Budget | None, int]:
        event, redaction = work.event, work.redaction
        assert redaction is not None
        match event:
            case SummaryDelta():
                text = redaction.text("/text", event.text)
                kept, budget = state.budget.delta(event.summary_id, text)
                return payload if kept == text else rebuild(payload, {"/text": kept}), budget, 0
            case Summary():
                return self._budget_of_summary(work, event, state, payload)
            case Utterance() if event.is_final:
                self._remember(event, state, masked(redaction.text(event.text_path, event.text)))
        return payload, None, 0

    def _budget_of_summary(
        self, work: Work, event: Summary, state: ConversationState, payload: Any
    ) -> tuple[Any, Budget, int]:
        assert work.redaction is not None
        # Flat messages of one interaction share an id, but each is a summary of its own.
        summary_id = f"{event.summary_id}/{work.number}" if event.type == "flat" else event.summary_id
        text = work.redaction.text("/summary", event.summary)
        kept, budget = state.budget.completed(summary_id, text)
        matrix, directive = self._asked_for(event)
        work.notes += length_reasons(matrix, budget.tokens, state.context_tokens)
        unwanted = unwanted_entities(event, directive)
        payload = payload if kept == text else rebuild(payload, {"/summary": kept})
        return drop_entities(payload, unwanted) if unwanted else payload, budget, len(unwanted)

    def _remember(self, event: Utterance, state: ConversationState, text: RedactedText) -> None:
        state.context.append({"speaker": event.speaker, "text": text})
        state.context_tokens += state.budget.estimator.tokens(text)

    def _maybe_update(self, conversation: str, state: ConversationState) -> None:
        if state.budget.must_update():
            message = context_window_update(conversation, state.budget.total, self.policy.retain_tokens)
            self._effects.append(Send(conversation=conversation, message=message))

    def _asked_for(self, event: Summary) -> tuple[SummaryLengthMatrix, EntityExtractionDirective]:
        if event.type == "flat":
            return (
                FlatMatrix.model_validate(event.payload["summary_matrix"]),
                FlatDirective.model_validate(event.payload["extraction_directives"]),
            )
        return self.policy.subscription.summary_matrix, self.policy.subscription.extraction_directives

    def _audit(
        self, work: Work, state: ConversationState | None, payload: Any, budget: Budget | None, dropped: int
    ) -> Outcome:
        event, redaction = work.event, work.redaction
        assert redaction is not None
        exempt = partial(self._dialect.exempt, event)
        heard = self._redact.heard(event.conversation)
        clean = nothing_left(payload, exempt, heard)
        if not clean:
            payload = without_leaks(payload, exempt, heard)
        verdict, stage, reasons = decide(
            fault=work.fault,
            clean=clean,
            fatal_lengths=self.policy.fatal_lengths,
            grounding=work.grounding,
            notes=work.notes,
        )
        outcome = Outcome(
            number=work.number,
            service=work.service,
            conversation=_shown(event, redaction, "/interaction_id", event.conversation),
            seq=event.seq,
            event=_shown(event, redaction, "/type", event.type),
            verdict=verdict,
            stage=stage,
            reasons=(*reasons, *degraded(redaction.spans)),
            spans=tuple(redaction.spans),
            payload=payload,
            digest=digest(payload),
            deliverable=isinstance(event, Summary),
            provisional=isinstance(event, SummaryDelta),
            pii_redacted=clean,
            grounding=evidence_masked(work.grounding),
            budget=budget,
            entities_dropped=dropped,
            held=redaction.held,
        )
        asked: tuple[JudgeRequest, ...] = ()
        if state is not None and outcome.deliverable:
            judges = ("gateway",) * self.policy.gateway_validation + self.policy.judges
            asked = judge_requests(outcome, judges, state.context)
        return replace(outcome, judge_requests=asked, governance=governance(outcome))

    # -- after a message -------------------------------------------------------------------------------------

    def _after(self, event: Event, state: ConversationState) -> None:
        """What a message that counts changes for those after it."""
        match event:
            case SummaryDelta():
                self._maybe_update(event.conversation, state)
            case Summary():
                state.summaries += 1
                self._maybe_update(event.conversation, state)
            case Utterance(is_final=True, speaker="customer"):
                state.final_customer_turns += 1
                every = self.policy.generate
                if isinstance(every, int) and state.final_customer_turns % every == 0:
                    self._generate(event.conversation, state)
            case Lifecycle(type="subscribed", facts=facts):
                state.budget.maximum = facts["limits"]["max_streaming_tokens"]
                state.budget.threshold = facts["limits"]["context_window_threshold"]
            case Lifecycle(type="context_window.updated"):
                state.budget.updated()
            case Lifecycle(type="end") if state.summaries == 0 and self.policy.generate == "end":
                self._generate(event.conversation, state)

    def _generate(self, conversation: str, state: ConversationState) -> None:
        self._effects.append(Generate(conversation=conversation, context=tuple(state.context)))


def _shown(event: Event, redaction: Redaction, path: str, text: str) -> str:
    """A name the message gives itself, as it may leave: only those of a well-formed message are ids and enums."""
    return masked(redaction.text(path, text)) if isinstance(event, Malformed | Other) else text
