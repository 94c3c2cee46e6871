"""Numbers and addresses that are said."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.pii.spoken import addresses, runs, spoken_like, written

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


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("kim at kestrel dot io", "kim@kestrel.io"), ("kim dot lee underscore two at kestrel dash nine dot co dot uk", "kim.lee_2@kestrel-9.co.uk"),
        ("it is j l e e at kestrel dot io thanks", "jlee@kestrel.io"), ("kim@kestrel dot io", "kim@kestrel.io"), ("kim at kestrel.io", "kim@kestrel.io"),
        ("kim plus forty two at kestrel dot io", "kim+42@kestrel.io"),
    ],
)  # fmt: skip
def test_spoken_addresses(text: str, address: str) -> None:
    """Read outward from the at-sign, as they would be written."""
    assert [found.written for found in addresses(text)] == [address]


@pytest.mark.parametrize(
    "text", ["look at kestrel dot io", "kim at home", "at kestrel dot io", "kim at kestrel dot nowhere", "dot at dot"]
)
def test_what_is_no_address(text: str) -> None:
    """Sites, places, unknown ends."""
    assert addresses(text) == []


def test_a_cue_makes_any_word_a_mailbox() -> None:
    """Where mail was spoken of, "support at" is a mailbox."""
    assert [found.written for found in addresses("support at kestrel dot io", cued=True)] == ["support@kestrel.io"]


@pytest.mark.parametrize(
    ("type_", "said", "plain"),
    [
        ("PHONE", "six two eight, double seven one", "628771"), ("EMAIL", "kim at kestrel dot io", "kim@kestrel.io"), ("EMAIL", "kim@kestrel.io", "kim@kestrel.io"),
        ("DOB", "march fourteenth nineteen eighty six", "march 141986"), ("EXPIRY", "oh nine twenty seven", "0927"), ("IP", "one two three", "one two three"),
        ("SSN", "536-22-1478", "536-22-1478"),
    ],
)  # fmt: skip
def test_written_forms(type_: str, said: str, plain: str) -> None:
    """Of types that are said; others, and what is written, stay."""
    assert written(type_, said) == plain


@pytest.mark.parametrize(
    ("type_", "value", "fake", "said"),
    [
        ("PHONE", "six two eight, 271 four four three two", "9625550102", "nine six two, 555 zero one zero two"),
        ("PHONE", "628-271-4432", "962-555-0102", "962-555-0102"), ("EMAIL", "kim at kestrel dot io", "abc@example.org", "abc at example dot org"),
        ("EMAIL", "kim@kestrel.io", "abc@example.org", "abc@example.org"), ("DOB", "march 4th nineteen eighty six", "january 0042", "january 0th zero zero four two"),
    ],
)  # fmt: skip
def test_fakes_are_said_alike(type_: str, value: str, fake: str, said: str) -> None:
    """Words for words, digits for digits; a written value takes the fake as it is."""
    assert spoken_like(type_, value, fake) == said
