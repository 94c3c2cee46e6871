"""Surrogates of names and addresses: invented words that are found again wherever they stand (SURROGATES.md).

1. A word of a name becomes an invented word of its case; particles and initials go, "Jr" stays. What is spelled stays spelled.
2. An address becomes a number with a leading 0, an invented word and "Street": said where the number was said.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from harness.pii.address import is_said, same_address
from harness.pii.fakes import Digest, Kind
from harness.pii.names import PARTICLES, RESERVED_FAMILY, RESERVED_GIVEN, SUFFIXES, is_reserved, lower_name
from harness.text.fold import fold

__all__ = ["PEOPLE", "join_name", "name_parts"]

_POOL = RESERVED_GIVEN + RESERVED_FAMILY
_DIGITS = "zero one two three four five six seven eight nine".split()
_SPELLED = re.compile(r"[^\W\d_](?:([- ])[^\W\d_](?:\1[^\W\d_])+)")
_FAKE = re.compile(
    r"(?i)(?:0[0-9]{3}|zero(?: (?:zero|one|two|three|four|five|six|seven|eight|nine)){3}) ([a-z]+) street"
)


def name_parts(value: str) -> list[str]:
    """The words of a name that are replaced one by one; a spelled word in one piece."""
    if _SPELLED.fullmatch(value):
        return [re.sub(r"[- ]", "", value)]
    words = [word.strip(".,") for word in value.split()]
    parts = [
        word
        for word in words
        if len(word) > 1 and lower_name(word) not in SUFFIXES and not (word in PARTICLES and word.islower())
    ]
    return parts or ["".join(words)]


def join_name(value: str, fakes: Sequence[str]) -> str:
    """``fakes``, the surrogates of the parts of ``value``, put together as it is."""
    spelled = _SPELLED.fullmatch(value)
    if spelled:
        return str(spelled[1]).join(_cased(fakes[0], value))
    last = value.rpartition(" ")[2].strip(".,")
    kept = [last] if lower_name(last) in SUFFIXES and " " in value else []
    return " ".join([*fakes, *kept])


def _cased(fake: str, like: str) -> str:
    if like.isupper() and len(like) > 1:
        return fake.upper()
    return fake.lower() if like[:1].islower() else fake.capitalize()


def _name(value: str, digest: Digest) -> str:
    return _cased(_POOL[digest.number("name", len(_POOL))], value)


def _same_name(value: str) -> str:
    return " ".join(lower_name(part) for part in name_parts(fold(value)[0]))


def _is_name(value: str) -> bool:
    return all(is_reserved(part) for part in name_parts(fold(value)[0]))


def _address(value: str, digest: Digest) -> str:
    number = f"0{digest.number('house', 1000):03d}"
    fake = f"{number} {_POOL[digest.number('street', len(_POOL))]} Street"
    if is_said(value):
        said = " ".join(_DIGITS[int(digit)] for digit in number)
        fake = f"{said} {fake[5:]}"
    return fake.lower() if not any(char.isupper() for char in value) else fake


def _is_address(value: str) -> bool:
    found = _FAKE.fullmatch(fold(value)[0])
    return found is not None and is_reserved(found[1])


PEOPLE: Mapping[str, Kind] = {
    "ADDRESS": Kind(lambda value: same_address(fold(value)[0]), _address, _is_address),
    "PERSON": Kind(_same_name, _name, _is_name),
}
