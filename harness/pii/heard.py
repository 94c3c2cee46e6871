"""The values of one conversation: what was heard with its cue is known when it comes again without one.

1. Two mentions are the same when their canonical values are (:func:`harness.pii.surrogate.canonical`), however they are
   written or said: ``689-80-1933``, "six eight nine eight oh one nine three three".
2. Six digits or more, or six letters and digits mixed, are known wherever they stand as a number of their own: a row that is no
   part of a longer one, no amount ("$", "%", thousands with commas) and no decimal.
3. Three to five digits (PIN, CVV, a code) are too often something else: a year, a price, a count. They are known only
   where nothing else is said: before them in their sentence, and next to them behind, stand but the words
   ``heard`` of ``data/en/cues.toml``.
4. A date of birth is known as a date, in every writing of it. A card's expiry, names and addresses are not kept here.
5. At most :data:`_MOST` values, the first ones; what is told with letters or e-mail signs alone is found without a memory.
6. Values are learned in the order of the text; the conversation's book is read as it was when the text began.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from harness.pii.gate import NUMBER, words_in
from harness.pii.hits import Hit
from harness.pii.rules import Rule, RuleSet
from harness.pii.shapes import digits_of
from harness.pii.spoken import MONTHS, NUMBER_WORDS, Run
from harness.pii.surrogate import canonical
from harness.pii.view import View
from harness.text.lexicon import load, words
from harness.text.placeholder import PLACEHOLDER

__all__ = ["ValueBook"]

_DATA: Mapping[str, Any] = load("harness.pii", "cues")
_BESIDE = words(_DATA["heard"]) | NUMBER_WORDS
_MOST = 256
_SHORTEST, _EXACT = 3, 6
_LONGEST = 34
_MOST_WORDS = 8
_MOST_GROUPS = 16
_NOT_KEPT = frozenset(
    "EMAIL IP MAC URL_WITH_TOKEN CRYPTO EXPIRY PERSON ADDRESS OVERSIZE PARTIAL UNKNOWN UNCHECKED".split()
)
_PRIORITY = 75
_JOINT = re.compile(r"[ \t\n]{1,3}|[ \t\n]{0,2}[-./()]{1,2}[ \t\n]{0,2}[(]?|,[ \t\n]{1,2}")
_TOKEN = re.compile(r"[A-Za-z0-9]+")
_MIXED_JOINT = re.compile(r"[ ./-]?")
_MOST_TOKENS = 8
_EDGE = re.compile(r"[\w$€£¥#*%]")
_SENTENCE = re.compile(r"[.!?;\n]")
_WORD = re.compile(r"[^\W\d_]+")
_NEAR = 120


class ValueBook:
    """What one conversation has heard; a copy learns by itself."""

    __slots__ = ("_dates", "_digits", "_mixed", "_new", "_own", "_seen", "_sizes")

    def __init__(self) -> None:
        self._digits: dict[str, str] = {}
        """Digits -> type."""
        self._sizes: frozenset[int] = frozenset()
        """How long they are."""
        self._mixed: dict[str, str] = {}
        """Letters in capitals and digits -> type."""
        self._dates: dict[str, str] = {}
        self._new: tuple[tuple[str, str], ...] = ()
        """Heard, and not looked at yet: most texts are over before anybody asks."""
        self._own = True
        self._seen: frozenset[tuple[str, str]] | None = None

    def __bool__(self) -> bool:
        return bool(self._digits or self._mixed or self._dates or self._new)

    @property
    def heard(self) -> frozenset[tuple[str, str]]:
        """All that the book knows; equal for books that know the same."""
        self._settle()
        if self._seen is None:
            self._seen = frozenset((*self._digits.items(), *self._mixed.items(), *self._dates.items()))
        return self._seen

    def copy(self) -> ValueBook:
        """The same values; what either learns from now on the other does not know."""
        other = ValueBook()
        other._digits, other._mixed, other._dates, other._new = self._digits, self._mixed, self._dates, self._new
        other._seen, other._sizes = self._seen, self._sizes
        self._own = other._own = False
        return other

    def learn(self, type_: str, value: str) -> None:
        """A value of ``type_`` was heard; other types than those of rule 4 are passed by."""
        if type_ not in _NOT_KEPT and len(self._new) < _MOST:
            self._new = (*self._new, (type_, value))

    def join(self, other: ValueBook) -> None:
        """Learn what another book knows."""
        other._settle()
        self._settle()
        if other._digits is self._digits and other._mixed is self._mixed and other._dates is self._dates:
            return
        self._mine()
        for mine, theirs in (
            (self._digits, other._digits),
            (self._mixed, other._mixed),
            (self._dates, other._dates),
        ):
            for key, type_ in theirs.items():
                self._put(mine, key, type_)

    def _mine(self) -> None:
        if not self._own:
            self._digits, self._mixed, self._dates = {**self._digits}, {**self._mixed}, {**self._dates}
            self._own = True

    def _settle(self) -> None:
        """Look at what was heard."""
        if not self._new:
            return
        fresh, self._new = self._new, ()
        self._mine()
        for type_, value in fresh:
            same = canonical(type_, value)
            if type_ == "DOB":
                self._put(self._dates, same, type_)
                continue
            digits = digits_of(same)
            if digits == same.lstrip("+") or not re.search(r"[^\W\d_]", same):
                for key in {digits, digits[1:] if same.startswith("+1") and len(digits) == 11 else digits}:
                    if _SHORTEST <= len(key) <= _LONGEST:
                        self._put(self._digits, key, type_)
                continue
            compact = _compact(same)
            if digits and _EXACT <= len(compact) <= _LONGEST:
                self._put(self._mixed, compact, type_)

    def _put(self, row: dict[str, str], key: str, type_: str) -> None:
        if key not in row and len(self._digits) + len(self._mixed) + len(self._dates) < _MOST:
            row[key], self._seen = type_, None
            if row is self._digits and len(key) not in self._sizes:
                self._sizes |= {len(key)}

    def may_be_in(self, text: str) -> bool:
        """Whether a known value may be in a folded text; a sufficient test: False is a proof."""
        self._settle()
        if not self:
            return False
        if self._dates and any(char in "0123456789" for char in text):
            return True
        if not NUMBER.isdisjoint(words_in(text)):
            return True
        digits = digits_of(text)
        if self._any_in(digits):
            return True
        if not digits or not self._mixed:
            return False
        compact = _compact(text)
        return any(known in compact for known in self._mixed)

    def mentions(self, rules: RuleSet, view: View, groups: list[tuple[int, int]], said: list[Run]) -> Iterator[Hit]:
        """Where known values stand in the chain of ``view``.

        Args:
            groups: (start, end) of its rows of digits.
            said: its spoken runs.
        """
        self._settle()
        if self._digits:
            if groups and self._any_written(view.chain):
                yield from self._written(view, groups)
            for run in said:
                yield from self._said(view, run)
        if self._mixed and groups:
            yield from self._letters(view)
        if self._dates:
            yield from self._days(rules, view, said)

    def _any_written(self, chain: str) -> bool:
        return self._any_in(digits_of(chain))

    def _any_in(self, digits: str) -> bool:
        known, size = self._digits, len(digits)
        return any(digits[at : at + some] in known for some in self._sizes for at in range(size - some + 1))

    def _written(self, view: View, groups: list[tuple[int, int]]) -> Iterator[Hit]:
        chain = view.chain
        for first, (start, _) in enumerate(groups):
            digits, before = "", start
            for low, end in groups[first : first + _MOST_GROUPS]:
                if low > start and not _JOINT.fullmatch(chain, before, low):
                    break
                digits, before = digits + chain[low:end], end
                if len(digits) > _LONGEST:
                    break
                type_ = self._digits.get(digits)
                if type_ and _is_apart(view, start, end) and _is_sure(view, start, end, digits):
                    begin = start - (start > 0 and chain[start - 1] == "(" and ")" in chain[start:end])
                    begin -= begin > 0 and chain[begin - 1] == "+"
                    yield _hit(type_, begin, end)

    def _said(self, view: View, run: Run) -> Iterator[Hit]:
        items = run.items
        for first, one in enumerate(items):
            digits = ""
            for last in items[first:]:
                digits += last.digits.lstrip("+")
                if len(digits) > _LONGEST:
                    break
                type_ = self._digits.get(digits)
                if type_ is None or not _is_apart(view, one.start, last.end):
                    continue
                if _is_sure(view, one.start, last.end, digits):
                    yield _hit(type_, one.start, last.end)

    def _letters(self, view: View) -> Iterator[Hit]:
        tokens = list(_TOKEN.finditer(view.chain))
        for first, one in enumerate(tokens):
            text, before = "", one.start()
            for token in tokens[first : first + _MOST_TOKENS]:
                if token is not one and not _MIXED_JOINT.fullmatch(view.chain, before, token.start()):
                    break
                text, before = text + token[0].upper(), token.end()
                if len(text) > _LONGEST:
                    break
                type_ = self._mixed.get(text)
                if type_ and _is_apart(view, one.start(), token.end()):
                    yield _hit(type_, one.start(), token.end())

    def _days(self, rules: RuleSet, view: View, said: list[Run]) -> Iterator[Hit]:
        chain = view.chain
        for rule in rules.of_kind("value"):
            if rule.type != "DOB":
                continue
            at = 0
            while found := rule.pattern.search(chain, at):
                start, end = found.span()
                at = end if self._is_day(found[0]) and _is_apart(view, start, end) else start + 1
                if at == end:
                    yield _hit("DOB", start, end)
        for run in said:
            lead = chain[: run.start].rstrip(" ,")
            month = _WORD.findall(lead)[-1:] if lead and lead[-1].isalpha() else []
            if month and month[0].lower() in MONTHS:
                start = len(lead) - len(month[0])
                if self._is_day(chain[start : run.end]):
                    yield _hit("DOB", start, run.end)

    def _is_day(self, value: str) -> bool:
        return canonical("DOB", value) in self._dates


def _compact(text: str) -> str:
    return "".join(filter(str.isalnum, text)).upper()


def _is_apart(view: View, start: int, end: int) -> bool:
    """Whether the place is a number of its own (rule 2)."""
    before, after = view.char_before(start), view.char_after(end)
    if (before and _EDGE.match(before) and before != "#") or (after and _EDGE.match(after)):
        return False
    if before and before in "-.,:/" and _is_digit(view.char_before(start - 1) if start else view.tail[-2:-1]):
        return False
    return not (after and after in "-.,:/" and _is_digit(view.char_after(end, 1)))


def _is_digit(char: str) -> bool:
    return char != "" and char in "0123456789"


def _is_sure(view: View, start: int, end: int, digits: str) -> bool:
    """Rule 3; numbers and placeholders do not count, so that a text and the redacted one are read alike."""
    if len(digits) >= _EXACT:
        return True
    lead = PLACEHOLDER.sub(" ", view.tail[-_NEAR:] + view.chain[:start])
    before = _WORD.findall(_SENTENCE.split(lead)[-1].lower())
    after = view.word_after(end).lower()
    return len(before) <= _MOST_WORDS and _BESIDE.issuperset(before) and (not after or after in _BESIDE)


def _hit(type_: str, start: int, end: int) -> Hit:
    rule = _rule_of(type_)
    return Hit(start, end, rule, rule.priority)


@cache
def _rule_of(type_: str) -> Rule:
    return Rule(
        id="heard",
        type=type_,
        kind="value",
        pattern=re.compile(r"(?!)"),
        priority=_PRIORITY,
        min_len=_SHORTEST,
        max_len=_LONGEST,
        match=(),
        no_match=(),
    )
