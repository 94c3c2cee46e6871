"""The outbox at work: parcels go in, a courier for every sink carries them out, every result is told.

1. :meth:`Dispatch.put` returns when the parcel is on the disk, not when it is delivered: a slow sink holds nobody up.
2. A parcel's results are told through ``told``, one by one, from the event loop.
3. When it is left, what is pending is carried for ``drain_s`` more; the rest stays in the outbox for the next time.
4. A courier that cannot go on (the audit log or the disk refuses) fails the next ``put``: nothing is delivered unaudited.
"""

from __future__ import annotations

import asyncio
import random
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Self, TypeVar

from harness.clock import Clock
from harness.errors import ConfigError, SinkError
from harness.sinks.base import Parcel, Sink
from harness.sinks.courier import Courier, CourierOptions
from harness.sinks.outbox import Errand, Outbox

__all__ = ["Dispatch", "Told"]

T = TypeVar("T")

Told = Callable[[Errand, str], None]
"""Told of an errand's end: ``done`` or ``dead``; raises SinkError where that cannot be noted."""


class Dispatch:
    """An outbox with its couriers; an async context manager.

    Args:
        path: of the outbox.
        deliveries: sinks of accepted summaries.
        quarantine: sinks of what was not let through.
        clock: stamps and waits.
        rng: jitter of retries.
        told: see :data:`Told`.
        options: how patient couriers are.
        drain_s: how long leaving may take.

    Raises:
        ConfigError: two sinks have one name.
    """

    def __init__(
        self,
        path: Path,
        *,
        deliveries: Sequence[Sink],
        quarantine: Sequence[Sink],
        clock: Clock,
        rng: random.Random,
        told: Told,
        options: CourierOptions | None = None,
        drain_s: float = 5.0,
    ) -> None:
        self._path = path
        self._names = {
            "delivery": [sink.name for sink in deliveries],
            "quarantine": [sink.name for sink in quarantine],
        }
        sinks = (*deliveries, *quarantine)
        if len({sink.name for sink in sinks}) < len(sinks):
            raise ConfigError("sinks", "two of one name", "a name of its own for every sink")
        self._clock = clock
        self._told = told
        self._drain_s = drain_s
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="outbox")
        self._couriers = [
            Courier(
                sink,
                fetch=partial(self._pending, sink.name),
                settle=self._settle,
                clock=clock,
                rng=rng,
                options=options or CourierOptions(),
            )
            for sink in sinks
        ]
        self._group = asyncio.TaskGroup()
        self._tasks: list[asyncio.Task[None]] = []
        self._open = 0
        self._idle = asyncio.Event()
        self._failed: SinkError | None = None

    async def __aenter__(self) -> Self:
        self._outbox = await self._run(lambda: Outbox(self._path))
        counts = await self._run(self._outbox.counts)
        self._count(sum(counts.get(courier.sink.name, {}).get("pending", 0) for courier in self._couriers))
        await self._group.__aenter__()
        self._tasks = [self._group.create_task(self._keep(courier)) for courier in self._couriers]
        return self

    async def _run(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    async def put(self, parcel: Parcel) -> bool:
        """Keep ``parcel`` until its sinks have it; False if it was kept before.

        Raises:
            SinkError: it could not be kept, or a courier cannot go on.
        """
        if self._failed is not None:
            raise self._failed
        names = self._names[parcel.kind]
        created = self._time()
        try:
            new = await self._run(lambda: self._outbox.put(parcel, names, created))
        except sqlite3.Error as error:
            raise SinkError(parcel.key, f"the outbox refused the parcel ({type(error).__name__})") from None
        if new:
            self._count(len(names))
            for courier in self._couriers:
                if courier.sink.name in names:
                    courier.wake()
        return new

    @property
    def pending(self) -> int:
        """Errands that are not settled."""
        return self._open

    def hurry(self, drain_s: float) -> None:
        """Leaving may take no longer than ``drain_s``."""
        self._drain_s = min(self._drain_s, drain_s)

    @property
    def states(self) -> dict[str, str]:
        """``closed`` or ``open`` (left alone) for every sink."""
        return {courier.sink.name: courier.state for courier in self._couriers}

    async def _pending(self, sink: str, after: int, limit: int) -> list[Errand]:
        return await self._run(lambda: self._outbox.pending(sink, limit, after=after))

    async def _settle(self, errand: Errand, state: str, problem: str) -> None:
        settled = self._time()
        if state != "pending":
            self._told(errand, state)
        await self._run(lambda: self._outbox.settle(errand.place, errand.sink, state, problem, settled))
        if state != "pending":
            self._count(-1)

    async def _keep(self, courier: Courier) -> None:
        try:
            await courier.run()
        except SinkError as error:
            self._failed = error
        except sqlite3.Error as error:
            self._failed = SinkError("", f"the outbox failed ({type(error).__name__})")
        self._idle.set()

    def _count(self, change: int) -> None:
        self._open += change
        (self._idle.clear if self._open else self._idle.set)()

    def _time(self) -> str:
        return self._clock.wall().isoformat(timespec="milliseconds").replace("+00:00", "Z")

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None or issubclass(kind, Exception):
                await self._drain()
        finally:
            for task in self._tasks:
                task.cancel()
            await self._group.__aexit__(None, None, None)
            await self._run(self._outbox.close)
            self._thread.shutdown(wait=True)
        if self._failed is not None and kind is None:
            raise self._failed

    async def _drain(self) -> None:
        try:
            async with asyncio.timeout(self._drain_s):
                await self._idle.wait()
        except TimeoutError:
            pass
