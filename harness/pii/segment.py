"""Cut folded text into cold stretches, hot chains and oversize blocks: a pure function of the text.

1. A *token* is a row of characters between boundaries: white space, ``<>"|[]{};`` and everything that is neither
   ASCII nor a letter below U+2E80 (so that text written without spaces has tokens too).
2. A token with a digit, an ``@`` or a word of :data:`harness.pii.spoken_words.HOT_WORDS` is hot; the others are cold. A
   *chain* is a hot token, the one word before it (it may be the local part of a spoken address) and the tokens that may
   continue a value begun in it: :func:`_continues`. No value reaches over the end of a chain.
3. :meth:`Segmenter.next` answers only when more text could not change the answer; otherwise it answers None. Segments
   are therefore the same for every chunking of the text. So that a word before a hot token is still there when that
   token comes, the last whole word is never given away.
4. A chain or token of :data:`CAP` raw code points or more, with text after it, is *oversize*: it is cut into
   blocks of that length and masked until it ends, because a value that cannot be seen whole must not leak.
   Rows without a letter or digit (rulers) are cold.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from typing import Literal, NamedTuple

from harness.pii.gate import HOT, low, trie
from harness.pii.spoken_words import CLASSES, EXTENSION, HOT_WORDS, NUMBER_WORDS

__all__ = [
    "AFTER_CLASS",
    "CAP",
    "HELD_MAX",
    "LOOK",
    "Open",
    "Segment",
    "Segmenter",
    "cold_cut",
]

CAP = 296
"""Longest chain or token, in raw code points."""

LONGEST_WORD = 40
"""A longer word before a hot token is not looked at with it."""

LOOK = 64
"""Raw code points looked at after a chain."""

HELD_MAX = 512
"""No stream holds more raw code points than this (CAP, LOOK, the word before, a name or address, a row of dropped characters
and what is not yet looked at)."""

_TRIGGER = re.compile(r"[0-9@]|(?<=[A-Za-z_])=")
_WORD = re.compile(r"[^\W\d_]+")
_HOT_WORD = re.compile(rf"(?<![a-z])(?:{trie({word for word in HOT_WORDS if word.isascii()})})(?![a-z])".encode())
_NUMBER = trie(NUMBER_WORDS)
_ROW = re.compile(rf"(?:(?:[0-9]+|{_NUMBER})[,.;:!?]{{0,3}} (?=[0-9]|(?:{_NUMBER})(?![^\W\d_])))+")
"""Tokens that number words or digits follow: none of them can end a chain."""
_ROW_LAST = 32
"""More than the longest number word and what is read after it."""
_ASCII_BOUNDARY = ' \t\n\r\x0b\x0c\x1c\x1d\x1e\x1f<>"|[]{};'
_ALNUM = re.compile(r"[^\W_]")
_AFTER = re.compile(r"(\s{0,4})((?:[-(+./#*,:)…]{1,3}\s{0,2})?)([0-9]|[^\W\d_]{0,20})(.{0,2})", re.DOTALL)
_IBAN_OPEN = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{2}[0-9]{2}(?:[ -]?[A-Za-z0-9]){0,32}\Z")
_ORDINAL = re.compile(r"[0-9]{1,2}(?:st|nd|rd|th)")
_PUNCTUATION = "-.,:;!?…()'/*#"
AFTER_CLASS = {"D": "NDFJL", "N": "NDFGJL", "F": "NDF", "G": "NDFG", "L": "NDJL", "W": "NDJ", "J": "NDFGJLW"}
"""Class of a token's last word -> classes of the next word that continue the chain."""


class Segment(NamedTuple):
    """A stretch of folded text; what lies between the position asked for and ``begin`` is cold.

    Args:
        kind: ``cold`` holds no value (then begin == end), ``hot`` is to be classified, ``oversize`` is masked.
        begin: its first folded character.
        end: one past its last folded character.
        look: end of the text after it that may be read as context.
        open: an oversize row goes on after ``end``.
    """

    kind: Literal["cold", "hot", "oversize"]
    begin: int
    end: int
    look: int = 0
    open: bool = False


class Open(NamedTuple):
    """How far a chain was looked at when the text ended: more of it can only change what comes after.

    Args:
        hot: its first hot token.
        position: the token where the look goes on.
        mail: the chain holds a joiner of an address before it.
    """

    hot: int
    position: int
    mail: bool


