"""Check digits and shapes, written once more for the leak scan: a bug in ``validators.py`` must not hide here too.

Sources: ISO/IEC 7812 (cards), ISO 7064 (IBAN), ABA routing numbers, NHS data dictionary, Receita Federal (CPF),
UIDAI (Verhoeff), ISO 3779 (VIN), Base58Check.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping

from harness.pii.shapes import IBAN_LENGTHS

__all__ = ["CHECKS", "base58", "card", "digits", "iban", "luhn", "nanp", "vin"]

_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_VIN = {
    **{str(n): n for n in range(10)},
    **dict(zip("ABCDEFGHJKLMNPRSTUVWXYZ", map(int, "12345678123457923456789"), strict=True)),
}
_VIN_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
_D = ("0123456789", "1234067895", "2340178956", "3401289567", "4012395678", "5987604321", "6598710432", "7659821043", "8765932104", "9876543210")  # fmt: skip
_P = ("0123456789", "1576283094", "5803796142", "8916043527", "9453126870", "4286573901", "2793806415", "7046913258")


def digits(value: str) -> str:
    """The ASCII digits of ``value``."""
    return "".join(char for char in value if char in "0123456789")


def luhn(number: str) -> bool:
    """Luhn's check digit."""
    doubled = ("0246813579"[int(d)] if i % 2 else d for i, d in enumerate(reversed(number)))
    return sum(map(int, doubled)) % 10 == 0


def card(number: str) -> bool:
    """A card number as the large issuers give them out: 15 or 16 digits."""
    if number[:1] not in tuple("3456") and not "2221" <= number[:4] <= "2720":
        return False
    if len(number) not in (15, 16) or (len(number) == 15) != (number[:2] in ("34", "37")):
        return False
    return luhn(number)


def iban(compact: str) -> bool:
    """Length of its country, and mod 97."""
    if len(compact) != IBAN_LENGTHS.get(compact[:2]):
        return False
    return int("".join(str(int(char, 36)) for char in compact[4:] + compact[:4])) % 97 == 1


def nanp(number: str) -> bool:
    """Ten digits, or eleven with a 1, of the North American plan; no toll-free number, which is nobody's own."""
    ten = number[1:] if len(number) == 11 and number[0] == "1" else number
    return len(ten) == 10 and ten[0] > "1" and ten[3] > "1" and ten[1:3] != "11" and ten[:3] not in _FREE


_FREE = ("800", "833", "844", "855", "866", "877", "888")


def vin(value: str) -> bool:
    """The check digit that North American makers put in place nine; letters and digits both."""
    total = sum(_VIN[char] * weight for char, weight in zip(value, _VIN_WEIGHTS, strict=True))
    return value[8] == "0123456789X"[total % 11] and not value.isdigit() and not value.isalpha()


def base58(value: str) -> bool:
    """Base58Check of 25 bytes."""
    number = 0
    for char in value:
        number = number * 58 + _BASE58.index(char)
    if number >= 1 << 200:
        return False
    raw = number.to_bytes(25, "big")
    return hashlib.sha256(hashlib.sha256(raw[:21]).digest()).digest()[:4] == raw[21:]


def _weighted(number: str, weights: range) -> int:
    return sum(int(digit) * weight for digit, weight in zip(number, weights, strict=False))


def _aba(number: str) -> bool:
    return sum(int(d) * (3, 7, 1)[i % 3] for i, d in enumerate(number)) % 10 == 0 and number.strip("0") != ""


def _nhs(number: str) -> bool:
    return (11 - _weighted(number[:9], range(10, 1, -1)) % 11) % 11 == int(number[9])


def _cpf(number: str) -> bool:
    first = _weighted(number[:9], range(10, 1, -1)) * 10 % 11 % 10
    second = _weighted(number[:10], range(11, 1, -1)) * 10 % 11 % 10
    return number[9:] == f"{first}{second}" and len(set(number)) > 1


def _aadhaar(number: str) -> bool:
    state = 0
    for place, digit in enumerate(reversed(number)):
        state = int(_D[state][int(_P[place % 8][int(digit)])])
    return state == 0 and number[0] > "1"


def _bsn(number: str) -> bool:
    return (_weighted(number[:8], range(9, 1, -1)) - int(number[8])) % 11 == 0


CHECKS: Mapping[str, tuple[int, Callable[[str], bool]]] = {
    "aadhaar": (12, _aadhaar),
    "aba": (9, _aba),
    "bsn": (9, _bsn),
    "cpf": (11, _cpf),
    "imei": (15, luhn),
    "nhs": (10, _nhs),
    "sin": (9, luhn),
}
"""Name -> how many digits it has, and their check."""
