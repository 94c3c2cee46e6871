"""Cut folded text into cold stretches, hot chains and oversize blocks: a pure function of the text.

1. A *token* is a row of characters between boundaries: white space, ``<>"|[]{};`` and everything that is neither
   ASCII nor a letter below U+2E80 (so that text written without spaces has tokens too).
2. A token with a digit, an ``@`` or a word of :data:`harness.pii.spoken.HOT_WORDS` is hot; the others are cold. A
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

from harness.pii.spoken import CLASSES, EXTENSION, HOT_WORDS, NUMBER_WORDS

__all__ = [
    "CAP",
    "FEW_DIGITS",
    "HELD_MAX",
    "LOOK",
    "Segment",
    "Segmenter",
    "cold_cut",
    "is_cold",
    "is_idle",
    "is_plain",
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

_TRIGGER = re.compile(r"[0-9@]")
_WORD = re.compile(r"[^\W\d_]+")
_ASCII_BOUNDARY = ' \t\n\r\x0b\x0c\x1c\x1d\x1e\x1f<>"|[]{};'
_TOKEN_END = re.compile(r'[ \t\n\r\x0b\x0c\x1c-\x1f<>"|\[\]{};]|[^\x00-\x7f]')
_ALNUM = re.compile(r"[^\W_]")
_AFTER = re.compile(r"(\s{0,4})((?:[-(+./#*,:)…]{1,3}\s{0,2})?)([0-9]|[^\W\d_]{0,20})(.{0,2})", re.DOTALL)
_IBAN_OPEN = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{2}[0-9]{2}(?:[ -]?[A-Za-z0-9]){0,32}\Z")
_ORDINAL = re.compile(r"[0-9]{1,2}(?:st|nd|rd|th)")
_PUNCTUATION = "-.,:;!?…()'/*#"
_LOWER = {code: chr(code).lower() if chr(code).isalpha() else " " for code in range(128)} | dict.fromkeys(
    map(ord, "0123456789@"), "0"
)
"""Letters in lower case, ``0`` for what is hot by itself, blanks for everything else."""
_LONG_WORD = 14
_DOMAIN = re.compile(r"[A-Za-z0-9]\.[A-Za-z]")
FEW_DIGITS = 6
"""Without a cue no value of the built-in rules has fewer digits, but for addresses of the network."""

_AFTER_CLASS = {"D": "NDFJL", "N": "NDFGJL", "F": "NDF", "G": "NDF", "L": "NDJL", "W": "NDJ", "J": "NDFGJLW"}
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


def is_boundary(char: str) -> bool:
    """Whether a token ends before ``char``."""
    if char < "\x80":
        return char in _ASCII_BOUNDARY
    return char >= "\u2e80" or not char.isalnum()


def is_cold(text: str) -> bool:
    """A quick, sufficient test that no token of the ASCII ``text`` is hot and none is oversize."""
    low = text.translate(_LOWER)
    if "0" in low:
        return False
    words = low.split()
    return HOT_WORDS.isdisjoint(words) and (len(text) < CAP or max(map(len, text.split()), default=0) < CAP)


def is_plain(text: str) -> bool:
    """A quick, sufficient test that no rule finds anything in the ASCII ``text``, whatever stands before it."""
    low = text.translate(_LOWER)
    if "0" in low:
        return False
    words = low.split()
    if HOT_WORDS.isdisjoint(words):
        return True
    return sum([word in NUMBER_WORDS for word in words]) < 2 and "dot" not in words and "." not in text


def is_idle(text: str, cue_ends: frozenset[str]) -> bool:
    """A quick, sufficient test that the built-in rules find nothing in the short ASCII ``text``, no cue standing before it.

    Without a cue a value has an ``@``, six digits or more, seven of them said, a spoken joiner, or the look of an address
    of the network or of a secret.
    """
    low = text.translate(_LOWER)
    count = low.count("0")
    words = low.replace("0", " ").split() if count else low.split()
    if HOT_WORDS.isdisjoint(words):
        return not count or (
            count < FEW_DIGITS and "@" not in text and cue_ends.isdisjoint(words) and not _is_odd(text)
        )
    said = sum([word in NUMBER_WORDS for word in words])
    if "dot" in words or "@" in text or ("at" in words and _DOMAIN.search(text)):
        return False
    if not cue_ends.isdisjoint(words):
        return not count and said < 2
    return count < FEW_DIGITS and count + 3 * said < FEW_DIGITS + 1 and not (count and _is_odd(text))


def _is_odd(text: str) -> bool:
    """Whether a network address, an identifier or a secret with few digits may be in ``text``."""
    return text.count(":") > 1 or text.count(".") > 1 or "_" in text or max(map(len, text.split())) > _LONG_WORD


def cold_cut(text: str) -> int:
    """How much of a cold text may be given away while more is to come: all but its last two words."""
    blank = text.rfind(" ")
    if blank < 1 or not text[blank - 1].isalnum():
        return blank + 1
    return text.rfind(" ", 0, blank) + 1


class Segmenter:
    """The segments of one held text, from left to right.

    Args:
        text: folded text that begins where the last segment ended.
        offsets: raw offset of each folded character.
        final: no more text will come.
        masking: the last segment was an oversize one left open.
    """

    __slots__ = ("_final", "_hot", "_hot_at", "_offsets", "_text", "_trigger")

    def __init__(self, text: str, offsets: Sequence[int], *, final: bool) -> None:
        self._text = text
        self._offsets = offsets
        self._final = final
        self._hot = self._hot_words()
        self._hot_at = 0
        self._trigger = -1

    def _hot_words(self) -> list[int]:
        """Where whole hot words begin."""
        text = self._text
        if text.isascii():
            low = text.translate(_LOWER)
            if HOT_WORDS.isdisjoint(low.split()):
                return []
        else:
            low = "".join(char.lower()[:1] for char in text)
        stop = len(text) if self._final else len(text) - 1
        return [m.start() for m in _WORD.finditer(low) if m[0] in HOT_WORDS and m.end() <= stop]

    def _next_hot(self, start: int) -> int:
        """The first hot character from ``start`` on; the text's length if there is none."""
        if self._trigger < start:
            found = _TRIGGER.search(self._text, start)
            self._trigger = found.start() if found else len(self._text)
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
            return _chain(text, offsets, start, start, final=final, masking=True)
        limit = self._next_hot(start)
        token, oversize = _last_token(text, offsets, start, limit)
        if oversize:
            return Segment("oversize", token, _within(offsets, token, CAP), open=True)
        if limit == len(text) and final:
            return Segment("cold", limit, limit)
        begin = _word_before(text, start, token)
        found = _chain(text, offsets, begin, token, final=final, masking=False) if limit < len(text) else None
        return found or (Segment("cold", begin, begin) if begin > start else None)


