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
        async with asyncio.timeout(60):
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


@pytest.mark.parametrize("timerfd", [True, False])
def test_a_call_that_fails(timerfd: bool) -> None:
    """The loop is told of it, and the alarms behind it ring."""

    def fail() -> None:
        raise RuntimeError("one of ours")

    async def run() -> list[str]:
        clock, done, told = SystemClock(), asyncio.Event(), []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(str(context["exception"])))
        alarms = Scheduler(clock, timerfd=timerfd)
        now_ns = clock.monotonic_ns()
        alarms.at(now_ns - 1, fail)
        alarms.at(now_ns, done.set)
        async with asyncio.timeout(20):
            await done.wait()
        alarms.close()
        return told

    assert asyncio.run(run()) == ["one of ours"]


def test_many_messages_keep_their_times() -> None:
    """Deadlines are absolute: ten thousand alarms at 1 ms, on a clock moved by hand, are each rung at their own time."""

    class Moved(SystemClock):
        now_ns = 0

        def monotonic_ns(self) -> int:
            return self.now_ns

    async def run() -> list[int]:
        clock, rang = Moved(), []
        alarms = Scheduler(clock, timerfd=False)

        def ring(number: int) -> None:
            rang.append(clock.now_ns)
            clock.now_ns += 300_000  # what a call takes must not push the next one
            if number < 10_000:
                alarms.at((number + 1) * 1_000_000, lambda: ring(number + 1))

        alarms.at(1_000_000, lambda: ring(1))
        while len(rang) < 10_000:
            clock.now_ns = max(clock.now_ns, alarms._heap[0].due_ns)
            alarms._ring()
        alarms.close()
        return rang

    assert asyncio.run(run()) == [number * 1_000_000 for number in range(1, 10_001)]
