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


def test_what_was_never_entered() -> None:
    """A manager that is cancelled on the way in is an error, not a wait without end."""

    @asynccontextmanager
    async def cancelled() -> AsyncIterator[None]:
        raise asyncio.CancelledError
        yield

    with Aside() as other, pytest.raises(RuntimeError, match="before it was entered"), other.within(cancelled):
        pass
