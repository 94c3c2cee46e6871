"""How long to wait before trying again.

1. Full jitter: a random share of a ceiling that doubles per failure (AWS Architecture Blog, "Exponential Backoff And
   Jitter"), so that many clients do not come back together.
2. A ``Retry-After`` of the service wins, capped at five minutes; never less, a little jitter more.
"""

from __future__ import annotations

import random
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

__all__ = ["MAX_RETRY_AFTER_S", "Backoff", "retry_after_s"]

MAX_RETRY_AFTER_S = 300.0


class Backoff:
    """Delays for one series of attempts.

    Args:
        rng: where the jitter comes from.
        base_s: ceiling of the first delay, seconds.
        cap_s: ceiling of every delay, seconds.
    """

    def __init__(self, rng: random.Random, *, base_s: float = 0.1, cap_s: float = 10.0) -> None:
        self._rng = rng
        self._base_s = base_s
        self._cap_s = cap_s
        self.failures = 0

    def next_s(self, retry_after: float | None = None, *, at_least: float = 0.0) -> float:
        """Note a failure and say how long to wait, seconds.

        Args:
            retry_after: what the service asked for, seconds.
            at_least: share of the ceiling that jitter does not touch, where a bound on the rate must hold.
        """
        self.failures += 1
        if retry_after is not None:
            return min(retry_after, MAX_RETRY_AFTER_S) + self.breath_s()
        ceiling = min(self._cap_s, self._base_s * 2.0 ** min(self.failures - 1, 30))
        return self._rng.uniform(at_least * ceiling, ceiling)

    def breath_s(self) -> float:
        """A short wait that is no failure, so that many clients do not come back together."""
        return self._rng.uniform(0, self._base_s)

    def reset(self) -> None:
        """The far side proved to be well."""
        self.failures = 0


def retry_after_s(value: str | None, now: datetime) -> float | None:
    """Seconds from a ``Retry-After`` header (RFC 9110, 10.2.3: seconds or a date), None where it says nothing."""
    if value is None:
        return None
    text = value.strip()
    if text.isascii() and text.isdigit() and len(text) <= 9:
        return float(text)
    try:
        when = parsedate_to_datetime(text)
        if when.tzinfo is None:
            when = when.replace(tzinfo=UTC)
        return max(0.0, (when - now).total_seconds())
    except (TypeError, ValueError, OverflowError):
        return None
