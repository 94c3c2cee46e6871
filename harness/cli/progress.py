"""Progress for people: a bar on a terminal, a line now and then elsewhere, nothing with --json."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from harness.cli.common import say
from harness.clock import Clock, SystemClock

__all__ = ["Steps"]

_EVERY_NS = 10_000_000_000


class Steps:
    """Shows several steps, each with how many of how many are done.

    Args:
        quiet: show nothing.
        clock: says when the next line is due.
    """

    def __init__(self, *, quiet: bool = False, clock: Clock | None = None) -> None:
        console = Console(stderr=True)
        self._quiet = quiet
        self._clock = clock or SystemClock()
        self._said_ns = self._clock.monotonic_ns()
        self._bar: Progress | None = None
        self._tasks: dict[str, TaskID] = {}
        if console.is_terminal and not quiet:
            columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
            self._bar = Progress(*columns, console=console)

    def step(self, what: str, done: int, total: int) -> None:
        """``done`` of ``total`` of the step named ``what``."""
        if self._quiet:
            return
        if self._bar is not None:
            task = self._tasks.get(what)
            if task is None:
                task = self._tasks[what] = self._bar.add_task(what, total=total)
            self._bar.update(task, completed=done)
            return
        now_ns = self._clock.monotonic_ns()
        if done == total or now_ns - self._said_ns >= _EVERY_NS:
            self._said_ns = now_ns
            say(f"{what}: {done} of {total}")

    def __enter__(self) -> Self:
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()
