"""When a client is late, and when it is only the loop that stood still."""

from __future__ import annotations

import asyncio
import time
from typing import Any, cast

import pytest

from harness.clock import SystemClock, VirtualClock
from harness.errors import ReplayStalled
from harness.replayer.roster import Roster
from harness.replayer.stage import TURN_NS, Stage
from harness.wire.scheduler import Scheduler

S = 1_000_000_000


class Bell:
    """A scheduler that keeps what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, Any]] = []

    def at(self, deadline_ns: int, call: Any) -> None:
        self.asked.append((deadline_ns, call))


def stage(clock: VirtualClock, bell: Bell | None, speed: float | None = None) -> Stage:
    return Stage(
        clock=clock,
        roster=Roster([], conversation_of=lambda _: None),
        script_of=lambda _track, _bound: pytest.fail("nothing is played"),
        problem=lambda _: None,
        speed=speed,
        scheduler=cast("Scheduler | None", bell),
    )


def test_quiet_counts_from_the_last_movement() -> None:
    """At instant speed; at others there is no such limit."""
    clock = VirtualClock()
    one = stage(clock, Bell())
    clock.advance(S)
    assert one.moved() == S
    assert one.quiet_until_ns(5 * S) == 6 * S
    assert stage(clock, None, speed=1).quiet_until_ns(5 * S) == 0


def test_a_loop_that_stood_still_is_nobodys_lateness() -> None:
    """Turns that are missing are added; late ones by less than a turn are not."""
    clock = VirtualClock()
    one = stage(clock, Bell())
    clock.advance(S)
    one.moved()
    for _ in range(4):
        clock.advance(2 * TURN_NS)
        one.alive()
    assert one.quiet_until_ns(5 * S) == 6 * S
    clock.advance(8 * S)
    one.alive()
    assert one.lost_ns == 8 * S - TURN_NS
    assert one.quiet_until_ns(5 * S) == 14 * S - TURN_NS
    one.moved()
    assert one.quiet_until_ns(5 * S) == clock.monotonic_ns() + 5 * S


def test_the_watch_comes_back() -> None:
    """Once a turn, on the system's clock; a clock moved by hand has no turns to miss."""
    bell, clock = Bell(), VirtualClock()
    one = stage(clock, bell)
    one.watch()
    clock.advance(TURN_NS)
    bell.asked[0][1]()
    assert [deadline_ns for deadline_ns, _ in bell.asked] == [TURN_NS, 2 * TURN_NS]
    other = stage(clock, None)
    other.watch()
    clock.advance(60 * S)
    other.alive()
    assert other.lost_ns == 0


@pytest.mark.parametrize("speed", [None, 1000.0])
def test_a_client_in_this_process_that_computes(served: Any, tape: Any, sub: Any, speed: float | None) -> None:
    """A client that holds up the loop for longer than the patience is not late; one that is silent for as long is."""
    made = tape().opened().sends(sub("i")).gets("1").sends({"type": "more"}).gets("2").closes()

    async def computes(client: Any) -> None:
        async with client.dial() as ws:
            await ws.send('{"type": "subscribe", "interaction_id": "i"}')
            await ws.recv()
            time.sleep(2.5)  # noqa: ASYNC251, TID251  # the point: nothing else runs
            await asyncio.sleep(0)
            await ws.send('{"type": "more"}')
            assert await ws.recv() == "2"

    service = served(computes, made, patience_s=1.5, speed=speed, clock=SystemClock())
    assert (service.problems, service.unplayed()) == ([], [])

    async def is_silent(client: Any) -> None:
        async with client.dial() as ws:
            await ws.send('{"type": "subscribe", "interaction_id": "i"}')
            await ws.wait_closed()

    service = served(is_silent, made, patience_s=0.3, speed=speed, clock=SystemClock())
    assert [type(problem) for problem in service.problems] == [ReplayStalled]
