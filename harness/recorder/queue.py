"""Entries on their way to the file, written in wire order, each as soon as it and all before it are ready.

An entry that the disk did not take keeps the number 0, so that what answers it points to nothing.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from harness.recording.entry import AnyEntry
from harness.recording.steady import RecordingSuspended

__all__ = ["EntryQueue", "Pending"]


@dataclass(slots=True, eq=False)
class Pending:
    """One entry to be.

    Args:
        build: makes the entry from its ``n`` when everything before it is written.
        ready: says whether ``build`` may be called yet.
        withhold: makes what stands for the entry when its text goes no further, from the rule that says why.
        n: its number, 0 until it is written.
    """

    build: Callable[[int], AnyEntry] = field(repr=False)
    ready: Callable[[], bool] = field(default=lambda: True, repr=False)
    withhold: Callable[[str], AnyEntry] | None = field(default=None, repr=False)
    n: int = 0


class EntryQueue:
    """Holds what is not ready, and everything behind it.

    Args:
        write: numbers and takes an entry, or says that it cannot; raises when the session must end.
    """

    def __init__(self, write: Callable[[Callable[[int], AnyEntry]], AnyEntry | RecordingSuspended]) -> None:
        self._write = write
        self._queue: deque[Pending] = deque()

    def put(self, pending: Pending) -> Pending:
        """Add an entry at the end and write what can be written."""
        self._queue.append(pending)
        self.flush()
        return pending

    def flush(self) -> None:
        """Write every entry from the front that is ready."""
        while self._queue and self._queue[0].ready():
            written = self._write(self._queue[0].build)
            pending = self._queue.popleft()
            pending.n = 0 if isinstance(written, RecordingSuspended) else written.n

    def __len__(self) -> int:
        return len(self._queue)
