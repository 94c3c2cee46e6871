"""Surrogate spaces of the types that are found by their cue: SURROGATES.md has the table.

1. The shape stays: a digit for a digit, a letter for a letter of its case, everything else as it is.
2. The mark is in the first digits and letters: what no issuer gives out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from harness.pii.fakes import Digest, Kind, fill, like
from harness.pii.mark_dates import DOB, EXPIRY
from harness.pii.shapes import digits_of, is_marked
from harness.pii.validators import aba_check, luhn_ok

__all__ = ["MARKED"]

_LONG = 7
_PREFIX = re.compile(
    r"(?:[spr]k_(?:live|test)_|sk-(?:[a-z]{2,6}-)?|gh[pousr]_|github_pat_|xox[abprs]-|AKIA|ASIA|AIza|glpat-|eyJ)?"
)
_STAMP = "0Z0Z"
_BECH = "023456789acdefghjklmnpqrstuvwxyz"
_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_EXAMPLE = re.compile(r"(?i)https?://(?:[^/?#@]{1,60}\.)?example\.(?:com|org|net)(?:[:/?#]|\Z)")


def _alnum(value: str) -> str:
    return "".join(filter(str.isalnum, value)).upper()


def _zeros(count: int) -> int:
    """How many zeros mark a short number."""
    return max(count - 2, min(count, 2))


# --- codes of a few digits -------------------------------------------------------------------------------------------


def _code(value: str, digest: Digest) -> str:
    count = len(digits_of(value))
    zeros = _zeros(count)
    return fill(value, "0" * zeros + digest.digits(count - zeros))


def _code_is(value: str) -> bool:
    digits = digits_of(value)
    return bool(digits) and digits.startswith("0" * _zeros(len(digits)))


# --- numbers of documents and accounts -------------------------------------------------------------------------------


def _id(value: str, digest: Digest) -> str:
    count = len(digits_of(value))
    if count < _LONG:
        digits = digits_of(_code("0" * count, digest))
    else:
        digits = "000" + digest.nonzero(count - 3)
    lead = len(value) - len(value.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"))
    mark = "".join("Q" if char.isupper() else "q" for char in value[: min(lead, 2)])
    return fill(mark + like(value, digest, "abcd")[len(mark) :], digits)


def _id_is(value: str) -> bool:
    letters = value[:2].upper()
    if letters[:1].isalpha() and letters not in ("QQ", "Q") and not (letters[0] == "Q" and not letters[1:].isalpha()):
        return False
    digits = digits_of(value)
    return is_marked(digits) if len(digits) >= _LONG else _code_is(value)


def _routing(value: str, digest: Digest) -> str:
    body = "99" + digest.digits(6)
    return fill(value, body + aba_check(body))


def _sort_code(value: str, digest: Digest) -> str:
    return fill(value, "00" + digest.digits(4))


def _imei(value: str, digest: Digest) -> str:
    body = "000" + digest.digits(11)
    return fill(value, body + next(d for d in "0123456789" if luhn_ok(body + d)))


def _imei_is(value: str) -> bool:
    digits = digits_of(value)
    return digits.startswith("000") and luhn_ok(digits)


def _vin(value: str, digest: Digest) -> str:
    return "00Z" + like(value[3:], digest, "abcdefghjklmnprstuvwxyz")


def _mac(value: str, digest: Digest) -> str:
    fresh = iter("02005e" + "".join(f"{digest.number(f'h{n}', 16):x}" for n in range(6)))
    fake = "".join(next(fresh) if char.isalnum() else char for char in value)
    return fake.upper() if value.upper() == value else fake


# --- secrets ---------------------------------------------------------------------------------------------------------


def _secret(value: str, digest: Digest) -> str:
    prefix = _PREFIX.match(value)
    assert prefix is not None
    stamp = iter(_STAMP)
    body = like(value[prefix.end() :], digest)
    return prefix[0] + "".join(next(stamp, char) if char.isalnum() else char for char in body)


def _secret_is(value: str) -> bool:
    prefix = _PREFIX.match(value)
    assert prefix is not None
    body = "".join(filter(str.isalnum, value[prefix.end() :]))
    return body[:4] == _STAMP[: len(body)]


def _url(value: str, digest: Digest) -> str:
    return f"{value.partition('://')[0]}://example.com/?token={digest.number('t', 16**16):016x}"


def _crypto(value: str, digest: Digest) -> str:
    if value.startswith("0x"):
        return "0x000000" + "".join(f"{digest.number(f'h{n}', 16):x}" for n in range(len(value) - 8))
    mark, letters = ("bc1q0000", _BECH) if value.startswith("bc1") else ("111111", _BASE58)
    return mark + "".join(letters[digest.number(f"c{n}", len(letters))] for n in range(len(value) - len(mark)))


def _starts(*marks: str) -> Callable[[str], bool]:
    return lambda value: value.startswith(marks)


def _digits_start(mark: str) -> Callable[[str], bool]:
    return lambda value: digits_of(value).startswith(mark)


_CODE = Kind(digits_of, _code, _code_is)
_ID = Kind(_alnum, _id, _id_is)
MARKED: Mapping[str, Kind] = {
    "BANK_ACCOUNT": _ID,
    "CRYPTO": Kind(str, _crypto, _starts("0x000000", "111111", "bc1q0000")),
    "CVV": _CODE,
    "DOB": DOB,
    "DRIVER_LICENSE": _ID,
    "EXPIRY": EXPIRY,
    "IMEI": Kind(digits_of, _imei, _imei_is),
    "MAC": Kind(_alnum, _mac, lambda value: _alnum(value).startswith("02005E")),
    "NATIONAL_ID": _ID,
    "OTP": _CODE,
    "PASSPORT": _ID,
    "PIN": _CODE,
    "ROUTING": Kind(digits_of, _routing, _digits_start("99")),
    "SECRET": Kind(str, _secret, _secret_is),
    "SORT_CODE": Kind(digits_of, _sort_code, _digits_start("00")),
    "URL_WITH_TOKEN": Kind(str, _url, lambda value: _EXAMPLE.match(value) is not None),
    "VIN": Kind(_alnum, _vin, lambda value: value.upper().startswith("00Z")),
}
