"""Surrogate dates: of birth, and of a card's expiry.

1. One date has one surrogate, however it is written or said: ``03/14/1986``, ``March 14, 1986``, ``march fourteenth nineteen
   eighty six`` get the same year. Where day and month may change places, the month comes first unless it cannot.
2. The mark of a birth date: day and month 0, a name becomes January. Of an expiry: month 0; with a name a year long past.
3. A spoken date comes as its digits in one row, behind the name of its month if one was said (``march 141986``).
"""

from __future__ import annotations

import re

from harness.pii.fakes import Digest, Kind, fill
from harness.pii.shapes import digits_of

__all__ = ["DOB", "EXPIRY"]

_MONTH = re.compile(r"(?i)(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}")
_NUMBERS = re.compile(r"[0-9]+")
_ORDER = "janfebmaraprmayjunjulaugsepoctnovdec"

Date = tuple[int, int, int]
"""Year of the century, month, day; day 0 where there is none."""


def _months(value: str) -> str:
    return _MONTH.sub(lambda m: "Jan" if len(m[0]) == 3 and m[0].lower() != "may" else "January", value)


def _named_month(value: str) -> int:
    """1 to 12; 0 if no month is named."""
    found = _MONTH.search(value)
    return _ORDER.index(found[0][:3].lower()) // 3 + 1 if found else 0


def _year_size(row: str, *, named: bool) -> int:
    """How many digits at the end of a date in one row are its year."""
    if named or len(row) != 6:
        return 4 if len(row) > (4 if named else 6) else 2
    month, day = int(row[:2]), int(row[2:4])
    # "341986" is the third of April or the fourth of March; "031486" has its year in two digits.
    return 4 if row[2:4] in ("19", "20") and not (0 < month < 13 and 0 < day < 32) else 2


# --- birth -----------------------------------------------------------------------------------------------------------


def _birthday(value: str) -> Date | None:
    groups, month = _NUMBERS.findall(value), _named_month(value)
    if len(groups) == 1:
        groups = _cut(groups[0], named=month > 0)
    if month:
        if len(groups) != 2:
            return None
        day, year = groups if len(groups[0]) <= 2 else groups[::-1]
        return int(year) % 100, month if int(day) else 0, int(day)
    if len(groups) != 3:
        return None
    if len(groups[0]) == 4:
        return int(groups[0]) % 100, int(groups[1]), int(groups[2])
    first, second = int(groups[0]), int(groups[1])
    return int(groups[2]) % 100, *((second, first) if first > 12 else (first, second))


def _cut(row: str, *, named: bool) -> list[str]:
    """The parts of a date in one row of digits: month, day, year; the year first where it reads like one."""
    if len(row) == 8 and row[:2] in ("19", "20") and int(row[4:6]) <= 12:
        return [row[:4], row[4:6], row[6:]]
    if len(row) == 4 and row[:2] in ("19", "20"):
        return []
    body, year = row[: -_year_size(row, named=named)], row[-_year_size(row, named=named) :]
    if named:
        return [body, year] if body else []
    at = -2 if len(body) > 2 else -1
    return [body[:at], body[at:], year] if len(body) > 1 else []


def _birthday_canonical(value: str) -> str:
    date = _birthday(value)
    return "{:02d}-{:02d}-{:02d}".format(*date) if date else value.lower()


def _birthday_render(value: str, digest: Digest) -> str:
    groups: list[str] = _NUMBERS.findall(value)
    year = "19" + digest.digits(2)
    if len(groups) == 1:
        row = groups[0]
        size = _year_size(row, named=_MONTH.search(value) is not None)
        return fill(_months(value), year[-size:].rjust(len(row), "0"))
    at = next((n for n, group in enumerate(groups) if len(group) == 4), len(groups) - 1)
    fresh = ["0" * len(group) for group in groups]
    fresh[at] = year[-len(groups[at]) :]
    return fill(_months(value), "".join(fresh))


def _birthday_is(value: str) -> bool:
    groups: list[str] = _NUMBERS.findall(value)
    if len(groups) == 1:
        row = groups[0]
        return not row[: -_year_size(row, named=_MONTH.search(value) is not None)].strip("0")
    at = next((n for n, group in enumerate(groups) if len(group) == 4), len(groups) - 1)
    return not "".join(groups[:at] + groups[at + 1 :]).strip("0")


# --- expiry ----------------------------------------------------------------------------------------------------------


def _expiry_canonical(value: str) -> str:
    digits, month = digits_of(value), _named_month(value)
    if not month:
        size = 4 if len(digits) > 4 else 2
        month = int(digits[:-size] or 0)
    elif _expiry_is(value):
        month = 0
    return f"{digits[-2:]}-{month:02d}"


def _expiry_render(value: str, digest: Digest) -> str:
    year = "200" + digest.digits(1)
    if _MONTH.search(value):
        return re.sub(r"[0-9]{4}", year, _months(value))
    digits = digits_of(value)
    return fill(value, year[-4 if len(digits) > 4 else -2 :].rjust(len(digits), "0"))


def _expiry_is(value: str) -> bool:
    if _MONTH.search(value):
        return re.search(r"200[0-9]", value) is not None
    digits = digits_of(value)
    return digits[: len(digits) - (4 if len(digits) > 4 else 2)].strip("0") == ""


DOB = Kind(_birthday_canonical, _birthday_render, _birthday_is)
EXPIRY = Kind(_expiry_canonical, _expiry_render, _expiry_is)
