"""What the leak scan knows of values that only a cue gives away: one expression each, cue and value in one.

1. Between a cue and its value stand at most six small words and a little punctuation.
2. A number with a check digit must pass it; what has none must have the usual number of digits.
3. The same cues, looked for backwards, name rows of digits that were said (``scan_spoken.py``).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from harness.pii.scan_checks import CHECKS, digits

__all__ = ["CUED", "CUE_WORDS", "Cued", "has_cue", "spoken_cue"]

_SMALL = (
    r"(?:is|was|are|be|number|numbers|no|num|code|id|the|my|your|a|an|as|of|on|to|in|it|its|it's|s|that|which|reads|back|card|"
    r"here|uh|um|er|for|please|ok|so|now|at|this|value|digits|current|new|full)\b"
)
_BETWEEN = rf"(?:[ \t\n:=.,'\"(#-]{{1,3}}{_SMALL}){{0,6}}[ \t\n:=.,'\"(#-]{{1,4}}"
_END = r"(?![\w%*@]|[-.,:/][0-9])"
_CARD = r"\b(?:card|visa|mastercard|amex|maestro|discover|credit|debit)\b"
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\.?"


@dataclass(frozen=True, slots=True)
class Cued:
    """A type, its cue with the value after it (group ``v``), a word that must stand near, and a further check."""

    type: str
    cue: str
    pattern: re.Pattern[str]
    check: Callable[[str], bool]
    near: re.Pattern[str] | None
    said: tuple[int, int]
    least: int
    """Digits of the shortest value."""

    def fits(self, value: str, before: str) -> bool:
        """Whether ``value`` is one, after ``before``."""
        return self.check(value) and (self.near is None or self.near.search(before) is not None)


def _number(name: str) -> Callable[[str], bool]:
    size, check = CHECKS[name]

    def checked(value: str) -> bool:
        number = digits(value)
        return len(number) == size and check(number)

    return checked


def _any(value: str) -> bool:
    return True


def _few(least: int) -> Callable[[str], bool]:
    return lambda value: len(digits(value)) >= least


def _date(value: str) -> bool:
    groups = re.findall(r"[0-9]+", value)
    return all(int(group) < 32 or len(group) >= 4 or group is groups[-1] for group in groups)


def _dni(value: str) -> bool:
    number = "".join(filter(str.isalnum, value)).upper().translate(str.maketrans("XYZ", "012", ""))
    body, letter = number[:-1], "".join(filter(str.isalnum, value)).upper()[-1]
    return body.isdigit() and "TRWAGMYFPDXBNJZSQVHLCKE"[int(body) % 23] == letter


def _password(value: str) -> bool:
    return any(char.isdigit() for char in value) and any(char.isalpha() for char in value) and "_REDACTED" not in value


def _cued(
    type_: str,
    cue: str,
    value: str,
    check: Callable[[str], bool] = _any,
    near: str = "",
    said: tuple[int, int] = (0, 0),
    end: str = _END,
    least: int = 0,
) -> Cued:
    pattern = re.compile(rf"\b(?:{cue})\b{_BETWEEN}(?P<v>{value}){end}", re.IGNORECASE)
    return Cued(type_, cue, pattern, check, re.compile(near, re.IGNORECASE) if near else None, said, least)


_SSN = r"ssn|social security|social|taxpayer id"
_BANK = r"(?:bank|checking|savings|current|beneficiary|payee|direct deposit) (?:account|acct)"
_OTP = (
    r"otp|one[- ]time (?:password|passcode|code|pin)|(?:verification|auth|authentication|authorization|login|access|sms|"
    r"2fa|two[- ]factor) code"
)
CUED = (
    _cued("SSN", _SSN, r"[0-9]{3}[-. ]?[0-9]{2}[-. ]?[0-9]{4}", said=(9, 9), least=9),
    _cued(
        "CVV",
        r"cvv2?|cvc2?|csc|cid|(?:card )?security code|(?:card )?verification (?:value|code)",
        r"[0-9]{3,4}",
        said=(3, 4),
        least=3,
    ),
    _cued(
        "EXPIRY",
        r"exp|expiry|expires|expiring|expiration|(?:expiry|expiration|exp) date|(?:valid|good) (?:thru|through|until)",
        rf"(?:0?[1-9]|1[0-2]) ?[-/] ?(?:20)?[0-9]{{2}}|{_MONTH}[ ,]{{1,2}}20[0-9]{{2}}",
        near=_CARD,
        said=(3, 6),
        least=3,
    ),
    _cued("OTP", _OTP, r"[0-9]{4,8}|[0-9]{3}[ -][0-9]{3}", said=(4, 8), least=4),
    _cued("PIN", r"pin|passcode", r"[0-9]{4,6}", said=(4, 6), least=4),
    _cued(
        "DOB",
        r"dob|d\.o\.b\.?|date of birth|birth ?date|birthday|born",
        r"[0-9]{4}[-/.][0-9]{1,2}[-/.][0-9]{1,2}|[0-9]{1,2}[-/.][0-9]{1,2}[-/.](?:[0-9]{4}|[0-9]{2})|"
        rf"{_MONTH} [0-9]{{1,2}}(?:st|nd|rd|th)?,? [0-9]{{4}}|[0-9]{{1,2}}(?:st|nd|rd|th)? {_MONTH},? [0-9]{{4}}",
        _date,
        said=(5, 8),
        least=4,
    ),
    _cued(
        "SORT_CODE",
        r"sort ?code",
        r"[0-9]{2}(?:-?\n|[ -]?)[0-9]{2}(?:-?\n|[ -]?)[0-9]{2}",
        said=(6, 6),
        least=6,
    ),
    _cued(
        "ROUTING",
        r"routing|aba|rtn|transit",
        r"[0-9]{9}|[0-9]{4}[ -][0-9]{4}[ -][0-9]|[0-9]{3}[ -][0-9]{3}[ -][0-9]{3}",
        _number("aba"),
        said=(9, 9),
        least=9,
    ),
    _cued("BANK_ACCOUNT", _BANK, r"[0-9]{6,17}|[0-9]{2,8}(?:[ -][0-9]{2,8}){1,4}", _few(6), said=(6, 17), least=4),
    _cued(
        "BANK_ACCOUNT",
        r"account|acct",
        r"[0-9]{6,17}",
        near=r"\b(?:sort code|routing|aba|bank)\b[^\n]{0,64}\Z",
        said=(6, 17),
        least=6,
    ),
    _cued(
        "PASSPORT", r"passport", r"[A-Z]{1,2}[0-9]{6,8}|[0-9]{8,9}|[A-Z][0-9][A-Z0-9]{7}", _few(6), said=(8, 9), least=1
    ),
    _cued(
        "DRIVER_LICENSE",
        r"(?:driver'?s?|driving) licen[cs]e|dl|licen[cs]e number",
        r"[A-Z]{1,2}[0-9]{5,14}|[A-Z]{5}[0-9]{6}[A-Z0-9]{5}|[A-Z][0-9]{3}[ -][0-9]{4}[ -][0-9]{4}|[0-9]{7,9}",
        _few(5),
        said=(7, 12),
        least=5,
    ),
    _cued(
        "IMEI",
        r"imei",
        r"[0-9]{15}|[0-9]{2}[ -][0-9]{6}[ -][0-9]{6}[ -][0-9]",
        _number("imei"),
        said=(15, 15),
        least=15,
    ),
    _cued("VIN", r"vin|chassis|vehicle identification", r"[A-HJ-NPR-Z0-9]{17}", _few(3)),
    _cued("NATIONAL_ID", r"nhs", r"[0-9]{3}[ -]?[0-9]{3}[ -]?[0-9]{4}", _number("nhs"), said=(10, 10), least=10),
    _cued(
        "NATIONAL_ID",
        r"aadha?ar(?: card)?",
        r"[0-9]{4}(?:-?\n|[ -]?)[0-9]{4}(?:-?\n|[ -]?)[0-9]{4}",
        _number("aadhaar"),
        said=(12, 12),
        least=12,
    ),
    _cued(
        "NATIONAL_ID",
        r"sin|social insurance",
        r"[0-9]{3}[ -]?[0-9]{3}[ -]?[0-9]{3}",
        _number("sin"),
        said=(9, 9),
        least=9,
    ),
    _cued("NATIONAL_ID", r"bsn|burgerservicenummer", r"[0-9]{9}", _number("bsn"), said=(9, 9), least=9),
    _cued("NATIONAL_ID", r"cpf", r"[0-9]{3}\.?[0-9]{3}\.?[0-9]{3}-?[0-9]{2}", _number("cpf"), said=(11, 11), least=11),
    _cued("NATIONAL_ID", r"insee|nir", r"[12] ?[0-9]{2} ?[0-9]{2} ?[0-9]{2} ?[0-9]{3} ?[0-9]{3} ?[0-9]{2}", least=15),
    _cued("NATIONAL_ID", r"dni|nie|nif", r"[0-9]{8}-?[A-Z]|[XYZ]-?[0-9]{7}-?[A-Z]", _dni, least=7),
    _cued("NATIONAL_ID", r"pan(?: card)?|permanent account", r"[A-Z]{5}[0-9]{4}[A-Z]", least=4),
    _cued(
        "SECRET",
        r"password|passwd|pwd|passphrase|api[ _-]?key|secret[ _-]?key|access[ _-]?(?:key|token)|(?:auth|api)[ _-]token|bearer(?: token)?",
        r"[^\s,;\"'()<>\[\]]{5,120}[^\s,;\"'()<>\[\].!?:]",
        _password,
        end="",
    ),
)

CUE_WORDS = re.compile("|".join(rf"\b(?:{one.cue})\b" for one in CUED), re.IGNORECASE)
"""Without one of these no pattern of :data:`CUED` matches."""
_CUE_WORDS_LOW = re.compile(r"\b(?:" + "|".join(one.cue for one in CUED) + r")\b")


def has_cue(text: str) -> bool:
    """Whether one of :data:`CUE_WORDS` is in ``text``; quicker, for small letters need not be told from capitals."""
    return (_CUE_WORDS_LOW.search(text.lower()) if text.isascii() else CUE_WORDS.search(text)) is not None


_SAID = tuple(
    (one, re.compile(rf"\b(?:{one.cue})\b(?:[ \t\n:=.,'-]{{1,3}}{_SMALL}){{0,6}}[ \t\n:=.,'-]{{0,4}}\Z", re.IGNORECASE))
    for one in CUED
    if one.said[1]
)


def spoken_cue(number: str, before: str) -> str | None:
    """The type of the digits ``number``, said after ``before``, if a cue ends there; None for none."""
    for one, cue in _SAID:
        if one.said[0] <= len(number) <= one.said[1] and cue.search(before) and one.fits(number, before):
            return one.type
    return None
