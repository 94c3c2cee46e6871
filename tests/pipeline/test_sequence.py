"""The order of one conversation's messages."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.pipeline.sequence import Hole, Sequencer


def test_messages_in_order_go_on_at_once() -> None:
    """Nothing waits where nothing is missing."""
    order: Sequencer[str] = Sequencer()
    assert [order.push(seq, f"m{seq}") for seq in (1, 2, 3)] == [["m1"], ["m2"], ["m3"]]
    assert (order.waiting, order.last_in_order) == (0, 3)


def test_a_late_message_is_put_back() -> None:
    """What came too early waits, and goes on behind the one before it."""
    order: Sequencer[str] = Sequencer()
    assert order.push(2, "b") == []
    assert order.push(3, "c") == []
    assert (order.waiting, order.last_in_order) == (2, 0)
    assert order.push(1, "a") == ["a", "b", "c"]


def test_a_seq_seen_before_is_a_duplicate() -> None:
    """Whether it has gone on or still waits."""
    order: Sequencer[str] = Sequencer()
    order.push(1, "a")
    order.push(3, "c")
    assert order.push(1, "a") == "duplicate"
    assert order.push(3, "c") == "duplicate"


def test_64_messages_may_wait_and_the_next_one_gives_the_hole_up() -> None:
    """The hole comes out before what waited behind it; its messages are late from then on."""
    order: Sequencer[int] = Sequencer()
    order.push(1, 1)
    for seq in range(4, 4 + 64):
        assert order.push(seq, seq) == []
    assert order.push(68, 68) == [Hole(2, 3), *range(4, 69)]
    assert [order.push(2, 2), order.push(3, 3), order.push(4, 4), order.push(1, 1)] == ["late", "late"] + [
        "duplicate"
    ] * 2


def test_a_hole_that_fills_at_the_last_moment_is_none() -> None:
    """64 messages later is still in time."""
    order: Sequencer[int] = Sequencer()
    for seq in range(2, 66):
        order.push(seq, seq)
    assert order.push(1, 1) == list(range(1, 66))


def test_the_edge_may_give_up_every_hole() -> None:
    """All that waits goes on, with all holes in their places; doing it again does nothing."""
    order: Sequencer[str] = Sequencer()
    for seq in (2, 5, 6):
        order.push(seq, f"m{seq}")
    assert order.give_up() == [Hole(1, 1), "m2", Hole(3, 4), "m5", "m6"]
    assert order.give_up() == []
    assert order.push(7, "m7") == ["m7"]


def test_the_first_message_may_say_where_the_order_begins() -> None:
    """Only the first: once something came, even if it waits, it is too late."""
    order: Sequencer[str] = Sequencer()
    order.begin(18)
    assert order.push(18, "a") == ["a"]
    order.begin(40)
    assert order.push(19, "b") == ["b"]
    waiting: Sequencer[str] = Sequencer()
    waiting.push(5, "e")
    waiting.begin(9)
    assert waiting.next == 1


@given(st.integers(1, 64), st.integers(0, 2**32))
def test_any_shuffle_of_a_window_is_undone(size: int, seed: int) -> None:
    """What comes out is in order, whatever the order it came in."""
    seqs = list(range(1, size + 2))
    random.Random(seed).shuffle(seqs)
    order: Sequencer[int] = Sequencer(window=size)
    out = [item for seq in seqs for item in order.push(seq, seq)]
    assert out == list(range(1, size + 2))


@given(st.lists(st.integers(1, 30)), st.integers(0, 8))
def test_nothing_is_lost_doubled_or_out_of_order(seqs: list[int], window: int) -> None:
    """Every push is released once, or refused; released items and holes go up without overlap."""
    order: Sequencer[int] = Sequencer(window=window)
    pushed = [order.push(seq, seq) for seq in seqs]
    refused = [answer for answer in pushed if isinstance(answer, str)]
    out = [item for answer in pushed if not isinstance(answer, str) for item in answer] + order.give_up()
    items = [item for item in out if isinstance(item, int)]
    assert sorted(items) == items == sorted(set(seqs) & set(items))
    assert len(items) + len(refused) == len(seqs)
    places = [(item, item) if isinstance(item, int) else (item.first, item.last) for item in out]
    assert all(first <= last for first, last in places)
    assert [first for first, _ in places] == [1, *(last + 1 for _, last in places[:-1])][: len(places)]


@pytest.mark.parametrize("missing, answer", [(1, "late"), (4, "late"), (6, "late"), (3, "duplicate"), (5, "duplicate")])
def test_late_is_told_from_duplicate_among_many_holes(missing: int, answer: str) -> None:
    """Each hole is remembered."""
    order: Sequencer[int] = Sequencer(window=0)
    for seq in (3, 5, 7):
        order.push(seq, seq)
    assert order.push(missing, missing) == answer
