"""Postal addresses, word by word."""

from __future__ import annotations

import pytest

from harness.pii.address import address_end, is_said, may_begin, same_address
from harness.pii.words import Words


def found(text: str, *, cued: bool = False, before: list[str] | None = None, apart: bool = False) -> str:
    words = Words(text, range(len(text)), 0, final=True, most=96)
    end = address_end(words, cued=cued, before=before or [], apart=apart)
    return text[: max(end, 0)]


@pytest.mark.parametrize(
    "text, value",
    [
        ("12 Oakmere Street, then", "12 Oakmere Street"),
        ("1482 Larkmoor Street, Apt 5, Dunfield, OH 43016 yes", "1482 Larkmoor Street, Apt 5, Dunfield, OH 43016"),
        ("12B Elm Grove Road", "12B Elm Grove Road"),
        ("28-30 Bute Gardens.", "28-30 Bute Gardens"),
        ("10 Downing Street", "10 Downing Street"),
        ("1632 North Main Street.", "1632 North Main Street"),
        ("90 Tara Hills Drive too", "90 Tara Hills Drive"),
        ("14 Quarry Lane, Leeds LS6 2AB", "14 Quarry Lane, Leeds LS6 2AB"),
        ("9 Elm Street, Boise.", "9 Elm Street, Boise"),
        ("9 Elm Street, Maria.", "9 Elm Street"),
        ("9 Elm Street, Boise said", "9 Elm Street"),
        ("12 Gralla 30, Apt. 5 is", "12 Gralla 30, Apt. 5"),
        ("PO Box 4417, then", "PO Box 4417"),
        ("twelve thirty four oak street", "twelve thirty four oak street"),
        ("214 5th Avenue", "214 5th Avenue"),
        ("214 N. Elm Street, Apt 5B.", "214 N. Elm Street, Apt 5B"),
        ("214 Elm Street unit b2 is", "214 Elm Street unit b2"),
        ("214 Elm St. suite twelve is", "214 Elm St. suite twelve"),
        ("214 Elm Street NW, Apt b", "214 Elm Street NW, Apt b"),
        ("214 Elm Street, Dunfield, Ohio", "214 Elm Street, Dunfield, Ohio"),
        ("214 Elm Street, Dunfield, OH 43016-2211", "214 Elm Street, Dunfield, OH 43016-2211"),
        (
            "214 Elm Street, Dunfield, Ohio four three oh one six",
            "214 Elm Street, Dunfield, Ohio four three oh one six",
        ),
        ("214 Elm Street, Toronto, ON M5V 2T6", "214 Elm Street, Toronto, ON M5V 2T6"),
        ("214 Elm Street's corner", "214 Elm Street"),
        ("214 Elm Street, 1016 BR Amsterdam", "214 Elm Street, 1016 BR Amsterdam"),
        ("214 Elm Street, 75002 Paris", "214 Elm Street, 75002 Paris"),
        ("214 Elm Street, Aalborg, Denmark 9100", "214 Elm Street, Aalborg, Denmark 9100"),
        ("214 5 Avenue", ""),
        ("12x Street", ""),
        ("P.O. Bag 12", ""),
        ("5 star lane", ""),
        ("24 hour drive", ""),
        ("12 Wall Street Journal", ""),
        ("12 Gralla 30 is", ""),
        ("1234567 Oak Street", ""),
        ("oak street", ""),
    ],
)
def test_addresses(text: str, value: str) -> None:
    """As far as they are certain."""
    assert found(text) == value


@pytest.mark.parametrize(
    "before, apart, is_one",
    [([","], True, True), ([","], False, False), (["order"], True, False), (["$"], False, False), (["0"], True, False),
     (["."], True, True), (["]"], True, False), (["was"], True, True)],
)  # fmt: skip
def test_what_stands_before(before: list[str], apart: bool, is_one: bool) -> None:
    """Counts, money and other numbers; a comma with a blank behind it is none of them."""
    assert bool(found("12 Oakmere Street", before=before, apart=apart)) is is_one


def test_after_a_cue() -> None:
    """In small letters, and without a suffix."""
    assert found("48 oakmere row now", cued=True) == "48 oakmere row"
    assert found("7 Bodbyvik 61, Lund", cued=True) == "7 Bodbyvik 61, Lund"
    assert found("7 of them", cued=True) == ""


def test_one_address_in_its_writings() -> None:
    """Abbreviations, unit and city do not count; a said number is its digits."""
    assert same_address("12 Oak St., Apt 5") == same_address("12 Oak Street")
    assert same_address("twelve thirty four oak street") == same_address("1234 oak st")
    assert is_said("twelve thirty four oak street")
    assert not is_said("12 Oak Street")


def test_first_words() -> None:
    """A word that a street without a number before it begins with."""
    assert may_begin("Via")
    assert may_begin("rue")
    assert may_begin("Kerkstraat")
    assert not may_begin("via")
    assert not may_begin("street")
