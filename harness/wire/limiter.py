"""Our own rate limit, so that the service's is seldom met: a token bucket, pure, and who waits at it.

1. The bucket holds ``burst`` turns at first and gains ``per_s`` of them in a second; a turn costs one.
2. A turn may be owed: whoever takes one that is not there yet is told how long to wait. So turns are had in the order
   they were asked for, and nobody starves.
"""

from __future__ import annotations

from harness.clock import Clock
from harness.errors import ConfigError

__all__ = ["RateLimiter", "TokenBucket"]


class TokenBucket:
    """Turns, as a value; times are passed in.

    Args:
        per_s: turns gained in a second.
        burst: turns that may be taken at once after a rest.
        now_ns: monotonic.

    Raises:
        ConfigError: there would never be a turn.
    """

    def __init__(self, per_s: float, burst: float, now_ns: int = 0) -> None:
        if per_s <= 0 or burst < 1:
            raise ConfigError("rate", (per_s, burst), "more than 0 a second, and 1 or more at once")
        self._per_ns = per_s / 1e9
        self._burst = float(burst)
        self._held = float(burst)
        self._at_ns = now_ns

    def take(self, now_ns: int) -> int:
        """Take a turn; nanoseconds to wait for it."""
        now_ns = max(now_ns, self._at_ns)
        self._held = min(self._burst, self._held + (now_ns - self._at_ns) * self._per_ns) - 1.0
        self._at_ns = now_ns
        return 0 if self._held >= 0 else round(-self._held / self._per_ns)


class RateLimiter:
    """A bucket with a clock, shared by everything that counts against one limit.

    Args:
        per_s: turns in a second; 0 = no limit.
        clock: waits.
        burst: see :class:`TokenBucket`; None = two seconds' worth.
    """

    def __init__(self, per_s: float, *, clock: Clock, burst: float | None = None) -> None:
        self._clock = clock
        self._bucket: TokenBucket | None = None
        if per_s:
            self._bucket = TokenBucket(per_s, max(1.0, 2 * per_s) if burst is None else burst, clock.monotonic_ns())

    async def turn(self) -> None:
        """Return when it is our turn."""
        if self._bucket is None:
            return
        now_ns = self._clock.monotonic_ns()
        wait_ns = self._bucket.take(now_ns)
        if wait_ns:
            await self._clock.sleep_until(now_ns + wait_ns)
