"""Fragments follow the text they cut."""

from __future__ import annotations

from itertools import accumulate

from hypothesis import given
from hypothesis import strategies as st

from harness.dialects.json_text import splice
from harness.recorder.pieces import cuts_of, moved_fragments


def moved(raw: str, sizes: list[int], edits: list[tuple[int, int, str]]) -> list[bytes]:
    """The frames of ``raw`` after ``edits``."""
    fragments = tuple((index, size) for index, size in enumerate(sizes))
    new, cuts = splice(raw, edits, cuts_of(raw, fragments))
    pieces = moved_fragments(raw, fragments, new, cuts)
    assert [dt for dt, _ in pieces] == list(range(len(sizes)))
    data, ends = new.encode(), list(accumulate(size for _, size in pieces))
    return [data[start:end] for start, end in zip([0, *ends], ends, strict=False)]


def test_cut_outside_the_value_stays_with_its_text() -> None:
    """Cuts before and behind a replaced value keep their neighbours; one within it keeps its distance."""
    assert moved("call 415 299 now", [5, 3, 8], [(5, 12, "212 11")]) == [b"call ", b"212", b" 11 now"]


def test_cut_within_a_character_stays_there() -> None:
    """A frame that ended in the middle of a character still does, unless that character was replaced."""
    assert moved("né 1", [2, 3], [(3, 4, "22")]) == [b"n\xc3", b"\xa9 22"]
    assert moved("né 1", [2, 3], [(1, 2, "e")]) == [b"n", b"e 1"]


def test_unchanged_text_keeps_its_fragments() -> None:
    """Nothing replaced, nothing moved; a message in one frame has no fragments."""
    assert moved_fragments("abc", ((0, 1), (5, 2)), "abc", [1]) == ((0, 1), (5, 2))
    assert moved_fragments("abc", (), "xyz", []) == ()
    assert cuts_of("abc", ()) == []


@given(st.text(min_size=2, max_size=30), st.data())
def test_pieces_add_up(raw: str, data: st.DataObject) -> None:
    """Whatever is replaced and however it was cut, the pieces are the new text."""
    total = len(raw.encode())
    ends = sorted(data.draw(st.lists(st.integers(0, total), max_size=5)))
    sizes = [end - start for start, end in zip([0, *ends], [*ends, total], strict=True)]
    start = data.draw(st.integers(0, len(raw)))
    end = data.draw(st.integers(start, len(raw)))
    new = data.draw(st.text(max_size=10))
    assert b"".join(moved(raw, sizes, [(start, end, new)])).decode() == raw[:start] + new + raw[end:]
