"""One alarm clock per loop, with a timerfd and without."""

from __future__ import annotations

import asyncio
import ctypes
import sys

import pytest

from harness.clock import SystemClock
from harness.wire import scheduler as module
from harness.wire.scheduler import Scheduler


@pytest.mark.parametrize("timerfd", [True, False])
def test_alarms_ring_in_order_and_not_early(timerfd: bool) -> None:
    """Alarms ring in order of their times, whatever the order they were set in; a cancelled one does not."""

    async def run() -> tuple[list[str], bool]:
        clock, rang, done = SystemClock(), [], asyncio.Event()
        alarms = Scheduler(clock, timerfd=timerfd)
        began_ns = clock.monotonic_ns()

        def ring(name: str, due_ns: int) -> None:
            assert clock.monotonic_ns() >= due_ns
            rang.append(name)

        for name, at_ms in (("c", 30), ("a", 5), ("b", 15), ("gone", 10)):
            due_ns = began_ns + at_ms * 1_000_000
            alarm = alarms.at(due_ns, lambda name=name, due_ns=due_ns: ring(name, due_ns))  # type: ignore[misc]
            if name == "gone":
                alarm.cancel()
        alarms.at(began_ns + 40_000_000, done.set)
        alarms.at(began_ns - 1, lambda: rang.append("late"))
        async with asyncio.timeout(5):
            await done.wait()
        exact = alarms.exact
        alarms.at(clock.monotonic_ns() + 10**12, lambda: rang.append("never"))
        alarms.close()
        return rang, exact

    rang, exact = asyncio.run(run())
    assert rang == ["late", "a", "b", "c"]
    assert exact == (timerfd and sys.platform.startswith("linux"))


def test_without_timerfd(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the system has none, the loop's own timers do."""
    monkeypatch.setattr(sys, "platform", "darwin")

    async def run() -> bool:
        alarms = Scheduler(SystemClock())
        alarms.close()
        return alarms.exact

    assert not asyncio.run(run())


def test_a_library_without_timerfd(monkeypatch: pytest.MonkeyPatch) -> None:
    """A C library that does not know timerfd is no failure."""
    monkeypatch.setattr(ctypes, "CDLL", lambda *_, **__: object())
    assert module._timerfd() is None


def test_an_empty_read_of_the_timer_is_nothing() -> None:
    """A wake-up for a timer that was set anew in the meantime does no harm."""

    async def run() -> None:
        alarms = Scheduler(SystemClock())
        if alarms._fd is not None:
            alarms._woken()
        alarms.close()

    asyncio.run(run())
