"""Entries on their way to the file, written in wire order, each as soon as it and all before it are ready."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from harness.recording.entry import AnyEntry

__all__ = ["EntryQueue", "Pending"]


@dataclass(slots=True, eq=False)
class Pending:
    """One entry to be.

    Args:
        build: makes the entry from its ``n``; called once, when everything before it is written.
        ready: says whether ``build`` may be called yet.
        n: its number, 0 until it is written.
    """

    build: Callable[[int], AnyEntry] = field(repr=False)
    ready: Callable[[], bool] = field(default=lambda: True, repr=False)
    n: int = 0


class EntryQueue:
    """Holds what is not ready, and everything behind it.

    Args:
        write: takes an entry; raises when it cannot be written.
        first: the next number.
    """

    def __init__(self, write: Callable[[AnyEntry], object], first: int = 1) -> None:
        self._write = write
        self._next = first
        self._queue: deque[Pending] = deque()

    def put(self, pending: Pending) -> Pending:
        """Add an entry at the end and write what can be written."""
        self._queue.append(pending)
        self.flush()
        return pending

    def flush(self) -> None:
        """Write every entry from the front that is ready."""
        while self._queue and self._queue[0].ready():
            pending = self._queue[0]
            pending.n = self._next
            self._write(pending.build(self._next))
            self._next += 1
            self._queue.popleft()

    def __len__(self) -> int:
        return len(self._queue)
