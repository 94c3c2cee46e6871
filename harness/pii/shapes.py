"""Facts on how the types are written, shared by validators and surrogates.

Sources: ITU-T E.164 (country codes), NANPA (area codes, 555-01xx), ISO 13616 registry (IBAN lengths).
"""

from __future__ import annotations

import re

__all__ = [
    "IBAN_LENGTHS",
    "card_marker",
    "country_code",
    "digits_of",
    "expanded",
    "iban_marker",
    "is_marked",
    "is_nanp",
    "main_number",
]

_REGISTRY = (
    "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 EG29 "
    "ES24 FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 "
    "LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 "
    "PT25 QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30"
)
_MARKER_LETTERS = "ABCDEFGHIJLMNOPQRSTUV"  # XK is Kosovo's
_NOT_DIGITS = bytes(n for n in range(128) if not 48 <= n < 58)
_EXTENSION = re.compile(r"\s{0,2}(?:x|ext)", re.IGNORECASE)
_FLOAT = re.compile(r"([0-9]+)\.([0-9]+)(?:[eE]\+?([0-9]{1,2}))?")
_TWO_DIGIT_CODES = frozenset(
    "20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 65 66 81 82 84 86 90 "
    "91 92 93 94 95 98".split()
)


def iban_marker(size: int) -> str:
    """The user-assigned country code (ISO 3166-1: XA to XZ) that stands for a surrogate IBAN of ``size`` characters."""
    return "X" + _MARKER_LETTERS[size - 15]


IBAN_LENGTHS = {item[:2]: int(item[2:]) for item in _REGISTRY.split()} | {iban_marker(n): n for n in range(15, 35)}
"""Country code -> characters of its IBAN, the surrogate codes included."""


def card_marker(size: int) -> str:
    """First digits of a surrogate card of ``size`` digits: ISO/IEC 7812 national prefix 9, then a country code
    (992 .. 999) that ISO 3166-1 leaves to users; it names the length.
    """
    return f"999{size - 10}" if 12 <= size <= 19 else "?"


def digits_of(text: str) -> str:
    """The ASCII digits of ``text``."""
    return text.encode("ascii", "ignore").translate(None, _NOT_DIGITS).decode()


def expanded(text: str) -> str:
    """The whole number that is written as a fraction (``4539.0``) or with an exponent (``4.539e3``); others as they are."""
    found = _FLOAT.fullmatch(text)
    if found is None:
        return text
    whole, fraction, power = found[1], found[2].rstrip("0"), int(found[3] or 0)
    return text if len(fraction) > power else whole + fraction + "0" * (power - len(fraction))


def main_number(text: str) -> str:
    """A telephone number without its extension."""
    if "x" not in text and "X" not in text:
        return text
    found = _EXTENSION.search(text)
    return text[: found.start()] if found else text


def country_code(digits: str) -> str:
    """The E.164 country code that ``digits`` begin with ('' for none: no code begins with 0)."""
    if not digits or digits[0] == "0":
        return ""
    if digits[0] in "17":
        return digits[0]
    return digits[: 2 if digits[:2] in _TWO_DIGIT_CODES else 3]


def is_nanp(digits: str) -> bool:
    """Whether ten digits are a number of the North American plan."""
    return len(digits) == 10 and digits[0] >= "2" and digits[3] >= "2" and digits[1:3] != "11"


def is_marked(national: str) -> bool:
    """Whether national digits are a surrogate's: 000, which no plan uses, then no further 0."""
    return national.startswith("000") and len(national) > 3 and "0" not in national[3:]