def is_boundary(char: str) -> bool:
    """Whether a token ends before ``char``."""
    if char < "\x80":
        return char in _ASCII_BOUNDARY
    return char >= "\u2e80" or not char.isalnum()


def cold_cut(text: str) -> int:
    """How much of a cold text may be given away while more is to come: all but its last two words."""
    blank = text.rfind(" ")
    return text.rfind(" ", 0, blank) + 1 if blank > 0 and text[blank - 1].isalnum() else blank + 1


class Segmenter:
    """The segments of one held text, from left to right.

    Args:
        text: folded text that begins where the last segment ended.
        offsets: raw offset of each folded character.
        final: no more text will come.
        masking: the last segment was an oversize one left open.
    """

    __slots__ = ("_edges", "_final", "_hot", "_hot_at", "_low", "_lower", "_offsets", "_text", "_trigger", "left")

    def __init__(self, text: str, offsets: Sequence[int], *, final: bool, left: Open | None = None) -> None:
        self._text = text
        self._offsets = offsets
        self._final = final
        self._edges = _edges(text)
        self._trigger = self._hot_at = -2
        self._low = b""
        self._lower = text.lower() if text.isascii() else ""
        self._hot: list[int] | None = None
        self.left = left
        """The chain that more text is needed for; one that begins at 0 may be given to the next segmenter."""

    def _prepare(self) -> None:
        text = self._text
        self._hot_at = -1
        if self._lower:
            self._low = low(text)
            if HOT.isdisjoint(self._low.split()):
                self._hot_at = len(text)
        else:
            self._hot = self._hot_words()
            self._hot_at = 0

    def _hot_words(self) -> list[int]:
        """Where whole hot words begin, in text that is not ASCII."""
        first = "".join([char.lower()[:1] for char in self._text])
        stop = len(first) if self._final else len(first) - 1
        return [m.start() for m in _WORD.finditer(first) if m[0] in HOT_WORDS and m.end() <= stop]

    def _next_hot(self, start: int) -> int:
        """The first hot character from ``start`` on; the text's length if there is none."""
        size = len(self._text)
        if self._hot_at == -2:
            self._prepare()
        if self._trigger < start:
            found = _TRIGGER.search(self._text, start)
            self._trigger = found.start() if found else size
        if self._hot is None:
            if self._hot_at < start:
                word = _HOT_WORD.search(self._low, start)
                self._hot_at = word.start() if word and (self._final or word.end() < size) else size
            return min(self._trigger, self._hot_at)
        while self._hot_at < len(self._hot) and self._hot[self._hot_at] < start:
            self._hot_at += 1
        if self._hot_at < len(self._hot):
            return min(self._trigger, self._hot[self._hot_at])
        return self._trigger

    def next(self, start: int, *, masking: bool) -> Segment | None:
        """The segment that begins at ``start``, or None while more text is needed to know it.

        ``start`` is a token's first character, a boundary, or (masking) anywhere in a row.
        """
        text, offsets, final = self._text, self._offsets, self._final
        if start >= len(text):
            return None
        if masking:
            return self._chain(start, Open(start, start, False), masking=True)
        if self.left is not None and not start:
            return self._chain(0, self.left, masking=False)
        limit = self._next_hot(start)
        if limit - start < CAP and isinstance(offsets, range):
            token = self._edges.rfind(" ", start, limit) + 1 or start
        else:
            token, oversize = self._last_token(start, limit)
            if oversize:
                return Segment("oversize", token, _within(offsets, token, CAP), open=True)
        if limit == len(text):
            if final:
                return Segment("cold", limit, limit)
            begin = self._word_before(start, token)
        else:
            begin = self._word_before(start, token)
            found = self._chain(begin, Open(token, token, False), masking=False)
            if found:
                return found
        return Segment("cold", begin, begin) if begin > start else None

    def _word_before(self, start: int, token: int) -> int:
        """Start of the word, without punctuation behind it, one blank before ``token``; ``token`` if there is none."""
        text = self._text
        if token - 2 < start or text[token - 1] != " " or not text[token - 2].isalnum() or text[token - 2] >= "\u2e80":
            return token
        begin = self._edges.rfind(" ", start, token - 1) + 1 or start
        return begin if token - begin <= LONGEST_WORD else token

    def _last_token(self, start: int, limit: int) -> tuple[int, bool]:
        """Start of the last token before ``limit``, or of an earlier oversize one (True)."""
        text, token = self._text, start
        while True:
            cap = _within(self._offsets, token, CAP)
            if cap >= limit:
                return self._edges.rfind(" ", token, limit) + 1 or token, False
            blank = text.rfind(" ", token, cap)
            after = blank + 1 if blank >= 0 else self._edges.rfind(" ", token, cap) + 1 or token
            if after == token:
                if _ALNUM.search(text, token, cap):
                    return token, True
                after = cap
            token = after

    def _chain(self, start: int, left: Open, *, masking: bool) -> Segment | None:
        """The chain that begins at ``start``, looked at as far as ``left``, cut at the cap."""
        text, offsets, edges, final, size = self._text, self._offsets, self._edges, self._final, len(self._text)
        hot, position, mail = left
        self.left = None
        cap = _within(offsets, hot, CAP)
        row = _ROW.match(self._lower, position, cap)
        if row and (row.end() + _ROW_LAST < cap or cap == size):
            position = row.end()
        while True:
            end = edges.find(" ", position, cap)
            if end < 0:
                end = cap
            if end == size:
                if final:
                    return Segment("oversize" if masking else "hot", start, end, end)
                break
            if end == cap:
                return Segment("oversize", hot, cap, open=True)
            after = _AFTER.match(text, end, _within(offsets, end, LOOK))
            assert after is not None  # every part of it may be empty
            gap, mark, word, _ = after.groups()
            stop = after.end()
            if stop == size and not final and not word.isdigit():
                break
            kind = _class(text[position:end]) if position < end else "D"
            mail = mail or kind == "J"
            if not (
                word
                and gap
                and len(gap) < 4
                and (
                    (text[end - 1] == "@" and gap.strip(" ") == "\n" and not mark)
                    or self._continues(start, end, bool(mark), word.lower(), kind, mail=mail)
                )
            ):
                if stop == size and not final:
                    break
                return Segment("oversize" if masking else "hot", start, end, stop)
            position = after.start(3)
        self.left = Open(hot, position, mail)
        return None

    def _continues(self, start: int, end: int, marked: bool, word: str, kind: str, *, mail: bool) -> bool:
        """Whether the token after the gap belongs to the chain, by the class of the last word before it."""
        if word == "it":  # "got it" is a pause
            return self._text[max(0, end - 3) : end].lower() == "got"
        if word.isdigit():
            return "D" in AFTER_CLASS[kind] or self._iban_open(start, end)
        following = CLASSES.get(word) or ("L" if len(word) == 1 and (word != "i" or kind != "D") else "W")
        if kind == "D" and word in EXTENSION:
            return True
        if following in AFTER_CLASS[kind] or (mail and kind == "W" and following == "L"):
            return True
        return not marked and len(word) <= 4 and kind != "N" and self._iban_open(start, end)

    def _iban_open(self, start: int, end: int) -> bool:
        return _IBAN_OPEN.search(self._text, max(start, end - 45), end) is not None


