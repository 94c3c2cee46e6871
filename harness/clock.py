"""Time, as a value that can be passed in: the only module that reads a clock or sleeps.

1. ``monotonic_ns`` never goes back and says nothing of the date; every ``_ns`` in the harness comes from here.
2. ``wall`` is read for headers and file names only; no decision rests on it.
3. Pure modules never import this one: they are given times as arguments.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol, Self

from harness.errors import ConfigError

__all__ = ["Clock", "ScaledClock", "SystemClock", "VirtualClock", "cpu_ns"]


class Clock(Protocol):
    """What every waiting or stamping part is given."""

    @property
    def virtual(self) -> bool:
        """True when times are simulated, so that durations must not be reported."""
        ...

    def monotonic_ns(self) -> int:
        """Nanoseconds since an arbitrary start."""
        ...

    def wall(self) -> datetime:
        """The current date and time, UTC."""
        ...

    async def sleep_until(self, deadline_ns: int) -> None:
        """Return at the monotonic time ``deadline_ns``, at once if it has passed."""
        ...


class SystemClock:
    """The machine's clock."""

    virtual = False

    def monotonic_ns(self) -> int:
        return time.monotonic_ns()

    def wall(self) -> datetime:
        return datetime.now(UTC)

    async def sleep_until(self, deadline_ns: int) -> None:
        await asyncio.sleep(max(0, deadline_ns - time.monotonic_ns()) / 1e9)


class VirtualClock:
    """A simulated clock for one event loop.

    With ``auto`` a sleeper moves the time to its own deadline at once, in order of deadlines among those
    asleep together; without it the time moves by :meth:`advance` alone.

    Args:
        auto: move by itself when somebody sleeps.
        start: the wall time at monotonic 0.
    """

    virtual = True

    def __init__(self, *, auto: bool = False, start: datetime = datetime(2026, 1, 1, tzinfo=UTC)) -> None:
        self._auto = auto
        self._start = start
        self._now_ns = 0
        self._order = itertools.count()
        self._sleepers: list[tuple[int, int, asyncio.Future[None]]] = []

    def monotonic_ns(self) -> int:
        return self._now_ns

    def wall(self) -> datetime:
        return self._start + timedelta(microseconds=self._now_ns // 1000)

    async def sleep_until(self, deadline_ns: int) -> None:
        if deadline_ns <= self._now_ns:
            await asyncio.sleep(0)
            return
        loop = asyncio.get_running_loop()
        woken: asyncio.Future[None] = loop.create_future()
        heapq.heappush(self._sleepers, (deadline_ns, next(self._order), woken))
        if self._auto:
            loop.call_soon(self._wake_next)
        await woken

    def advance(self, delta_ns: int) -> None:
        """Move the time by ``delta_ns`` and wake everybody whose deadline has come, in order.

        Raises:
            ConfigError: ``delta_ns`` is negative; a monotonic clock never goes back.
        """
        if delta_ns < 0:
            raise ConfigError("delta_ns", delta_ns, "0 or more: a monotonic clock never goes back")
        self._now_ns += delta_ns
        while self._sleepers and self._sleepers[0][0] <= self._now_ns:
            woken = heapq.heappop(self._sleepers)[2]
            if not woken.done():
                woken.set_result(None)

    def _wake_next(self) -> None:
        while self._sleepers and self._sleepers[0][2].done():
            heapq.heappop(self._sleepers)  # a sleeper that was cancelled moves no time
        if self._sleepers:
            self.advance(max(0, self._sleepers[0][0] - self._now_ns))


class ScaledClock(VirtualClock):
    """A simulated clock that runs many times faster than the machine's; an async context manager.

    It moves by ``step_ns`` with every turn of the event loop, and not more often than every ``turn_s``. So a loop that
    was kept busy has not let time pass: whoever waits for bytes that have arrived gets them before a deadline does.

    Args:
        step_ns: how far one turn moves the time.
        turn_s: the shortest turn, real seconds.

    Raises:
        ConfigError: a step or a turn that is not above 0.
    """

    def __init__(self, *, step_ns: int = 250_000_000, turn_s: float = 0.001) -> None:
        super().__init__()
        if step_ns <= 0 or turn_s <= 0:
            raise ConfigError("step_ns, turn_s", (step_ns, turn_s), "numbers above 0")
        self._step_ns = step_ns
        self._turn_s = turn_s
        self._next: asyncio.TimerHandle | None = None

    async def __aenter__(self) -> Self:
        self._next = asyncio.get_running_loop().call_later(self._turn_s, self._turn)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._next is not None:
            self._next.cancel()
            self._next = None

    def _turn(self) -> None:
        self.advance(self._step_ns)
        self._next = asyncio.get_running_loop().call_later(self._turn_s, self._turn)


def cpu_ns() -> int:
    """Nanoseconds of processor time this process has used; sleeping and other processes do not count."""
    return time.process_time_ns()
