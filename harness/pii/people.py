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
from itertools import pairwise

from harness.pii import address, person
from harness.pii.gate import HOT, WAKE, low, parsed, trie, words_in, words_of
from harness.pii.names import FILLERS, GIVEN, RESERVED, NameBook, is_given, is_never, is_reserved, lower_name
from harness.pii.rules import Rule, RuleSet
from harness.pii.spoken import NUMBER_WORDS
from harness.pii.words import END, WIDEST, More, Word, Words, word_at
from harness.text.placeholder import placeholder
from harness.text.span import Span

__all__ = ["PeopleRules", "PeopleStream"]

_TAIL = 256
"""Characters before a place that hold the words a cue may be made of."""

_NEAR = 88
"""Characters at its end that mostly hold them all."""

_BEFORE = 12
"""Words before a place that are looked at."""

_NUMBERED = re.compile(r"[0-9][A-Za-z]?(?:[-/][0-9]{1,5})?[ \t]{1,2}(?:[^\W\d_]|[0-9])|[0-9][A-Za-z]?[-/]?[ \t]{0,2}\Z")
_NO_STREET = re.compile(r"[.,;!?)\n]|[ \t]{1,2}([a-z]+)[^A-Za-z'-]")
"""What follows a number before which no street's name stands, or may not: it depends on the word."""
_SMALL = re.compile(r"[ \t]{1,2}([a-z]+)[^A-Za-z'-]")
_TWO_NUMBERS = re.compile(r"[0-9][ \t]{1,2}[0-9]+[^0-9A-Za-z]")
_BOXES = frozenset({"po", "post", "p"})
_SAID = (NUMBER_WORDS - {"o", "oh", "second", "double", "triple"}) | _BOXES
_SAID_LOW = words_of(_SAID)
_SAID_WORD = rf"(?:{trie({word for word in _SAID - _BOXES if word.isascii()})})(?![A-Za-z])"
_SAID_ROW = re.compile(rf"(?<![A-Za-z]){_SAID_WORD}(?: {_SAID_WORD})*", re.IGNORECASE)
_PENDING = re.compile(r"[ \t]{0,2}[A-Za-z]*['-]?\Z")
"""The next word is not there yet, or not whole."""
_STICKY = "-'_@.0123456789"
_BOX = re.compile(r"(?<![A-Za-z])(?:p|po|post)(?![A-Za-z])(?![\s.]*[^ob\s.])", re.IGNORECASE)
"""What a box begins with, unless another word follows."""
_BOXES_LOW = words_of(_BOXES)
_NAMED = frozenset({b"name", b"person"})
"""One of them stands before a name that is spelled."""
_GIVEN_LOW = words_of(GIVEN)
_RESERVED_LOW = words_of(RESERVED)
_SUFFIXES_LOW = words_of(address.SUFFIXES)
_STRONG_LOW = words_of(address.STRONG)
_STREETS = address.NAMES | RESERVED | _SAID
"""Words in small letters that may begin a street's name, or go on with a number that is said."""
_CUE = 120
"""Characters before a piece in which the end of a cue and what may follow it may stand."""
_LEAD = 40
"""Characters before a piece in which the last two words of a cue may have begun."""
_DIGITS = "0123456789"
_LETTERS = 97
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
        cued = [rule for rule in named if rule.trust != "given"]
        self._pairs, single = _ends_of(rule for rule in cued if rule.trust != "spelled")
        self._strong = _ends_of(rule for rule in cued if rule.trust != "spelled" and not rule.then)
        self._then_pairs = _ends_of(rule for rule in cued if rule.then)[0]
        self._spelled = _ends_of(rule for rule in cued if rule.trust == "spelled")
        self._spelled_ends: frozenset[bytes | tuple[bytes, ...]] = frozenset({*self._spelled[0], *self._spelled[1]})
        colons = [cue for rule in (*named, *placed) for cue in rule.cues if cue.endswith(":")]
        self._colons = frozenset(low(cue).split()[-1] for cue in colons)
        self._place_pairs, self._place_single = _ends_of(placed)
        self._then = words_of({word for rule in named for word in rule.then})
        self._before_given = frozenset(
            low(word).split()[0] for rule in named if rule.trust == "given" for word in rule.needs
        )
        self._begins = single | (_GIVEN_LOW | _RESERVED_LOW if named else frozenset())
        needed = {word for rule in named for word in rule.needs if rule.trust in ("any", "title") and not rule.then}
        ends = {*self._pairs, *self._spelled[0]}
        self._any = self._begins | _SAID_LOW | self._spelled[1] | {pair[-1] for pair in ends}
        """Without one of them, a number, a colon or a known name nothing begins."""
        self._wakes = (
            self._strong[1] | self._colons | self._then | words_of(needed) | _GIVEN_LOW | _RESERVED_LOW | _NAMED
        )
        self.wakes = self._wakes | WAKE | _SAID_LOW
        """Without one of them and without a digit, an ``@`` or a known name the rules of the package find nothing."""
        self._builtin = rules.builtin
        self.ends = frozenset(key[-1] for key in (*self.names, *self.places))

    def stops(
        self, text: str, plain: bytes, found: list[bytes], tail: str, book: NameBook, *, final: bool
    ) -> tuple[list[int], int]:
        """Where in the ASCII ``text`` a number, a name, or the last word of a cue stands that may lead to a value, sorted;
        and how much of it can be given on if nothing is found there.

        Args:
            plain: with ``found``, the text as :func:`harness.pii.gate.parsed` gives it.
            tail: what stands before it.
        """
        stops: list[int] = []
        if self._any.isdisjoint(found) and b"0" not in plain and ":" not in text and not book:
            return stops, len(text)
        if not self._begins.isdisjoint(found):
            for word in self._begins.intersection(found):
                stops += _places_of(word, plain)
        pairs = [*pairwise(found)]
        if found and tail and found[0] in self._any:
            pairs.append((*words_in(tail[-_LEAD:])[-1:], found[0]))
        if not self._pairs.isdisjoint(pairs):
            for pair in self._pairs.intersection(pairs):
                stops += [at for at in _places_of(pair[1], plain) if not _is_plain(text, at + len(pair[1]))]
        if not self._spelled_ends.isdisjoint(pairs) or not self._spelled_ends.isdisjoint(found):
            near = words_in(tail)
            if not _NAMED.isdisjoint(found) or not _NAMED.isdisjoint(near):
                for end in (*self._spelled_ends.intersection(pairs), *self._spelled_ends.intersection(found)):
                    stops += _places_of(end[1] if isinstance(end, tuple) else end, plain)
        if ":" in text and not (self._colons.isdisjoint(found) and self._colons.isdisjoint(words_in(tail[-_LEAD:]))):
            stops += [at for at, char in enumerate(text) if char == ":"]
        if book:
            for word in book.pieces.intersection(found):
                stops += _places_of(word, plain)
        hold = len(text)
        if b"0" in plain or not _SAID_LOW.isdisjoint(found):
            numbers, hold = self._numbers(text, plain, found, tail, final=final)
            stops += numbers
        stops.sort()
        return stops, hold

    def _numbers(
        self, text: str, plain: bytes, found: list[bytes], tail: str, *, final: bool
    ) -> tuple[list[int], int]:
        """The stops that are numbers, and the start of one that the next word decides."""
        written: list[int] = []
        size = hold = len(text)
        if b"0" in plain:
            for number in _NUMBERED.finditer(text):
                if final or number.end() != size or text[-1] not in _DIGITS or text[-13:].isdigit():
                    written.append(number.start())
        said = [at for word in _SAID_LOW.intersection(found) for at in _places_of(word, plain)]
        if (said or written) and self._may_be_told(text, found, tail):
            return said + written, hold
        stops = [at for at in written if not _is_count(text, at)]
        if said:
            stops += [box.start() for box in _BOX.finditer(text)]
            for row in _SAID_ROW.finditer(text):
                start, end = row.span()
                if not final and _PENDING.match(text, end) and not (start and text[start - 1] in _STICKY):
                    hold = min(hold, start)
                elif not _is_no_house(text, end, single=" " not in row[0]):
                    stops.append(start)
        return stops, hold

    def _may_be_told(self, text: str, found: list[bytes], tail: str) -> bool:
        """Whether the cue of an address may stand in ``text`` or shortly before it."""
        near = tail[-_CUE:]
        words = words_in(near) + found
        if not self._colons.isdisjoint(words) and (":" in text or ":" in near):
            return True
        return not self._place_single.isdisjoint(words) or not self._place_pairs.isdisjoint(pairwise(words))

    def may_hold(self, text: str, plain: bytes, found: list[bytes], book: NameBook) -> bool:
        """Whether a name or an address may be in a whole ASCII text; likewise.

        Args:
            plain: with ``found``, the text as :func:`harness.pii.gate.parsed` gives it.
        """
        if book and not book.pieces.isdisjoint(found):
            return True
        if self._builtin:
            if (b"0" in plain or not _SAID_LOW.isdisjoint(found)) and self._may_be_place(text, found):
                return True
            return not self._wakes.isdisjoint(found) and self._may_be_name(text, found)
        return bool(self.stops(text, plain, found, "", book, final=True)[0])

    def _may_be_place(self, text: str, found: list[bytes]) -> bool:
        """A number that was said or stands before a word, and what streets end in or a cue; a box."""
        numbered = _NUMBERED.search(text) is not None
        if not numbered and _SAID_LOW.isdisjoint(found):
            return False
        if not (_SUFFIXES_LOW if numbered else _STRONG_LOW).isdisjoint(found):
            return True
        if (b"box" in found and not _BOXES_LOW.isdisjoint(found)) or not self._place_single.isdisjoint(found):
            return True
        if ":" in text and not self._colons.isdisjoint(found):
            return True
        return not self._place_pairs.isdisjoint(pairwise(found))

    def _may_be_name(self, text: str, found: list[bytes]) -> bool:
        """For the rules of the package: a cue and what it asks for."""
        if not _RESERVED_LOW.isdisjoint(found) or not self._strong[1].isdisjoint(found):
            return True
        if (":" in text and not self._colons.isdisjoint(found)) or (b"person" in found and b"redacted" in found):
            return True
        if not _GIVEN_LOW.isdisjoint(found) and not self._before_given.isdisjoint(found):
            return True
        pairs = {*pairwise(found)}
        if not self._strong[0].isdisjoint(pairs):
            return True
        if not self._then.isdisjoint(found) and not self._then_pairs.isdisjoint(pairs):
            return True
        if _NAMED.isdisjoint(found):
            return False
        return not self._spelled[0].isdisjoint(pairs) or not self._spelled[1].isdisjoint(found)


