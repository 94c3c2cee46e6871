"""What makes a word a name: the lexicon, the reserved invented names, and the names of one conversation.

1. A word is judged by itself: in lower case, without "'s". The lists are data: ``data/en/names.toml``.
2. A reserved name is a beginning and an ending of the lists; it is a name wherever it stands, and nobody's.
3. A :class:`NameBook` holds what was heard by a cue. A later row of such names is a name too; one word alone only if it is
   no ordinary word, and written as names are written there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from harness.pii.spoken import NUMBER_WORDS
from harness.text.lexicon import load, words

__all__ = [
    "COMPANY",
    "FILLERS",
    "GIVEN",
    "PARTICLES",
    "RESERVED",
    "RESERVED_FAMILY",
    "RESERVED_GIVEN",
    "SUFFIXES",
    "TITLES",
    "NameBook",
    "is_ambiguous",
    "is_given",
    "is_never",
    "is_reserved",
    "lower_name",
]

_DATA: Mapping[str, Any] = load("harness.pii", "names")
GIVEN = words(_DATA["given"])
_AMBIGUOUS = words(_DATA["ambiguous"])
_NEVER = words(_DATA["never"])
COMPANY = words(_DATA["company"])
PARTICLES = words(_DATA["particles"])
SUFFIXES = words(_DATA["suffixes"])
TITLES = words(_DATA["titles"])
FILLERS = words(_DATA["fillers"])

_FIRST = _DATA["reserved"]["first"].split()
RESERVED_GIVEN = tuple(first + last for first in _FIRST for last in _DATA["reserved"]["given"].split())
"""Invented given names, capitalised."""
RESERVED_FAMILY = tuple(first + last for first in _FIRST for last in _DATA["reserved"]["family"].split())
"""Invented family names, capitalised."""
RESERVED = frozenset(name.lower() for name in RESERVED_GIVEN + RESERVED_FAMILY)

_MOST_NAMES = 512
_TOO_WEAK = ("ed", "ing", "ly", "n't")
_SHORTEST = 2
_LETTERS = re.compile(rb"[a-z]+")


def lower_name(word: str) -> str:
    """``word`` as the lists have it."""
    low = word.lower().replace("’", "'")
    return low.removesuffix("'s").rstrip("'.")


def is_reserved(word: str) -> bool:
    """Whether a word is an invented name; spelled with hyphens too."""
    return lower_name(word).replace("-", "") in RESERVED


def is_given(low: str) -> bool:
    """Whether ``low`` is a given name and hardly anything else."""
    return low in GIVEN or low in RESERVED


def is_ambiguous(low: str) -> bool:
    """Whether ``low`` is a name and an ordinary word."""
    return low in _AMBIGUOUS


def is_never(low: str) -> bool:
    """Whether ``low`` is no name where the case of letters tells nothing."""
    return (
        low in _NEVER
        or low in COMPANY
        or low in TITLES
        or low in NUMBER_WORDS
        or (low.endswith(_TOO_WEAK) and not is_given(low))
    )


@dataclass(frozen=True, slots=True)
class _Known:
    lower: bool


class NameBook:
    """The names that one conversation has heard, in lower case; at most :data:`_MOST_NAMES` words."""

    __slots__ = ("_heard", "_parts", "_pieces")

    def __init__(self, parts: Mapping[str, _Known] | None = None) -> None:
        self._parts: dict[str, _Known] = dict(parts or {})
        self._heard: frozenset[tuple[str, _Known]] | None = None
        self._pieces: frozenset[bytes] | None = None

    def __bool__(self) -> bool:
        return bool(self._parts)

    @property
    def heard(self) -> frozenset[tuple[str, object]]:
        """All that the book knows; equal for books that know the same."""
        if self._heard is None:
            self._heard = frozenset(self._parts.items())
        return self._heard

    def copy(self) -> NameBook:
        """The same names; what either learns from now on the other does not know."""
        return NameBook(self._parts)

    def learn(self, value: str) -> None:
        """A name was heard."""
        self._heard = self._pieces = None
        for word in value.replace(",", " ").split():
            low = lower_name(word)
            spelled = low.replace("-", "") if set(map(len, low.split("-"))) == {1} else low
            known = len(spelled) >= _SHORTEST and spelled not in PARTICLES | SUFFIXES and not is_never(spelled)
            if known and (len(self._parts) < _MOST_NAMES or spelled in self._parts):
                old = self._parts.get(spelled)
                self._parts[spelled] = _Known(lower=word[:1].islower() or (old is not None and old.lower))

    def join(self, other: NameBook) -> None:
        """Learn what another book knows."""
        self._heard = self._pieces = None
        for low, known in other._parts.items():
            if len(self._parts) < _MOST_NAMES or low in self._parts:
                old = self._parts.get(low)
                self._parts[low] = _Known(lower=known.lower or (old is not None and old.lower))

    def knows(self, low: str) -> bool:
        """Whether ``low`` is part of a name that was heard."""
        return low in self._parts

    @property
    def pieces(self) -> frozenset[bytes]:
        """The longest row of letters of each ASCII name: a text with none of them, as whole words, mentions none."""
        if self._pieces is None:
            rows = (_LETTERS.findall(low.encode()) for low in self._parts if low.isascii())
            self._pieces = frozenset(max(row, key=len) for row in rows if row)
        return self._pieces

    def alone(self, word: str) -> bool:
        """Whether ``word`` by itself is a mention of such a name."""
        low = lower_name(word)
        known = self._parts.get(low)
        if known is None or is_ambiguous(low):
            return False
        return word[0].isupper() or (known.lower and not is_never(low))
