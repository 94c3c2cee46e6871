"""Plays a script: each step as the entries it leaves on the wire.

1. Before the script: token, dial, subscribe. ``at`` counts from the subscription.
2. After each summary the client may validate it. After ``end`` it asks the gateway for a summary that the stream
   did not bring, then unsubscribes and closes.
3. After a drop the client dials again and resumes after the last contiguous ``seq``; the service answers with
   ``subscribed``, the next ``seq``, and goes on: nothing is sent twice.
4. While a swap holds a message back, the client does nothing.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from harness.dialects.mediation import dump
from harness.errors import ScenarioError
from harness.recording.entry import AnyEntry
from harness.scenario import steps, summaries
from harness.scenario.client_side import ClientSide
from harness.scenario.labels import LabelBook
from harness.scenario.model import Scenario
from harness.scenario.stream import Stream
from harness.scenario.wire_builder import WireBuilder

__all__ = ["SPEECH_RATE", "Composer"]

SPEECH_RATE = 15.0
"""Characters per second of speech, where a script gives no duration (about 160 English words a minute)."""


class Composer:
    """One run over one scenario.

    Args:
        scenario: what to play.
        interaction_id: of its conversation.
        rng: every delay and cut comes from it.
        labels: takes the truth about what is sent.
    """

    def __init__(self, scenario: Scenario, interaction_id: str, rng: random.Random, labels: LabelBook) -> None:
        self._scenario = scenario
        self._id = interaction_id
        self._rng = rng
        self._labels = labels
        self._wire = WireBuilder(rng)
        self._stream = Stream(self._wire, interaction_id, labels)
        self._client = ClientSide(scenario, interaction_id, self._wire, self._stream)
        self._base = 0
        self._step = 0
        self._utterances = 0
        self._summaries = 0
        self._to_validate: list[steps.Summary] = []
        self._left_to_gateway: steps.Summary | None = None

    def run(self) -> list[AnyEntry]:
        """Every entry, in order.

        Raises:
            ScenarioError: for a step that cannot be played.
        """
        self._client.authorise()
        self._base = self._client.connect()
        for number, step in enumerate(self._scenario.script, 1):
            self._step = number
            action = step.action
            _PLAY[type(action)](self, action)
            self._validate()
        self._settled("end")
        if self._left_to_gateway is not None:
            self._generate(self._left_to_gateway)
        self._client.leave()
        return self._wire.entries

    # -- what is said

    def _utterance(self, utterance: steps.Utterance) -> None:
        length = len(utterance.text.text)
        duration = length / SPEECH_RATE if utterance.duration is None else utterance.duration
        start = max(0.0, utterance.at - duration)
        revisions = (*utterance.interim, utterance.text)
        self._utterances += 1
        times = self._revision_times(self._base + round(start * 1e6), self._at(utterance), len(revisions))
        for revision, (text, due) in enumerate(zip(revisions, times, strict=True)):
            fields = {
                "utterance_id": f"u{self._utterances}",
                "speaker": utterance.by,
                "text": text.text,
                "is_final": revision == len(utterance.interim),
                "revision": revision,
                "offset_ms": round(start * 1000),
                "duration_ms": round(duration * 1000 * (revision + 1) / len(revisions)),
            }
            self._labels.spans(self._stream.say(due, "utterance", fields), "/text", text)
        self._client.context.append((utterance.by, utterance.text))

    def _revision_times(self, start: int, end: int, count: int) -> list[int]:
        """Evenly from the start of the speech to its end; never before now."""
        begun = max(self._wire.now, start)
        pause = max(0, end - begun) // count
        return [*(begun + pause * revision for revision in range(1, count)), end]

    def _summary(self, summary: steps.Summary) -> None:
        if summary.deliver == "rest":
            self._left_to_gateway = summary
            return
        self._client.count(summary)
        if summary.deliver == "flat":
            self._flat(summary)
        else:
            self._typed(summary)
        self._to_validate.append(summary)

    def _flat(self, summary: steps.Summary) -> None:
        client = self._client
        message = summaries.flat_message(summary, client.subscription, self._id, client.context)
        self._stream.emit(self._at(summary), dump(message))
        summaries.label_flat(self._labels, summary, client.context)

    def _typed(self, summary: steps.Summary) -> None:
        summary_id = self._summary_id()
        due = self._at(summary)
        if summary.deliver == "deltas":
            self._deltas(summary, summary_id)
            due = self._wire.delay(5, 30)
        expect = "service_error" if summary.error_type else None
        fields = summaries.completed_fields(summary, summary_id)
        seq = self._stream.say(due, "summary.completed", fields, expect=expect)
        summaries.label_summary(self._labels, summary, seq)

    def _deltas(self, summary: steps.Summary, summary_id: str) -> None:
        text = summaries.text_of(summary)
        ids = self._labels.delta_ids(text)
        due = self._at(summary)
        for index, (start, end) in enumerate(summaries.cuts(summary, len(text.text), self._rng)):
            fields = {"summary_id": summary_id, "index": index, "text": text.text[start:end]}
            seq = self._stream.say(due, "summary.delta", fields)
            self._labels.delta(seq, ids, text, (start, end), index)
            due = self._wire.delay(15, 70)

    def _summary_id(self) -> str:
        self._summaries += 1
        return f"{self._id}-s{self._summaries}"

    def _heartbeat(self, heartbeat: steps.Heartbeat) -> None:
        self._stream.say(self._at(heartbeat), "heartbeat", {})

    def _fault(self, fault: steps.Fault) -> None:
        fields: dict[str, Any] = {"code": fault.code, "message": fault.message.text}
        if fault.retry_after_s is not None:
            fields["retry_after_s"] = _short(fault.retry_after_s)
        self._labels.spans(self._stream.say(self._at(fault), "error", fields), "/message", fault.message)

    def _closing(self, closing: steps.Closing) -> None:
        self._stream.say(self._at(closing), "closing", {"grace_s": _short(closing.grace_s)})

    def _end(self, end: steps.End) -> None:
        self._stream.say(self._at(end), "end", {"reason": end.reason})

    # -- what disturbs the order, or is no message of the dialect

    def _raw(self, raw: steps.Raw) -> None:
        self._stream.emit(self._at(raw), raw.text, expect=raw.expect)

    def _binary(self, binary: steps.Binary) -> None:
        self._stream.emit(self._at(binary), binary.base64, expect="binary")

    def _duplicate(self, duplicate: steps.Duplicate) -> None:
        if duplicate.back > self._stream.sent:
            self._refuse("duplicate.back", f"only {self._stream.sent} messages were sent before it")
        self._stream.repeat(self._at(duplicate), duplicate.back)

    def _swap(self, _: steps.Swap) -> None:
        self._settled("swap")
        self._stream.swap()

    def _skip(self, _: steps.Skip) -> None:
        self._stream.skip()

    def _drop(self, drop: steps.Drop) -> None:
        self._settled("drop")
        self._wire.hang_up(self._at(drop), drop.code)
        self._client.reconnect(drop.code)

    # -- what the client asks for

    def _context_window(self, window: steps.ContextWindow) -> None:
        self._settled("context_window")
        self._wire.now = max(self._wire.now, self._at(window))
        self._client.update_window(window.retain_tokens)

    def _generate(self, summary: steps.Summary) -> None:
        self._client.generate(summary, self._summary_id())
        summaries.label_summary(self._labels, summary, None)
        self._client.validate(summary)

    def _validate(self) -> None:
        """Ask the gateway about the summaries that are out; one held by a swap is not yet."""
        if self._stream.unsettled:
            return
        for summary in self._to_validate:
            self._client.validate(summary)
        self._to_validate.clear()

    # -- places and times

    def _at(self, action: steps.Action) -> int:
        return self._base + round(action.at * 1e6)

    def _settled(self, step: str) -> None:
        if self._stream.unsettled:
            self._refuse(step, "the swap before it still lacks one of its two messages")

    def _refuse(self, field: str, problem: str) -> NoReturn:
        raise ScenarioError(problem, path=self._scenario.path, where=f"step {self._step}, field {field}")


def _short(value: float) -> float | int:
    """5.0 as 5, the way a service would write it."""
    return int(value) if value == int(value) else value


_PLAY: Mapping[type[steps.Action], Callable[[Composer, Any], None]] = {
    steps.Utterance: Composer._utterance,
    steps.Heartbeat: Composer._heartbeat,
    steps.Summary: Composer._summary,
    steps.ContextWindow: Composer._context_window,
    steps.Raw: Composer._raw,
    steps.Binary: Composer._binary,
    steps.Fault: Composer._fault,
    steps.Duplicate: Composer._duplicate,
    steps.Swap: Composer._swap,
    steps.Skip: Composer._skip,
    steps.Drop: Composer._drop,
    steps.Closing: Composer._closing,
    steps.End: Composer._end,
}
