"""What a session leaves in its folder: audit log, outbox with the delivered summaries, and the same as JSONL.

1. Audit first: a message is on record before anything of it is delivered.
2. Then the outbox, on the disk; the sinks are served from there, however slow they are.
3. Every sink's result is one ``delivery`` record. ``sqlite`` is the outbox itself, the default place of deliveries.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Self

from harness.clock import Clock
from harness.pipeline.chain import DROPPED, Pipeline
from harness.pipeline.outcome import Outcome
from harness.session.folders import made_folder
from harness.session.keys import Key
from harness.sinks.audit_head import head_path
from harness.sinks.audit_log import SEAL_SECONDS, AuditLog
from harness.sinks.base import Sink, parcel_of
from harness.sinks.courier import CourierOptions
from harness.sinks.dispatch import Dispatch
from harness.sinks.jsonl import JsonlSink
from harness.sinks.outbox import OUTBOX_NAME, Errand

__all__ = ["AUDIT_NAME", "STORE_FILES", "Store"]

AUDIT_NAME = "audit.jsonl"
_DELIVERED = "delivered.jsonl"
_QUARANTINE = "quarantine.jsonl"
STORE_FILES = (
    AUDIT_NAME,
    head_path(Path(AUDIT_NAME)).name,
    _DELIVERED,
    _QUARANTINE,
    *(OUTBOX_NAME + suffix for suffix in ("", "-wal", "-shm")),
)
"""Everything a store leaves in its folder."""
_RESULTS = {("delivery", "done"): "delivered", ("quarantine", "done"): "quarantined"}


@contextlib.asynccontextmanager
async def _alongside(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Does ``work`` while the block runs; what the block raises goes on as it is, in no group."""
    group = asyncio.TaskGroup()
    await group.__aenter__()
    task = group.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        await group.__aexit__(None, None, None)


class Store:
    """Audits every outcome, then keeps what is to be delivered until every sink has it; an async context manager.

    A sink that fails is tried again, and given up in the audit; an audit log or an outbox that fails ends the session
    (SinkError).

    Args:
        folder: gets ``audit.jsonl``, ``outbox.sqlite3``, ``delivered.jsonl`` and ``quarantine.jsonl``.
        key: of the audit log.
        clock: stamps and waits.
        sinks: more places for accepted summaries.
        options: how patient the couriers are.
        drain_s: how long leaving may take.
    """

    def __init__(
        self,
        folder: Path,
        *,
        key: Key,
        clock: Clock,
        sinks: Sequence[Sink] = (),
        options: CourierOptions | None = None,
        drain_s: float = 5.0,
    ) -> None:
        self._folder = folder
        self._key = key
        self._clock = clock
        self._sinks = tuple(sinks)
        self._options = options
        self._drain_s = drain_s
        self._stack = AsyncExitStack()
        self.failures = 0

    async def __aenter__(self) -> Self:
        made_folder(self._folder)
        async with AsyncExitStack() as stack:
            audit = AuditLog(self._folder / AUDIT_NAME, key=self._key.secret, key_id=self._key.id, clock=self._clock)
            self._audit = audit
            stack.callback(audit.close)
            if not self._clock.virtual:
                await stack.enter_async_context(_alongside(self._seal_now_and_then()))
            delivered = stack.enter_context(JsonlSink(self._folder / _DELIVERED, name=_DELIVERED))
            kept = stack.enter_context(JsonlSink(self._folder / _QUARANTINE, name=_QUARANTINE))
            dispatch = Dispatch(
                self._folder / OUTBOX_NAME,
                deliveries=(delivered, *self._sinks),
                quarantine=(kept,),
                clock=self._clock,
                rng=random.Random(self._key.secret),
                told=self._told,
                options=self._options,
                drain_s=self._drain_s,
            )
            self._dispatch = await stack.enter_async_context(dispatch)
            self._stack = stack.pop_all()
        return self

    async def _seal_now_and_then(self) -> None:
        """A quiet session is sealed in time too; a disk that refuses a seal refuses the next record, which raises."""
        while True:
            await self._clock.sleep_until(self._clock.monotonic_ns() + SEAL_SECONDS * 1_000_000_000)
            with contextlib.suppress(OSError):
                self._audit.tick()

    async def __aexit__(self, *error: object) -> None:
        await self._stack.__aexit__(*error)  # type: ignore[arg-type]

    async def take(self, pipeline: Pipeline, outcome: Outcome, latency_ns: int | None) -> None:
        """Audit ``outcome``; then the one place it belongs.

        Raises:
            SinkError: the audit log or the outbox failed.
        """
        self._audit.message(outcome, pipeline.audit_body(outcome), latency_ns)
        if (outcome.stage, *outcome.reasons) == DROPPED:  # nothing of it is left that could be kept
            self._audit.delivery(outcome, "dropped")
            return
        if outcome.verdict == "accepted" and not outcome.deliverable:
            return
        parcel = parcel_of(outcome)
        new = await self._dispatch.put(parcel)
        result = _RESULTS[parcel.kind, "done"] if new else "known"
        self._audit.delivery(outcome, result, sink="sqlite")

    def hurry(self, drain_s: float) -> None:
        """Leaving may take no longer than ``drain_s``; what is not delivered by then stays in the outbox."""
        self._dispatch.hurry(drain_s)

    @property
    def pending(self) -> int:
        """Errands that are not settled; the outbox keeps them for the next run in this folder."""
        return self._dispatch.pending

    def _told(self, errand: Errand, state: str) -> None:
        parcel = errand.parcel
        result = _RESULTS.get((parcel.kind, state), "failed")
        self.failures += result == "failed"
        self._audit.delivered(parcel.key, parcel.conversation, parcel.number, result, errand.sink, errand.attempts + 1)
