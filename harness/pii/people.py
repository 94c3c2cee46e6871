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
from bisect import bisect_left
from collections.abc import Sequence

from harness.pii import address, person
from harness.pii.abroad import KINDS_BEFORE
from harness.pii.book import NameBook
from harness.pii.gate import HOT, parsed
from harness.pii.names import is_reserved, lower_name
from harness.pii.people_rules import DIGITS, SAID, PeopleRules
from harness.pii.rules import Rule
from harness.pii.words import END, WIDEST, More, Word, Words, word_at
from harness.text.placeholder import placeholder
from harness.text.span import Span

__all__ = ["MOST_TAKEN", "TAIL", "PeopleRules", "PeopleStream"]

TAIL = 256
"""Characters before a place that hold the words a cue may be made of."""

MOST_TAKEN = 64
"""Characters given on that may be taken back."""

_KEPT = TAIL + MOST_TAKEN

_MOST_PARTS = 64
"""Pieces of text and placeholders that are longer together."""

_NEAR = 88
"""Characters at its end that mostly hold them all."""

_BEFORE = 12
"""Words before a place that are looked at."""

_LONGEST_ENDING = 24
_WORDS = re.compile(r"([ \t]*)(?:([a-z]{1,40}(?:['-][a-z]{1,20}){0,12})|([0-9]{1,12})|([^ \t]))")
"""Blanks and the word, number or other character behind them, in ASCII; see :func:`harness.pii.words.word_at`."""
_ENDING = re.compile(r"(?:(?<![-/.+#:@_A-Za-z0-9])[0-9]{1,6}[A-Za-z]?[-/])?[0-9]{1,12}\Z")
"""A number that may go on, and what may be its beginning."""
_LONGEST_WORD = 16
_STUCK_WORDS = frozenset("-'’_@]")
_NO_SPANS: list[Span] = []
_NO_NAMES = NameBook()
_NO_VALUE: tuple[int, Rule | None] = (-1, None)
_JOINED = ("'[", "’[", "-[")
_STUCK = "@_/\\=+&#~*]"
"""Characters before a word that make it a part of something else."""


