"""What the leak scan hears: rows of number words, and addresses with their ``at`` and ``dot`` said.

1. A row is found by one expression over whole words and read from left to right; it shares nothing with ``spoken.py``.
2. A row counts if at least one of its digits was said; written ones are the business of ``scan.py``.
3. A plain word before ``at`` is no mailbox where it is a verb or a place ("find us at"), or where nothing was said of mail
   and the address is half written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from harness.pii.scan_checks import card, nanp
from harness.pii.scan_cued import spoken_cue
from harness.pii.surrogate import is_surrogate

__all__ = ["said_addresses", "said_birthdays", "said_numbers", "said_rows"]

_UNIT = {
    "zero": "0", "oh": "0", "o": "0", "nought": "0", "naught": "0", "one": "1", "two": "2", "three": "3", "four": "4", "five": "5",
    "six": "6", "seven": "7", "eight": "8", "nine": "9", "niner": "9",
}  # fmt: skip
_TEEN = dict(
    zip(
        "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split(),
        map(str, range(10, 20)),
        strict=True,
    )
)
_TENS = dict(zip("twenty thirty forty fifty sixty seventy eighty ninety".split(), "23456789", strict=True))
_ORDINAL = {
    "first": "1", "second": "2", "third": "3", "fourth": "4", "fifth": "5", "sixth": "6", "seventh": "7", "eighth": "8", "ninth": "9",
    "tenth": "10", "eleventh": "11", "twelfth": "12", "thirteenth": "13", "fourteenth": "14", "fifteenth": "15",
    "sixteenth": "16", "seventeenth": "17", "eighteenth": "18", "nineteenth": "19", "twentieth": "20", "thirtieth": "30",
}  # fmt: skip
_TIMES = {"double": 2, "triple": 3, "treble": 3}
_WORDS = "|".join([*_UNIT, *_ORDINAL, *_TEEN, *_TENS, *_TIMES, "hundred", "[0-9]{1,8}"])
_ROW = re.compile(
    rf"(?<![\w-])(?:plus[ ])?(?:{_WORDS})\b(?:[ \t\n,.;-]{{1,3}}(?:(?:uh|um|er|erm|ah|and|then|okay|ok|yeah|yes|right|got it|dash|hyphen|plus)\b[ ,.]{{1,3}}){{0,2}}(?:{_WORDS})\b){{2,40}}",
    re.IGNORECASE,
)
_WORD = re.compile(r"[a-z]+|[0-9]+|[^a-z0-9]+")
_OTHER = re.compile(
    r"\b(?:order|ticket|tracking|invoice|ref|reference|case|sku|part|serial|claim|policy|confirmation|booking|account|member|"
    r"membership|loyalty|meter|shipment|parcel|transaction|gift|ending|ends|helpline|hotline|toll)\b[^\n]{0,64}\Z",
    re.IGNORECASE,
)
_CALL = re.compile(
    r"\b(?:phone|mobile|cell|call|callback|reach (?:me|us|him|her)|text me|dial|my number)\b[^\n0-9]{0,32}\Z",
    re.IGNORECASE,
)
_TOP = "com|org|net|io|edu|gov|co|info|biz|app|dev|me|ai|us|uk|ca|de|fr|es|it|nl|eu|au|in"
_PIECE = r"[a-z0-9]{1,30}"
_SAID_AT = re.compile(
    rf"(?<![\w@])(?P<local>(?:[a-z] ){{0,12}}(?:{_PIECE}[ ]?(?:dot|underscore|dash|hyphen|plus|[._+-])[ ]?){{0,4}}"
    rf"{_PIECE}(?: (?:{_WORDS})){{0,6}})(?: at |@| @ )"
    rf"(?P<host>(?:[a-z0-9][ ]){{0,14}}[a-z0-9-]{{1,40}}(?:(?: dash | hyphen )[a-z0-9]{{1,30}}){{0,2}}"
    rf"(?:(?: dot |\.)[a-z0-9-]{{1,30}}){{0,3}}(?: dot |\.)(?:{_TOP})(?: dot (?:uk|au|in|nz|za|jp|br))?)(?![\w@])",
    re.IGNORECASE,
)
_JOINT = re.compile(r"[._+0-9-]|\b(?:dot|underscore|dash|hyphen|plus)\b", re.IGNORECASE)
_BORN = re.compile(
    r"\b(?:dob|date of birth|birth ?date|birthday|born)\b[ :]{1,2}(?:(?:is|on|the|was)[ ]){0,3}"
    r"(?P<v>(?:(?:the[ ])?[a-z]{3,11}[ ](?:of[ ])?)?(?:january|february|march|april|may|june|july|august|september|october|november|december)"
    rf"(?:[ ,-]{{1,2}}(?:{_WORDS}|of)\b){{2,6}})",
    re.IGNORECASE,
)
_MAIL = re.compile(r"\b(?:e-?mail|mail|gmail|inbox|address|write)\b[^\n]{0,48}\Z", re.IGNORECASE)
_RESERVED = re.compile(r"(?:\A|.*[ .])example(?: dot |\.)(?:com|org|net)\Z", re.IGNORECASE | re.DOTALL)
_TEST = re.compile(r".*(?: dot |\.)(?:test|invalid|example)\Z", re.IGNORECASE | re.DOTALL)
_VERB = frozenset(
    "us me him her it them you look looked shop find visit online site website page team at is are was be available live work works "
    "out here there check see go going store order ordered bought buy sign signed log logged registered meet call support help "
    "and or the a that this back only now today up down in on agents people everyone someone".split()
)
"""Words before ``at`` that name a place on the web, not a mailbox."""


def said_birthdays(text: str) -> Iterator[tuple[int, int, str]]:
    """Likewise, dates of birth with the month by its name."""
    for found in _BORN.finditer(text):
        start, end = found.span("v")
        if not is_surrogate("DOB", text[start:end]):
            yield start, end, "DOB"


def said_rows(text: str) -> Iterator[tuple[int, int, str]]:
    """(start, end, digits, ``+`` before them where "plus" was said) of the rows of number words in folded ``text``, whatever they are."""
    for row in _ROW.finditer(text):
        number, said = _read(row.group().lower())
        if said:
            yield row.start(), row.end(), number


def said_numbers(text: str) -> Iterator[tuple[int, int, str]]:
    """(start, end, type) of folded ``text``'s spoken numbers."""
    for start, end, number in said_rows(text):
        type_ = _type(number.removeprefix("+"), text[max(0, start - 96) : start])
        if type_ and not is_surrogate(type_, number):
            yield start, end, type_


