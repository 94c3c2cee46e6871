"""Whose line it was, through tasks, threads and pools."""

from __future__ import annotations

import asyncio
import concurrent.futures
import functools
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from harness.wire.call_sites import call_site
from harness.wire.guard import NetworkGuard


@pytest.fixture(autouse=True)
def guard() -> Iterator[NetworkGuard]:
    """The starts of tasks and threads are watched."""
    with NetworkGuard() as on:
        yield on


def _here(name: str, site: str) -> bool:
    return "test_call_sites.py:" in site and site.endswith(f" in {name}")


def _library(code: str) -> dict[str, Any]:
    """Functions whose frames count as a library's."""
    names: dict[str, Any] = {"call_site": call_site, "asyncio": asyncio}
    exec(compile(code, "<library>", "exec"), names)
    return names


SYNC = _library("def asked(*_): return call_site()")["asked"]
ASYNC = _library("async def asked(): await asyncio.sleep(0); return call_site()")["asked"]


def test_the_line_itself() -> None:
    """The caller's, also below a library's frames."""
    assert _here("test_the_line_itself", call_site())
    assert _here("test_the_line_itself", SYNC())
    assert _here("test_the_line_itself", str(functools.reduce(SYNC, [1, 2])))


def test_a_task_of_a_library() -> None:
    """A task whose own frames are all a library's: the line that started it, not the one that runs the loop."""

    async def starts() -> str:
        async with asyncio.TaskGroup() as group:
            task = group.create_task(ASYNC())
        return str(task.result())

    assert _here("starts", asyncio.run(starts()))


def test_threads() -> None:
    """A thread, a pool and to_thread: the line that handed the work over."""
    found: list[str] = []
    thread = threading.Thread(target=lambda: None)
    thread.run = lambda: found.append(SYNC())  # type: ignore[method-assign]
    thread.start()
    thread.join()
    assert _here("<lambda>", found[0])

    started: concurrent.futures.Future[str] = concurrent.futures.Future()
    names = _library("def told(to, what): to.set_result(what())")
    thread = threading.Thread(target=names["told"], args=(started, SYNC))
    thread.start()
    assert _here("test_threads", started.result(10))
    thread.join()

    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        assert _here("test_threads", pool.submit(SYNC).result(10))

    async def hands_over() -> str:
        return str(await asyncio.to_thread(SYNC))

    assert _here("hands_over", asyncio.run(hands_over()))


def test_nobody_known() -> None:
    """What was started before a guard was on, by nobody's line, has no site."""
    found: concurrent.futures.Future[str] = concurrent.futures.Future()
    names = _library("def told(to, what): to.set_result(what())")
    thread = threading.Thread(target=names["told"], args=(found, SYNC))
    bare: Any = getattr(threading.Thread.start, "__wrapped__", threading.Thread.start)
    bare(thread)
    assert found.result(10) == ""
    thread.join()
