"""The order of ``seq`` and what disturbs it."""

from __future__ import annotations

import random

import pytest

from harness.scenario.labels import LabelBook
from harness.scenario.stream import Stream
from harness.scenario.wire_builder import WireBuilder


@pytest.fixture
def stream() -> Stream:
    """A stream over a fresh wire."""
    wire = WireBuilder(random.Random(1))
    wire.dial()
    return Stream(wire, "i-1", LabelBook("i-1", "t"))


def test_seq_counts_from_one(stream: Stream) -> None:
    """Typed messages are numbered, others are not."""
    assert stream.say(0, "heartbeat", {}) == 1
    stream.emit(0, "x")
    assert stream.say(0, "heartbeat", {}) == 2
    assert stream.sent == 3


def test_contiguous_stops_at_the_first_hole(stream: Stream) -> None:
    """Later holes and messages do not move it."""
    stream.say(0, "heartbeat", {})
    assert stream.contiguous == 1
    stream.skip()
    stream.say(0, "heartbeat", {})
    stream.skip()
    assert stream.contiguous == 1


def test_a_swap_is_unsettled_until_both_are_out(stream: Stream) -> None:
    """Waiting for the first, then for the second, then settled."""
    seen = [stream.unsettled]
    stream.swap()
    seen.append(stream.unsettled)
    stream.say(0, "heartbeat", {})
    seen.append(stream.unsettled)
    stream.say(0, "heartbeat", {})
    assert [*seen, stream.unsettled] == [False, True, True, False]


def test_a_repeat_is_a_message_too(stream: Stream) -> None:
    """Repeating twice with back 1 repeats the repeat."""
    stream.emit(0, b"\x00", expect="binary")
    stream.repeat(0, 1)
    stream.repeat(0, 1)
    assert stream.sent == 3