def _places_of(word: bytes, plain: bytes) -> list[int]:
    """Where a whole word of a text as the gate has it begins."""
    places: list[int] = []
    at = plain.find(word)
    while at >= 0:
        end = at + len(word)
        if (not at or plain[at - 1] < _LETTERS) and (end == len(plain) or plain[end] < _LETTERS):
            places.append(at)
        at = plain.find(word, end)
    return places


def _is_count(text: str, at: int) -> bool:
    """Whether the written number whose last digit is at ``at`` is no house's, unless a cue tells of it."""
    return _is_no_house(text, at + 1, single=True) or _TWO_NUMBERS.match(text, at) is not None


def _is_no_house(text: str, end: int, *, single: bool) -> bool:
    """Whether what stands behind a number is no street's name; ``single``: it is written, or one word."""
    found = _NO_STREET.match(text, end)
    return found is not None and (found[1] is None or (single and found[1] not in _STREETS))


def _is_plain(text: str, end: int) -> bool:
    """Whether the word behind ``end``, in small letters, is no name whatever cue stands before it."""
    found = _SMALL.match(text, end)
    if found is None:
        return False
    word = found[1]
    return is_never(word) and not is_given(word) and word not in FILLERS


def _stop_from(stops: list[int], at: int, text: str) -> int:
    """Where the blanks before the token of the first stop from ``at`` on begin; -1 if there is none."""
    for stop in stops:
        if stop >= at:
            return at + len(text[at : text.rfind(" ", at, stop) + 1].rstrip(" \t"))
    return -1


