"""Redaction against labels: which spans meet, what leaks, what the figures are."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.metrics.accuracy import Mention, Piece, Place, redaction_accuracy


def mention(start: int, end: int, type_: str = "PHONE", *, seq: int | None = 1, unit: str = "c") -> Mention:
    return Mention(type_, (Piece(Place(unit, seq, "/text"), start, end),))


def measure(gold: list[Mention], found: list[Mention]) -> dict[str, dict[str, Any]]:
    return redaction_accuracy(gold, found, rng=random.Random(0))


@pytest.mark.parametrize(
    "found,tp,fp,leaked",
    [
        (mention(10, 20), 1, 0, 0),
        (mention(10, 15), 1, 0, 5),
        (mention(10, 14), 0, 1, 6),
        (mention(5, 25), 1, 0, 0),
        (mention(4, 25), 0, 1, 0),
        (mention(10, 20, seq=2), 0, 1, 10),
        (mention(10, 20, seq=None), 0, 1, 10),
        (mention(10, 20, unit="other"), 0, 1, 10),
        (mention(20, 30), 0, 1, 10),
    ],
)
def test_one_against_one(found: Mention, tp: int, fp: int, leaked: int) -> None:
    """A hit needs IoU 0.5 in the same string; characters leak where nothing covers them."""
    row = measure([mention(10, 20)], [found])["PHONE"]
    assert (row["n"], row["tp"], row["fp"], row["fn"]) == (1, tp, fp, 1 - tp)
    assert (row["chars"], row["chars_leaked"]) == (10, leaked)


def test_wrong_type_hides_all_the_same() -> None:
    """Another type is a miss and a false alarm, but nothing leaks."""
    table = measure([mention(0, 9, "SSN")], [mention(0, 9, "PHONE")])
    assert table["SSN"]["fn"] == 1 and table["SSN"]["chars_leaked"] == 0
    assert table["PHONE"]["fp"] == 1 and table["PHONE"]["recall"] == "n/a"


def test_each_hits_once() -> None:
    """Two found spans in one labelled value: the better one counts, the other is false."""
    row = measure([mention(0, 10)], [mention(0, 6), mention(0, 9)])["PHONE"]
    assert (row["tp"], row["fp"]) == (1, 1)


def test_uncovered_type_is_a_row() -> None:
    """A type that nothing finds has recall 0, with its n and an interval; precision is n/a, not 0."""
    row = measure([mention(0, 5, "PERSON")], [])["PERSON"]
    assert (row["n"], row["recall"], row["precision"]) == (1, 0.0, "n/a")
    assert row["why"]["precision"]
    assert row["interval"]["recall"][0] == 0


def test_pieces_are_one_value() -> None:
    """A value split over messages is one mention, hit when half of it is covered overall."""
    first, second = Piece(Place("c", 4, "/text"), 10, 14), Piece(Place("c", 5, "/text"), 0, 8)
    row = measure([Mention("PHONE", (first, second))], [Mention("PHONE", (second,))])["PHONE"]
    assert (row["n"], row["tp"], row["chars"], row["chars_leaked"]) == (1, 1, 12, 4)


def test_repeated_message_counts_once() -> None:
    """The same span found twice at the same place is one."""
    assert measure([mention(0, 5)], [mention(0, 5), mention(0, 5)])["PHONE"]["fp"] == 0


def test_overlapping_cover() -> None:
    """Overlapping and nested finds cover their union."""
    found = [mention(0, 3, "A"), mention(1, 2, "A"), mention(2, 6, "B")]
    assert measure([mention(0, 10)], found)["PHONE"]["chars_leaked"] == 4


def test_intervals_over_conversations() -> None:
    """F1 has a bootstrap interval when conversations differ."""
    gold = [mention(0, 5, unit=f"c{i}") for i in range(10)]
    row = measure(gold, gold[:6])["PHONE"]
    low, high = row["interval"]["f1"]
    assert low < row["f1"] < high


def test_nothing() -> None:
    """No labels and no finds: an empty table."""
    assert measure([], []) == {}


spans = st.lists(
    st.tuples(st.integers(0, 30), st.integers(1, 10)).map(lambda t: mention(t[0], t[0] + t[1])), max_size=8
)


@given(spans, spans)
def test_counts_add_up(gold: list[Mention], found: list[Mention]) -> None:
    """tp + fn = distinct labels, tp + fp = distinct finds, and no more leaks than characters."""
    row = measure(gold, found).get("PHONE")
    if row is None:
        assert not gold and not found
        return
    assert row["tp"] + row["fn"] == len(set(gold))
    assert row["tp"] + row["fp"] == len(set(found))
    assert 0 <= row["chars_leaked"] <= row["chars"]


@given(spans)
def test_perfect(gold: list[Mention]) -> None:
    """Finding exactly what is labelled is perfect."""
    for row in measure(gold, gold).values():
        assert row["f2"] == row["precision"] == row["recall"] == 1
        assert row["chars_leaked"] == 0
