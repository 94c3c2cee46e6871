"""What the words of an ASCII text begin, and what comes of it, without a look at rules.

1. A :class:`Course` follows the chains of segment.py by the classes of their words: what is open there is open here, and at
   least as long.
2. :meth:`Course.is_nothing` knows the rules of the package, as gate.py does.
"""

from __future__ import annotations

import re
from collections.abc import Sequence, Set

from harness.pii.cued import FILLERS
from harness.pii.gate import is_odd, words_in, words_of
from harness.pii.segment import AFTER_CLASS
from harness.pii.spoken_words import CLASSES

__all__ = ["LONG_ROW", "Course"]

_CLASS = {word.encode(): kind for word, kind in CLASSES.items() if word.isascii()}
_BETWEEN = words_of(FILLERS)
_DIGIT, _SAID = 10, 29
"""What a digit and a number word count: two words are no value, nor is one with three digits."""
_VALUE = 60
_MOST_FILLERS = 6
_BEFORE = _MOST_FILLERS + 2
"""Words before a value in which its cue ends: a lone one may belong to the value."""
_LONGEST = 12
"""Words of a chain that is followed."""
_LEAD = 130
_IBAN = re.compile(r"[A-Za-z]{2}[0-9]{2}")
"""What goes on in another way than by the classes of words."""
_DOMAIN = re.compile(r"[A-Za-z0-9]\.[A-Za-z]")
LONG_ROW = re.compile(rb"0(?:[ 0]{0,3}0){5}")
"""In a text as the gate has it: something that counts enough for a value."""
_SHORT = 5
_DIGITS = re.compile("[0-9]")
_LETTER = re.compile("[A-Za-z]")


class Course:
    """See the module.

    Args:
        words: whole ones of the text as the gate has it, digits in them.
        loud: words that something begins with.
        cues: the last words of the cues of values.
    """

    __slots__ = ("_begin", "_cues", "_mixed", "_values", "_words", "ended", "most", "open")

    def __init__(self, words: Sequence[bytes], loud: Set[bytes], cues: Set[bytes]) -> None:
        self._words = words
        self._cues = cues
        self._begin = -1
        self._mixed = False
        """Some word has letters and digits."""
        self._values: list[tuple[int, int]] = []
        """Where what counts more than a word began and ended."""
        self.ended = False
        """Something began, and a word ended it."""
        self.most = 0
        """The most that something that ended counts."""
        self.open = False
        """Something has not ended."""
        self._follow(loud)

    def _follow(self, loud: Set[bytes]) -> None:
        words, end = self._words, 0
        size = len(words)
        for begin in [index for index, word in enumerate(words) if word in loud or b"0" in word]:
            kind = _class(words[begin])
            if kind == "D" and words[begin].strip(b"0"):
                self._mixed = True
            if begin < end:
                continue
            mail, end = kind == "J", begin + 1
            count = _value(kind, words[begin]) + (_SAID if begin and _CLASS.get(words[begin - 1]) == "N" else 0)
            while end < size:
                word = words[end]
                known = "D" if b"0" in word else _CLASS.get(word) or ("L" if len(word) == 1 else "W")
                if word == b"it" and words[end - 1] == b"got":
                    known = "F"
                if known not in AFTER_CLASS[kind] and not (mail and kind == "W" and known == "L"):
                    break
                kind, mail, end = known, mail or known == "J", end + 1
                if known in "DN":
                    count += _value(known, word)
            self._begin = begin
            if end == size:
                self.open = True
                return
            self.ended = True
            if count and count != _SAID:
                self._values.append((begin, end))
            self.most = max(self.most, count if end - begin < _LONGEST else _VALUE)

    def place(self, plain: bytes) -> int:
        """Where what is open begins, or what stands behind the words."""
        place = 0
        for word in self._words[: self._begin + 1] if self.open else self._words:
            place = plain.find(word, place) + len(word)
        return place - len(self._words[self._begin]) if self.open else len(plain) - len(plain[place:].lstrip())

    def is_nothing(self, text: str, plain: bytes, lead: str = "") -> bool:
        """Whether nothing that ended in the ASCII ``text`` is a value.

        Args:
            plain: the text as the gate has it.
            lead: what stands before it.
        """
        if self.most >= _VALUE or b"dot" in self._words:
            return False
        if b"0" in plain and ("@" in text or is_odd(text) or (self._mixed and _IBAN.search(text))):
            return False
        if b"at" in self._words and _DOMAIN.search(text):
            return False
        return not self._values or not self._is_cued(text, lead[-_LEAD:])

    def _is_cued(self, text: str, lead: str) -> bool:
        """Whether the cue of a value may stand before one of those that ended."""
        before = words_in(lead)[-_BEFORE:]
        words = [*before, *self._words]
        if self._cues.isdisjoint(words) and not self._mixed:
            return False
        size = len(before)
        if any(self._has_cue(words, size + begin, size + end) for begin, end in self._values):
            return True
        # A word of letters, digits and marks is several here.
        mixed = [word for word in text.split() if len(word) > _SHORT and _DIGITS.search(word) and _LETTER.search(word)]
        return bool(mixed) and not self._cues.isdisjoint(words_in(lead + text))

    def _has_cue(self, words: list[bytes], begin: int, end: int) -> bool:
        """Whether a cue ends in the words from ``begin`` on, or before them but for fillers and one other word."""
        if not self._cues.isdisjoint(words[begin:end]):
            return True
        lone = False
        for word in reversed(words[max(0, begin - _BEFORE) : begin]):
            if word.rstrip(b"0") in self._cues:
                return True
            if word not in _BETWEEN:
                if lone:
                    return False
                lone = True
        return False


def _class(word: bytes) -> str:
    """See segment.py."""
    return "D" if b"0" in word else _CLASS.get(word) or ("L" if len(word) == 1 else "W")


def _value(kind: str, word: bytes) -> int:
    return _DIGIT * word.count(b"0") if kind == "D" else _SAID if kind == "N" else 0