class _EdgeTable(dict[int, str]):
    """Code point -> a blank if a token ends before it, else ``x``; filled on demand."""

    def __missing__(self, point: int) -> str:
        self[point] = mark = " " if is_boundary(chr(point)) else "x"
        return mark


_EDGE_TABLE = _EdgeTable()
_ASCII_EDGES = bytes(32 if n < 128 and chr(n) in _ASCII_BOUNDARY else 120 for n in range(256))


def _edges(text: str) -> str:
    """``text`` with a blank for every boundary and ``x`` for everything else."""
    if text.isascii():
        return text.encode().translate(_ASCII_EDGES).decode()
    return text.translate(_EDGE_TABLE)


def _within(offsets: Sequence[int], start: int, size: int) -> int:
    """One past the last index whose raw offset is less than ``size`` after that of ``start``."""
    if type(offsets) is range:
        end = start + size
        return min(len(offsets), end)
    if start >= len(offsets):
        return start
    return bisect_left(offsets, offsets[start] + size, start)


def _class(token: str) -> str:
    """What a token's last word is: D digits, L letter, W other word, or a class of the spoken lexicon."""
    if token[-1].isdigit():
        return "D"
    word = token.rstrip(_PUNCTUATION)
    if "-" in word:
        word = word.rpartition("-")[2]
    if word[-1:].isdigit() or (word[:1].isdigit() and _ORDINAL.fullmatch(word)):
        return "D"
    word = word.lstrip("('").lower()
    return CLASSES.get(word) or ("L" if len(word) == 1 else "W")
