"""Digits with the check digits that their types ask for; independent of the detector but for the public sums."""

from __future__ import annotations

import hashlib

from harness.pii.validators import aba_check, luhn_ok
from harness.strategies.labelled import Choose

__all__ = ["base58_address", "cpf", "digits", "dni", "iban", "luhn", "routing", "verhoeff", "vin"]

_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_VIN_LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"
_VIN_VALUES = dict(zip(_VIN_LETTERS, "12345678123457923456789", strict=True))
_VIN_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)


def digits(choose: Choose, size: int) -> str:
    """``size`` digits."""
    return str(choose.number(0, 10**size - 1)).zfill(size)


def luhn(body: str) -> str:
    """``body`` and its ISO/IEC 7812 check digit."""
    return next(body + d for d in "0123456789" if luhn_ok(body + d))


def routing(body: str) -> str:
    """Eight digits and the ABA check digit."""
    return body + aba_check(body)


def iban(country: str, account: str) -> str:
    """Country, check digits (ISO 7064 mod 97-10) and account."""
    rest = int("".join(str(int(c, 36)) for c in account + country + "00")) % 97
    return f"{country}{98 - rest:02d}{account}"


def cpf(body: str) -> str:
    """Nine digits and the two check digits of a Brazilian CPF, without separators."""
    for size in (9, 10):
        total = sum(int(d) * w for d, w in zip(body, range(size + 1, 1, -1), strict=True))
        body += str(total * 10 % 11 % 10)
    return body


def dni(body: str) -> str:
    """Eight digits and the letter of a Spanish DNI."""
    return body + "TRWAGMYFPDXBNJZSQVHLCKE"[int(body) % 23]


def verhoeff(body: str) -> str:
    """``body`` and its Verhoeff check digit (Aadhaar), by the dihedral group D5."""
    check = 0
    for index, digit in enumerate(reversed(body), 1):
        check = _product(check, _turned(int(digit), index))
    return body + str(check if check >= 5 else (5 - check) % 5)


def _product(a: int, b: int) -> int:
    """Multiplication in D5: 0-4 are rotations, 5-9 reflections."""
    if a < 5:
        return (a + b) % 5 if b < 5 else 5 + (a + b) % 5
    return 5 + (a - b) % 5 if b < 5 else (a - b) % 5


def _turned(digit: int, times: int) -> int:
    """``digit`` under Verhoeff's permutation, ``times`` over."""
    for _ in range(times % 8):
        digit = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)[digit]
    return digit


def vin(maker: str, rest: str) -> str:
    """A 17-character vehicle number: maker (3), ``rest`` (13) around the check digit (ISO 3779, North America)."""
    raw = maker + rest[:5] + "0" + rest[5:]
    total = sum(int(_VIN_VALUES.get(c, c)) * w for c, w in zip(raw, _VIN_WEIGHTS, strict=True))
    return raw[:8] + "0123456789X"[total % 11] + raw[9:]


def base58_address(payload: bytes) -> str:
    """A legacy Bitcoin address (Base58Check, version 0) of 20 bytes."""
    raw = b"\0" + payload
    raw += hashlib.sha256(hashlib.sha256(raw).digest()).digest()[:4]
    number, out = int.from_bytes(raw, "big"), ""
    while number:
        number, rest = divmod(number, 58)
        out = _BASE58[rest] + out
    return "1" * (len(raw) - len(raw.lstrip(b"\0"))) + out
