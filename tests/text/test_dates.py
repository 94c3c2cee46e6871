"""Dates and times."""

import datetime as dt

import pytest

from harness.text.dates import find_dates


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("May 12th", ("05-12",)),
        ("the 9th of May", ("05-09",)),
        ("July the first", ("07-01",)),
        ("June twenty-first", ("06-21",)),
        ("2026-03-14", ("03-14",)),
        ("05/12/2026", ("05-12", "12-05")),
        ("31/12/2026", ("12-31",)),
        ("the 3rd", ("*-03",)),
        ("in May", ("05-*",)),
        ("the start of July", ("07-*",)),
        ("Sept 4", ("09-04",)),
        ("Mondays", ("wd:0",)),
        ("this Sat", ("wd:5",)),
        ("tomorrow", ("day:1",)),
        ("the following day", ("day:1",)),
        ("previous evening", ("day:-1",)),
        ("next week", ("week:1",)),
        ("last month", ("month:-1",)),
        ("3 pm", ("t:900",)),
        ("three p.m.", ("t:900",)),
        ("15:00", ("t:900",)),
        ("2:15", ("t:135", "t:855")),
        ("noon", ("t:720",)),
        ("midnight", ("t:0",)),
        ("half past three", ("t:210", "t:930")),
        ("quarter to 4", ("t:225", "t:945")),
        ("4 o'clock", ("t:240", "t:960")),
        ("four o'clock", ("t:240", "t:960")),
        ("12 am", ("t:0",)),
    ],
)
def test_what_a_mention_says(text: str, keys: tuple[str, ...]) -> None:
    """One mention with these keys."""
    assert [mention.keys for mention in find_dates(text)] == [keys]


@pytest.mark.parametrize("text", ["you may go", "25:99", "99th", "2026-13-40", "13 pm"])
def test_what_is_no_date(text: str) -> None:
    """Impossible figures and the verb may are no dates."""
    assert find_dates(text) == []


def test_a_day_supports_its_parts() -> None:
    """May 12 supports the 12th and May."""
    assert find_dates("May 12")[0].loose == ("*-12", "05-*")
    assert find_dates("3 pm")[0].is_time


def test_with_the_date_known_names_of_a_day_meet() -> None:
    """On Saturday 14 March 2026, tomorrow is Sunday and 03-15; a far date stays alone."""
    today = dt.date(2026, 3, 14)
    assert set(find_dates("tomorrow", today)[0].loose) == {"03-15", "wd:6"}
    assert set(find_dates("Monday", today)[0].loose) == {"03-16", "day:2"}
    assert set(find_dates("March 13", today)[0].loose) >= {"day:-1", "wd:4"}
    assert find_dates("next month", today)[0].loose == ()
