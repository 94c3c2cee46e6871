"""What fakes are made of: keyed digits, shapes, and the three functions every surrogate type has."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["Digest", "Kind", "fill", "like"]

_LETTERS = "abcdefghijkmnopqrstuvwxyz"


class Digest:
    """Endless keyed pseudo-random numbers for one canonical value."""

    def __init__(self, key: bytes, type_: str, canonical: str, attempt: int) -> None:
        self._key = key
        self._message = f"{type_}\0{canonical}\0{attempt}".encode("utf-8", "surrogatepass")

    def number(self, label: str, below: int) -> int:
        """A number in ``range(below)`` that depends on ``label`` too."""
        raw = hmac.new(self._key, self._message + b"\0" + label.encode(), hashlib.sha256).digest()
        return int.from_bytes(raw, "big") % below

    def nonzero(self, count: int) -> str:
        """Likewise, none of them 0."""
        row = ""
        number = self.number("nonzero", 9**40)
        while len(row) < count:
            number, digit = divmod(number, 9)
            row = str(digit + 1) + row
        return row

    def digits(self, count: int) -> str:
        """The last ``count`` of 40 digits, so that longer and shorter writings end alike."""
        return f"{self.number('digits', 10**40):040d}"[40 - count :] if count else ""


def fill(shape: str, digits: str) -> str:
    """``shape`` (folded) with its digits replaced one by one; zeros where it has more of them than expected."""
    fresh = iter(digits)
    return "".join(next(fresh, "0") if char in "0123456789" else char for char in shape)


def like(text: str, digest: Digest, letters: str = _LETTERS) -> str:
    """``text`` with every ASCII letter and digit replaced by another of its class and case."""
    return "".join(_char(char, digest.number(f"c{n}", 10 * len(letters)), letters) for n, char in enumerate(text))


def _char(char: str, number: int, letters: str) -> str:
    if char in "0123456789":
        return str(number % 10)
    if not (char.isascii() and char.isalpha()):
        return char
    letter = letters[number % len(letters)]
    return letter.upper() if char.isupper() else letter


@dataclass(frozen=True, slots=True)
class Kind:
    """A surrogate space.

    Args:
        canonical: value -> what is the same for all its writings.
        render: (value, digest) -> the fake.
        test: whether a value lies in the space.
    """

    canonical: Callable[[str], str]
    render: Callable[[str, Digest], str]
    test: Callable[[str], bool]
