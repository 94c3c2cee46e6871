"""An event loop in a thread of its own, so that a test with a loop, without one, or with another library's can use it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager, contextmanager
from types import TracebackType
from typing import Any, Self, TypeVar

__all__ = ["Aside", "aside"]

T = TypeVar("T")


class Aside:
    """Runs coroutines elsewhere; a context manager. What still runs when it is left is cancelled."""

    def __init__(self) -> None:
        self._ready: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = Future()
        self._thread = threading.Thread(target=self._run, name="harness-aside", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._loop, self._over = self._ready.result()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join()

    def _run(self) -> None:
        asyncio.run(self._wait())

    async def _wait(self) -> None:
        over = asyncio.Event()
        self._ready.set_result((asyncio.get_running_loop(), over))
        await over.wait()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """The result of ``work``."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    @contextmanager
    def within(self, make: Callable[[], AbstractAsyncContextManager[T]]) -> Iterator[T]:
        """An asynchronous context manager, entered and left in one task over there."""
        entered: Future[T] = Future()
        leave = self.run(_event())
        task = asyncio.run_coroutine_threadsafe(_hold(make, entered, leave), self._loop)
        task.add_done_callback(lambda done: _pass_on(done, entered))
        value = entered.result()
        try:
            yield value
        finally:
            self._loop.call_soon_threadsafe(leave.set)
            task.result()


async def _event() -> asyncio.Event:
    return asyncio.Event()


async def _hold(make: Callable[[], AbstractAsyncContextManager[T]], entered: Future[T], leave: asyncio.Event) -> None:
    async with make() as value:
        entered.set_result(value)
        await leave.wait()


def _pass_on(done: Future[None], entered: Future[T]) -> None:
    """What went wrong on the way in is raised where the entering is waited for."""
    if not entered.done():
        error = done.exception()
        entered.set_exception(error or RuntimeError("it was left before it was entered"))


def aside(work: Coroutine[Any, Any, T]) -> T:
    """The result of ``work``, run in a thread of its own."""
    with Aside() as other:
        return other.run(work)
