"""Text in which nothing has begun passes by the layers: what may be let go of it, and when they must look.

1. Every answer is a *sufficient* test on ASCII text. A text is calm where no whole word can begin a value, of this text or of
   one that goes on; all but its last two words may be let go.
2. Where something may have begun no layer looks before a word stands behind it that may end it: until then the answer
   would be to wait.
3. What has begun may have ended as nothing: a number word, an "at" or a few digits with ordinary words behind them. With the
   rules of the package that is seen without a look at rules.
"""

from __future__ import annotations

from harness.pii.course import Course
from harness.pii.gate import HOT, LOW
from harness.pii.heard import ValueBook
from harness.pii.people import TAIL, PeopleStream
from harness.pii.rules import RuleSet
from harness.pii.segment import CAP

__all__ = ["Calm"]

_PATIENCE = 96
"""Characters that are held without a look."""


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
        if on:
            words.pop()
        people, loud = self._people, self._loud
        if people and not people.is_quiet(words, self.passed):
            loud = people.leading(words)
            is_calm = False
        else:
            is_calm = b"0" not in plain and loud.isdisjoint(words) and len(text) < CAP
        is_colon = ":" in text and _is_colon(text)
        if is_calm and not is_colon:
            cut = _but_two(text)
        else:
            course = Course(words if on or plain[-2:] == b"  " else words[:-1], loud, self._rules.cue_low)
            if course.ended or len(text) > _PATIENCE or is_colon:
                cut = self._ended(text, plain, course, tail) if self._rules.builtin else -1
                if cut < 0:
                    return -1
            else:
                cut = _but_two(text[: course.place(plain)])
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
        if b"0" in plain or not self._loud.isdisjoint(words) or len(text) >= CAP:
            return False
        if ":" in text and _is_colon(text):
            return False
        if self._people and not self._people.is_quiet(words, self.passed):
            return False
        self._let_go(len(text))
        return True

    def _ended(self, text: str, plain: bytes, course: Course, tail: str) -> int:
        """How much may be let go where what began came to nothing (rule 3); -1 if it is not seen."""
        if len(text) >= CAP or not course.is_nothing(text, plain, tail + self.passed):
            return -1
        if self._values.may_be_in(text):
            return -1
        cut = _but_two(text[: course.place(plain)])
        return min(cut, self._people.free(text, self.passed)) if self._people else cut


def _is_colon(text: str) -> bool:
    """Whether a colon stands before all words."""
    return text.lstrip()[0] == ":"


def _but_two(text: str) -> int:
    """How much stands before the last two words; a word before other marks than these needs not be kept."""
    blank = text.rfind(" ")
    if blank > 0 and (text[blank - 1].isalnum() or text[blank - 1] in " '-"):
        return text.rfind(" ", 0, len(text[:blank].rstrip(" "))) + 1
    return blank + 1
