"""Which line of the caller's code made something happen, also where a task or a thread stands between.

1. The site is the innermost line that belongs neither to a library nor to the harness; where there is none, the innermost of
   the harness.
2. A task's stack begins at the event loop, and a thread's at its start: what is above is another story. Where no line of the
   caller is found below, the site is the one that started the task or the thread.
3. For rule 2 the starts of tasks, threads and jobs of executors are watched, by :func:`watches`, only while a guard is on.
"""

from __future__ import annotations

import asyncio
import functools
import sys
import sysconfig
import threading
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import FrameType
from typing import Any

__all__ = ["call_site", "watches"]

_LIBRARIES = tuple(
    path for name in ("stdlib", "platstdlib", "purelib", "platlib") if (path := sysconfig.get_paths().get(name))
)
_HARNESS = str(Path(__file__).parents[1])
_WATCHING = (__file__, str(Path(__file__).with_name("guard.py")))
_LOOP = asyncio.events.__file__

_tasks: weakref.WeakKeyDictionary[asyncio.Future[Any], str] = weakref.WeakKeyDictionary()
_threads: weakref.WeakKeyDictionary[threading.Thread, str] = weakref.WeakKeyDictionary()
_job = threading.local()


def call_site() -> str:
    """The site of what happens now, as ``file:line in function``; '' where nothing is known."""
    frame: FrameType | None = sys._getframe(1)
    ours = ""
    while frame is not None:
        filename = frame.f_code.co_filename
        if filename == _LOOP and frame.f_code.co_name == "_run" and (started := _task_site()):
            return started
        if filename.startswith(_HARNESS):
            ours = ours or ("" if filename in _WATCHING else _shown(frame))
        elif not _is_library(filename):
            return _shown(frame)
        frame = frame.f_back
    return getattr(_job, "site", "") or _threads.get(threading.current_thread(), "") or ours


def _is_library(filename: str) -> bool:
    return filename.startswith(("<", *_LIBRARIES)) or "/site-packages/" in filename or "/dist-packages/" in filename


def _shown(frame: FrameType) -> str:
    return f"{frame.f_code.co_filename}:{frame.f_lineno} in {frame.f_code.co_name}"


def _task_site() -> str:
    task = asyncio.current_task()
    return "" if task is None else _tasks.get(task, "")


def watches() -> list[tuple[Any, str, Callable[..., Any]]]:
    """What has to be replaced for rule 3: (class, name of the method, its replacement)."""
    create_task = asyncio.BaseEventLoop.create_task
    start = threading.Thread.start
    submit: Callable[..., Any] = ThreadPoolExecutor.submit

    @functools.wraps(create_task)
    def creating(self: Any, *args: Any, **more: Any) -> Any:
        task = create_task(self, *args, **more)
        _tasks[task] = call_site()
        return task

    @functools.wraps(start)
    def starting(self: threading.Thread) -> None:
        _threads[self] = call_site()
        start(self)

    @functools.wraps(submit)
    def submitting(self: Any, job: Callable[..., Any], /, *args: Any, **more: Any) -> Any:
        return submit(self, _Job(job, call_site()), *args, **more)

    return [
        (asyncio.BaseEventLoop, "create_task", creating),
        (threading.Thread, "start", starting),
        (ThreadPoolExecutor, "submit", submitting),
    ]


class _Job:
    """A job that knows where it was handed in."""

    def __init__(self, job: Callable[..., Any], site: str) -> None:
        self._job, self._site = job, site

    def __call__(self, *args: Any, **more: Any) -> Any:
        _job.site = self._site
        try:
            return self._job(*args, **more)
        finally:
            _job.site = ""
