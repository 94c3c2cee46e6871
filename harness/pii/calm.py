"""Text in which nothing has begun passes by the layers: what may be let go of it, and when they must look.

1. Every answer is a *sufficient* test on ASCII text. A text is calm where no whole word can begin a value, of this text or of
   one that goes on; all but its last two words may be let go.
2. Where something may have begun no layer looks before a word stands behind it that may end it: until then the answer
   would be to wait.
3. What has begun may have ended as nothing: a number word, an "at" or a few digits with ordinary words behind them. With the
   rules of the package that is seen without a look at rules.
"""

from __future__ import annotations

import re
from collections.abc import Set

from harness.pii.chains import LEAD
from harness.pii.gate import FEW_DIGITS, HOT, LOW, has_any, is_odd
from harness.pii.heard import ValueBook
from harness.pii.people import TAIL, PeopleStream
from harness.pii.rules import RuleSet
from harness.pii.segment import AFTER_CLASS, CAP, cold_cut
from harness.pii.spoken import CLASSES

__all__ = ["Calm"]

_SAID = 3
"""What one number word counts; behind a cue a value has two, or a digit."""

_PATIENCE = 96
"""Characters that are held without a look."""

_IBAN = re.compile(r"[A-Za-z]{2}[0-9]{2}")
_DOMAIN = re.compile(r"[A-Za-z0-9]\.[A-Za-z]")
_CLASS = {word.encode(): kind for word, kind in CLASSES.items() if word.isascii()}


class Calm:
    """Holds ASCII text, as it came, while no layer has anything to look at.

    Args:
        rules: what is looked for.
        people: the first layer; None for none.
        values: the values that are known by now.
    """

    __slots__ = ("_loud", "_people", "_rules", "_values", "held", "passed")

    def __init__(self, rules: RuleSet, people: PeopleStream | None, values: ValueBook) -> None:
        self._rules = rules
        self._people = people
        self._values = values
        self._loud = people.loud if people else HOT
        self.held = ""
        """What is not let go."""
        self.passed = ""
        """The end of what was let go since a layer had something to look at."""

    def take(self, chunk: str, tail: str) -> int:
        """Hold an ASCII piece more; the code points let go, or -1 if the layers must look at what is held.

        Args:
            tail: what the second layer has seen last.
        """
        text = self.held = self.held + chunk
        plain = text.encode().translate(LOW)
        words = plain.split()
        on = plain[-1:] > b" "
        last = words.pop() if on else b""
        quiet = self._people is None or self._people.is_quiet(words, self.passed)
        if quiet and b"0" not in plain and self._loud.isdisjoint(words) and len(text) < CAP and not _is_colon(text):
            cut = cold_cut(text)
        else:
            course = _Course(
                words if on or plain[-2:] == b"  " else words[:-1], self._loud, None if quiet else self._people
            )
            if course.ended or len(text) > _PATIENCE or _is_colon(text):
                words.append(last)
                cut = self._ended(text, plain, words, course, tail) if self._rules.builtin else -1
                if cut < 0:
                    return -1
            else:
                cut = cold_cut(text[: course.place(plain)])
        if cut:
            self._let_go(cut)
        return cut

    def _let_go(self, cut: int) -> None:
        text = self.held
        self.passed, self.held = (self.passed + text[:cut])[-TAIL:], text[cut:]

    def end(self) -> bool:
        """Let go of everything, at the end of a text; False, and it stays held, if the layers must look."""
        text = self.held
        plain = text.encode().translate(LOW)
        words = plain.split()
        if b"0" in plain or not self._loud.isdisjoint(words) or len(text) >= CAP or _is_colon(text):
            return False
        if self._people and not self._people.is_quiet(words, self.passed):
            return False
        self._let_go(len(text))
        return True

    def _ended(self, text: str, plain: bytes, words: list[bytes], course: _Course, tail: str) -> int:
        """How much may be let go where what began came to nothing (rule 3); -1 if it is not seen.

        Args:
            words: the last one may not be whole.
        """
        if course.most > FEW_DIGITS or len(text) >= CAP or "@" in text or b"dot" in words or _IBAN.search(text):
            return -1
        if (b"0" in plain and is_odd(text)) or (b"at" in words and _DOMAIN.search(text)):
            return -1
        if b"0" in plain:
            words = plain.replace(b"0", b" ").split()
        if b"0" in plain or course.most > _SAID:
            cues = self._rules.cue_low
            if not cues.isdisjoint(words) or has_any((tail + self.passed)[-LEAD:], cues):
                return -1
            if self._values.may_be_in(text):
                return -1
        cut = cold_cut(text[: course.place(plain)] if course.kind else text)
        return min(cut, self._people.free(text, plain, words, self.passed)) if self._people else cut


def _is_colon(text: str) -> bool:
    """Whether a colon stands before all words."""
    return ":" in text and text.lstrip()[0] == ":"


class _Course:
    """What begins in the words of a text, and what comes of it; see segment.py for what goes on in a chain.

    Args:
        words: whole ones, with two characters behind the last.
        loud: words that a value may begin with.
        people: tells the ends of cues, None if there is none.
    """

    __slots__ = ("_begin", "_words", "ended", "kind", "most")

    def __init__(self, words: list[bytes], loud: Set[bytes], people: PeopleStream | None) -> None:
        kind, mail, begin, count, before = "", False, -1, 0, "W"
        self._words = words
        self.ended = False
        """Something began, and a word ended it."""
        self.most = 0
        """The most digits of something that ended; a number word counts for three, a lone digit as a row of them."""
        for index, word in enumerate(words):
            known = "D" if b"0" in word else _CLASS.get(word) or ("L" if len(word) == 1 else "W")
            value = word.count(b"0") if known == "D" else _SAID if known == "N" else 0
            if kind and (known in AFTER_CLASS[kind] or (mail and kind == "W" and known == "L")):
                kind, mail, count = known, mail or known == "J", count + value
                continue
            if kind:
                self.ended, self.most, kind = True, max(self.most, count), ""
            if known == "D" or word in loud or (people and people.leads(word)):
                kind, mail, begin = known, known == "J", index
                count = value + (_SAID if before == "N" else 0)
            before = known
        self.kind = kind
        """Class of the last word of what is open; '' where nothing is."""
        self._begin = begin

    def place(self, plain: bytes) -> int:
        """Where what is open begins, or what stands behind the words."""
        place = 0
        for word in self._words[: self._begin + 1] if self.kind else self._words:
            place = plain.find(word, place) + len(word)
        return place - len(self._words[self._begin]) if self.kind else len(plain) - len(plain[place:].lstrip())
