"""The client's timers: holes in the order, answers and heartbeats that do not come. A replay has none of them.

1. A hole that nothing has filled for half of ``gap_timeout_s`` on an open connection is asked for again, once; after all of
   it, it is given up. While there is no connection, nothing could fill it; the service sends what is missing when it is back.
2. A message with an answer (``context_window.update``) whose connection was lost before the answer came is said again when
   the next connection has not brought the answer for ``gap_timeout_s``: with the resume the answer comes by itself, if the
   service had heard us.
3. A connection that has brought nothing at all for ``heartbeat_timeout_s`` is dead, whoever answers its pings.
"""

from __future__ import annotations

from collections.abc import Sequence

from harness.client.intake import Ask, GiveUp, Intake, Repeat
from harness.client.outgoing import Outgoing
from harness.clock import Clock
from harness.pipeline.chain import Pipeline

__all__ = ["HeartbeatWatch", "watch_answers", "watch_holes"]


async def watch_holes(
    pipeline: Pipeline, open_: Sequence[str], *, outgoing: Outgoing, intake: Intake, clock: Clock, timeout_s: float
) -> None:
    """Watch the conversations in ``open_`` until cancelled."""
    timeout_ns = int(timeout_s * 1e9)
    since: dict[str, tuple[int, int]] = {}
    asked: dict[str, int] = {}
    while True:
        await clock.sleep_until(clock.monotonic_ns() + timeout_ns // 5)
        if outgoing.link is None:
            since.clear()
            asked.clear()
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
            elif now_ns - since[conversation][1] >= timeout_ns // 2 and asked.get(conversation) != place:
                asked[conversation] = place
                intake.add(Ask(conversation, place))


async def watch_answers(*, outgoing: Outgoing, intake: Intake, clock: Clock, timeout_s: float) -> None:
    """Watch for answers that went with a connection, until cancelled."""
    timeout_ns = int(timeout_s * 1e9)
    since: dict[tuple[str, int], int] = {}
    while True:
        await clock.sleep_until(clock.monotonic_ns() + timeout_ns // 5)
        now_ns, link = clock.monotonic_ns(), outgoing.link
        waiting = [] if link is None else [(about, outgoing.connections) for about in outgoing.unanswered()]
        since = {key: since.get(key, now_ns) for key in waiting}
        for about, _ in (key for key in waiting if now_ns - since[key] >= timeout_ns):
            intake.add(Repeat(about))


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
