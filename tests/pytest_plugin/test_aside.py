"""A loop in a thread of its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from harness.pytest_plugin.aside import Aside, aside


async def _double(number: int) -> int:
    await asyncio.sleep(0)
    return 2 * number


def test_runs_with_and_without_a_loop_here() -> None:
    """The result comes back, from a thread without a loop and from one whose loop is running."""

    async def inside() -> int:
        return aside(_double(4))

    assert aside(_double(3)) == 6
    assert asyncio.run(inside()) == 8


def test_what_goes_wrong_comes_back() -> None:
    """An exception over there is raised here: of a coroutine, on the way into a manager, in it, and on the way out."""

    async def broken() -> None:
        raise LookupError("broken")

    @asynccontextmanager
    async def held(*, at: str) -> AsyncIterator[str]:
        if at == "in":
            raise LookupError(at)
        yield at
        if at == "out":
            raise LookupError(at)

    with pytest.raises(LookupError):
        aside(broken())
    with Aside() as other:
        with pytest.raises(LookupError, match="in"), other.within(lambda: held(at="in")):
            pass
        with pytest.raises(KeyError), other.within(lambda: held(at="well")) as value:
            assert value == "well"
            raise KeyError
        with pytest.raises(LookupError, match="out"), other.within(lambda: held(at="out")):
            pass


def test_leaving_cancels_what_runs() -> None:
    """What was never entered because the loop ended is an error, not a wait without end."""
    never = asyncio.Event()

    @asynccontextmanager
    async def stuck() -> AsyncIterator[None]:
        await never.wait()
        yield

    with Aside() as other:
        other._loop.call_soon_threadsafe(other._loop.call_later, 0.05, other._over.set)
        with pytest.raises(BaseException), other.within(stuck):  # noqa: B017 - cancelled, from either side
            pass
