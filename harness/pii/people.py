"""The first layer: people's names and postal addresses leave the text before anything else is looked for.

1. It looks at folded text and gives it on with a placeholder in the place of every name and address; what comes after it sees
   the same text whether a value was there or its placeholder. Redacting twice therefore changes nothing.
2. A place is decided by the words before it and a bounded stretch after it, never by where a piece of text ended.
3. The last, unfinished word is never given on; a name or address that may be going on is held, for at most
   :data:`harness.pii.address.LONGEST` code points.
4. Names are learned in the order of the text; the conversation's book is read as it was when the text began, and told at its
   end.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from harness.pii import address, person
from harness.pii.names import NameBook, any_given, is_reserved, lower_name
from harness.pii.rules import Rule, RuleSet
from harness.pii.spoken import NUMBER_WORDS
from harness.pii.words import WIDEST, More, Word, Words
from harness.text.placeholder import placeholder
from harness.text.span import Span

__all__ = ["PeopleRules", "PeopleStream"]

_TAIL = 256
"""Characters before a place that hold the words a cue may be made of."""

_NEAR = 112
"""Characters between the first letter of a cue and what it announces, at most."""

_BEFORE = 12
"""Words before a place that are looked at."""

_LOWER = {code: chr(code).lower() if chr(code).isalpha() or chr(code) in "'’" else " " for code in range(128)}
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
_NUMBERED = re.compile(r"[0-9][A-Za-z]?(?:[-/][0-9]{1,5})?[ \t]{1,2}(?:[^\W\d_]|[0-9])|[0-9][A-Za-z]?[-/]?[ \t]{0,2}\Z")
_DIGIT = re.compile(r"[0-9]")
_BOXES = frozenset({"box", "po", "post", "p"})
_SAID = (NUMBER_WORDS - {"o", "oh", "second", "double", "triple"}) | _BOXES
_FOLLOW = frozenset({"speaking", "here", "from", "spelled", "spelt", "that's", "spelling", "spell"})
_COMMON = frozenset({"this", "it's", "i'm", "am"})
_RARE_LETTERS = "zqxv"
_LONGEST_WORD = 16
_STUCK_WORDS = frozenset("-'’_@]")
_JOINED = ("'[", "’[", "-[")
_STUCK = "@_/\\=+&#~*]"
"""Characters before a word that make it a part of something else."""


class PeopleRules:
    """The rules of the layer, ready for use.

    Args:
        rules: where they are taken from.
    """

    def __init__(self, rules: RuleSet) -> None:
        named, placed = rules.of_kind("name"), rules.of_kind("place")
        self.names = _by_cue(named)
        self.places = _by_cue(placed)
        self.active = bool(named or placed)
        self.known = next((rule for rule in named if rule.trust == "known"), None)
        self.street = next((rule for rule in placed if not rule.cues), None)
        self._cues = frozenset(word for rule in (*named, *placed) for word in rule.needs)
        self._rare = (
            frozenset(word for rule in named if rule.trust in ("any", "title") for word in rule.needs) - _COMMON
        )
        self._places = frozenset(word for rule in placed for word in rule.needs)
        self._builtin = rules.builtin

    def may_begin(self, text: str, book: NameBook) -> bool:
        """Whether a cue, a number or a name may be in ``text``; with false alarms, but never wrong to deny it."""
        found = _split(text)
        if not self._cues.isdisjoint(found) or not _SAID.isdisjoint(found):
            return True
        return self._by_itself(text, found, book)

    def may_hold(self, text: str, book: NameBook) -> bool:
        """The same of a whole text: whether a name or an address may be in it."""
        found = _split(text)
        if not self._rare.isdisjoint(found) or "box" in found or self._by_itself(text, found, book):
            return True
        if not self._builtin:
            return not self._cues.isdisjoint(found) or not _SAID.isdisjoint(found)
        if not self._cues.isdisjoint(found) and (any_given(found) or not _FOLLOW.isdisjoint(found)):
            return True
        number = not _SAID.isdisjoint(found) or _DIGIT.search(text) is not None
        return number and not (self._places.isdisjoint(found) and address.SUFFIXES.isdisjoint(found))

    def _by_itself(self, text: str, found: list[str], book: NameBook) -> bool:
        if self.street is not None and _NUMBERED.search(text):
            return True
        if book and book.any_of([lower_name(word) for word in found]):
            return True
        return self.known is not None and any(word[0] in _RARE_LETTERS and is_reserved(word) for word in found)


def _by_cue(rules: Iterable[Rule]) -> dict[tuple[str, ...], tuple[Rule, ...]]:
    table: dict[tuple[str, ...], tuple[Rule, ...]] = {}
    for rule in rules:
        for cue in rule.cues:
            key = tuple(cue.split())
            table[key] = (*table.get(key, ()), rule)
    return table


def _split(text: str) -> list[str]:
    if text.isascii():
        return text.translate(_LOWER).split()
    return _WORD.findall(text.lower().replace("’", "'"))


class PeopleStream:
    """The layer for one text that arrives in pieces.

    Args:
        rules: what to look for.
        book: the conversation's names; None for a text of its own.
    """

    __slots__ = ("_before", "_cool", "_heard", "_known", "_offsets", "_rules", "_shared", "_tail", "_text")

    def __init__(self, rules: PeopleRules, book: NameBook | None = None) -> None:
        self._rules = rules
        self._shared = book
        self._known = book.copy() if book else NameBook()
        self._heard = NameBook()
        self._text = ""
        self._offsets: Sequence[int] = range(0)
        self._tail = ""
        self._before: list[str] | None = None
        self._cool = _NEAR
        """Characters since the last cue."""

    @property
    def held(self) -> int:
        """Raw offset of the first code point not given on, -1 if nothing is held."""
        return self._offsets[0] if self._text else -1

    def feed(self, text: str, offsets: Sequence[int], *, final: bool = False) -> tuple[str, Sequence[int], list[Span]]:
        """Take folded text; gives on text, its offsets, and the spans whose placeholders are in it."""
        if self._text:
            held = self._offsets
            if isinstance(held, range) and isinstance(offsets, range) and held.stop == offsets.start:
                offsets = range(held.start, offsets.stop)
            else:
                offsets = [*held, *offsets]
            text = self._text + text
        self._text, self._offsets = text, offsets
        fresh = final and not self._tail
        if self._rules.may_hold(text, self._known) if fresh else self._rules.may_begin(text, self._known):
            self._cool = 0
        elif self._cool >= _NEAR or fresh:
            whole = len(text) if final else _unfinished(text)
            self._before = None
            return self._give(whole, text[:whole], offsets[:whole], [])
        return self._scan(final=final)

    def _give(
        self, at: int, given: str, where: Sequence[int], spans: list[Span]
    ) -> tuple[str, Sequence[int], list[Span]]:
        self._text, self._offsets = self._text[at:], self._offsets[at:]
        self._tail = (self._tail + given)[-_TAIL:]
        self._cool += len(given)
        return given, where, spans

    def finish(self) -> None:
        """The text is over: the conversation learns its names."""
        if self._shared is not None:
            self._shared.join(self._heard)

    def _scan(self, *, final: bool) -> tuple[str, Sequence[int], list[Span]]:
        text, offsets = self._text, self._offsets
        if self._before is None:
            self._before = _words_of(self._tail)
        before = self._before
        spans: list[Span] = []
        parts: list[str] = []
        places: list[int] = []
        at = taken = 0
        while at < len(text):
            try:
                word = self._words(at, 64, final=final).at(0)
                word = word if at else self._after_tail(word)
                end, rule = self._value(at, word, before, final=final)
            except More:
                break
            if rule is None:
                _push(before, word)
                at = word.end if word.end > at else len(text)
                continue
            spans.append(self._found(word.start, end, rule))
            mark = placeholder(rule.type)
            parts += (text[taken : word.start], mark)
            places += [*offsets[taken : word.start], *([offsets[word.start]] * len(mark))]
            before += _marked(mark)
            at = taken = end
        while at < len(text) and text[at] in " \t":
            at += 1
        parts.append(text[taken:at])
        where: Sequence[int] = [*places, *offsets[taken:at]] if spans else offsets[:at]
        return self._give(at, "".join(parts), where, spans)

    def _after_tail(self, word: Word) -> Word:
        """The first word held, with the blanks before it that were given on."""
        gap = len(self._tail) - len(self._tail.rstrip(" \t")) + word.gap
        return word._replace(gap=-1 if word.gap < 0 or gap > WIDEST else gap)

    def _words(self, at: int, most: int, *, final: bool) -> Words:
        return Words(self._text, self._offsets, at, final=final, most=most)

    def _value(self, at: int, word: Word, before: list[str], *, final: bool) -> tuple[int, Rule | None]:
        """(End, rule) of the value that begins with ``word``; rule None for none."""
        if word.kind not in "wn" or (not word.gap and self._is_inside(at)):
            return -1, None
        place = self._place(word, before, final=final)
        if place[0] >= 0 or word.kind == "n":
            return place
        named = person.cued_rules(self._rules.names, before) if before else ()
        low = lower_name(word.text)
        if not named and not self._known.knows(low) and not is_reserved(low):
            return -1, None
        words = self._words(word.start, person.LONGEST, final=final)
        end, found = person.name_end(words, named, before, self._known)
        rule = found or self._rules.known
        return (end, rule) if end >= 0 and rule is not None and self._fits(rule, word.start, end) else (-1, None)

    def _is_inside(self, at: int) -> bool:
        """Whether the place is in the middle of letters, digits and what joins them."""
        lead = self._text[at - 2 : at] if at > 1 else (self._tail + self._text[:at])[-2:]
        last = lead[-1:]
        if last and last in "'’-.":
            last = lead[0]
        return last.isalnum() or (last != "" and last in _STUCK)

    def _place(self, word: Word, before: list[str], *, final: bool) -> tuple[int, Rule | None]:
        if word.kind == "w" and _SAID.isdisjoint(word.text.lower().split("-")):
            return -1, None
        cued = person.cued_rules(self._rules.places, before) if before else ()
        rule = cued[0] if cued else self._rules.street
        if rule is None:
            return -1, None
        words = self._words(word.start, address.LONGEST, final=final)
        end = address.address_end(words, cued=bool(cued), before=before)
        return (end, rule) if end >= 0 and self._fits(rule, word.start, end) else (-1, None)

    def _fits(self, rule: Rule, start: int, end: int) -> bool:
        after = self._text[end : end + 1]
        if after.isalnum() or (after and after in "_[") or self._text[end : end + 2] in _JOINED:
            return False
        size = self._offsets[end - 1] + 1 - self._offsets[start]
        return rule.min_len <= size <= rule.max_len and rule.pattern.fullmatch(self._text, start, end) is not None

    def _found(self, start: int, end: int, rule: Rule) -> Span:
        if rule.type == "PERSON":
            value = self._text[start:end]
            self._known.learn(value)
            self._heard.learn(value)
        return Span(self._offsets[start], self._offsets[end - 1] + 1, rule.type, rule.id)


def _unfinished(text: str) -> int:
    """Where the last word begins that more text could go on."""
    end = len(text)
    while end and (text[end - 1].isalnum() or text[end - 1] in "'’-") and len(text) - end < 40:
        end -= 1
    return end


def _words_of(tail: str) -> list[str]:
    words = Words(tail, range(len(tail)), 0, final=True, most=len(tail) + 1)
    found: list[str] = []
    at = 0
    while (word := words.at(at)).kind != "$":
        _push(found, word)
        at += 1
    return found


def _marked(mark: str) -> list[str]:
    return ["[", *mark[1:-1].lower().replace("_", " _ ").split(), "]"]


def _push(before: list[str], word: Word) -> None:
    """Note a word that was passed by; a wide gap or a long word parts it from those before it."""
    if word.gap < 0 or len(word.text) > _LONGEST_WORD:
        before.clear()
    if word.kind == "n":
        before.append("0")
    elif word.kind == "w":
        # What is stuck to a mark belongs to what stands before it.
        stuck = "-" if not word.gap and before and (before[-1][-1].isalnum() or before[-1] in _STUCK_WORDS) else ""
        before.append(stuck + word.text.lower().replace("’", "'"))
    elif word.kind == "p":
        before.append(word.text)
    del before[:-_BEFORE]