def _ends_of(rules: Iterable[Rule]) -> tuple[frozenset[tuple[bytes, ...]], frozenset[bytes]]:
    """The last two words of each cue as the gate has them ("i'm" is two), and the cues of one word.

    Those that end with a colon are not among them: a colon wakes by itself.
    """
    rows = [low(cue).split() for rule in rules for cue in rule.cues if cue.isascii() and not cue.endswith(":")]
    return frozenset(tuple(row[-2:]) for row in rows if len(row) > 1), frozenset(
        row[0] for row in rows if len(row) == 1
    )


def _by_cue(rules: Iterable[Rule]) -> dict[tuple[str, ...], tuple[Rule, ...]]:
    table: dict[tuple[str, ...], tuple[Rule, ...]] = {}
    for rule in rules:
        for cue in rule.cues:
            key = tuple(cue.split())
            table[key] = (*table.get(key, ()), rule)
    return table


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
        self._tail = (self._tail + given)[-_TAIL:]
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
        self._tail = (self._tail + given)[-_TAIL:]
        return given, where, spans

    def finish(self) -> None:
        """The text is over: the conversation learns its names."""
        if self._shared is not None and self._heard is not None:
            self._shared.join(self._heard)

    def _scan(
        self, stops: list[int] | None, hold: int, *, final: bool
    ) -> tuple[str, Sequence[int], list[Span]]:
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
                if stop > at:
                    at, before = stop, None
            if before is None:
                before = _words_of((self._tail + "".join(parts) + text[taken:at])[-_TAIL:])
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
                if stops is not None:
                    stops, hold = self._stops(text, final=final)
            alive = bool(person.cued_rules(rules.names, rules.ends, before))
        while at < len(text) and text[at] in " \t":
            at += 1
        parts.append(text[taken:at])
        where: Sequence[int] = [*places, *offsets[taken:at]] if spans else offsets[:at]
        self._before, self._alive = before, alive
        return self._give(at, "".join(parts), where, spans)

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
        cued = person.cued_rules(self._rules.places, self._rules.ends, before) if before else ()
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
            if self._heard is None:
                self._known, self._heard = self._known.copy(), NameBook()
            self._known.learn(value)
            self._heard.learn(value)
        return Span(self._offsets[start], self._offsets[end - 1] + 1, rule.type, rule.id)


def _unfinished(text: str) -> int:
    """Where the last word begins that more text could go on."""
    blank = text.rfind(" ") + 1
    if blank == len(text) or (len(text) - blank < _LONGEST_WORD and text[blank:].isalnum()):
        return blank
    end = len(text)
    if text[-1] in _DIGITS and (number := _ENDING.search(text, max(0, end - _LONGEST_ENDING))):
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
