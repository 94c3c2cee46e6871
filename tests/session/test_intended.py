"""Latency from the time a message was meant to be sent."""

from __future__ import annotations

from harness.metrics.latency import FROM_INTENDED, LatencyBook
from harness.session.intended import Intended


def test_pairs_by_order() -> None:
    """Each message counts from its own time; one that was sent late has its lateness in the figure."""
    book, intended = LatencyBook(), Intended()
    for due_ns, done_ns in ((1_000_000, 3_000_000), (2_000_000, 9_000_000), (8_000_000, 7_999_999)):
        intended.sent(due_ns)
        intended.settled(done_ns)
    intended.record(book)
    figures = book.summary()[FROM_INTENDED]
    assert (figures["n"], figures["max_ms"]) == (3, 7.0)


def test_no_wrong_pairs() -> None:
    """Where a message is missing nobody knows whose time is whose: nothing is recorded."""
    book, intended = LatencyBook(), Intended()
    intended.sent(1)
    intended.sent(2)
    intended.settled(3)
    intended.record(book)
    assert book.summary() == {}
