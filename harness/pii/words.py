"""A held text as words, looked at from left to right without knowing what comes.

1. A :class:`Words` answers only what more text could not change; otherwise it raises :class:`More`. A decision made through
   it is therefore the same for every chunking.
2. Nothing is read past ``limit``: the text is taken to end there.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from typing import NamedTuple

__all__ = ["END", "WIDEST", "More", "Word", "Words"]

_TOKEN = re.compile(r"[^\W\d_]{1,40}(?:['’-][^\W\d_]{1,20}){0,12}|[0-9]{1,12}|.", re.DOTALL)
_BLANKS = " \t"
WIDEST = 3
"""Blanks between two words of one phrase, at most."""


class More(Exception):
    """More text is needed."""


class Word(NamedTuple):
    """A word, a number, or one other character.

    Args:
        kind: ``w`` letters, ``n`` digits, ``p`` anything else, ``$`` the end.
        gap: blanks before it, -1 for more than a few.
    """

    kind: str
    text: str
    start: int
    end: int
    gap: int


END = Word("$", "", -1, -1, 0)


class Words:
    """The words of ``text`` from ``start`` on.

    Args:
        offsets: raw offset of each character.
        final: no more text will come.
        most: raw code points from ``start`` on that may be read.
    """

    __slots__ = ("_final", "_found", "_next", "_text", "stop")

    def __init__(self, text: str, offsets: Sequence[int], start: int, *, final: bool, most: int) -> None:
        self._text = text
        self._next = start
        self._found: list[Word] = []
        last = bisect_left(offsets, offsets[start] + most, start) if start < len(offsets) else len(text)
        self._final = final or last < len(text)
        self.stop = min(last, len(text))

    def at(self, index: int) -> Word:
        """Word number ``index``; :data:`END` past the last one.

        Raises:
            More: it is not known yet.
        """
        while len(self._found) <= index:
            self._found.append(self._read())
        return self._found[index]

    def _read(self) -> Word:
        if self._found and self._found[-1] is END:
            return END
        begin = start = self._next
        while start < self.stop and self._text[start] in _BLANKS:
            start += 1
        if start == self.stop:
            return self._end()
        found = _TOKEN.match(self._text, start, self.stop)
        assert found is not None
        kind = "w" if found[0][0].isalpha() else "n" if found[0][0].isdigit() and found[0].isascii() else "p"
        # A hyphen or an apostrophe at the end may go on in the next piece.
        end = found.end()
        whole = (
            kind == "p" or self._final or (end < self.stop and (self._text[end] not in "'’-" or end + 1 < self.stop))
        )
        if not whole:
            raise More
        if kind != "p" and end == self.stop < len(self._text):
            return self._end()
        self._next = end
        gap = start - begin
        return Word(kind, found[0], start, end, gap if gap <= WIDEST else -1)

    def _end(self) -> Word:
        if not self._final:
            raise More
        return END

    def after(self, word: Word, ahead: int = 0) -> str:
        """The character ``ahead`` behind a word that was read, '' at the end.

        Raises:
            More: not known yet.
        """
        at = word.end + ahead
        if at >= self.stop and not self._final:
            raise More
        return self._text[at : at + 1] if at < self.stop else ""
