from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from harness.recorder.queue import EntryQueue, Pending
from harness.recording.entry import AnyEntry, WsAbort
from harness.recording.steady import RecordingSuspended


def abort(n: int) -> WsAbort:
    return WsAbort(n=n, t=0, conn="w", error="x")


def test_entries_leave_in_order_when_they_are_ready() -> None:
    """One that is not ready holds back those behind it; the writer gives the numbers."""
    written: list[AnyEntry] = []

    def write(build: Callable[[int], AnyEntry]) -> AnyEntry:
        written.append(build(10 + len(written)))
        return written[-1]

    queue, ready = EntryQueue(write), [False]
    first = queue.put(Pending(abort, lambda: ready[0]))
    second = queue.put(Pending(abort))
    assert (len(queue), written) == (2, [])
    ready[0] = True
    queue.flush()
    assert (first.n, second.n, len(queue)) == (10, 11, 0)


def test_a_dropped_entry_has_no_number() -> None:
    """What answers it points to nothing, and the queue goes on."""
    told: list[AnyEntry | RecordingSuspended] = [
        RecordingSuspended(path=Path("x"), reason="disk_full", at_us=0),
        abort(1),
    ]
    queue = EntryQueue(lambda build: told.pop(0))
    assert queue.put(Pending(abort)).n == 0
    assert queue.put(Pending(abort)).n == 1


def test_an_entry_that_raises_stays() -> None:
    """The session ends there; nothing was skipped."""

    def write(build: Callable[[int], AnyEntry]) -> AnyEntry:
        raise KeyError

    queue = EntryQueue(write)
    with pytest.raises(KeyError):
        queue.put(Pending(abort))
    assert len(queue) == 1
