"""Folding."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.text.fold import BREAK, MAX_DROPPED, Folder, fold


@pytest.mark.parametrize(
    ("raw", "folded"),
    [
        ("plain 1", "plain 1"), ("４１５－２", "415-2"), ("𝟒𝟏𝟓", "415"), ("④", "4"), ("٤١", "41"), ("5—5", "5-5"),
        ("a\u00a0b\u2028c\x85", "a b\nc\n"), ("4\u200b1\u00ad5", "415"), ("4\ufe0f\u20e31", "41"), ("dаna", "dana"),
        ("½é", "½é"), ("a＠b。c", "a@b.c"), ("\ud800", "\ud800"),
    ],
)  # fmt: skip
def test_fold(raw: str, folded: str) -> None:
    """Look-alikes become ASCII."""
    assert fold(raw)[0] == folded


def test_offsets_skip_what_is_dropped() -> None:
    """Offsets are those of the raw characters."""
    assert list(fold("4\u200b15")[1]) == [0, 2, 3]


def test_overlong_rows_break() -> None:
    """A row of dropped characters shows up once it is too long."""
    assert fold("4" + "\u200b" * (MAX_DROPPED + 1) + "1")[0] == f"4{BREAK}1"


@given(st.text(alphabet="a４\u200b\u0301é ", max_size=60), st.integers(1, 7))
def test_chunks_fold_alike(text: str, size: int) -> None:
    """Folding does not depend on chunking."""
    folder = Folder()
    parts = [folder.feed(text[i : i + size], i) for i in range(0, len(text), size)]
    whole, offsets = fold(text)
    assert "".join(part for part, _ in parts) == whole
    assert [n for _, numbers in parts for n in numbers] == list(offsets)
    assert len(whole) == len(offsets)