def _read(row: str) -> tuple[str, bool]:
    """(digits, whether any was said)."""
    out: list[str] = []
    said = False
    tens, times, glue = "", 1, ""
    for word in _WORD.findall(row):
        if word in _UNIT or word in _ORDINAL or word.isdigit():
            unit = _UNIT.get(word) or _ORDINAL.get(word, word)
            said = said or not word.isdigit()
            if tens:
                # "forty two" is one number; "forty oh two", "forty, two" are two.
                out.append(tens + (unit if len(unit) == 1 and unit != "0" and glue in (" ", "-") else "0" + unit))
            else:
                out.append(unit * times if len(unit) == 1 else unit)
            tens, times = "", 1
        elif word in _TEEN or word in _TENS or word == "hundred":
            said = True
            out.append(tens + "0" if tens else "")
            tens, times = _TENS.get(word, ""), 1
            out.append(_TEEN.get(word, "00" if word == "hundred" else ""))
        elif word in _TIMES:
            out.append(tens + "0" if tens else "")
            tens, times = "", _TIMES[word]
        glue = word
    return "+" * row.startswith("plus") + "".join(out) + (tens + "0" if tens else ""), said


def _type(number: str, before: str) -> str | None:
    cued = spoken_cue(number, before)
    if cued:
        return cued
    if _OTHER.search(before):
        return None
    if card(number):
        return "CREDIT_CARD"
    if nanp(number) or (7 <= len(number) <= 15 and number.strip("0") and _CALL.search(before)):
        return "PHONE"
    return None


def said_addresses(text: str) -> Iterator[tuple[int, int, str]]:
    """Likewise, its spoken e-mail addresses."""
    low = text.lower()
    if not ("@" in text or " at " in low) or not ("." in text or " dot " in low):
        return
    for found in _SAID_AT.finditer(text):
        host, local = found["host"], found["local"]
        if _RESERVED.match(host) or _TEST.match(host):
            continue
        before = text[max(0, found.start() - 64) : found.start()]
        named = _JOINT.search(local) or "@" in found.group() or " dot " in host or _MAIL.search(before)
        if named and local.lower() not in _VERB:
            yield found.start(), found.end(), "EMAIL"
