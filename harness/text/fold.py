r"""Fold look-alike characters onto ASCII, one code point at a time, keeping raw offsets.

1. One raw code point gives one folded one or none; a folded text therefore never depends on chunking.
2. Width, math, circled and other compatibility forms fold by NFKC where that gives a single character; every decimal
   digit (Nd) folds to its ASCII digit, every dash to ``-``, every space to a blank (line breaks to ``\\n``).
3. Zero-width, bidi, soft-hyphen and combining characters are dropped; a row of more than :data:`MAX_DROPPED` of them
   shows up as one :data:`BREAK`, so that dropped text is bounded too.
4. A small table maps Cyrillic and Greek letters that look like Latin ones.
5. ASCII is returned as it is.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

__all__ = ["BREAK", "MAX_DROPPED", "Folder", "fold"]

MAX_DROPPED = 8
"""Characters dropped in a row before a :data:`BREAK` stands for the next one."""

BREAK = "\x1f"
"""Folded form of the character that ends an overlong row of dropped ones; it belongs to no value."""

_LOOKALIKES = dict(
    zip(
        "аеорсухіѕјԁһԛԝАВЕКМНОРСТХІЅЈѴΑΒΕΖΗΙΚΜΝΟΡΤΥΧοανρ",
        "aeopcyxisjdhqwABEKMHOPCTXISJVABEZHIKMNOPTYXoavp",
        strict=True,
    )
)
_POINTS = {"。": ".", "｡": ".", "․": ".", "＠": "@", "﹫": "@", "∶": ":", "⁄": "/", "∕": "/", "−": "-", "ー": "-"}
_DROPPED = frozenset({"Cf", "Mn", "Me"})


class _Table(dict[int, "str | None"]):
    """Code point -> folded character, or None when dropped; filled on demand."""

    def __missing__(self, point: int) -> str | None:
        folded = _fold_one(chr(point))
        self[point] = folded
        return folded


def _fold_one(char: str) -> str | None:
    if char < "\x80":
        return char
    known = _POINTS.get(char) or _LOOKALIKES.get(char)
    if known is not None:
        return known
    category = unicodedata.category(char)
    if category in _DROPPED:
        return None
    if category == "Nd":
        return str(unicodedata.decimal(char))
    if category == "Pd":
        return "-"
    if char in "\u2028\u2029\x85":
        return "\n"
    if char.isspace():
        return " "
    compatible = unicodedata.normalize("NFKC", char)
    return compatible if len(compatible) == 1 else char


_TABLE = _Table()


class Folder:
    """Folds a text that arrives in pieces; its only state is the length of the row of dropped characters."""

    __slots__ = ("_dropped",)

    def __init__(self) -> None:
        self._dropped = 0

    @property
    def idle(self) -> bool:
        """Whether no row of dropped characters is open: ASCII may pass this folder by."""
        return not self._dropped

    def feed(self, chunk: str, base: int = 0) -> tuple[str, Sequence[int]]:
        """Fold ``chunk``, whose first code point is number ``base`` of the whole text.

        Returns:
            the folded text, and for each of its characters the offset of the raw one.
        """
        if chunk.isascii():
            if chunk:
                self._dropped = 0
            return chunk, range(base, base + len(chunk))
        folded = chunk.translate(_TABLE)
        if len(folded) == len(chunk):
            self._dropped = 0
            return folded, range(base, base + len(chunk))
        return self._slow(chunk, base)

    def _slow(self, chunk: str, base: int) -> tuple[str, list[int]]:
        chars: list[str] = []
        offsets: list[int] = []
        for offset, char in enumerate(chunk, base):
            folded = _TABLE[ord(char)]
            if folded is None:
                self._dropped += 1
                if self._dropped <= MAX_DROPPED:
                    continue
                folded = BREAK
            self._dropped = 0
            chars.append(folded)
            offsets.append(offset)
        return "".join(chars), offsets


def fold(text: str) -> tuple[str, Sequence[int]]:
    """Fold a whole text; see :meth:`Folder.feed`."""
    return (text, range(len(text))) if text.isascii() else Folder().feed(text)
