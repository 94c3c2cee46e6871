"""Surrogate dates: one date, one surrogate, in all its writings."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.pii.mark_dates import DOB, EXPIRY
from harness.pii.stream import Redactor
from harness.pii.surrogate import SurrogateVault, is_surrogate

REDACTOR = Redactor()
KEY = b"d" * 32
ONES = "zero one two three four five six seven eight nine".split()
TEENS = "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split()
TENS = "x x twenty thirty forty fifty sixty seventy eighty ninety".split()
MONTHS = "January February March April May June July August September October November December".split()


def two(number: int) -> str:
    """A number below a hundred, said."""
    if number < 10:
        return f"oh {ONES[number]}"
    if number < 20:
        return TEENS[number - 10]
    return TENS[number // 10] + (f" {ONES[number % 10]}" if number % 10 else "")


def writings(day: dt.date) -> list[str]:
    """A date of birth as people write and say it."""
    d, m, y, yy = day.day, day.month, day.year, f"{day.year % 100:02d}"
    name = MONTHS[m - 1]
    return [
        f"{m:02d}/{d:02d}/{y}", f"{m}/{d}/{y}", f"{m}/{d}/{yy}", f"{y}-{m:02d}-{d:02d}", f"{d:02d}.{m:02d}.{y}" if d > 12 else f"{m}.{d}.{y}",
        f"{name} {d}, {y}", f"{name[:3]} {d}, {y}", f"{d} {name} {y}", f"{name} {d}th, {y}", f"{m:02d}{d:02d}{y}",
        f"{name} {two(d).removeprefix('oh ')} nineteen {two(day.year % 100)}", f"{two(m)} {two(d)} nineteen {two(day.year % 100)}",
    ]  # fmt: skip


DAYS = st.dates(dt.date(1930, 1, 1), dt.date(1999, 12, 31))


@given(DAYS, st.binary(min_size=16, max_size=32))
def test_one_birthday_has_one_surrogate(day: dt.date, key: bytes) -> None:
    """The same year in each writing, day and month marked; found again, and its own surrogate."""
    vault = SurrogateVault(key, "k")
    ids, years = set(), set()
    for writing in writings(day):
        text = f"my date of birth is {writing} ok"
        spans = REDACTOR.detect(text)
        assert [(span.type, text[span.start : span.end]) for span in spans] == [("DOB", writing)]
        fake = vault.surrogate("DOB", writing)
        assert is_surrogate("DOB", fake), (writing, fake)
        assert REDACTOR.redact(f"my date of birth is {fake} ok").text == "my date of birth is [DOB_REDACTED] ok"
        assert vault.surrogate("DOB", fake) == fake
        ids.add(vault.value_id("DOB", writing))
        digits = "".join(c for c in fake if c.isdigit()) or "".join(
            str(ONES.index(w)) for w in fake.split() if w in ONES
        )
        full = re.search("19([0-9]{2})", digits)
        years.add(full[1] if full else digits[-2:])
    assert len(ids) == 1
    assert len(years) == 1


@given(st.integers(1, 12), st.integers(25, 39))
def test_one_expiry_has_one_surrogate(month: int, year: int) -> None:
    """Short, long, named, said."""
    vault = SurrogateVault(KEY, "k")
    forms = [
        f"{month:02d}/{year}",
        f"{month}/{year}",
        f"{month:02d}/20{year}",
        f"{MONTHS[month - 1]} 20{year}",
        f"{two(month)} {two(year)}",
    ]
    fakes = [vault.surrogate("EXPIRY", form) for form in forms]
    assert all(is_surrogate("EXPIRY", fake) for fake in fakes)
    assert not any(is_surrogate("EXPIRY", form) for form in forms)
    assert len({vault.value_id("EXPIRY", form) for form in forms}) == 1
    assert {fake[-1] for fake in fakes[:4]} == {str(ONES.index(fakes[4].split()[-1]))}


def test_two_persons_have_two_birthdays() -> None:
    """Distinct dates have distinct surrogates over all writings, as long as there are any."""
    vault = SurrogateVault(KEY, "k")
    numbers = [vault.surrogate("DOB", f"03/{day:02d}/1986") for day in range(1, 29)]
    names = [vault.surrogate("DOB", f"April {day}, 1986") for day in range(1, 29)]
    assert len({fake[-2:] for fake in numbers + names}) == 56


@pytest.mark.parametrize(
    ("one", "other"),
    [("14/03/1986", "03/14/1986"), ("19860314", "March 14, 1986"), ("341986", "3/4/1986"), ("031486", "3/14/86"), ("31486", "3/14/1986"), ("14 March 1986", "march 141986"), ("march 1486", "Mar 14, 1986")],
)  # fmt: skip
def test_equal_dates(one: str, other: str) -> None:
    """What can only be read one way is read so."""
    assert DOB.canonical(one) == DOB.canonical(other) == DOB.canonical(one.upper())


@pytest.mark.parametrize("value", ["1986", "86", "March 1986", "1 2 3 4", "7 March 14 1986 2"])
def test_what_is_no_whole_date_stands_for_itself(value: str) -> None:
    """It has a surrogate of its shape all the same."""
    assert DOB.canonical(value) == value.lower()
    assert is_surrogate("DOB", SurrogateVault(KEY, "k").surrogate("DOB", value))


def test_short_expiries() -> None:
    """Three digits said without the nought; a surrogate with a name is the one without."""
    assert EXPIRY.canonical("927") == EXPIRY.canonical("09/27")
    assert EXPIRY.canonical("January 2007") == EXPIRY.canonical("00/07")
