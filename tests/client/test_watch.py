"""Timers: heartbeats that do not come."""

from __future__ import annotations

import asyncio
from typing import Any, cast

from harness.client.outgoing import Outgoing
from harness.client.watch import HeartbeatWatch
from harness.clock import VirtualClock
from harness.wire.stream import Link

SECOND = 1_000_000_000


class Silent:
    """A link that notes why it was given up."""

    def __init__(self) -> None:
        self.reasons: list[str] = []

    def give_up(self, reason: str) -> None:
        self.reasons.append(reason)


def watched(talk: Any) -> list[str]:
    """What a link was given up for while ``talk`` moved the clock."""
    silent = Silent()

    async def main() -> None:
        clock, outgoing = VirtualClock(), Outgoing()
        watch = HeartbeatWatch(outgoing, clock=clock, timeout_s=75)
        async with asyncio.TaskGroup() as group:
            task = group.create_task(watch.run())
            await talk(clock, outgoing, watch, cast(Link, silent))
            task.cancel()

    asyncio.run(main())
    return silent.reasons


async def _later(clock: VirtualClock, seconds: float) -> None:
    for _ in range(3):
        await asyncio.sleep(0)
    clock.advance(int(seconds * SECOND))
    for _ in range(3):
        await asyncio.sleep(0)


def test_silence_is_death() -> None:
    """A connection that brings nothing for the time-out is given up, once."""

    async def talk(clock: VirtualClock, outgoing: Outgoing, watch: HeartbeatWatch, link: Link) -> None:
        outgoing.link = link
        await _later(clock, 74.9)
        await _later(clock, 0.2)
        await _later(clock, 70)

    assert watched(talk) == ["no heartbeat"]


def test_every_message_counts() -> None:
    """Whatever comes moves the deadline; without a connection nobody is blamed."""

    async def talk(clock: VirtualClock, outgoing: Outgoing, watch: HeartbeatWatch, link: Link) -> None:
        await _later(clock, 200)
        outgoing.link = link
        for _ in range(5):
            watch.heard(clock.monotonic_ns())
            await _later(clock, 60)

    assert watched(talk) == []
