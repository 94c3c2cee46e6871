"""The client's timers: holes in the order, and heartbeats that do not come. A replay has neither.

1. A hole that nothing has filled for ``gap_timeout_s`` on an open connection is given up. While there is no connection,
   nothing could fill it; the service sends what is missing when it is back.
2. A connection that has brought nothing at all for ``heartbeat_timeout_s`` is dead, whoever answers its pings.
"""

from __future__ import annotations

from collections.abc import Sequence

from harness.client.intake import GiveUp, Intake
from harness.client.outgoing import Outgoing
from harness.clock import Clock
from harness.pipeline.chain import Pipeline

__all__ = ["HeartbeatWatch", "watch_holes"]


async def watch_holes(
    pipeline: Pipeline, open_: Sequence[str], *, outgoing: Outgoing, intake: Intake, clock: Clock, timeout_s: float
) -> None:
    """Watch the conversations in ``open_`` until cancelled."""
    timeout_ns = int(timeout_s * 1e9)
    since: dict[str, tuple[int, int]] = {}
    while True:
        await clock.sleep_until(clock.monotonic_ns() + timeout_ns // 5)
        if outgoing.link is None:
            since.clear()
            continue
        now_ns = clock.monotonic_ns()
        for conversation in list(open_):
            place = pipeline.resume_after(conversation)
            if not pipeline.waiting(conversation):
                since.pop(conversation, None)
            elif since.setdefault(conversation, (place, now_ns))[0] != place:
                since[conversation] = (place, now_ns)
            elif now_ns - since[conversation][1] >= timeout_ns:
                since.pop(conversation)
                intake.add(GiveUp(conversation, place))


class HeartbeatWatch:
    """Gives up a connection that says nothing."""

    def __init__(self, outgoing: Outgoing, *, clock: Clock, timeout_s: float) -> None:
        self._outgoing = outgoing
        self._clock = clock
        self._timeout_ns = int(timeout_s * 1e9)
        self._heard_ns = clock.monotonic_ns()

    def heard(self, at_ns: int) -> None:
        """A message came, or a connection began."""
        self._heard_ns = at_ns

    async def run(self) -> None:
        """Watch until cancelled."""
        while True:
            await self._clock.sleep_until(self._heard_ns + self._timeout_ns)
            now_ns = self._clock.monotonic_ns()
            if now_ns < self._heard_ns + self._timeout_ns:
                continue
            if self._outgoing.link is not None:
                self._outgoing.link.give_up("no heartbeat")
            self._heard_ns = now_ns
