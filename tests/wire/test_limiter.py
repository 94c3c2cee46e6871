"""Our own rate limit."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.clock import VirtualClock
from harness.errors import ConfigError
from harness.wire.limiter import RateLimiter, TokenBucket

SECOND = 1_000_000_000


def test_a_burst_then_a_pace() -> None:
    """What is saved up is had at once; after that a turn comes every 1 / rate."""
    bucket = TokenBucket(2, 3)
    assert [bucket.take(0) for _ in range(5)] == [0, 0, 0, SECOND // 2, SECOND]
    assert bucket.take(10 * SECOND) == 0


def test_a_clock_that_goes_back_gains_nothing() -> None:
    """A time before the last one counts as the last one."""
    bucket = TokenBucket(1, 1, now_ns=5 * SECOND)
    assert (bucket.take(5 * SECOND), bucket.take(0)) == (0, SECOND)


@given(
    st.floats(0.1, 100),
    st.integers(1, 20),
    st.lists(st.integers(0, SECOND), min_size=1, max_size=60),
)
def test_never_more_than_allowed(per_s: float, burst: int, gaps: list[int]) -> None:
    """In every window no more turns are had than the burst and what was gained in it."""
    bucket, now, had = TokenBucket(per_s, burst), 0, []
    for gap in gaps:
        now += gap
        had.append(now + bucket.take(now))
    assert had == sorted(had)
    for i, first in enumerate(had):
        for j in range(i, len(had)):
            assert j - i + 1 <= burst + (had[j] - first) * per_s / 1e9 + 1e-3 + 1


@pytest.mark.parametrize(("per_s", "burst"), [(0, 1), (-1, 1), (1, 0.5)])
def test_bounds(per_s: float, burst: float) -> None:
    """A bucket that would never give a turn is refused."""
    with pytest.raises(ConfigError):
        TokenBucket(per_s, burst)


def test_waiting() -> None:
    """A turn that is owed is waited for; without a limit nobody waits."""

    async def main() -> tuple[list[int], int]:
        clock, times = VirtualClock(auto=True), []
        limiter = RateLimiter(1, clock=clock)

        for _ in range(4):
            await limiter.turn()
            times.append(clock.monotonic_ns())
        free = RateLimiter(0, clock=clock)
        for _ in range(100):
            await free.turn()
        return times, clock.monotonic_ns()

    assert asyncio.run(main()) == ([0, 0, SECOND, 2 * SECOND], 2 * SECOND)
