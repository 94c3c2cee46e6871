"""Checks on a candidate's characters, named by the rules.

Each takes the candidate as folded text and says whether it can be a value of its type. Every one knows the surrogate
range of its type (harness/pii/SURROGATES.md), which real checks would refuse.
"""

from __future__ import annotations

import hashlib
import ipaddress
import re
from collections.abc import Callable, Mapping

from harness.pii.shapes import (
    IBAN_LENGTHS,
    card_marker,
    country_code,
    digits_of,
    expanded,
    is_marked,
    is_nanp,
    main_number,
)

__all__ = ["VALIDATORS", "aba_check", "fit_iban", "iban_ok", "is_toll_free", "luhn_ok"]

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
    return (sum(map(int, digits[-1::-2])) + sum(map(int, digits[-2::-2].translate(_DOUBLED)))) % 10 == 0


_DOUBLED = str.maketrans("0123456789", "0246813579")
"""A digit -> the sum of the digits of its double."""


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
    return luhn_ok(digits_of(expanded(text)))


def _iin(text: str) -> bool:
    """The issuer prefix fits the number's length."""
    digits = digits_of(expanded(text))
    size = len(digits)
    if digits.startswith(card_marker(size)):
        return True
    return size in _PREFIXES and _PREFIXES[size].match(digits) is not None


_ISSUERS: tuple[tuple[str, frozenset[int]], ...] = (
    ("4", frozenset({13, 16, 19})),
    ("5[1-5]|2(?:22[1-9]|2[3-9]|[3-6]|7[01]|720)", frozenset({16})),
    ("3[47]", frozenset({15})),
    ("3(?:0[0-59]|6|[89])", frozenset({14, 16, 19})),
    ("35|6[0245]|81", frozenset({16, 17, 18, 19})),
    ("1800|2131", frozenset({15})),
    ("50|5[6-8]|6|0604", frozenset({12, 13, 14, 15, 16, 17, 18, 19})),
)
_PREFIXES = {
    size: re.compile("|".join(prefix for prefix, sizes in _ISSUERS if size in sizes)) for size in range(12, 20)
}
"""Length of a number -> its issuers' prefixes."""


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
    if "8" not in text:
        return False
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


def _aba(text: str) -> bool:
    """ABA routing number: a Federal Reserve prefix and the 3-7-1 check sum; 99 is the surrogate marker."""
    digits = digits_of(text)
    prefix = int(digits[:2])
    known = prefix <= 12 or 21 <= prefix <= 32 or 61 <= prefix <= 72 or prefix in (80, 99)
    return known and sum(int(d) * w for d, w in zip(digits, (3, 7, 1) * 3, strict=True)) % 10 == 0


def aba_check(digits: str) -> str:
    """The ninth digit of a routing number that begins with these eight."""
    return str(-sum(int(d) * w for d, w in zip(digits, (3, 7, 1, 3, 7, 1, 3, 7), strict=True)) % 10)


def _cpf(text: str) -> bool:
    """Brazilian CPF: two check digits mod 11; 000 and no further 0 is the surrogate marker."""
    digits = digits_of(text)
    if is_marked(digits):
        return True
    for size in (9, 10):
        total = sum(int(d) * w for d, w in zip(digits, range(size + 1, 1, -1), strict=False))
        if (total * 10 % 11) % 10 != int(digits[size]):
            return False
    return len(set(digits)) > 1


_VIN_VALUES = dict(zip("ABCDEFGHJKLMNPRSTUVWXYZ", "12345678123457923456789", strict=True))
_VIN_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)


def _vin(text: str) -> bool:
    """ISO 3779 with the North American check digit; letters and digits; 00Z is the surrogate marker."""
    if text.isdigit() or text.isalpha():
        return False
    total = sum(int(_VIN_VALUES.get(c, c)) * w for c, w in zip(text.upper(), _VIN_WEIGHTS, strict=True))
    return text[:3].upper() == "00Z" or text[8].upper() == "0123456789X"[total % 11]


def _mac(text: str) -> bool:
    """Hexadecimal pairs that are not the digit groups of something else."""
    return any(map(str.isalpha, text)) or "." not in text


_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


def _bitcoin(text: str) -> bool:
    """Base58Check of a legacy address; bech32 is taken by its prefix; a row of 1 or q is the surrogate marker."""
    if text.startswith("bc1"):
        return any(map(str.isdigit, text[3:]))
    if text.startswith("1" * 6):
        return True
    number = 0
    for char in text:
        number = number * 58 + _BASE58.index(char)
    if number >> 200:
        return False
    raw = number.to_bytes(25, "big")
    return hashlib.sha256(hashlib.sha256(raw[:21]).digest()).digest()[:4] == raw[21:]


def _date(text: str) -> bool:
    """Numbers that can be a day, a month and a year, in any order; all of day and month 0 is the surrogate marker."""
    groups = [int(group) for group in re.findall("[0-9]+", text)]
    if len(groups) < 3:
        return True
    small = sorted(group for group in groups if group < 100)[: 3 - any(group > 99 for group in groups)]
    return small[0] <= 12 and all(part <= 31 for part in small[:2])


def _mixed(text: str) -> bool:
    """Letters and digits, and not a date: what words and numbers never are."""
    return any(map(str.isdigit, text)) and any(map(str.isalpha, text)) and not re.fullmatch(r"[0-9]+[a-z]{1,2}", text)


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
    "aba": _aba,
    "bitcoin": _bitcoin,
    "cpf": _cpf,
    "date": _date,
    "iban": _iban,
    "iin": _iin,
    "international": _international,
    "ipv4": _ipv4,
    "ipv6": _ipv6,
    "luhn": _luhn,
    "mac": _mac,
    "mixed": _mixed,
    "nanp": _nanp,
    "not_date": _not_date,
    "ssn": _ssn,
    "trunk": _trunk,
    "vin": _vin,
}
"""Name in a rule file -> check."""
