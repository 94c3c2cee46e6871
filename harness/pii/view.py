"""A chain in its surroundings: the characters beside a place, the words before and after it.

1. Context is words only: digits, placeholders and punctuation do not count. It is the same in a text, in that text
   with surrogates and in that text redacted.
"""

from __future__ import annotations

import re

from harness.pii.gate import has_any, words_in
from harness.pii.rules import RuleSet
from harness.text.placeholder import PLACEHOLDER

__all__ = ["View", "any_word"]

_NO_WORD = re.compile(r"[\W\d_]+")
_LEAD_WORD = re.compile(r"[^\W_]+")
_VALUE = "_REDACTED]"
_REACH = 160
_LEAD = 120
_NEAR = 80
"""Characters of cleaned text that hold the widest window."""
_RIGHT_WORD = re.compile(r"[\s().,:;\\/-]{0,4}([^\W\d_]{1,20})(?=[\s,;:!?)\\]|\.(?:\s|\Z)|\Z)")


def any_word(text: str, words: frozenset[str]) -> bool:
    """Whether one of ``words`` is in ``text``, whatever its case."""
    return not words.isdisjoint(_NO_WORD.split(text.lower()))


class View:
    """A chain in its surroundings, with the context words of each position computed once."""

    __slots__ = ("_before", "_lead", "_sets", "_since", "chain", "look", "tail")

    def __init__(self, tail: str, chain: str, look: str) -> None:
        self.tail = tail
        self.chain = chain
        self.look = look
        self._before: dict[int, str] = {}
        self._since: dict[int, str] = {}
        self._sets: dict[int, frozenset[str]] = {}
        self._lead: list[tuple[int, str]] | None = None

    def char_before(self, start: int) -> str:
        """The character before ``start``; a blank for scripts that are written without blanks."""
        char = self.chain[start - 1] if start else self.tail[-1:]
        return " " if char >= "\u2e80" else char

    def char_after(self, end: int, ahead: int = 0) -> str:
        """The character ``ahead`` after ``end``, likewise."""
        index = end + ahead - len(self.chain)
        char = self.chain[end + ahead : end + ahead + 1] if index < 0 else self.look[index : index + 1]
        return " " if char >= "\u2e80" else char

    def words_before(self, start: int) -> str:
        """Cleaned words before ``start``, in lower case, parted by one blank."""
        known = self._before.get(start)
        if known is None:
            # A fixed reach, so that what is looked at again sees as far as in the redacted text.
            text = (self.tail + self.chain[:start])[-_REACH:]
            if "_REDACTED]" in text:
                text = PLACEHOLDER.sub(" ", text)
            if text.isascii():
                known = b" ".join(words_in(text)).decode()
            else:
                known = _NO_WORD.sub(" ", text).strip().lower()
            self._before[start] = known
        return known

    def has_cue(self, rules: RuleSet) -> bool:
        """Whether a cue's last word is among the last words before the chain; a quick test, with false alarms."""
        if not rules.cue_ends:
            return False
        text = self.tail[-_LEAD:]
        if not text:
            return not self.chain.isascii()
        if text.isascii() and self.chain.isascii():
            return has_any(text, rules.cue_low)
        return any_word(text + self.chain, rules.cue_ends)

    def words_since(self, start: int) -> str:
        """Those of :meth:`words_before` that stand after the last value: a cue before it has had its value."""
        text = (self.tail + self.chain[:start])[-_REACH:]
        last = text.rfind(_VALUE)
        if last < 0:
            return self.words_before(start)
        known = self._since.get(start)
        if known is None:
            known = self._since[start] = _NO_WORD.sub(" ", text[last + len(_VALUE) :]).strip().lower()
        return known

    def word_set(self, start: int) -> frozenset[str]:
        """Lower-case words among the last of :meth:`words_before`."""
        known = self._sets.get(start)
        if known is None:
            known = self._sets[start] = frozenset(self.words_before(start)[-_NEAR:].split())
        return known

    def word_after(self, end: int) -> str:
        """The next word, if it is a whole one."""
        found = _RIGHT_WORD.match(self.chain[end:] + self.look)
        return found[1] if found else ""

    def lead(self) -> list[tuple[int, str]]:
        """(start in the chain, lower-case word) of the rows of letters and digits up to its end; the tail's are negative.

        A placeholder's last word is ``redacted``.
        """
        if self._lead is None:
            tail = self.tail[-_LEAD:]
            self._lead = [
                (found.start() - len(tail), found[0].lower()) for found in _LEAD_WORD.finditer(tail + self.chain)
            ]
        return self._lead
