"""When a sink is left alone: a circuit breaker, as a value; times are passed in.

1. ``closed``: everything is tried. After ``threshold`` failures in a row it opens.
2. ``open``: nothing is tried until the wait is over; then one parcel is (``half_open``).
3. That one's success closes it; its failure opens it for a longer wait.
"""

from __future__ import annotations

from typing import Literal

from harness.wire.backoff import Backoff

__all__ = ["Breaker"]


class Breaker:
    """The state of one sink.

    Args:
        backoff: how long it stays open.
        threshold: failures in a row that open it.
    """

    def __init__(self, backoff: Backoff, *, threshold: int = 5) -> None:
        self._backoff = backoff
        self._threshold = threshold
        self._failures = 0
        self._until_ns = 0

    @property
    def state(self) -> Literal["closed", "open"]:
        """``open`` from the failure that opens it to the success that closes it."""
        return "open" if self._failures >= self._threshold else "closed"

    def may_try_at_ns(self) -> int:
        """The monotonic time from which one may try; 0 while it is closed."""
        return self._until_ns if self.state == "open" else 0

    def failed(self, now_ns: int, retry_after_s: float | None = None) -> None:
        """Note a failure at ``now_ns``."""
        self._failures += 1
        if self.state == "open":
            self._until_ns = now_ns + int(self._backoff.next_s(retry_after_s) * 1e9)

    def succeeded(self) -> None:
        """The sink took something."""
        self._failures = 0
        self._backoff.reset()
