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
from harness.pii.names import GIVEN, RESERVED, NameBook, is_reserved, lower_name
from harness.pii.rules import Rule, RuleSet
from harness.pii.spoken import NUMBER_WORDS
from harness.pii.words import WIDEST, More, Word, Words
from harness.text.placeholder import placeholder
from harness.text.span import Span

__all__ = ["PeopleRules", "PeopleStream"]

_TAIL = 256
"""Characters before a place that hold the words a cue may be made of."""

_BEFORE = 12
"""Words before a place that are looked at."""

_LOWER = {code: chr(code).lower() if chr(code).isalpha() or chr(code) in "'’" else " " for code in range(128)}
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
_NUMBERED = re.compile(r"[0-9][A-Za-z]?(?:[-/][0-9]{1,5})?[ \t]{1,2}(?:[^\W\d_]|[0-9])|[0-9][A-Za-z]?[-/]?[ \t]{0,2}\Z")
_DIGIT = re.compile(r"[0-9]")
_BOXES = frozenset({"po", "post", "p"})
_SAID = (NUMBER_WORDS - {"o", "oh", "second", "double", "triple"}) | _BOXES
_SPEAKERS = frozenset({"this", "it's", "i'm", "am", "that's"})
_WEAK_PAIRS = frozenset({("this", "is"), ("i", "am"), ("that", "is")})
_LEAD = 40
"""Characters before a piece in which the last two words of a cue may have begun."""
_LONGEST_WORD = 16
_STUCK_WORDS = frozenset("-'’_@]")
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
        cues = [cue.split() for rule in named if rule.trust != "given" for cue in rule.cues]
        rows = [[word for word in cue if word[0].isalpha()] for cue in cues]
        self._pairs = frozenset(tuple(row[-2:]) for row in rows if len(row) > 1)
        self._single = frozenset(row[0] for row in rows if len(row) == 1)
        spots = [[word for word in cue.split() if word[0].isalpha()] for rule in placed for cue in rule.cues]
        self._place_pairs = frozenset(tuple(spot[-2:]) for spot in spots if len(spot) > 1)
        self._place_single = frozenset(spot[0] for spot in spots if len(spot) == 1)
        self._then = frozenset(word for rule in named for word in rule.then)
        self._before_given = frozenset(word for rule in named if rule.trust == "given" for word in rule.needs)
        self._begins = self._single | _SAID | (GIVEN | RESERVED if named else frozenset())
        self._builtin = rules.builtin
        self.ends = frozenset(key[-1] for key in (*self.names, *self.places))

    def cue_in(self, found: list[str], lead: list[str]) -> bool:
        """Whether a cue of a name may end among ``found``, words in lower case; ``lead`` is the one before them."""
        return not self._single.isdisjoint(found) or not self._pairs.isdisjoint(pairwise([*lead, *found]))

    def may_begin(self, text: str, found: list[str], book: NameBook) -> bool:
        """Whether a number or a name may be in ``text``, the words of which are ``found``; it may be wrong to say so."""
        if not self._begins.isdisjoint(found) or _NUMBERED.search(text):
            return True
        return bool(book) and book.any_of([lower_name(word) for word in found])

    def may_hold(self, text: str, book: NameBook) -> bool:
        """Whether a name or an address may be in a whole text; likewise."""
        found = split_words(text)
        numbered = _NUMBERED.search(text) is not None
        if self._begins.isdisjoint(found) and not numbered and not book and self._pairs.isdisjoint(pairwise(found)):
            return False
        if not self._builtin or (book and book.any_of([lower_name(word) for word in found])):
            return True
        return self._sure(found, numbered=numbered)

    def _sure(self, found: list[str], *, numbered: bool) -> bool:
        """For the rules of the package: a cue and what it asks for."""
        if not RESERVED.isdisjoint(found) or "box" in found or "person" in found:
            return True
        if numbered or not _SAID.isdisjoint(found):
            suffixes = address.SUFFIXES if numbered else address.STRONG
            if not suffixes.isdisjoint(found) or not self._place_pairs.isdisjoint(pairwise(found)):
                return True
            if not self._place_single.isdisjoint(found):
                return True
        if not GIVEN.isdisjoint(found) and not self._before_given.isdisjoint(found):
            return True
        weak = _SPEAKERS.isdisjoint(found) or self._then.isdisjoint(found)
        rows = self._pairs - _WEAK_PAIRS if weak else self._pairs
        single = self._single - _SPEAKERS if weak else self._single
        return not single.isdisjoint(found) or not rows.isdisjoint(pairwise(found))