class PeopleStream:
    """The layer for one text that arrives in pieces.

    Args:
        rules: what to look for.
        book: the conversation's names; None for a text of its own.
    """

    __slots__ = ("_alive", "_before", "_heard", "_known", "_offsets", "_rules", "_shared", "_tail", "_text", "plain")

    def __init__(self, rules: PeopleRules, book: NameBook | None = None) -> None:
        self._rules = rules
        self._shared = book
        self._known = book.copy() if book else _NO_NAMES
        self._heard: NameBook | None = None
        self._text = ""
        self._offsets: Sequence[int] = range(0)
        self._tail = ""
        self._before: list[str] | None = None
        self._alive = False
        """A cue has been given on, and what it announces may come now."""
        self.plain = False
        """No digit, ``@`` or hot word (gate.py) is in what :meth:`quick` gave on."""

    @property
    def held(self) -> int:
        """Raw offset of the first code point not given on, -1 if nothing is held."""
        return self._offsets[0] if self._text else -1

    def is_same(self, raw: int) -> bool:
        """Whether what is held is ASCII as it came, up to the raw offset ``raw``."""
        offsets = self._offsets
        return not self._text or (isinstance(offsets, range) and offsets.stop == raw and self._text.isascii())

    def stand(self, start: int) -> None:
        """What is held begins at the raw offset ``start``, and is as it came; after :meth:`quick`, which keeps no offsets."""
        self._offsets = range(start, start + len(self._text))

    @property
    def loud(self) -> frozenset[bytes]:
        """See :attr:`harness.pii.people_rules.PeopleRules.loud`."""
        return self._rules.loud

    def free(self, text: str, passed: str) -> int:
        """How much of the ASCII ``text`` after what was ``passed`` by can be given on, -1 if something may begin in it."""
        plain, found = parsed(text)
        stops, hold = self._rules.stops(text, plain, found, self._tail + passed, self._known, final=False)
        if stops:
            # A cue may stand at the end, before a word that is not whole.
            return -1 if b" " in plain[stops[0] :].strip() else text.rfind(" ", 0, stops[0]) + 1
        return min(hold, _unfinished(text))

    def is_free(self, text: str) -> bool:
        """Whether nothing is to be found in ASCII text that is the last, where nothing was held or had begun."""
        lead = self._tail + text
        return lead.isascii() and not self._rules.may_hold(lead, *parsed(lead), self._known)

    def is_quiet(self, found: list[bytes], passed: str) -> bool:
        """Whether no name, and no cue, ends in a text without digits, colons and the loud words of the rules.

        Args:
            found: its words as :func:`harness.pii.gate.parsed` gives them.
            passed: what was passed by before it.
        """
        known = self._known
        if known is not _NO_NAMES and not known.pieces.isdisjoint(found):
            return False
        if self._rules.led(found):
            return False
        return self._rules.cue_ends.isdisjoint(found) or self._rules.is_quiet(found, self._tail + passed)

    def leading(self, found: list[bytes]) -> frozenset[bytes]:
        """Those of the words ``found`` that a value may begin with, or that a name may follow, or be."""
        rules, pieces = self._rules, self._known.pieces
        return rules.led(found).union(
            word for word in found if word in rules.loud or word in rules.cue_ends or word in pieces
        )

    def pass_by(self, passed: str) -> None:
        """Take the end of what was before all that comes now, and needs no look."""
        self._tail, self._before = (self._tail + passed)[-_KEPT:], None

    def hold(self, text: str, start: int) -> None:
        """Take ASCII text as it came, from the raw offset ``start`` on, where nothing is held; gives nothing on."""
        self._text, self._offsets = text, range(start, start + len(text))

    def take_back(self, given: str) -> str | None:
        """The last text that was ``given`` on and what is held, forgotten as if they had not come.

        None, and nothing is forgotten, where a value may be going on. For ASCII text as it came, of :data:`MOST_TAKEN`
        characters at most.
        """
        if self._alive or len(self._text) > MOST_TAKEN:
            return None
        text, self._text = given + self._text, ""
        self._tail, self._before = self._tail[: len(self._tail) - len(given)], None
        return text

    def quick(self, chunk: str, start: int) -> tuple[str, Sequence[int] | None, list[Span]]:
        """Take an ASCII piece where all that is held is ASCII as it came, from the raw offset ``start`` on.

        As :meth:`feed`, but the offsets are None where nothing was found: what is given on is then as it came too.
        """
        text = self._text + chunk
        plain, found = parsed(text)
        stops, hold = self._rules.stops(text, plain, found, self._tail, self._known, final=False)
        self.plain = b"0" not in plain and HOT.isdisjoint(found)
        if stops or self._alive:
            self._text, self._offsets = text, range(start, start + len(text))
            given, where, spans = self._scan(stops, hold, final=False)
            return given, where if spans else None, spans
        whole = min(hold, _unfinished(text))
        self._before = None
        self._text, given = text[whole:], text[:whole]
        self._tail = (self._tail + given)[-_KEPT:]
        return given, None, _NO_SPANS

    def rest(self) -> str | None:
        """What is held, at the end of a text; None, and it stays held, if something may be in it."""
        text = self._text
        if text and (self._alive or self._stops(text, final=True)[0]):
            return None
        self._text = ""
        return text

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
        stops, hold = self._stops(text, final=final) if text.isascii() else (None, 0)
        if stops or stops is None or self._alive:
            return self._scan(stops, hold, final=final)
        whole = len(text) if final else min(hold, _unfinished(text))
        self._before = None
        return self._give(whole, text[:whole], offsets[:whole], [])

    def _stops(self, text: str, *, final: bool) -> tuple[list[int], int]:
        """Where something may begin in the ASCII ``text``, but for what a cue before it announces; none where nothing can."""
        plain, found = parsed(text)
        if final and not self._tail and not self._alive and not self._rules.may_hold(text, plain, found, self._known):
            return [], len(text)
        return self._rules.stops(text, plain, found, self._tail, self._known, final=final)

    def _give(
        self, at: int, given: str, where: Sequence[int], spans: list[Span]
    ) -> tuple[str, Sequence[int], list[Span]]:
        self._text, self._offsets = self._text[at:], self._offsets[at:]
        self._tail = (self._tail + given)[-_KEPT:]
        return given, where, spans

    def finish(self) -> None:
        """The text is over: the conversation learns its names."""
        if self._shared is not None and self._heard is not None:
            self._shared.join(self._heard)

    def _scan(self, stops: list[int] | None, hold: int, *, final: bool) -> tuple[str, Sequence[int], list[Span]]:
        """Look at the words from each stop on until no cue is open; at all of them if the stops are None."""
        text, offsets, rules = self._text, self._offsets, self._rules
        before = self._before
        spans: list[Span] = []
        parts: list[str] = []
        places: list[int] = []
        at = taken = 0
        named: tuple[Rule, ...] = ()
        alive = self._alive
        while at < len(text):
            if stops is not None and not alive:
                stop = _stop_from(stops, at, text)
                if stop < 0:
                    at, before = max(at, len(text) if final else min(hold, _unfinished(text))), None
                    break
                before = None if stop > at else before
                at = stop
            if before is None:
                before = _words_of(self._lead(parts, taken, at))
            named = person.cued_rules(rules.names, rules.ends, before) if before else ()
            word = word_at(text, offsets, at, final=final)
            if word is None:
                break
            try:
                word = word if at else self._after_tail(word)
                end, rule = self._value(at, word, before, named, final=final) if word.kind in "wn" else _NO_VALUE
            except More:
                break
            if rule is None:
                _push(before, word)
                at = word.end if word.end > at else len(text)
            else:
                spans.append(self._found(word.start, end, rule))
                mark = placeholder(rule.type)
                parts += (text[taken : word.start], mark)
                places += [*offsets[taken : word.start], *([offsets[word.start]] * len(mark))]
                before += _marked(mark)
                at = taken = end
                stops = None if rule.type == "PERSON" else stops  # the name may come again
            alive = bool(person.cued_rules(rules.names, rules.ends, before))
        at = len(text) - len(text[at:].lstrip(" \t"))
        parts.append(text[taken:at])
        where: Sequence[int] = [*places, *offsets[taken:at]] if spans else offsets[:at]
        self._before, self._alive = before, alive
        return self._give(at, "".join(parts), where, spans)

    def _lead(self, parts: list[str], taken: int, at: int) -> str:
        """The end of what stands before ``at``; ``parts`` were given on for what stands before ``taken``."""
        lead = self._text[max(taken, at - TAIL) : at]
        return lead if len(lead) == TAIL else (self._tail + "".join(parts[-_MOST_PARTS:]) + lead)[-TAIL:]

    def _after_tail(self, word: Word) -> Word:
        """The first word held, with the blanks before it that were given on."""
        gap = len(self._tail) - len(self._tail.rstrip(" \t")) + word.gap
        return word._replace(gap=-1 if word.gap < 0 or gap > WIDEST else gap)

    def _words(self, at: int, most: int, *, final: bool) -> Words:
        return Words(self._text, self._offsets, at, final=final, most=most)

    def _value(
        self, at: int, word: Word, before: list[str], named: tuple[Rule, ...], *, final: bool
    ) -> tuple[int, Rule | None]:
        """(End, rule) of the value that begins with ``word``; rule None for none."""
        if not word.gap and self._is_inside(at):
            return _NO_VALUE
        place = self._place(word, before, final=final)
        if place[0] >= 0 or word.kind == "n":
            return place
        low = lower_name(word.text)
        bare = self._rules.bare
        if (
            not named
            and not self._known.knows(low)
            and not is_reserved(low)
            and not (bare and person.may_be_bare(word.text))
        ):
            return -1, None
        words = self._words(word.start, person.LONGEST, final=final)
        end, found = person.name_end(words, named, before, self._known, bare)
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
        if word.kind == "w" and not _may_begin_address(word.text):
            return -1, None
        cued = person.cued_rules(self._rules.places, self._rules.ends, before) if before else ()
        rule = cued[0] if cued else self._rules.street
        if rule is None:
            return -1, None
        words = self._words(word.start, address.LONGEST, final=final)
        end = address.address_end(words, cued=bool(cued), before=before, apart=word.gap != 0)
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
            if self._heard is None:
                self._known, self._heard = self._known.copy(), NameBook()
            self._known.learn(value)
            self._heard.learn(value)
        return Span(self._offsets[start], self._offsets[end - 1] + 1, rule.type, rule.id)


