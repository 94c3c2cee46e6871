"""What one conversation has heard: the names of its people, and its values (heard.py).

1. A :class:`NameBook` holds what was heard by a cue. A later row of such names is a name too; one word alone only if it is
   no ordinary word, and written as names are written there.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping
from dataclasses import dataclass

from harness.pii.heard import ValueBook
from harness.pii.names import PARTICLES, SUFFIXES, is_ambiguous, is_never, lower_name

__all__ = ["NameBook"]

_MOST_NAMES = 512
_SHORTEST = 2
_LETTERS = re.compile(rb"[a-z]+")


@dataclass(frozen=True, slots=True)
class _Known:
    lower: bool


class NameBook:
    """The names that one conversation has heard, in lower case, at most :data:`_MOST_NAMES` words; and its values (heard.py)."""

    __slots__ = ("_heard", "_parts", "_pieces", "values")

    def __init__(self, parts: Mapping[str, _Known] | None = None, values: ValueBook | None = None) -> None:
        self._parts: dict[str, _Known] = dict(parts or {})
        self.values = ValueBook() if values is None else values
        self._heard: frozenset[tuple[str, _Known]] | None = None
        self._pieces: frozenset[bytes] | None = None

    def __bool__(self) -> bool:
        """Whether names were heard."""
        return bool(self._parts)

    @property
    def heard(self) -> Hashable:
        """All that the book knows; equal for books that know the same."""
        if self._heard is None:
            self._heard = frozenset(self._parts.items())
        return self._heard, self.values.heard

    def copy(self) -> NameBook:
        """The same; what either learns from now on the other does not know."""
        return NameBook(self._parts, self.values.copy())

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
        self.values.join(other.values)
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
