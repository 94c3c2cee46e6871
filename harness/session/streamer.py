"""``SummaryStreamer``: checked summaries of live conversations, for agent software, in a few lines.

1. Only accepted summaries reach the callback: valid, within budget, redacted, grounded. What is refused goes to quarantine.
2. Every message is in the audit log before anything of it is delivered, whatever the callback does.
3. A slow or failing callback holds nobody up: deliveries wait in the outbox and are tried again; a summary may come twice,
   with the same ``idempotency_key``.
4. Nothing is kept in memory of what has been delivered: a stream may last for months.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from harness.clock import SystemClock
from harness.errors import ConfigError, HarnessError
from harness.metrics.latency import SLO_MS, LatencyBook
from harness.pipeline.chain import Pipeline
from harness.pipeline.outcome import Outcome
from harness.session.keys import load_key
from harness.session.parts import policy_of
from harness.session.session import SessionPlan, run_session
from harness.session.setup import live_run
from harness.session.sinks import sinks_of
from harness.session.store import Store
from harness.settings import Settings, load_settings
from harness.sinks.base import Sink
from harness.sinks.callback import CallbackSink

__all__ = ["StreamMetrics", "SummaryStreamer"]

Callback = Callable[[dict[str, Any]], Awaitable[None]]


@dataclass(slots=True)
class StreamMetrics:
    """What a stream came to so far.

    Args:
        messages: inbound, each with one outcome.
        accepted: of them; ``rejected`` and ``quarantined`` are the others.
        summaries: accepted summaries.
        hallucinations_flagged: summaries with a claim nothing supports.
        pii_values: personal data found and replaced.
        delivered: calls of the callback that returned.
        failed: deliveries given up, to any sink; ``harness outbox retry`` takes them up again.
    """

    messages: int = 0
    accepted: int = 0
    rejected: int = 0
    quarantined: int = 0
    summaries: int = 0
    hallucinations_flagged: int = 0
    pii_values: int = 0
    delivered: int = 0
    failed: int = 0
    _book: LatencyBook = field(default_factory=LatencyBook, repr=False)

    @property
    def latency_ms(self) -> dict[str, dict[str, Any]]:
        """Stage -> n and percentiles; ``message`` is the whole way of a message."""
        return self._book.summary()

    @property
    def latency_slo_rate(self) -> float | None:
        """Share of messages within 500 ms; None before the first. How right the checks are is another question."""
        return self._book.slo_rate(SLO_MS)

    def count(self, outcome: Outcome) -> None:
        """Take one outcome in."""
        self.messages += 1
        self.accepted += outcome.verdict == "accepted"
        self.rejected += outcome.verdict == "rejected"
        self.quarantined += outcome.verdict == "quarantined"
        self.summaries += outcome.deliverable and outcome.verdict == "accepted"
        self.hallucinations_flagged += outcome.grounding is not None and outcome.grounding.verdict == "ungrounded"
        self.pii_values += sum(span.last for span in outcome.spans)


class SummaryStreamer:
    """Follows conversations of a live service and hands every checked summary to ``callback``.

    Either ``await streamer.run()``, or ``async with streamer:`` with work of your own in the block; leaving the block
    ends the stream in order, and raises what ended it early. Each can be done once.

    Args:
        callback: an async function of one dict: the summary with what the checks say of it, redacted.
        conversations: interaction ids to subscribe to.
        folder: gets the audit log, the outbox and the deliveries as JSONL; carried on if they are there.
        sinks: more places for accepted summaries.
        settings: instead of those of environment and files.
        overrides: settings by name, such as ``endpoint``, ``environment``, ``client_id``, ``client_secret``.

    Raises:
        ConfigError: no conversation, or a setting that is out of its bounds.
    """

    def __init__(
        self,
        callback: Callback,
        conversations: Sequence[str],
        *,
        folder: Path | str = Path("reports/stream"),
        sinks: Sequence[Sink] = (),
        settings: Settings | None = None,
        **overrides: Any,
    ) -> None:
        if isinstance(conversations, str) or not conversations:
            raise ConfigError("conversations", conversations, "a list of one or more interaction ids")
        if settings is not None and overrides:
            raise ConfigError("settings", ", ".join(overrides), "settings or single settings by name, not both")
        self._settings = load_settings(**overrides) if settings is None else settings
        self._conversations = tuple(conversations)
        self._folder = Path(folder)
        self._callback = callback
        self._sinks = tuple(sinks)
        self._stop = asyncio.Event()
        self._book = LatencyBook()
        self.metrics = StreamMetrics(_book=self._book)
        self._stack = AsyncExitStack()
        self._following: asyncio.Task[None] | None = None
        self._failure: HarnessError | None = None

    async def run(self) -> StreamMetrics:
        """Stay until every conversation has ended, and everything that can be is delivered.

        Raises:
            AuthError: the service refuses the credentials.
            PermissionDenied: a scope is missing.
            ConnectionLost: the link could not be kept.
            SinkError: the audit log or the outbox failed.
            ConfigError: an address, the credentials or the key file are not usable.
        """
        async with self:
            await self.finished()
        return self.metrics

    async def finished(self) -> None:
        """Return when every conversation has ended; raises as :meth:`run`."""
        assert self._following is not None, "enter the streamer first: async with streamer"
        await asyncio.wait([self._following])
        if self._failure is not None:
            raise self._failure

    def stop(self) -> None:
        """Take no more: what has come is judged, audited and delivered."""
        self._stop.set()

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            plan = await self._plan(stack)
            group = await stack.enter_async_context(asyncio.TaskGroup())
            self._following = group.create_task(self._follow(plan))
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        assert self._following is not None
        await asyncio.wait([self._following])
        try:
            await self._stack.aclose()
        finally:
            self.metrics.failed = self._store.failures
        if error is None and self._failure is not None:
            raise self._failure

    async def _plan(self, stack: AsyncExitStack) -> SessionPlan:
        settings, clock = self._settings, SystemClock()
        more = [await stack.enter_async_context(aclosing(sink)) for sink in sinks_of(settings, clock)]
        self._store = Store(
            self._folder,
            key=load_key(settings.key_file, None),
            clock=clock,
            sinks=(CallbackSink(self._called), *more, *self._sinks),
            drain_s=settings.drain_s,
        )
        live = live_run(settings, book=self._book)
        await stack.enter_async_context(self._store)
        return SessionPlan(
            addresses=live.addresses,
            credentials=live.credentials,
            conversations=self._conversations,
            policy=policy_of(settings),
            tools=live.tools,
            clock=clock,
            stopwatch=clock,
            stop=self._stop,
            drain_s=settings.drain_s,
            options=live.options,
            store=self,
            book=self._book,
            keep_outcomes=False,
        )

    async def _follow(self, plan: SessionPlan) -> None:
        """Run the session; how it failed is for whoever asks (a task group would cancel the user's own work)."""
        try:
            self._failure = (await run_session(plan)).error
        except HarnessError as error:
            self._failure = error

    async def _called(self, summary: dict[str, Any]) -> None:
        await self._callback(summary)
        self.metrics.delivered += 1

    async def take(self, pipeline: Pipeline, outcome: Outcome, latency_ns: int | None) -> None:
        """Called by the session with every outcome, in order."""
        await self._store.take(pipeline, outcome, latency_ns)
        self.metrics.count(outcome)