def _may_begin_address(word: str) -> bool:
    low = word.lower()
    return not SAID.isdisjoint(low.split("-")) or (
        (low in KINDS_BEFORE or word[0].isupper()) and address.may_begin(word)
    )


def _stop_from(stops: list[int], at: int, text: str) -> int:
    """Where the blanks before the token of the first stop from ``at`` on begin; -1 if there is none."""
    index = bisect_left(stops, at)
    if index == len(stops):
        return -1
    return at + len(text[at : text.rfind(" ", at, stops[index]) + 1].rstrip(" \t"))


def _unfinished(text: str) -> int:
    """Where the last word begins that more text could go on."""
    blank = text.rfind(" ") + 1
    if blank == len(text) or (len(text) - blank < _LONGEST_WORD and text[blank:].isalnum()):
        return blank
    end = len(text)
    if text[-1] in DIGITS and (number := _ENDING.search(text, max(0, end - _LONGEST_ENDING))):
        return number.start()
    while end and (text[end - 1].isalnum() or text[end - 1] in "'’-") and len(text) - end < 40:
        end -= 1
    return end


def _words_of(tail: str) -> list[str]:
    """The last words of ``tail``; mostly they stand at its end."""
    near = tail.find(" ", max(0, len(tail) - _NEAR))
    found = _pushed(tail[near:]) if near > 0 else []
    return found if len(found) == _BEFORE else _pushed(tail)


def _pushed(text: str) -> list[str]:
    if text.isascii():
        return _pushed_ascii(text.lower())
    found: list[str] = []
    offsets = range(len(text))
    at = 0
    while (word := word_at(text, offsets, at, final=True)) and word is not END:
        _push(found, word)
        at = word.end
    return found


def _pushed_ascii(text: str) -> list[str]:
    """The same of a text in small letters, in one pass."""
    found: list[str] = []
    for gap, word, number, mark in _WORDS.findall(text):
        if len(gap) > WIDEST or len(word) > _LONGEST_WORD:
            found.clear()
        if word:
            stuck = not gap and found and (found[-1][-1].isalnum() or found[-1] in _STUCK_WORDS)
            found.append("-" + word if stuck else word)
        elif number:
            found.append("0")
        else:
            found.append(mark)
    return found[-_BEFORE:]


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
