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

from harness.pii.gate import HOT, LOW, has_any, is_idle_of
from harness.pii.people import TAIL, PeopleStream
from harness.pii.rules import RuleSet
from harness.pii.segment import AFTER_CLASS, CAP, cold_cut
from harness.pii.spoken import CLASSES

__all__ = ["LEAD", "Calm"]

LEAD = 130
"""Characters before a chain in which a cue can stand."""

_PATIENCE = 96
"""Characters that are held without a look."""

_IBAN = re.compile(r"[A-Za-z]{2}[0-9]{2}")
_CLASS = {word.encode(): kind for word, kind in CLASSES.items() if word.isascii()}


class Calm:
    """Holds ASCII text, as it came, while no layer has anything to look at.

    Args:
        rules: what is looked for.
        people: the first layer; None for none.
    """

    __slots__ = ("_loud", "_people", "_rules", "held", "passed")

    def __init__(self, rules: RuleSet, people: PeopleStream | None) -> None:
        self._rules = rules
        self._people = people
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
        if self._is_calm(text, plain, words):
            cut = cold_cut(text)
        else:
            begin, over = self._begun(words, plain, on=on)
            if over or len(text) > _PATIENCE:
                words += [last]
                cut = self._ended(text, plain, words, tail, on=on) if self._rules.builtin else -1
                if cut < 0:
                    return -1
            else:
                cut = cold_cut(text[:begin])
        if cut:
            self._let_go(cut)
        return cut

    def _let_go(self, cut: int) -> None:
        text = self.held
        self.passed, self.held = (self.passed + text[:cut])[-TAIL:], text[cut:]

    def end(self) -> bool:
        """Let go of everything, at the end of a text; False, and it stays held, if the layers must look."""
        plain = self.held.encode().translate(LOW)
        if not self._is_calm(self.held, plain, plain.split()):
            return False
        self._let_go(len(self.held))
        return True

    def _is_calm(self, text: str, plain: bytes, words: list[bytes]) -> bool:
        """Whether nothing begins in the whole words of ``text`` after what was let go."""
        if b"0" in plain or not self._loud.isdisjoint(words) or len(text) >= CAP:
            return False
        if ":" in text and text.lstrip()[0] == ":":
            return False
        return self._people is None or self._people.is_quiet(words, self.passed)

    def _begun(self, words: list[bytes], plain: bytes, *, on: bool) -> tuple[int, bool]:
        """Where something may begin in a text, and whether a whole word with two characters behind it may end that."""
        loud, people, begin, at = self._loud, self._people, -1, 0
        whole = len(words) - (not on and plain[-2:] != b"  ")
        for index, word in enumerate(words):
            if b"0" in word or word in loud or (people and people.leads(word)):
                if begin < 0:
                    begin = plain.find(word, at)
            elif begin >= 0:
                return begin, index < whole
            at += len(word)
        if begin >= 0:
            return begin, plain[-3:] == b"   "
        # A digit in the last, unfinished word, or a colon before all words.
        return (plain.rfind(b" ") + 1, False) if b"0" in plain else (0, bool(words))

    def _ended(self, text: str, plain: bytes, words: list[bytes], tail: str, *, on: bool) -> int:
        """How much may be let go where what began came to nothing (rule 3); -1 if it is not seen.

        Args:
            words: the last one may not be whole.
        """
        cues = self._rules.cue_low
        if len(text) >= CAP or not _is_closed(words[:-1] if on or plain[-2:] == b"  " else words[:-2]):
            return -1
        if "@" in text or not is_idle_of(text, plain, words, cues) or _IBAN.search(text):
            return -1
        if has_any((tail + self.passed)[-LEAD:], cues):
            return -1
        cut = cold_cut(text)
        if self._people:
            cut = min(cut, self._people.free(text, plain, words, self.passed))
        return cut


def _is_closed(words: list[bytes]) -> bool:
    """Whether no chain is open behind ``words``; see segment.py for what goes on in it."""
    kind, mail = "", False
    for word in words:
        known = "D" if b"0" in word else _CLASS.get(word) or ("L" if len(word) == 1 else "W")
        if not kind:
            kind, mail = (known if word in HOT or known == "D" else ""), known == "J"
        elif known in AFTER_CLASS[kind] or (mail and kind == "W" and known == "L"):
            kind, mail = known, mail or known == "J"
        else:
            kind, mail = (known if word in HOT or known == "D" else ""), known == "J"
    return not kind
