"""One session: reader, queue, pump and timers, put together.

1. The reader never waits for the pipeline: reader -> bounded queue -> pump. The queue is the back-pressure.
2. One pump feeds the pipeline and does what it asks for, in order; nothing else touches the pipeline.
3. An outcome is recorded and audited before it is delivered.
4. A drop is survived: dial again (``wire/dialler.py`` has the rules), resume after the last message nothing is missing
   before.
5. The service's failures end the session in order: what was received is judged to its end. A failure of our own, such
   as a recording that cannot be written, stops it where it stands.
6. A decision of a timer (a hole asked for or given up, an answer missed) is on record; a replay is given those decisions
   and has no timers.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from typing import Any

from harness.client.gateway import Gateway
from harness.client.intake import Ended, Intake
from harness.client.options import ClientOptions, Observer
from harness.client.outgoing import Outgoing
from harness.client.pump import Pump
from harness.client.reader import Reader
from harness.client.watch import HeartbeatWatch, watch_answers, watch_holes
from harness.clock import Clock
from harness.dialects.base import Dialect
from harness.dialects.mediation_addresses import Addresses
from harness.errors import ServiceError
from harness.pipeline.chain import Pipeline
from harness.pipeline.outcome import Outcome
from harness.wire.auth import TokenSource
from harness.wire.dialler import Dialler
from harness.wire.rest import RestClient
from harness.wire.tap import Tap

__all__ = ["MediationClient"]

_GOING_AWAY = 1001


class MediationClient:
    """One session with a mediation service.

    Args:
        addresses: where the services are.
        conversations: interaction ids to subscribe to.
        pipeline: the one pipeline.
        dialect: what to say to the service.
        tokens: makes access tokens.
        rest: reaches the gateway.
        tap: hears the wire.
        observer: hears the pipeline.
        handle: called with every final outcome and its latency in ns (audit, delivery).
        clock: stamps and waits.
        rng: jitter.
        options: see :class:`ClientOptions`.
    """

    def __init__(
        self,
        *,
        addresses: Addresses,
        conversations: Sequence[str],
        pipeline: Pipeline,
        dialect: Dialect,
        tokens: TokenSource,
        rest: RestClient,
        tap: Tap,
        observer: Observer,
        handle: Callable[[Outcome, int], Awaitable[None]],
        clock: Clock,
        rng: random.Random,
        options: ClientOptions | None = None,
    ) -> None:
        self._conversations = tuple(conversations)
        self._open = list(conversations)
        self._pipeline = pipeline
        self._dialect = dialect
        self._clock = clock
        self._options = options = options or ClientOptions()
        self._outgoing = Outgoing()
        self._intake = Intake(options.queue_messages)
        self._heartbeats = HeartbeatWatch(self._outgoing, clock=clock, timeout_s=options.heartbeat_timeout_s)
        self._pump = Pump(
            self._intake,
            pipeline,
            gateway=Gateway(addresses.gateway_url, tokens=tokens, rest=rest, unused=observer.unused),
            outgoing=self._outgoing,
            observer=observer,
            handle=handle,
            on_event=self._steer,
            ask_again=self._resume_text,
            clock=clock,
            options=options,
        )
        self._reader = Reader(
            Dialler(
                addresses.stream_url,
                tokens=tokens,
                tap=tap,
                clock=clock,
                rng=rng,
                attempts=options.attempts,
                budget_s=options.budget_s,
                limits=options.limits,
                on_state=options.on_state,
            ),
            self._intake,
            outgoing=self._outgoing,
            dialect=dialect,
            observer=observer,
            subscribe=lambda: list(self._subscriptions()),
            progress=self._progress,
            heard=self._heartbeats.heard,
            clock=clock,
            options=options,
        )

    async def run(self) -> None:
        """Stay until every conversation has ended.

        Raises:
            AuthError: the service refuses the credentials.
            PermissionDenied: a scope is missing.
            ConnectionLost: the link could not be kept.
        """
        try:
            async with asyncio.TaskGroup() as group:
                watchers = [group.create_task(watch) for watch in self._watches()]
                pump = group.create_task(self._pump.run())
                await self._read(group, pump)
                for watcher in watchers:
                    watcher.cancel()
        except BaseExceptionGroup as failed:
            error = _cause(failed)
            if isinstance(error, ServiceError):
                await self._pump.finish()
            raise error from None
        await self._pump.finish()

    async def _read(self, group: asyncio.TaskGroup, pump: asyncio.Task[None]) -> None:
        """Read to the end; what was received before the service failed for good still goes through the pump."""
        try:
            await self._reader.run(group)
        except ServiceError:
            self._intake.add(Ended())
            await pump
            raise
        self._intake.add(Ended())
        await pump

    @property
    def queue_peak(self) -> int:
        """The most messages that ever waited for the pipeline."""
        return self._intake.peak

    async def leave(self) -> None:
        """Take no more: close the connection (1001), judge what has come, and let :meth:`run` return."""
        await self._reader.finish(_GOING_AWAY)

    def _watches(self) -> Iterator[Coroutine[Any, Any, None]]:
        options = self._options
        if not options.timers:
            return
        yield watch_holes(
            self._pipeline,
            self._open,
            outgoing=self._outgoing,
            intake=self._intake,
            clock=self._clock,
            timeout_s=options.gap_timeout_s,
        )
        yield watch_answers(
            outgoing=self._outgoing, intake=self._intake, clock=self._clock, timeout_s=options.gap_timeout_s
        )
        if options.heartbeat_timeout_s and getattr(self._dialect, "heartbeats", False) and not self._clock.virtual:
            yield self._heartbeats.run()

    def _subscriptions(self) -> Iterator[str]:
        for conversation in self._open:
            after = self._pipeline.resume_after(conversation) or None
            text = self._dialect.subscribe_text(self._pipeline.policy.subscription, conversation, after)
            if text is not None:
                yield text

    def _resume_text(self, conversation: str, place: int) -> str | None:
        """What asks for everything behind ``place``, where the service can be asked for it."""
        subscription = self._pipeline.policy.subscription
        texts = [self._dialect.subscribe_text(subscription, conversation, after) for after in (place, place + 1)]
        return texts[0] if texts[0] != texts[1] else None

    def _progress(self) -> tuple[int, int]:
        """What changes with a valid message: one is accepted, or waits for others but has its place in the order."""
        places = sum(self._pipeline.resume_after(conversation) for conversation in self._conversations)
        return self._pump.valid, places

    async def _steer(self, outcome: Outcome) -> None:
        """Messages that end a conversation or announce the end of a connection."""
        match outcome.event:
            case "context_window.updated":
                self._outgoing.answered(outcome.conversation)
            case "end":
                await self._leave(outcome.conversation)
            case "closing" if self._options.timers:
                self._reader.move()

    async def _leave(self, conversation: str) -> None:
        if conversation not in self._open:
            return
        self._open.remove(conversation)
        self._outgoing.answered(conversation)
        text = self._dialect.unsubscribe_text(conversation)
        if text is not None:
            await self._outgoing.send(text)
        if not self._open:
            await self._reader.finish()


def _cause(failed: BaseExceptionGroup) -> BaseException:
    """The one error to raise: a failure of our own before one of the service."""
    found: list[BaseException] = []
    pending: list[BaseException] = [failed]
    while pending:
        error = pending.pop(0)
        if isinstance(error, BaseExceptionGroup):
            pending += error.exceptions
        else:
            found.append(error)
    return next((error for error in found if not isinstance(error, ServiceError)), found[0])
