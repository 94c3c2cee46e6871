"""Entries in wire order."""

from __future__ import annotations

import pytest

from harness.recorder.queue import EntryQueue, Pending
from harness.recording.entry import AnyEntry, Checkpoint


def entry(name: str) -> Pending:
    return Pending(lambda n: Checkpoint(n=n, t=0, sha256=name))


def test_order_is_kept() -> None:
    """An entry that is not ready holds everything behind it; numbers follow the order of the wire."""
    written: list[AnyEntry] = []
    queue = EntryQueue(written.append)
    ready = False
    queue.put(entry("a"))
    held = queue.put(Pending(lambda n: Checkpoint(n=n, t=0, sha256="b"), lambda: ready))
    last = queue.put(entry("c"))
    assert (len(written), len(queue), held.n, last.n) == (1, 2, 0, 0)
    ready = True
    queue.flush()
    assert [(one.n, getattr(one, "sha256", "")) for one in written] == [(1, "a"), (2, "b"), (3, "c")]
    assert (len(queue), held.n, last.n) == (0, 2, 3)


def test_a_failed_write_is_raised() -> None:
    """What could not be written stays in front, under its number."""
    written: list[AnyEntry] = []
    full = True

    def write(one: AnyEntry) -> None:
        if full:
            raise OSError("full")
        written.append(one)

    queue = EntryQueue(write, first=5)
    with pytest.raises(OSError, match="full"):
        queue.put(entry("a"))
    full = False
    queue.put(entry("b"))
    assert [one.n for one in written] == [5, 6]


def test_nothing_is_shown() -> None:
    """The representation holds no entry's content."""
    assert "lambda" not in repr(entry("a"))
