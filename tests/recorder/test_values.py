"""Values in pieces."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.pii.surrogate import SurrogateVault
from harness.pipeline.outcome import PathSpan
from harness.recorder.values import SplitValues


class Vault:
    """Gives a surrogate of the length asked for."""

    def __init__(self, length: int) -> None:
        self.length = length

    def surrogate(self, type_: str, value: str) -> str:
        return "".join(chr(97 + i % 26) for i in range(self.length))

    def value_id(self, type_: str, value: str) -> str:
        return "s1"


def spans(lengths: list[int]) -> list[PathSpan]:
    found, at = [], 0
    for index, length in enumerate(lengths):
        last = index == len(lengths) - 1
        found.append(PathSpan(path="/text", start=0, end=length, type="EMAIL", rule="r", value_id=7, at=at, last=last))
        at += length
    return found


@given(st.lists(st.integers(1, 9), min_size=1, max_size=6), st.integers(1, 60))
def test_laid_over_the_pieces(lengths: list[int], size: int) -> None:
    """The pieces' replacements are the surrogate, whatever its length; none is empty if it has a letter for each."""
    vault: Any = Vault(size)
    values = SplitValues(vault)
    pieces = spans(lengths)
    for piece in pieces:
        assert not values.known(piece) or not values.complete(piece)
        values.add(piece, "x" * (piece.end - piece.start))
    assert values.known(pieces[0]) and values.complete(pieces[0])
    parts = [values.replacement(piece)[0] for piece in pieces]
    assert "".join(parts) == vault.surrogate("", "")
    assert parts[0]
    assert all(parts) or size < len(lengths)
    if size == sum(lengths):
        assert [len(part) for part in parts] == lengths


def test_a_repetition_changes_nothing() -> None:
    """A piece that is noted again after the value was complete is ignored."""
    values = SplitValues(SurrogateVault(b"k", "k1"))
    for piece, text in zip(spans([19]), ["4539 1488 0343 6467"], strict=True):
        values.add(piece, text)
        before = values.replacement(piece)
        values.add(piece, "1")
        assert values.replacement(piece) == before == values.whole("EMAIL", "4539 1488 0343 6467")


def test_a_value_without_its_end() -> None:
    """Closed before its last piece came, a value keeps its shape and nothing else."""
    values = SplitValues(SurrogateVault(b"k", "k1"))
    first, second, last = spans([4, 5, 4])
    values.add(first, "4539")
    values.add(second, " 14ab")
    values.close()
    values.close()
    assert values.replacement(first) == ("0000", "unknown")
    assert values.replacement(second) == (" 00xx", "unknown")
    assert not values.known(PathSpan(path="", start=0, end=1, type="EMAIL", rule="r", value_id=8))
    assert last.last


@pytest.mark.parametrize(("text", "shape"), [("Jo 4!", "xx 0!"), ("", "")])
def test_unknown(text: str, shape: str) -> None:
    """Text that cannot be judged keeps its shape."""
    assert SplitValues(SurrogateVault(b"k", "k1")).whole("UNKNOWN", text) == (shape, "unknown")
