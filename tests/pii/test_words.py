"""Words of a held text: only what more text cannot change."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.pii.words import END, More, Word, Words, word_at


def words(text: str, *, final: bool = True, most: int = 99, at: int = 0) -> Words:
    return Words(text, range(len(text)), at, final=final, most=most)


def test_kinds_and_gaps() -> None:
    """Letters, digits, anything else; blanks before them, -1 for a wide gap."""
    found = words("O'Hara  12b,     end")
    assert found.at(0) == Word("w", "O'Hara", 0, 6, 0)
    assert [found.at(n).text for n in range(1, 6)] == ["12", "b", ",", "end", ""]
    assert [found.at(n).gap for n in range(1, 5)] == [2, 0, 0, -1]
    assert found.at(5) is END
    assert found.at(9) is END


def test_what_follows() -> None:
    """The character behind a word, '' at the end."""
    found = words("ab-c d")
    assert found.after(found.at(0)) == " "
    assert found.after(found.at(0), 1) == "d"
    assert found.after(found.at(1)) == ""


@pytest.mark.parametrize("text", ["", "  ", "Mari", "Mary-", "12"])
def test_more_is_asked_for(text: str) -> None:
    """While the next word is not whole, nothing is said of it."""
    with pytest.raises(More):
        words(text, final=False).at(0)


def test_more_is_asked_for_behind_a_word() -> None:
    """Neither of what stands behind the last one."""
    found = words("Maria ", final=False)
    assert found.at(0).text == "Maria"
    with pytest.raises(More):
        found.after(found.at(0), 1)


def test_the_limit_is_an_end() -> None:
    """What reaches over the limit is not read, however much text there is."""
    found = words("Maria Kowalski", most=9)
    assert found.at(0).text == "Maria"
    assert found.at(1) is END


@given(st.text(alphabet="ab1 -'’.,\n", max_size=30), st.integers(0, 30))
def test_one_word_is_the_first_of_all(text: str, cut: int) -> None:
    """``word_at`` answers as ``Words.at(0)`` does, and what it says of a beginning it says of the whole text."""
    whole = word_at(text, range(len(text)), 0, final=True)
    assert whole is not None
    if whole is not END and whole.gap >= 0:
        assert words(text).at(0) == whole
    part = text[:cut]
    early = word_at(part, range(len(part)), 0, final=False)
    assert early is None or early == whole
