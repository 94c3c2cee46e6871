"""The written form of a value that is said, so that both forms have one canonical value, and the way back.

1. :func:`spoken_like` lays a written value over a spoken one: every number word becomes a digit word.
"""

from __future__ import annotations

import re

from harness.pii.spoken import Run, runs
from harness.pii.spoken_mail import addresses
from harness.pii.spoken_words import DIGITS, MONTHS

__all__ = ["spoken_like", "written"]

_NAMES = (
    {"0": "zero"}
    | {digit: word for word, digit in reversed(list(DIGITS.items())[:14]) if word != "niner"}
    | {"0": "zero"}
)
_SPEAK = {".": "dot", "_": "underscore", "-": "dash", "+": "plus", "@": "at"}

_SAID = frozenset(
    {
        "BANK_ACCOUNT", "CREDIT_CARD", "CVV", "DOB", "DRIVER_LICENSE", "EXPIRY", "IMEI", "NATIONAL_ID", "OTP", "PARTIAL",
        "PASSPORT", "PHONE", "PIN", "ROUTING", "SORT_CODE", "SSN",
    }
)  # fmt: skip
"""Types whose digits are said, beside EMAIL."""

_DATES = ("DOB", "EXPIRY")
"""Those of them in which a month may be named."""
_SPEECH = re.compile(r"[^\W\d_]+")


def written(type_: str, value: str) -> str:
    """The written form of a folded value; ``value`` itself if nothing in it is said."""
    if type_ == "EMAIL":
        found = addresses(value, cued=True) if " " in value.strip() else []
        return found[0].written if found else value
    run = _said(value) if type_ in _SAID else None
    if run is None:
        return value
    month = next((word for word in _SPEECH.findall(value.lower()) if word in MONTHS), "") if type_ in _DATES else ""
    return f"{month} {run.digits}" if month else run.digits


def _said(value: str) -> Run | None:
    if not _SPEECH.search(value):
        return None
    found = runs(value)
    return found[0] if found else None


def spoken_like(type_: str, value: str, fake: str) -> str:
    """``fake``, a written value, said as ``value`` is; ``fake`` itself if nothing in ``value`` is said."""
    if type_ == "EMAIL":
        if " " not in value.strip() or not addresses(value, cued=True):
            return fake
        return " ".join(_said_char(part) for part in re.findall(r"[a-z]+|.", fake.lower()))
    run = _said(value)
    if run is None:
        return fake
    fresh = iter(re.sub(r"[^0-9]", "", fake) if type_ in _DATES else fake)
    parts: list[str] = []
    at = 0
    for item in run.items:
        row = [next(fresh) for _ in item.digits]
        parts += (_without_date(value[at : item.start]), " ".join(map(_said_char, row)) if item.said else "".join(row))
        at = item.end
    return "".join((*parts, value[at:]))


def _without_date(text: str) -> str:
    """Month names beside spoken digits belong to the value, and so does a day as "4th"."""
    named = _SPEECH.sub(lambda word: "january" if word[0].lower() in MONTHS else word[0], text)
    return re.sub(r"[0-9]", "0", named)


def _said_char(char: str) -> str:
    return _NAMES.get(char) or _SPEAK.get(char) or char
