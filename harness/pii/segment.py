"""Cut folded text into cold stretches, hot chains and oversize blocks: a pure function of the text.

1. A *token* is a row of characters between boundaries: white space, ``<>"|[]{};`` and everything that is neither
   ASCII nor a letter below U+2E80 (so that text written without spaces has tokens too).
2. A token with a digit or an ``@`` is hot; the others are cold. A *chain* is a hot token and the tokens that may
   continue a number begun in it: at most three blanks on, a digit (``(``, ``+``, ``-`` ... before it), ``ext``,
   or a short group of an IBAN. No value reaches over the end of a chain.
3. :func:`next_segment` answers only when more text could not change the answer; otherwise it answers None. Segments
   are therefore the same for every chunking of the text.
4. A chain or token of :data:`CAP` raw code points or more, with text after it, is *oversize*: it is cut into
   blocks of that length and masked until it ends, because a value that cannot be seen whole must not leak.
   Rows without a letter or digit (rulers) are cold.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

__all__ = ["CAP", "HELD_MAX", "LOOK", "Segment", "next_segment"]

CAP = 400
"""Longest chain or token, in raw code points."""

LOOK = 64
"""Raw code points looked at after a chain."""

HELD_MAX = 512
"""No stream holds more raw code points than this (CAP + LOOK + a row of dropped characters, rounded up)."""

_TRIGGER = re.compile(r"[0-9@]")
_ASCII_BOUNDARY = ' \t\n\r\x0b\x0c\x1c\x1d\x1e\x1f<>"|[]{};'
_TOKEN_END = re.compile(r'[ \t\n\r\x0b\x0c\x1c-\x1f<>"|\[\]{};]|[^\x00-\x7f]')
_ALNUM = re.compile(r"[^\W_]")
_AFTER = re.compile(r"(\s{0,4})((?:[-(+./#*,:)]{1,3}\s{0,2})?)([0-9]|[^\W\d_]{0,20})(.{0,2})", re.DOTALL)
_ENDS_IN_DIGIT = re.compile(r"[0-9][-).,:/*#]{0,3}\Z")
_EXTENSION = frozenset({"x", "ext", "extn", "extension"})
_IBAN_OPEN = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{2}[0-9]{2}(?:[ -]?[A-Za-z0-9]){0,32}\Z")


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of folded text, from the position asked for to ``end``.

    Args:
        kind: ``cold`` holds no value, ``hot`` is to be classified, ``oversize`` is masked.
        end: one past its last folded character.
        look: end of the text after it that may be read as context.
        open: an oversize row goes on after ``end``.
    """

    kind: Literal["cold", "hot", "oversize"]
    end: int
    look: int = 0
    open: bool = False


def is_boundary(char: str) -> bool:
    """Whether a token ends before ``char``."""
    if char < "\x80":
        return char in _ASCII_BOUNDARY
    return char >= "\u2e80" or not char.isalnum()


def next_segment(text: str, offsets: Sequence[int], start: int, *, final: bool, masking: bool) -> Segment | None:
    """The segment that begins at ``start``, or None while more text is needed to know it.

    Args:
        text: folded text; ``start`` is a token's first character, a boundary, or (masking) anywhere in a row.
        offsets: raw offset of each folded character.
        final: no more text will come.
        masking: the last segment was an oversize one left open.
    """
    if start >= len(text):
        return None
    if masking:
        return _chain(text, offsets, start, final=final, masking=True)
    found = _TRIGGER.search(text, start)
    limit = found.start() if found else len(text)
    token, oversize = _last_token(text, offsets, start, limit)
    if token > start:
        return Segment("cold", len(text) if final and not found and not oversize else token)
    if oversize:
        return Segment("oversize", _within(offsets, start, CAP), open=True)
    if found:
        return _chain(text, offsets, start, final=final, masking=False)
    return Segment("cold", len(text)) if final else None


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


def _chain(text: str, offsets: Sequence[int], start: int, *, final: bool, masking: bool) -> Segment | None:
    """The chain that begins at ``start``, cut at the cap."""
    cap = _within(offsets, start, CAP)
    position = start
    while True:
        end = _token_end(text, position, cap) if position < cap else cap
        if end == cap < len(text):
            return Segment("oversize", cap, open=True)
        if end == len(text) and not final:
            return None
        closed = not masking and not _may_continue(text, start, end)
        stop = _within(offsets, end, LOOK) if end < len(text) else end
        after = _AFTER.match(text, end, stop)
        assert after is not None  # every part of it may be empty
        if not closed and after.end() == len(text) and not final and not after[3].isdigit():
            return None
        if closed or not _continues(text, start, end, after):
            return Segment("oversize" if masking else "hot", end, look=end if closed else after.end())
        position = after.start(3)


def _may_continue(text: str, start: int, end: int) -> bool:
    """Whether what ends at ``end`` can be followed by more of a number."""
    if _ENDS_IN_DIGIT.search(text, max(start, end - 4), end):
        return True
    return (text[end - 1].lower() in "xtn" and _last_word(text, start, end) in _EXTENSION) or _iban_open(
        text, start, end
    )


def _last_word(text: str, start: int, end: int) -> str:
    return text[_token_start(text, max(start, end - 12), end) : end].strip(".:,").lower()


def _iban_open(text: str, start: int, end: int) -> bool:
    return _IBAN_OPEN.search(text, max(start, end - 45), end) is not None


def _continues(text: str, start: int, end: int, after: re.Match[str]) -> bool:
    """Whether the token after the gap belongs to the chain."""
    if not after[1] or len(after[1]) > 3:
        return False
    if after[3].isdigit():
        return True
    if not after[3]:
        return False
    if after[3].lower() in _EXTENSION:
        return True
    return not after[2] and len(after[3]) <= 4 and _iban_open(text, start, end)
