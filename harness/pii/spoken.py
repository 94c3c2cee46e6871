"""Numbers as they are said: words -> digits.

1. A *run* is a row of number words, digit groups and fillers with at least one number word. Its digits are read one way
   only: tens take the unit that follows at once ("twenty two" 22), "hundred" and "thousand" put their zeros,
   "double", "triple" repeat the next digit.
2. What the words are is data: spoken_words.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from harness.pii.spoken_words import AT_WORDS, BREAKS, CLASSES, HESITATIONS, MONTHS, NUMBER_WORDS, NUMBERS

__all__ = ["MONTHS", "NUMBER_WORDS", "Item", "Run", "digits_said", "runs"]

_WORD = re.compile(r"[0-9]+|[^\W\d_]+|\+")
_GAP = re.compile(r"[\s,.:;/()…?!*#-]{1,6}\Z")
_PLUS = frozenset({"+", "plus"})
_BETWEEN = frozenset("FGJ")
_NEVER_BETWEEN = AT_WORDS | {"dot"}
_CLOSE = re.compile(r"[ -]\Z")
_SPEECH = re.compile(r"[^\W\d_]+")


class Item(NamedTuple):
    """A piece of a run: its place, the digits it stands for, and whether it was said."""

    start: int
    end: int
    digits: str
    said: bool


class Run(NamedTuple):
    """A row of spoken digits; ``digits`` begins with ``+`` where "plus" was said."""

    start: int
    end: int
    digits: str
    items: tuple[Item, ...]

    def windows(self, size: int) -> list[Run]:
        """Parts of ``size`` digits at its beginning and its end; a written number is in it whole or not at all."""
        found = []
        for items in (self.items, self.items[::-1]):
            count = 0
            taken = 0
            while count < size and taken < len(items):
                count += len(items[taken].digits)
                taken += 1
            if count == size and taken < len(items) and not _tight(items[taken - 1], items[taken]):
                found.append(_run(tuple(sorted(items[:taken], key=lambda item: item.start))))
        return found

    def pieces(self, text: str) -> list[Run]:
        """The runs between the words that may also stand between two numbers ("okay"); none if there is no such word."""
        cuts = [
            at for at in range(1, len(self.items)) if _BREAK.search(text, self.items[at - 1].end, self.items[at].start)
        ]
        bounds = [0, *cuts, len(self.items)]
        found = [_run(self.items[low:high]) for low, high in pairwise(bounds)] if cuts else []
        return found

    def shorter(self, text: str) -> Iterator[Run]:
        """The run ended sooner, longest first: where a sentence ends, or before one or two
        last numbers after a comma or "and".

        Args:
            text: what the run was read from.
        """
        last = len(self.items) - 1
        for size in range(last, 0, -1):
            one, other = self.items[size - 1], self.items[size]
            gap = text[one.end : other.start]
            if not _tight(one, other) and (_STOP.search(gap) or (size >= last - 1 and _PAUSE.search(gap))):
                yield _run(self.items[:size])


_BREAK = re.compile(rf"\b(?:{'|'.join(sorted(BREAKS))}|and\s+then)\b", re.IGNORECASE)
"""Where a run is likely to be two numbers."""
_STOP = re.compile(rf"[.!?;…]|{_BREAK.pattern}", re.IGNORECASE)
_PAUSE = re.compile(r",|\band\b", re.IGNORECASE)


def _tight(one: Item, other: Item) -> bool:
    """Whether two neighbours, in either order, are groups of one written number."""
    return not one.said and not other.said and max(one.start, other.start) - min(one.end, other.end) <= 1


def _run(items: tuple[Item, ...]) -> Run:
    return Run(items[0].start, items[-1].end, "".join([item.digits for item in items]), items)


def runs(text: str) -> list[Run]:
    """The spoken runs of folded ``text`` with two digits or more."""
    found: list[Run] = []
    reader = _Reader(text)
    position = 0
    for word in _WORD.finditer(text):
        start, end = word.span()
        name = word[0]
        if not reader.joined(position, start) or not reader.take(name, start, end):
            reader.close(found)
            if start != position:
                reader.take(name, start, end)
        position = end
    reader.close(found)
    return found


class _Reader:
    """Collects the items of one run."""

    __slots__ = ("_items", "_open", "_repeat", "_text")

    def __init__(self, text: str) -> None:
        self._text = text
        self._reset()

    def _reset(self) -> None:
        self._items: list[Item] = []
        self._open = False
        """Tens wait for their unit."""
        self._repeat: tuple[int, int] | None = None

    def joined(self, end: int, start: int) -> bool:
        """Whether the gap lets a run go on; an empty run may begin anywhere but in a word."""
        if not self._items and self._repeat is None:
            return True
        if start - end == 1 and self._text[end] == " ":
            return True
        return _GAP.fullmatch(self._text, end, start) is not None

    def take(self, word: str, start: int, end: int) -> bool:
        """Add a word; False if it does not belong."""
        name = word.lower()
        known = NUMBERS.get(name)
        if known is None:
            if word[0] in "0123456789":
                after = self._text[end : end + 1]
                if after.isalpha() or after == "_" or (start and self._text[start - 1].isalpha()):
                    return False
                return self._digits(word, start, end, said=False)
            if name == "it":  # "got it" is a pause
                return bool(self._items) and self._text[max(0, start - 4) : start].lower() == "got "
            if name in _PLUS:
                return self._plus(name, start, end)
            return bool(self._items) and CLASSES.get(name) in _BETWEEN and name not in _NEVER_BETWEEN
        kind, digits = known
        if kind == "digit":
            if self._open or self._repeat:
                return self._unit(digits, start, end)
            self._items.append(Item(start, end, digits, True))
        elif kind == "repeat":
            self._repeat, self._open = (int(digits), start), False
        elif kind == "scale" and (not self._items or self._items[-1].digits == "+"):
            return False
        else:
            self._digits(digits, start, end, said=True)
            self._open = kind == "tens"
        return True

    def _plus(self, name: str, start: int, end: int) -> bool:
        if self._items or self._repeat:
            return False
        self._items.append(Item(start, end, "+", name == "plus"))
        return True

    def _unit(self, digit: str, start: int, end: int) -> bool:
        if self._open and digit != "0" and _CLOSE.fullmatch(self._text, self._items[-1].end, start):
            last = self._items.pop()
            self._open = False
            self._items.append(Item(last.start, end, last.digits[0] + digit, said=True))
            return True
        return self._digits(digit, start, end, said=True)

    def _digits(self, digits: str, start: int, end: int, *, said: bool) -> bool:
        self._open = False
        if self._repeat is not None:
            times, first = self._repeat
            self._repeat = None
            if len(digits) == 1:
                digits, start, said = digits * times, first, True
        self._items.append(Item(start, end, digits, said))
        return True

    def close(self, found: list[Run]) -> None:
        """End the run; it counts if it has two digits, and something in it was said or a filler stands in it."""
        items = self._items
        if items:
            run = _run(tuple(items))
            if len(run.digits) > 1 and (any(item.said for item in items) or _is_hesitant(self._text, items)):
                found.append(run)
        self._reset()


def _is_hesitant(text: str, items: list[Item]) -> bool:
    """Whether written groups have fillers between them ("628 uh 271"), and nothing else is."""
    between = [word for one, other in pairwise(items) for word in _SPEECH.findall(text[one.end : other.start].lower())]
    return bool(between) and (HESITATIONS | {"it"}).issuperset(between)


def digits_said(text: str) -> str:
    """The digits of a row of number words and digits."""
    reader = _Reader(text)
    for word in _WORD.finditer(text):
        reader.take(word.group(), *word.span())
    return "".join(item.digits for item in reader._items)
