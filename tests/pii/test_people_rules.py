"""Where the first layer looks: stops, and what need not be looked at."""

from __future__ import annotations

import pytest

from harness.pii.book import NameBook
from harness.pii.gate import parsed
from harness.pii.people_rules import PeopleRules
from harness.pii.rules import builtin_rules
from harness.pii.segment import HELD_MAX
from harness.pii.stream import Redactor

RULES = PeopleRules(builtin_rules())


def _stops(text: str, tail: str = "", *, final: bool = False, book: NameBook | None = None) -> tuple[list[int], int]:
    return RULES.stops(text, *parsed(text), tail, book or NameBook(), final=final)


@pytest.mark.parametrize(
    "text",
    [
        "the weather is fine today",
        "one of them, two.",
        "I'm going there",
        "that's spelled so",
        "3 days or 12 1234 days ",
        "at 3 p.m. today",
        "post it ",
        "one two three four five six seven eight nine ten oak street",
    ],
)
def test_no_stops(text: str) -> None:
    """Counts, ordinary words behind a cue, and spellings of nothing are passed by."""
    assert _stops(text) == ([], len(text))


@pytest.mark.parametrize(
    ("text", "tail", "stops"),
    [
        ("I'm Renner ", "", [2]),
        ("name is Renner ", "my ", [5]),
        ("of ", "the name ", [0]),
        ("mr ", "", [0]),
        ("my name, that's r e n ", "", [3, 14]),
        ("twelve thirty oak street ", "", [0]),
        ("12 Oak ", "", [1]),
        ("one of ", "my address is ", [0]),
        ("name: ", "", [4]),
        ("1414 6", "", [3]),
        ("p.o. box ", "", [0]),
        ("1" * 20, "", [19]),
    ],
)
def test_stops(text: str, tail: str, stops: list[int]) -> None:
    """Each stop is a number, or the last word of a cue."""
    assert _stops(text, tail)[0] == stops


def test_what_waits_for_the_next_word() -> None:
    """A number that is said stays, with no look, until the word behind it is whole; at the end it is looked at."""
    assert _stops("take twelve th") == ([], 5)
    assert _stops("take twelve th", final=True) == ([5], 14)


def test_known_names_stop() -> None:
    """A known name is a stop by its longest row of letters."""
    book = NameBook()
    book.learn("Mary O'Halloran")
    assert book.pieces == {b"mary", b"halloran"}
    assert _stops("so O'Halloran said", book=book)[0] == [5]


@pytest.mark.parametrize(
    "text", ["one two " * 300, "one " + "x" * 900, "7" * 900, "12-" * 300, "one  " * 200, "mr " * 300]
)
def test_nothing_is_held_for_long(text: str) -> None:
    """Rows of numbers do not pile up."""
    stream, out = Redactor().stream(), ""
    for at in range(0, len(text), 5):
        out += stream.feed(text[at : at + 5])
        assert stream.held <= HELD_MAX
    assert out + stream.finish() == Redactor().redact(text).text
