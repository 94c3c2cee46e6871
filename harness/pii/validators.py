"""Checks on a candidate's characters, named by the rules.

Each takes the candidate as folded text and says whether it can be a value of its type. Every one knows the surrogate
range of its type (harness/pii/SURROGATES.md), which real checks would refuse.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping

from harness.pii.shapes import IBAN_LENGTHS, card_marker, country_code, digits_of, is_marked, is_nanp, main_number

__all__ = ["VALIDATORS", "fit_iban", "iban_ok", "is_toll_free", "luhn_ok"]

_TOLL_FREE = frozenset({"800", "833", "844", "855", "866", "877", "888"})
_LENGTHS = {
    1: (11, 11), 7: (11, 11), 20: (11, 12), 27: (11, 11), 30: (12, 12), 31: (11, 11), 32: (10, 11), 33: (11, 11),
    34: (11, 11), 36: (10, 11), 39: (8, 13), 40: (11, 11), 41: (11, 11), 43: (8, 14), 44: (11, 12), 45: (10, 10),
    46: (9, 12), 47: (10, 10), 48: (11, 11), 49: (8, 14), 51: (10, 11), 52: (12, 13), 54: (12, 13), 55: (12, 13),
    56: (11, 11), 57: (12, 12), 58: (12, 12), 60: (10, 12), 61: (11, 11), 62: (10, 14), 63: (11, 12), 64: (10, 12),
    65: (10, 10), 66: (10, 11), 81: (11, 12), 82: (10, 12), 84: (11, 12), 86: (12, 13), 90: (12, 12), 91: (12, 12),
    92: (11, 12), 94: (11, 11), 98: (12, 12),
}  # fmt: skip
"""Country code -> least and most digits of a full number (ITU-T E.164 national plans); others 8 to 15."""


def luhn_ok(digits: str) -> bool:
    """ISO/IEC 7812-1 check digit."""
    total = sum(map(int, digits[-1::-2]))
    return (total + sum(sum(divmod(2 * int(d), 10)) for d in digits[-2::-2])) % 10 == 0


def iban_ok(compact: str) -> bool:
    """ISO 13616 check digits (mod 97) of an IBAN without blanks."""
    moved = (compact[4:] + compact[:4]).upper()
    return int("".join(str(int(c, 36)) for c in moved)) % 97 == 1


def fit_iban(text: str) -> int:
    """Length of the IBAN that ``text`` begins with, separators included; 0 if its country or length is not known."""
    size = IBAN_LENGTHS.get(text[:2].upper(), 0)
    seen = 0
    for index, char in enumerate(text):
        seen += char.isalnum()
        if size and seen == size:
            following = text[index + 1 : index + 2]
            return 0 if following.isalnum() else index + 1
    return 0


def _luhn(text: str) -> bool:
    return luhn_ok(digits_of(text))


def _iin(text: str) -> bool:
    """The issuer prefix fits the number's length."""
    digits = digits_of(text)
    size = len(digits)
    if digits.startswith(card_marker(size)):
        return True
    return any(size in sizes and re.match(prefix, digits) for prefix, sizes in _ISSUERS)


_ISSUERS: tuple[tuple[str, frozenset[int]], ...] = (
    ("4", frozenset({13, 16, 19})),
    ("5[1-5]|2(?:22[1-9]|2[3-9]|[3-6]|7[01]|720)", frozenset({16})),
    ("3[47]", frozenset({15})),
    ("3(?:0[0-59]|6|[89])", frozenset({14, 16, 19})),
    ("35|6[0245]|81", frozenset({16, 17, 18, 19})),
    ("1800|2131", frozenset({15})),
    ("50|5[6-8]|6|0604", frozenset({12, 13, 14, 15, 16, 17, 18, 19})),
)


def _iban(text: str) -> bool:
    return iban_ok("".join(filter(str.isalnum, text)))


def _ssn(text: str) -> bool:
    """Never-issued areas and empty parts are refused, but for 666, the surrogate range, and the ITIN's 9xx."""
    digits = digits_of(text)
    return digits[:3] != "000" and digits[3:5] != "00" and digits[5:] != "0000"


def _ipv4(text: str) -> bool:
    return all(part == "0" or (part[0] != "0" and int(part) < 256) for part in text.split("."))


def _ipv6(text: str) -> bool:
    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        return False
    return any(map(str.isdigit, text)) and len(text) > 2


def _nanp(text: str) -> bool:
    return is_nanp(digits_of(main_number(text))[-10:])


def is_toll_free(text: str) -> bool:
    """A North American toll-free number, however written."""
    main = main_number(text)
    digits = digits_of(main)
    if main.startswith("+") and not main.startswith("+1"):
        return False
    national = digits[-10:] if len(digits) in (10, 11) else ""
    return national[:3] in _TOLL_FREE and digits[:-10] in ("", "1")


def _international(text: str) -> bool:
    digits = digits_of(main_number(text))
    digits = digits[2:] if text[0] == "0" else digits
    trunk = 1 if re.search(r"\(0\)", text) else 0
    low, high = _LENGTHS.get(int(country_code(digits) or 0), (8, 15))
    return low <= len(digits) - trunk <= high


def _trunk(text: str) -> bool:
    """A trunk 0 and an area, or the surrogate marker 000."""
    digits = digits_of(text)
    return digits[1] != "0" or is_marked(digits)


def _not_date(text: str) -> bool:
    return not any(pattern.fullmatch(text.strip("()")) for pattern in _DATES)


_YEAR = r"(?:19|20)\d\d"
_MONTH = r"(?:0?[1-9]|1[0-2])"
_DAY = r"(?:0?[1-9]|[12]\d|3[01])"
_DATES = tuple(
    re.compile(pattern)
    for pattern in (
        rf"{_YEAR}([-./ ]){_MONTH}\1{_DAY}(?:[ ]\d{{1,2}})?",
        rf"{_DAY}([-./ ]){_DAY}\1{_YEAR}(?:[ ]\d{{1,2}})?",
        rf"{_DAY}([-./]){_DAY}\1\d\d",
        rf"{_YEAR} ?[-/]? ?{_YEAR}",
        r"\d{1,3}(?: 000)+",
    )
)

VALIDATORS: Mapping[str, Callable[[str], bool]] = {
    "iban": _iban,
    "iin": _iin,
    "international": _international,
    "ipv4": _ipv4,
    "ipv6": _ipv6,
    "luhn": _luhn,
    "nanp": _nanp,
    "not_date": _not_date,
    "ssn": _ssn,
    "trunk": _trunk,
}
"""Name in a rule file -> check."""
