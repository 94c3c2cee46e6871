"""The queue between reader and pump."""

from __future__ import annotations

import asyncio

from harness.client.intake import Ended, Intake
from harness.wire.stream import Received


def test_bounded() -> None:
    """Messages wait for room, control items do not; the depth and its peak are known."""

    async def main() -> None:
        intake = Intake(2)
        await intake.put(Received("a", 1))
        await intake.put(Received("b", 2))
        assert (intake.full, intake.depth) == (True, 2)
        intake.add(Ended())
        async with asyncio.TaskGroup() as group:
            third = group.create_task(intake.put(Received("c", 3)))
            await asyncio.sleep(0)
            assert not third.done()
            assert isinstance(await intake.take(), Received)
            intake.done()
        assert (intake.depth, intake.peak) == (2, 2)

    asyncio.run(main())


def test_idle() -> None:
    """Idle is when everything is worked off, not when it is taken."""

    async def main() -> None:
        intake = Intake(5)
        await intake.idle()
        await intake.put(Received("a", 1))
        async with asyncio.TaskGroup() as group:
            idle = group.create_task(intake.idle())
            await intake.take()
            await asyncio.sleep(0)
            assert not idle.done()
            intake.done()

    asyncio.run(main())
