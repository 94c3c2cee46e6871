"""What the leak scan knows of the conversation: values that were redacted before are leaks wherever they come again.

1. It looks for the whole value only, of seven letters and digits or more with two digits or more in it: shorter ones are too
   often something else to hold a message back.
2. A row of digits is read with what may part its groups taken out; a number that was said, as scan_spoken.py reads it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from harness.pii.scan_spoken import said_rows

__all__ = ["known_values"]

_FEWEST = 7
_ROW = re.compile(
    r"(?<![\w$€£¥*%])(?<![0-9][.,:/-])[A-Za-z0-9]{1,40}(?![\w*%])"
    r"(?:(?: |[ ]?[-./][ ]?|\) ?)\(?[A-Za-z0-9]{1,40}(?![A-Za-z0-9])){0,15}"
)
_PIECE = re.compile(r"[A-Za-z0-9]{1,40}")
_BEFORE = re.compile(r"[0-9][-.,:/]")
_AFTER = re.compile(r"[\w%*]|[-.,:/][0-9]")


def known_values(text: str, heard: Iterable[tuple[str, str]]) -> Iterator[tuple[int, int, str]]:
    """(start, end, type) of the values of ``heard``, pairs of letters and digits in capitals and a type, in folded ``text``."""
    known = {value: type_ for value, type_ in heard if _is_told(value)}
    if not known:
        return
    compact = "".join(filter(str.isalnum, text)).upper()
    if any(value in compact for value in known):
        for row in _ROW.finditer(text):
            yield from _in_row(text, row, known)
    for start, end, digits in said_rows(text):
        type_ = known.get(digits.removeprefix("+"))
        if type_:
            yield start, end, type_


def _is_told(value: str) -> bool:
    return len(value) >= _FEWEST and value.isalnum() and sum(char.isdigit() for char in value) > 1


def _in_row(text: str, row: re.Match[str], known: dict[str, str]) -> Iterator[tuple[int, int, str]]:
    pieces = list(_PIECE.finditer(text, *row.span()))
    for first in range(len(pieces)):
        value = ""
        for piece in pieces[first:]:
            value += piece[0].upper()
            start = pieces[first].start()
            if value in known and not _AFTER.match(text, piece.end()) and not _BEFORE.fullmatch(text[:start][-2:]):
                yield start, piece.end(), known[value]