def _by_cue(rules: Iterable[Rule]) -> dict[tuple[str, ...], tuple[Rule, ...]]:
    table: dict[tuple[str, ...], tuple[Rule, ...]] = {}
    for rule in rules:
        for cue in rule.cues:
            key = tuple(cue.split())
            table[key] = (*table.get(key, ()), rule)
    return table


def split_words(text: str) -> list[str]:
    """The words of ``text`` in lower case, also without "'s"."""
    if text.isascii():
        found = text.translate(_LOWER).split()
    else:
        found = _WORD.findall(text.lower().replace("’", "'"))
    if "'s" in text or "’s" in text:
        found = [part for word in found for part in ((word, word[:-2]) if word.endswith("'s") else (word,))]
    return found


class PeopleStream:
    """The layer for one text that arrives in pieces.

    Args:
        rules: what to look for.
        book: the conversation's names; None for a text of its own.
    """

    __slots__ = ("_alive", "_before", "_heard", "_known", "_offsets", "_rules", "_shared", "_tail", "_text")

    def __init__(self, rules: PeopleRules, book: NameBook | None = None) -> None:
        self._rules = rules
        self._shared = book
        self._known = book.copy() if book else NameBook()
        self._heard = NameBook()
        self._text = ""
        self._offsets: Sequence[int] = range(0)
        self._tail = ""
        self._before: list[str] | None = None
        self._alive = False
        """A cue has been given on, and what it announces may come now."""

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

    def quick(self, chunk: str) -> str | None:
        """Take an ASCII piece in which nothing begins and give text on; None, and nothing is taken, if something may."""
        text = self._text + chunk
        if not self._is_cold(text, final=False):
            return None
        whole = _unfinished(text)
        self._before = None
        self._text, given = text[whole:], text[:whole]
        self._tail = (self._tail + given)[-_TAIL:]
        return given

    def rest(self) -> str | None:
        """What is held, at the end of a text; None, and it stays held, if something may be in it."""
        text = self._text
        if text and not self._is_cold(text, final=True):
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
        if self._is_cold(text, final=final):
            whole = len(text) if final else _unfinished(text)
            self._before = None
            return self._give(whole, text[:whole], offsets[:whole], [])
        return self._scan(final=final)

    def _is_cold(self, text: str, *, final: bool) -> bool:
        """A quick, sufficient test that nothing begins in ``text``."""
        if final and not self._tail:
            return not self._rules.may_hold(text, self._known)
        if self._alive:
            return False
        found = split_words(text)
        lead = split_words(self._tail[-_LEAD:])[-1:]
        return not self._rules.cue_in(found, lead) and not self._rules.may_begin(text, found, self._known)

    def _give(
        self, at: int, given: str, where: Sequence[int], spans: list[Span]
    ) -> tuple[str, Sequence[int], list[Span]]:
        self._text, self._offsets = self._text[at:], self._offsets[at:]
        self._tail = (self._tail + given)[-_TAIL:]
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
                end, rule = self._value(at, word, before, final=final) if word.kind in "wn" else _NO_VALUE
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
        self._alive = bool(before) and bool(person.cued_rules(self._rules.names, self._rules.ends, before))
        return self._give(at, "".join(parts), where, spans)

    def _after_tail(self, word: Word) -> Word:
        """The first word held, with the blanks before it that were given on."""
        gap = len(self._tail) - len(self._tail.rstrip(" \t")) + word.gap
        return word._replace(gap=-1 if word.gap < 0 or gap > WIDEST else gap)

    def _words(self, at: int, most: int, *, final: bool) -> Words:
        return Words(self._text, self._offsets, at, final=final, most=most)

    def _value(self, at: int, word: Word, before: list[str], *, final: bool) -> tuple[int, Rule | None]:
        """(End, rule) of the value that begins with ``word``; rule None for none."""
        if not word.gap and self._is_inside(at):
            return _NO_VALUE
        place = self._place(word, before, final=final)
        if place[0] >= 0 or word.kind == "n":
            return place
        named = person.cued_rules(self._rules.names, self._rules.ends, before) if before else ()
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
            self._known.learn(value)
            self._heard.learn(value)
        return Span(self._offsets[start], self._offsets[end - 1] + 1, rule.type, rule.id)


def _unfinished(text: str) -> int:
    """Where the last word begins that more text could go on."""
    blank = text.rfind(" ") + 1
    if blank == len(text) or (len(text) - blank < _LONGEST_WORD and text[blank:].isalnum()):
        return blank
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
