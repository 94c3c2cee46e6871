"""From the outbox to one sink: in order, with retries, and left alone while the sink is down.

1. One parcel at a time, oldest first. One that fails waits (full jitter) while the others go on.
2. A sink that fails again and again is left alone for longer and longer (``breaker.py``); what waits loses nothing by
   that, and no parcel dies of a sink that is down.
3. A parcel that a working sink refuses is given up after ``attempts`` tries, at once where trying again cannot help: it
   becomes a dead letter.
4. Waiting is on the monotonic clock; after a restart everything that is pending is tried at once.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from harness.clock import Clock
from harness.errors import SinkError
from harness.sinks.base import Sink
from harness.sinks.breaker import Breaker
from harness.sinks.outbox import Errand
from harness.wire.backoff import Backoff

__all__ = ["Courier", "CourierOptions", "Settle"]

Settle = Callable[[Errand, str, str], Awaitable[None]]
"""Told of every attempt: the errand, its state after it (pending | done | dead), and what went wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CourierOptions:
    """How patient couriers are.

    Args:
        attempts: tries of one parcel at a sink that takes others.
        timeout_s: for one delivery.
        base_s: ceiling of the first wait.
        cap_s: ceiling of every wait.
        batch: parcels read from the outbox at once.
    """

    attempts: int = 8
    timeout_s: float = 30.0
    base_s: float = 0.2
    cap_s: float = 30.0
    batch: int = 100


class Courier:
    """Carries parcels to ``sink`` until it is cancelled.

    Args:
        fetch: the oldest pending errands of this sink behind a place, at most so many.
        settle: see :data:`Settle`.
    """

    def __init__(
        self,
        sink: Sink,
        *,
        fetch: Callable[[int, int], Awaitable[list[Errand]]],
        settle: Settle,
        clock: Clock,
        rng: random.Random,
        options: CourierOptions,
    ) -> None:
        self.sink = sink
        self._fetch = fetch
        self._settle = settle
        self._clock = clock
        self._options = options
        self._rng = rng
        self._breaker = Breaker(self._waits())
        self._news = asyncio.Event()
        self._retries: dict[int, tuple[int, Backoff]] = {}
        self._late: dict[int, Errand] = {}

    def _waits(self) -> Backoff:
        return Backoff(self._rng, base_s=self._options.base_s, cap_s=self._options.cap_s)

    @property
    def state(self) -> str:
        """``open`` while the sink is left alone, else ``closed``."""
        return self._breaker.state

    def wake(self) -> None:
        """Something new may be in the outbox."""
        self._news.set()

    async def run(self) -> None:
        """Carry what comes; ends by being cancelled."""
        place = 0
        while True:
            self._news.clear()
            fresh = await self._fetch(place, self._options.batch)
            for errand in fresh:
                place = errand.place
                await self._retry_due()
                await self._carry(errand)
            if not fresh:
                await self._rest()

    async def _rest(self) -> None:
        """Until there is news, or the next retry is due."""
        if not self._retries:
            await self._news.wait()
            return
        due_ns = min(due for due, _ in self._retries.values())
        async with asyncio.TaskGroup() as group:
            waiting = group.create_task(self._news.wait())
            sleeping = group.create_task(self._clock.sleep_until(due_ns))
            await asyncio.wait((waiting, sleeping), return_when=asyncio.FIRST_COMPLETED)
            waiting.cancel()
            sleeping.cancel()
        await self._retry_due()

    async def _retry_due(self) -> None:
        now_ns = self._clock.monotonic_ns()
        for place in sorted(place for place, (due, _) in self._retries.items() if due <= now_ns):
            await self._carry(self._late[place])

    async def _carry(self, errand: Errand) -> None:
        """One attempt, when the breaker lets it."""
        may_ns = self._breaker.may_try_at_ns()
        if may_ns > self._clock.monotonic_ns():
            await self._clock.sleep_until(may_ns)
        try:
            async with asyncio.timeout(self._options.timeout_s):
                await self.sink.deliver(errand.parcel)
        except SinkError as error:
            await self._failed(errand, error)
        except TimeoutError:
            await self._failed(errand, SinkError(errand.parcel.key, "the sink took too long"))
        else:
            self._breaker.succeeded()
            self._forget(errand)
            await self._settle(errand, "done", "")

    async def _failed(self, errand: Errand, error: SinkError) -> None:
        tried = errand.attempts + 1
        if error.final or (tried >= self._options.attempts and self._breaker.state == "closed"):
            if error.final:
                self._breaker.succeeded()  # it answers
            self._forget(errand)
            await self._settle(errand, "dead", error.problem)
            return
        now_ns = self._clock.monotonic_ns()
        self._breaker.failed(now_ns, error.retry_after_s)
        waits = self._retries[errand.place][1] if errand.place in self._retries else self._waits()
        self._retries[errand.place] = (now_ns + int(waits.next_s(error.retry_after_s) * 1e9), waits)
        self._late[errand.place] = Errand(errand.place, errand.sink, tried, errand.parcel)
        await self._settle(errand, "pending", error.problem)

    def _forget(self, errand: Errand) -> None:
        self._retries.pop(errand.place, None)
        self._late.pop(errand.place, None)
