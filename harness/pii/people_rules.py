"""The rules of the first layer, and where in a text they may have anything to say: sufficient tests on ASCII text.

1. A *stop* is a word that a value may begin with, or the last word of a cue: between two stops, once no cue is open, no word
   needs to be looked at.
2. A stop may be one too many, never one too few; what is left out here is left out for every chunking.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import pairwise

from harness.pii import address
from harness.pii.abroad import GLUED, KINDS, KINDS_BEFORE, SMALL, may_begin
from harness.pii.book import NameBook
from harness.pii.gate import HOT, WAKE, low, trie, words_in, words_of
from harness.pii.names import (
    ALONE_LOW,
    FAMILY,
    FILLERS,
    GIVEN,
    RESERVED,
    is_given,
    is_never,
    is_strong,
)
from harness.pii.rules import Rule, RuleSet
from harness.pii.spoken import NUMBER_WORDS

__all__ = ["DIGITS", "SAID", "PeopleRules"]

_NUMBERED = re.compile(r"[0-9][A-Za-z]?(?:[-/][0-9]{1,5})?[ \t]{1,2}(?:[^\W\d_]|[0-9])|[0-9][A-Za-z]?[-/]?[ \t]{0,2}\Z")
_NO_STREET = re.compile(r"[.,;!?)\n]|[ \t]{1,2}([a-z]+)[^A-Za-z'-]")
"""What follows a number before which no street's name stands, or may not: it depends on the word."""
_SMALL = re.compile(r"[ \t]{1,2}([a-z]+)[^A-Za-z'-]")
_TWO_NUMBERS = re.compile(r"[0-9][ \t]{1,2}[0-9]+[^0-9A-Za-z]")
_BOXES = frozenset({"po", "post", "p"})
SAID = (NUMBER_WORDS - {"o", "oh", "second", "double", "triple"}) | _BOXES
_SAID_LOW = words_of(SAID)
_SAID_WORD = rf"(?:{trie({word for word in SAID - _BOXES if word.isascii()})})(?![A-Za-z])"
_SAID_ROW = re.compile(rf"(?<![A-Za-z]){_SAID_WORD}(?: {_SAID_WORD})*", re.IGNORECASE)
_PENDING = re.compile(r"[ \t]{0,2}[A-Za-z]{0,40}['-]?\Z")
"""The next word is not there yet, or not whole."""
_STICKY = "-'_@.0123456789"
_BOX = re.compile(r"(?<![A-Za-z])(?:p|po|post)(?![A-Za-z])(?![\s.]*[^ob\s.])", re.IGNORECASE)
"""What a box begins with, unless another word follows."""
_BOXES_LOW = words_of(_BOXES)
_NAMED = frozenset({b"name", b"person"})
"""One of them stands before a name that is spelled."""
_GIVEN_LOW = words_of(GIVEN)
_RESERVED_LOW = words_of(RESERVED)
_FAMILY_LOW = words_of(FAMILY)
_ALONE_LOW = words_of(ALONE_LOW)
_STRONG_GIVEN_LOW = frozenset(word for word in _GIVEN_LOW if is_strong(word.decode()))
_ABROAD_LOW = words_of(KINDS_BEFORE)
_GLUED_LOW = tuple(end.encode() for end in GLUED if end.isascii())
_TAILS_LOW = frozenset(end[-3:] for end in _GLUED_LOW)
_DWELLINGS_LOW = words_of(address.DWELLINGS | KINDS)
_SUFFIXES_LOW = words_of(address.SUFFIXES)
_STRONG_LOW = words_of(address.STRONG)
_BARE_LOW = _STRONG_GIVEN_LOW | _FAMILY_LOW
_STREETS = address.NAMES | RESERVED | SMALL | (SAID - _BOXES)
"""Words in small letters that may begin a street's name, or go on with a number that is said."""
_CAPITAL = re.compile(r"(?<![A-Za-z'-])[A-Z][A-Za-z'-]{0,30}[ ]{1,2}(?:[A-Z][A-Za-z'-]{0,30})?\Z")
"""The last two words, the second maybe unfinished."""
_PAUSES = frozenset(".,:;!?")
_CUE = 120
"""Characters before a piece in which the end of a cue and what may follow it may stand."""
_LEAD = 40
"""Characters before a piece in which the last two words of a cue may have begun."""
DIGITS = "0123456789"
_NO_WORDS: frozenset[bytes] = frozenset()
_LETTERS = 97
_MOST_SAID = 8
"""Words that say a house's number."""


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
        self.bare = next((rule for rule in named if rule.trust == "bare"), None)
        self.known = next((rule for rule in named if rule.trust == "known"), None)
        self.street = next((rule for rule in placed if not rule.cues), None)
        cued = [rule for rule in named if rule.trust != "given"]
        self._pairs, single = _ends_of(rule for rule in cued if rule.trust != "spelled")
        self._strong = _ends_of(rule for rule in cued if rule.trust != "spelled" and not rule.then)
        self._then_pairs = _ends_of(rule for rule in cued if rule.then)[0]
        self._spelled = _ends_of(rule for rule in cued if rule.trust == "spelled")
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
        self._family = _FAMILY_LOW if self.bare else _NO_WORDS
        self._any = self._family | self._begins | _SAID_LOW | self._spelled[1] | {pair[-1] for pair in ends}
        """Without one of them, a number, a colon or a known name nothing begins."""
        self.loud = self._begins | self._colons | _SAID_LOW | HOT | self._family
        """Words that a value may begin with, or go on with, here or in what comes after this layer."""
        self.cue_ends = self._spelled[1] | {pair[-1] for pair in ends}
        """Last words of the cues that are longer than a word."""
        self._wakes = (
            self._family
            | self._strong[1]
            | self._colons
            | self._then
            | words_of(needed)
            | _GIVEN_LOW
            | _RESERVED_LOW
            | _NAMED
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
        abroad = (b"0" in plain or not final) and self.street is not None and _may_be_abroad(found)
        if self._any.isdisjoint(found) and b"0" not in plain and ":" not in text and not book and not abroad:
            return stops, len(text) if final or self.bare is None else _capital_at_end(text)
        if not self._begins.isdisjoint(found):
            for word in self._begins.intersection(found):
                stops += _places_of(word, plain)
        stops += self._cued(text, plain, found, tail)
        if ":" in text and not (self._colons.isdisjoint(found) and self._colons.isdisjoint(words_in(tail[-_LEAD:]))):
            stops += [at for at, char in enumerate(text) if char == ":"]
        if book:
            for word in book.pieces.intersection(found):
                stops += _places_of(word, plain)
        stops += self._alone(text, plain, found)
        if abroad:
            stops += _begin_abroad(text, plain, found)
        hold = len(text)
        if b"0" in plain or not _SAID_LOW.isdisjoint(found):
            numbers, hold = self._numbers(text, plain, found, tail, final=final)
            stops += numbers
        if not final and self.bare is not None:
            last = _capital_at_end(text)
            hold = min(hold, last)
            if stops and max(stops) > last:
                stops.append(last)
        stops.sort()
        return stops, hold

    def is_quiet(self, found: list[bytes], tail: str) -> bool:
        """Whether no cue of two words or more ends in a text, nor one before what is spelled; likewise."""
        pairs: list[tuple[bytes, ...]] = [*pairwise(found)]
        if found[0] in self.cue_ends:
            pairs.append((*words_in(tail[-_LEAD:])[-1:], found[0]))
        if not self._pairs.isdisjoint(pairs):
            return False
        if self._spelled[0].isdisjoint(pairs) and self._spelled[1].isdisjoint(found):
            return True
        return _NAMED.isdisjoint(found) and _NAMED.isdisjoint(words_in(tail))

    def led(self, found: list[bytes]) -> frozenset[bytes]:
        """Those of the words ``found`` by which a street may begin or end where no number stands before it."""
        return _NO_WORDS if self.street is None or not _may_be_abroad(found) else _abroad(found)

    def _alone(self, text: str, plain: bytes, found: list[bytes]) -> list[int]:
        """The stops that are a word with a capital before a surname."""
        stops: list[int] = []
        for word in self._family.intersection(found):
            before = [_word_before(text, place) for place in _places_of(word, plain)]
            stops += [at for at in before if at >= 0 and text[at].isupper()]
        return stops

    def _cued(self, text: str, plain: bytes, found: list[bytes], tail: str) -> list[int]:
        """The stops that are the last word of a cue of two words or more, or of one before what is spelled."""
        stops: list[int] = []
        pairs: list[tuple[bytes, ...]] = [*pairwise(found)]
        if found and tail and found[0] in self._any:
            pairs.append((*words_in(tail[-_LEAD:])[-1:], found[0]))
        if not self._pairs.isdisjoint(pairs):
            for pair in self._pairs.intersection(pairs):
                stops += [at for at in _places_of(pair[-1], plain) if not _is_plain(text, at + len(pair[-1]))]
        if self._spelled[0].isdisjoint(pairs) and self._spelled[1].isdisjoint(found):
            return stops
        if not _NAMED.isdisjoint(found) or not _NAMED.isdisjoint(words_in(tail)):
            ends = {pair[-1] for pair in self._spelled[0].intersection(pairs)}
            for word in ends | self._spelled[1].intersection(found):
                stops += _places_of(word, plain)
        return stops

    def _numbers(self, text: str, plain: bytes, found: list[bytes], tail: str, *, final: bool) -> tuple[list[int], int]:
        """The stops that are numbers, and the start of one that the next word decides."""
        size = hold = len(text)
        rows = _NUMBERED.finditer(text) if b"0" in plain else ()
        # Digits at the end wait for what comes; a long row of them is not held.
        sure = final or text[-1] not in DIGITS or text[-13:].isdigit()
        written = [row.start() for row in rows if sure or row.end() != size or len(row[0]) > 1]
        said = [at for word in _SAID_LOW.intersection(found) for at in _places_of(word, plain)]
        if (said or written) and self._may_be_told(text, found, tail):
            return said + written, hold
        stops = [at for at in written if not _is_count(text, at)]
        if said:
            stops += [box.start() for box in _BOX.finditer(text)]
            for row in _SAID_ROW.finditer(text):
                start, end = row.span()
                count = row[0].count(" ") + 1
                if count > _MOST_SAID:
                    continue
                if not final and _PENDING.match(text, end) and not (start and text[start - 1] in _STICKY):
                    hold = min(hold, start)
                elif not _is_no_house(text, end, single=count == 1):
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
            if (b"0" in plain or not _SAID_LOW.isdisjoint(found)) and self._may_be_place(text, plain, found):
                return True
            return not self._wakes.isdisjoint(found) and self._may_be_name(text, plain, found)
        return bool(self.stops(text, plain, found, "", book, final=True)[0])

    def _may_be_place(self, text: str, plain: bytes, found: list[bytes]) -> bool:
        """A number that was said or stands before a word, and what streets end in or a cue; a box."""
        if b"0" in plain and _may_be_abroad(found):
            return True
        numbered = _NUMBERED.search(text) is not None
        if numbered and not _DWELLINGS_LOW.isdisjoint(found):
            return True
        if not numbered and _SAID_LOW.isdisjoint(found):
            return False
        if not (_SUFFIXES_LOW if numbered else _STRONG_LOW).isdisjoint(found):
            return True
        if (b"box" in found and not _BOXES_LOW.isdisjoint(found)) or not self._place_single.isdisjoint(found):
            return True
        if ":" in text and not self._colons.isdisjoint(found):
            return True
        return not self._place_pairs.isdisjoint(pairwise(found))

    def _may_be_name(self, text: str, plain: bytes, found: list[bytes]) -> bool:
        """For the rules of the package: a cue and what it asks for."""
        if not _RESERVED_LOW.isdisjoint(found) or not self._strong[1].isdisjoint(found):
            return True
        if self.bare is not None and not _BARE_LOW.isdisjoint(found) and _may_be_bare(text, plain, found):
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


def _may_be_bare(text: str, plain: bytes, found: list[bytes]) -> bool:
    """Whether a given name with a capital, or a surname behind another word, is in ``text``."""
    given, family = _STRONG_GIVEN_LOW.intersection(found), _FAMILY_LOW.intersection(found)
    if not given.isdisjoint(_ALONE_LOW) or (given and family):
        return True
    words = given | family
    return any(text[at].isupper() for word in words for at in _places_of(word, plain))


def _abroad(found: list[bytes]) -> frozenset[bytes]:
    return frozenset(word for word in found if word in _ABROAD_LOW or word.endswith(_GLUED_LOW))


def _may_be_abroad(found: list[bytes]) -> bool:
    if not _ABROAD_LOW.isdisjoint(found):
        return True
    return not _TAILS_LOW.isdisjoint([word[-3:] for word in found]) and any(word.endswith(_GLUED_LOW) for word in found)


def _begin_abroad(text: str, plain: bytes, found: list[bytes]) -> list[int]:
    return [at for word in _abroad(found) for at in _places_of(word, plain) if may_begin(text[at : at + len(word)])]


def _word_before(text: str, place: int) -> int:
    """Where the word one or two blanks before ``place`` begins, -1 if there is none."""
    end = len(text[:place].rstrip(" "))
    if not 1 <= place - end <= 2 or not end or not text[end - 1].isalpha():
        return -1
    start = end
    while start and (text[start - 1].isalpha() or text[start - 1] in "'-") and end - start < 42:
        start -= 1
    return start


def _capital_at_end(text: str) -> int:
    """Where a word with a capital begins that the last, maybe unfinished word may go on with; the text's length for none."""
    blank = text.rfind(" ")
    second = text[blank + 1 : blank + 2]
    if blank < 0 or (second and not second.isupper()) or text[blank - 1 : blank] in _PAUSES:
        return len(text)
    found = _CAPITAL.search(text, max(0, len(text) - 80))
    return found.start() if found else len(text)


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
