"""Finds dates and times of day and says what they stand for.

1. A mention has ``keys`` (what it says, every reading) and ``loose`` (what it also supports, being more exact).
   May 12 has the key ``05-12`` and supports ``*-12`` and ``05-*``.
2. Keys: ``MM-DD``, ``*-DD``, ``MM-*``, ``wd:0``..``wd:6`` (Monday is 0), ``day:N`` (days from today),
   ``week:N`` ``month:N`` ``year:N`` (from the present one), ``t:M`` (minutes of the day).
3. An hour without am or pm has both readings.
4. With the conversation's date known, weekdays, ``day:N`` and calendar dates also support each other.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

from harness.text.lexicon import load

__all__ = ["DateMention", "find_dates"]

_MONTHS = "january february march april may june july august september october november december".split()
_MONTH = (
    {name: n for n, name in enumerate(_MONTHS, 1)} | {name[:3]: n for n, name in enumerate(_MONTHS, 1)} | {"sept": 9}
)
_DAYS = "monday tuesday wednesday thursday friday saturday sunday".split()
_ORDINALS: dict[str, int] = load("harness.text", "units")["ordinals"]
_SPOKEN: dict[str, int] = load("harness.text", "units")["spoken"]
_RELATIVE = {
    "today": 0, "tonight": 0, "this morning": 0, "this afternoon": 0, "this evening": 0, "same day": 0,
    "tomorrow": 1, "next day": 1, "following day": 1, "day after tomorrow": 2,
    "yesterday": -1, "last night": -1, "previous day": -1, "day before": -1, "day before yesterday": -2,
    "previous evening": -1, "previous night": -1,
}  # fmt: skip
_SHIFT = {"next": 1, "following": 1, "coming": 1, "last": -1, "previous": -1, "past": -1, "this": 0, "current": 0}

_M = r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
_ORD = "|".join(sorted(_ORDINALS, key=len, reverse=True))
_D = rf"(?:\d{{1,2}}(?:st|nd|rd|th)?|(?:twenty|thirty)[ -](?:{_ORD})|{_ORD})"
_H = "|".join(name for name, value in _SPOKEN.items() if 1 <= value <= 12)
_PATTERN = re.compile(
    rf"""\b(?:
      (?P<iso>\d{{4}}-\d{{2}}-\d{{2}})
    | (?P<slash>\d{{1,2}}/\d{{1,2}}/\d{{2,4}})
    | (?P<month_a>{_M})\.?[ ](?:the[ ])?(?P<day_a>{_D})(?![\d:.,]*\d|[ ]?[ap]\.?m)(?:,?[ ](?:19|20)\d\d)?
    | (?<![\d$£€.,])(?P<day_b>{_D})(?:[ ]of)?[ ](?P<month_b>{_M})\b(?:,?[ ](?:19|20)\d\d)?
    | (?P<day_c>\d{{1,2}})(?:st|nd|rd|th)
    | (?P<month_c>(?!may\b|mar\b|sep\b){_M})
    | (?P<month_d>(?<=in\s)may|(?<=of\s)may|(?<=by\s)may)
    | (?P<relative>day\ after\ tomorrow|day\ before\ yesterday|today|tonight|tomorrow|yesterday|last\ night
        |this\ (?:morning|afternoon|evening)|(?:next|following|previous|same)\ day|previous\ (?:evening|night))
    | (?P<shift>next|following|coming|last|previous|past|this|current)\ (?P<period>week|month|year)
    | (?P<weekday>{"|".join(_DAYS)})s?
    | (?P<short>(?-i:Mon|Tues?|Wed|Thur?s?|Fri|Sat|Sun))\b\.?
    | (?P<hour>\d{{1,2}})(?:[:.](?P<minute>\d{{2}}))?[ ]?(?P<half>[ap])\.?m\b
    | (?P<hour_b>\d{{1,2}}):(?P<minute_b>\d{{2}})
    | (?P<spoken>{_H})[ ](?:(?P<half_b>[ap])\.?m\b|o['’]clock)
    | (?P<hour_c>\d{{1,2}})[ ]?o['’]clock
    | (?P<past>half\ past|quarter\ past|quarter\ to)[ ](?P<past_hour>\d{{1,2}}|{_H})
    | (?P<noon>noon|midday|midnight)
    )(?!\w)""",
    re.IGNORECASE | re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class DateMention:
    """A date or time in a text; see the module's rules for ``keys`` and ``loose``."""

    start: int
    end: int
    keys: tuple[str, ...]
    loose: tuple[str, ...] = ()

    @property
    def is_time(self) -> bool:
        """True for a time of day."""
        return self.keys[0].startswith("t:")


def find_dates(text: str, today: dt.date | None = None) -> list[DateMention]:
    """All dates and times of ``text`` in order; ``today`` is the conversation's date, if known."""
    found = []
    for match in _PATTERN.finditer(text):
        keys, loose = _read(match)
        if keys:
            more = _resolve(keys[0], today) if today else ()
            found.append(DateMention(match.start(), match.end(), keys, loose + more))
    return found


def _read(match: re.Match[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Keys and loose keys of one match; no keys when it is no date after all."""
    part = {name: value.lower() for name, value in match.groupdict().items() if value is not None}
    if "iso" in part:
        return _calendar(int(part["iso"][5:7]), int(part["iso"][8:10]))
    if "slash" in part:
        return _slashed(part["slash"])
    for letter in "ab":
        if f"month_{letter}" in part:
            return _calendar(_month(part[f"month_{letter}"]), _day(part[f"day_{letter}"]))
    if "day_c" in part:
        return ((f"*-{int(part['day_c']):02d}",), ()) if 1 <= int(part["day_c"]) <= 31 else ((), ())
    if "month_c" in part or "month_d" in part:
        return (f"{_month(part.get('month_c') or part['month_d']):02d}-*",), ()
    return _read_relative(part)


def _read_relative(part: dict[str, str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if "relative" in part:
        return (f"day:{_RELATIVE[part['relative']]}",), ()
    if "shift" in part:
        return (f"{part['period']}:{_SHIFT[part['shift']]}",), ()
    if "weekday" in part:
        return (f"wd:{_DAYS.index(part['weekday'])}",), ()
    if "short" in part:
        return (f"wd:{[day[:3] for day in _DAYS].index(part['short'][:3])}",), ()
    return _read_time(part), ()


def _read_time(part: dict[str, str]) -> tuple[str, ...]:
    if "noon" in part:
        return ("t:0",) if part["noon"] == "midnight" else ("t:720",)
    if "past" in part:
        hour = _hour(part["past_hour"])
        shift = {"half past": 30, "quarter past": 15, "quarter to": -15}[part["past"]]
        return _times(hour, shift, "")
    if "spoken" in part:
        return _times(_SPOKEN[part["spoken"]], 0, part.get("half_b", ""))
    if "hour_c" in part:
        return _times(int(part["hour_c"]), 0, "")
    if "hour_b" in part:
        return _times(int(part["hour_b"]), int(part["minute_b"]), "")
    return _times(int(part["hour"]), int(part.get("minute", "0")), part["half"])


def _hour(word: str) -> int:
    return int(word) if word.isdigit() else _SPOKEN[word]


def _times(hour: int, minute: int, half: str) -> tuple[str, ...]:
    """Minutes of the day, both halves where none was said."""
    if hour > 24 or minute > 59 or (half and not 1 <= hour <= 12):
        return ()
    if half:
        return (f"t:{(hour % 12 + (12 if half == 'p' else 0)) * 60 + minute}",)
    if not 1 <= hour <= 12:
        return (f"t:{hour % 24 * 60 + minute}",)
    return tuple(f"t:{(hour % 12 + late) * 60 + minute}" for late in (0, 12))


def _month(name: str) -> int:
    return _MONTH.get(name) or _MONTH[name[:3]]


def _day(word: str) -> int:
    digits = "".join(c for c in word if c.isdigit())
    if digits:
        return int(digits)
    tens, _, rest = word.replace("-", " ").partition(" ")
    return _SPOKEN[tens] + _ORDINALS[rest] if rest else _ORDINALS[tens]


def _calendar(month: int, day: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return (), ()
    return (f"{month:02d}-{day:02d}",), (f"*-{day:02d}", f"{month:02d}-*")


def _slashed(spelling: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Both orders of day and month that exist."""
    left, right = (int(piece) for piece in spelling.split("/")[:2])
    readings = [_calendar(left, right), _calendar(right, left)]
    keys = tuple(dict.fromkeys(key for found, _ in readings for key in found))
    return keys, tuple(key for _, loose in readings for key in loose)


def _resolve(key: str, today: dt.date) -> tuple[str, ...]:
    """The other names of a day near ``today``."""
    for shift in range(-7, 8):
        day = today + dt.timedelta(days=shift)
        names = (f"{day.month:02d}-{day.day:02d}", f"day:{shift}", f"wd:{day.weekday()}")
        if key in names[:2] or (key == names[2] and shift >= 0):
            return tuple(name for name in names if name != key)
    return ()
