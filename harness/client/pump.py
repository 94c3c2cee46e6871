"""The one worker between queue and sinks: it feeds the pipeline and does what it asks for, in order.

1. Nothing else touches the pipeline while the pump runs.
2. An outcome is recorded, then audited and put into the outbox (``handle``): no sink is waited for here.
3. Every message taken from the queue gets exactly one outcome, a dropped one too.
4. How long messages waited, and how many did, is measured (stages ``queue`` and ``pipeline``).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from harness.client.gateway import Gateway
from harness.client.intake import Ask, Dropped, Ended, GiveUp, Intake, Repeat
from harness.client.options import ClientOptions, Observer
from harness.client.outgoing import Outgoing
from harness.clock import Clock
from harness.dialects.mediation import dump
from harness.pipeline.chain import Pipeline
from harness.pipeline.outcome import Effect, GapFound, Generate, JudgeAnswer, JudgeRequest, Outcome, Send
from harness.wire.stream import Received

__all__ = ["QUEUE_STAGE", "Pump"]

QUEUE_STAGE = "queue"
"""Stage name of the wait between a message's arrival and its turn."""


class Pump:
    """Works off the queue.

    Args:
        intake: the queue.
        pipeline: the one pipeline.
        gateway: makes summaries, validates them.
        outgoing: sends on the stream.
        observer: hears the pipeline.
        handle: called with every final outcome and its latency in ns (audit, delivery).
        on_event: called after an accepted outcome of the stream, so that the session can end or move.
        ask_again: what to say for the messages behind a place of a conversation, None = it cannot be asked for.
        clock: measures.
        options: see :class:`ClientOptions`.
    """

    def __init__(
        self,
        intake: Intake,
        pipeline: Pipeline,
        *,
        gateway: Gateway,
        outgoing: Outgoing,
        observer: Observer,
        handle: Callable[[Outcome, int], Awaitable[None]],
        on_event: Callable[[Outcome], Awaitable[None]],
        ask_again: Callable[[str, int], str | None],
        clock: Clock,
        options: ClientOptions,
    ) -> None:
        self._intake = intake
        self._pipeline = pipeline
        self._gateway = gateway
        self._outgoing = outgoing
        self._observer = observer
        self._handle = handle
        self._on_event = on_event
        self._ask_again = ask_again
        self._clock = clock
        self._options = options
        self._fed = 0
        self._arrived: dict[int, int] = {}
        self.valid = 0
        """Messages that were not rejected."""

    async def run(self) -> None:
        """Work until the queue says that it has ended."""
        while True:
            item = await self._intake.take()
            try:
                match item:
                    case Ended():
                        return
                    case GiveUp(conversation, place):
                        if self._pipeline.resume_after(conversation) == place:
                            await self.do(self._pipeline.give_up(conversation))
                    case Ask(conversation, place):
                        await self._ask_for(conversation, place)
                    case Repeat(about):
                        await self._repeat(about)
                    case Dropped():
                        await self._drop(item)
                    case Received():
                        self._options.measure(QUEUE_STAGE, self._clock.monotonic_ns() - item.at_ns)
                        await self._feed(item.data, item.at_ns, item.handle, "stream")
                if self._gateway.refused is not None:
                    raise self._gateway.refused
            finally:
                self._intake.done()

    async def finish(self) -> None:
        """The session is over: what has come, and what the pipeline still holds, gets its outcome."""
        for item in self._intake.rest():
            if isinstance(item, Received):
                await self._feed(item.data, item.at_ns, item.handle, "stream")
            elif isinstance(item, Dropped):
                await self._drop(item)
        await self.do(self._pipeline.finish())

    async def _feed(self, data: str | bytes, at_ns: int, handle: Any, service: str) -> None:
        self._number(at_ns, handle)
        await self.do(self._pipeline.feed(data, at_ns, service=service))
        await self._recorded_decisions()

    async def _drop(self, item: Dropped) -> None:
        self._number(item.at_ns, item.handle)
        await self.do(self._pipeline.drop(item.event, item.fault))

    def _number(self, at_ns: int, handle: Any) -> None:
        self._fed += 1
        self._arrived[self._fed] = at_ns
        self._observer.inbound(handle, self._fed)

    async def _ask_for(self, conversation: str, place: int) -> None:
        """Ask for what is missing, if it still is."""
        text = self._ask_again(conversation, place) if self._pipeline.resume_after(conversation) == place else None
        if text is not None:
            await self._outgoing.say(text)

    async def _repeat(self, about: str) -> None:
        """Say again what is unanswered, if it still is."""
        text = self._outgoing.unanswered().get(about)
        if text is not None:
            await self._outgoing.say(text, about)

    async def _recorded_decisions(self) -> None:
        for said in self._options.say_after.get(self._fed, ()):
            await self._outgoing.book(said.text, said.connection)
        for conversation in (self._options.give_up_after or {}).get(self._fed, ()):
            await self.do(self._pipeline.give_up(conversation))

    async def do(self, effects: Sequence[Effect]) -> None:
        """What the pipeline asks for."""
        for effect in effects:
            match effect:
                case Outcome():
                    await self._finish(effect)
                case Send():
                    await self._outgoing.send(dump(effect.message), effect.conversation)
                case GapFound():
                    self._observer.gap(effect, self._fed)
                case Generate():
                    await self._generate(effect)

    async def _finish(self, outcome: Outcome) -> None:
        self.valid += outcome.verdict != "rejected"
        self._observer.outcome(outcome)
        if outcome.judge_requests:
            answers = {request.id: await self._ask(request) for request in outcome.judge_requests}
            outcome = self._pipeline.settle(outcome, answers)
        self._observer.settled(outcome)
        await self._handle(outcome, self._clock.monotonic_ns() - self._arrived.pop(outcome.number))
        if outcome.verdict == "accepted":
            await self._on_event(outcome)

    async def _generate(self, request: Generate) -> None:
        response = await self._gateway.summary(self._pipeline.policy.subscription, request)
        if response is not None:
            await self._feed(response.text, self._clock.monotonic_ns(), response.handle, "gateway")

    async def _ask(self, request: JudgeRequest) -> JudgeAnswer:
        """An answer that cannot be had is ``degraded``, not a pass."""
        if request.judge == "gateway":
            return await self._gateway.validate(request)
        ask = self._options.ask_judge
        return JudgeAnswer(valid=None) if ask is None else await ask(request)
