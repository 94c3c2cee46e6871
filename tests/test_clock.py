"""Clocks: the real one, and one that tests move."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.clock import Clock, ScaledClock, SystemClock, VirtualClock
from harness.errors import ConfigError

MS = 1_000_000


def run(work: Awaitable[None]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(60):
            await work

    asyncio.run(bounded())


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def test_the_system_clock_goes_forward_and_knows_utc() -> None:
    """Its wall time has a zone."""
    clock: Clock = SystemClock()
    first = clock.monotonic_ns()
    assert clock.monotonic_ns() >= first
    assert clock.wall().tzinfo is UTC
    assert not clock.virtual


def test_the_system_clock_sleeps_until_a_deadline() -> None:
    """Not less; one that has passed costs nothing."""

    async def main() -> None:
        clock = SystemClock()
        start = clock.monotonic_ns()
        await clock.sleep_until(start - 10**12)
        await clock.sleep_until(start + 2 * MS)
        assert clock.monotonic_ns() >= start + 2 * MS

    run(main())


def test_a_virtual_clock_stands_still_until_it_is_moved() -> None:
    """Wall time follows the monotonic time, from a fixed start."""
    start = datetime(2026, 3, 14, 9, tzinfo=UTC)
    clock = VirtualClock(start=start)
    assert (clock.virtual, clock.monotonic_ns(), clock.wall()) == (True, 0, start)
    clock.advance(1_500_000_000)
    assert clock.monotonic_ns() == 1_500_000_000
    assert clock.wall() == start + timedelta(seconds=1.5)


def test_a_clock_never_goes_back() -> None:
    """It is monotonic."""
    with pytest.raises(ConfigError, match="delta_ns"):
        VirtualClock().advance(-1)


def test_sleepers_wake_in_the_order_of_their_deadlines() -> None:
    """Whatever the order they lay down in; equal deadlines in that order."""

    async def main() -> None:
        clock, woken = VirtualClock(), []

        async def sleeper(deadline_ms: int, name: str) -> None:
            await clock.sleep_until(deadline_ms * MS)
            woken.append(name)

        async with asyncio.TaskGroup() as group:
            for deadline, name in ((30, "c"), (10, "a"), (30, "d"), (20, "b")):
                group.create_task(sleeper(deadline, name))
            await settle()
            assert woken == []
            clock.advance(10 * MS)
            await settle()
            assert woken == ["a"]
            clock.advance(100 * MS)
        assert woken == ["a", "b", "c", "d"]

    run(main())


def test_a_deadline_that_has_passed_is_no_sleep() -> None:
    """It lets others run once."""

    async def main() -> None:
        clock = VirtualClock()
        clock.advance(5)
        await clock.sleep_until(5)
        await clock.sleep_until(0)
        assert clock.monotonic_ns() == 5

    run(main())


def test_an_automatic_clock_moves_to_the_next_deadline() -> None:
    """At once, and no further than somebody waits for."""

    async def main() -> None:
        clock, times = VirtualClock(auto=True), []

        async def sleeper(deadline_ms: int) -> None:
            await clock.sleep_until(deadline_ms * MS)
            times.append(clock.monotonic_ns() // MS)

        async with asyncio.TaskGroup() as group:
            for deadline in (50, 10, 30):
                group.create_task(sleeper(deadline))
        assert times == sorted(times)
        assert clock.monotonic_ns() == 50 * MS

    run(main())


@pytest.mark.parametrize("auto", [True, False])
def test_a_sleeper_that_was_cancelled_moves_no_time(auto: bool) -> None:
    """Nor does it keep another one from waking."""

    async def main() -> None:
        clock = VirtualClock(auto=auto)
        async with asyncio.TaskGroup() as group:
            far = group.create_task(clock.sleep_until(50 * MS))
            await asyncio.sleep(0)
            far.cancel()
            await settle()
            assert clock.monotonic_ns() == 0
            group.create_task(clock.sleep_until(70 * MS))
            await settle()
            if not auto:
                clock.advance(70 * MS)
        assert clock.monotonic_ns() == 70 * MS

    run(main())


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=12))
def test_automatic_time_is_that_of_the_last_deadline(deadlines: list[int]) -> None:
    """However many sleep, each wakes at or after its own."""

    async def main() -> None:
        clock = VirtualClock(auto=True)

        async def sleeper(deadline: int) -> None:
            await clock.sleep_until(deadline)
            assert clock.monotonic_ns() >= deadline

        async with asyncio.TaskGroup() as group:
            for deadline in deadlines:
                group.create_task(sleeper(deadline))
        assert clock.monotonic_ns() == max(deadlines)

    run(main())


def test_a_scaled_clock_moves_with_the_turns_of_the_loop() -> None:
    """Hours pass in a moment, and no time at all while the loop is held up."""

    async def main() -> None:
        async with ScaledClock(step_ns=3_600_000_000_000) as clock:
            await clock.sleep_until(7_200_000_000_000)
            before_ns = clock.monotonic_ns()
            assert before_ns >= 7_200_000_000_000
            sum(range(1_000_000))
            assert clock.monotonic_ns() == before_ns
        stopped_ns = clock.monotonic_ns()
        await asyncio.sleep(0.01)
        assert clock.monotonic_ns() == stopped_ns

    asyncio.run(main())


@pytest.mark.parametrize("given", [{"step_ns": 0}, {"turn_s": 0.0}])
def test_a_scaled_clock_must_move(given: dict[str, Any]) -> None:
    """A step or a turn of nothing is refused."""
    with pytest.raises(ConfigError):
        ScaledClock(**given)
