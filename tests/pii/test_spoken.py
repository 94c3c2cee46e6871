"""Numbers that are said."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.pii.spoken import runs

DIGITS = "zero one two three four five six seven eight nine".split()


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("six two eight", ["628"]), ("oh nought one", ["001"]), ("double seven triple oh five", ["770005"]), ("twenty one", ["21"]),
        ("twenty, one", ["201"]), ("twenty oh one", ["2001"]), ("forty two fifteen ninety", ["421590"]), ("eight hundred five five five", ["800555"]),
        ("plus four four", ["+44"]), ("six uh two and then eight", ["628"]), ("call 628 two seven one 4432 now", ["6282714432"]),
        ("five and the house, two", []), ("one", []), ("628 271", []), ("two three. cat four five", ["23", "45"]), ("abc9 one two", ["12"]),
        ("fourteenth nineteen eighty six", ["141986"]), ("double 7 one", ["771"]), ("hundred one two", ["12"]),
    ],
)  # fmt: skip
def test_rows_of_number_words(text: str, digits: list[str]) -> None:
    """Each row with something said and two digits or more, in order."""
    assert [run.digits for run in runs(text)] == digits


@given(st.text("0123456789", min_size=2, max_size=16), st.sampled_from([" ", ", ", " uh "]))
def test_digits_said_one_by_one(number: str, between: str) -> None:
    """The row is the number, and its place is all of it."""
    said = between.join(DIGITS[int(digit)] for digit in number)
    (run,) = runs(f"it is {said} ok")
    assert (run.digits, run.start, run.end) == (number, 6, 6 + len(said))
    assert "".join(item.digits for item in run.items) == number


def test_parts_of_a_row() -> None:
    """Its beginning and its end of so many digits, cut between words only; never the whole."""
    (run,) = runs("one two forty five six")
    assert run.digits == "12456"
    assert [part.digits for part in run.windows(3)] == ["456"]
    assert [part.digits for part in run.windows(2)] == ["12"]
    assert run.windows(5) == []