def _word_before(text: str, start: int, token: int) -> int:
    """Start of the word, without punctuation behind it, that is one blank before ``token``; ``token`` if there is none."""
    if token - 2 < start or text[token - 1] != " " or not text[token - 2].isalnum() or text[token - 2] >= "\u2e80":
        return token
    begin = _token_start(text, start, token - 1)
    return begin if token - begin <= LONGEST_WORD else token


def _within(offsets: Sequence[int], start: int, size: int) -> int:
    """One past the last index whose raw offset is less than ``size`` after that of ``start``."""
    if isinstance(offsets, range):
        return min(len(offsets), start + size)
    return bisect_left(offsets, offsets[start] + size, start)


def _last_token(text: str, offsets: Sequence[int], start: int, limit: int) -> tuple[int, bool]:
    """Start of the last token before ``limit``, or of an earlier oversize one (True)."""
    token = start
    while True:
        cap = _within(offsets, token, CAP)
        if cap >= limit:
            return _token_start(text, token, limit), False
        blank = text.rfind(" ", token, cap)
        after = blank + 1 if blank >= 0 else _token_start(text, token, cap)
        if after == token:
            if _ALNUM.search(text, token, cap):
                return token, True
            after = cap
        token = after


def _token_start(text: str, low: int, high: int) -> int:
    while high > low and not is_boundary(text[high - 1]):
        high -= 1
    return high


def _token_end(text: str, start: int, stop: int) -> int:
    """First boundary from ``start`` on, ``stop`` if there is none before it."""
    for found in _TOKEN_END.finditer(text, start, stop):
        if is_boundary(found.group()):
            return found.start()
    return stop


def _chain(
    text: str, offsets: Sequence[int], start: int, position: int, *, final: bool, masking: bool
) -> Segment | None:
    """The chain that begins at ``start`` and is hot from ``position`` on, cut at the cap."""
    cap = _within(offsets, position, CAP)
    hot, mail = position, False
    while True:
        end = _token_end(text, position, cap) if position < cap else cap
        if end == cap < len(text):
            return Segment("oversize", hot, cap, open=True)
        if end == len(text) and not final:
            return None
        stop = _within(offsets, end, LOOK) if end < len(text) else end
        after = _AFTER.match(text, end, stop)
        assert after is not None  # every part of it may be empty
        if after.end() == len(text) and not final and not after[3].isdigit():
            return None
        kind = _class(text[position:end]) if position < end else "D"
        mail = mail or kind == "J"
        if not _continues(text, start, end, after, kind, mail=mail):
            if after.end() == len(text) and not final:
                return None
            return Segment("oversize" if masking else "hot", start, end, after.end())
        position = after.start(3)


def _class(token: str) -> str:
    """What a token's last word is: D digits, L letter, W other word, or a class of the spoken lexicon."""
    word = token.rstrip(_PUNCTUATION)
    if "-" in word:
        word = word.rpartition("-")[2]
    if word[-1:].isdigit() or _ORDINAL.fullmatch(word):
        return "D"
    word = word.lstrip("('").lower()
    return CLASSES.get(word) or ("L" if len(word) == 1 else "W")


def _continues(text: str, start: int, end: int, after: re.Match[str], kind: str, *, mail: bool) -> bool:
    """Whether the token after the gap belongs to the chain, by the class of the last word before it."""
    gap, mark, word = after[1], after[2], after[3]
    if not gap or len(gap) > 3 or not word:
        return False
    word = word.lower()
    if word.isdigit():
        return "D" in _AFTER_CLASS[kind] or _iban_open(text, start, end)
    following = CLASSES.get(word) or ("L" if len(word) == 1 and (word != "i" or kind != "D") else "W")
    if word in EXTENSION and kind == "D":
        return True
    if following in _AFTER_CLASS[kind] or (mail and kind == "W" and following == "L"):
        return True
    return not mark and len(word) <= 4 and kind != "N" and _iban_open(text, start, end)


def _iban_open(text: str, start: int, end: int) -> bool:
    return _IBAN_OPEN.search(text, max(start, end - 45), end) is not None
