"""Change strings inside a JSON text and nothing else: every other byte stays.

1. Edits name a string or number by its path (see ``json_scan.py``) and offsets in code points of the decoded value
   (of the literal, for a number).
2. New text is escaped only where JSON needs it.
3. An edited number stays a number if the result is one, else it becomes a JSON string.
4. A path nothing stands at, an offset out of range or overlapping edits are a ``ValueError``: a replacement that
   does not happen must never pass in silence. The error holds no text.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence

from harness.dialects.json_scan import (
    KEY_SUFFIX,
    MAX_DEPTH,
    NUMBER,
    JsonNumber,
    JsonString,
    JsonText,
    JsonTextError,
    scan_json,
)

__all__ = [
    "KEY_SUFFIX",
    "MAX_DEPTH",
    "JsonNumber",
    "JsonString",
    "JsonText",
    "JsonTextError",
    "OffsetMap",
    "TextEdit",
    "apply_edits",
    "apply_edits_with_cuts",
    "escape",
    "scan_json",
    "splice",
]

TextEdit = tuple[int, int, str]
"""Start, end, new text."""

_ESCAPE = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.")
_NEEDS_ESCAPE = re.compile('["\\\\\x00-\x1f\ud800-\udfff]')
_SHORT = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}


class OffsetMap:
    """Offsets in a decoded string <-> offsets in the raw text it stands in.

    Args:
        raw: the whole text.
        string: one of its strings.
    """

    __slots__ = ("_decoded", "_length", "_raw")

    def __init__(self, raw: str, string: JsonString) -> None:
        self._length = len(string.value)
        # Anchors behind every escape; between two of them both sides count alike.
        self._decoded = [0]
        self._raw = [string.raw_start]
        if not string.escaped:
            return
        for found in _ESCAPE.finditer(raw, string.raw_start, string.raw_end):
            plain = found.start() - self._raw[-1]
            self._decoded.append(self._decoded[-1] + plain + 1)
            self._raw.append(found.end())

    def to_raw(self, offset: int) -> int:
        """Where the decoded code point ``offset`` begins in the raw text (its end, for the string's length)."""
        if not 0 <= offset <= self._length:
            raise ValueError(f"offset {offset} is outside a string of {self._length}")
        anchor = bisect_right(self._decoded, offset) - 1
        return self._raw[anchor] + offset - self._decoded[anchor]


def escape(text: str) -> str:
    """``text`` as it may stand between the quotes of a JSON string."""
    return _NEEDS_ESCAPE.sub(lambda found: _SHORT.get(found[0]) or f"\\u{ord(found[0]):04x}", text)


def apply_edits(raw: str, edits: Mapping[str, Sequence[TextEdit]], *, scanned: JsonText | None = None) -> str:
    """``raw`` with the edits made.

    Args:
        raw: a JSON text.
        edits: path -> edits of the string, key or number there, in order, not overlapping.
        scanned: ``scan_json(raw)``, if the caller has it.

    Raises:
        JsonTextError: ``raw`` is not JSON.
        ValueError: see rule 4.
    """
    return apply_edits_with_cuts(raw, edits, (), scanned=scanned)[0]


def apply_edits_with_cuts(
    raw: str, edits: Mapping[str, Sequence[TextEdit]], cuts: Sequence[int], *, scanned: JsonText | None = None
) -> tuple[str, list[int]]:
    """:func:`apply_edits`, and where boundaries of pieces (raw offsets, in order) lie in the new text.

    A boundary within replaced text keeps its distance from where that began, or moves to its end if that is nearer.
    """
    if not edits:
        return raw, list(cuts)
    scanned = scanned or scan_json(raw)
    return splice(raw, sorted(_raw_edits(scanned, edits), key=lambda edit: edit[:2]), cuts)


def splice(text: str, edits: Sequence[TextEdit], cuts: Sequence[int] = ()) -> tuple[str, list[int]]:
    """Plain ``text`` with the edits made, and the cuts moved along.

    Raises:
        ValueError: edits out of order, overlapping or out of range.
    """
    pieces: list[str] = []
    moved: list[int] = []
    waiting = list(reversed(cuts))
    done = shift = 0
    for start, end, new in edits:
        if not done <= start <= end <= len(text):
            raise ValueError("edits overlap or are out of range")
        while waiting and waiting[-1] < end:
            cut = waiting.pop()
            moved.append(cut + shift if cut <= start else start + shift + min(cut - start, len(new)))
        pieces += (text[done:start], new)
        shift += len(new) - (end - start)
        done = end
    pieces.append(text[done:])
    moved += [cut + shift for cut in reversed(waiting)]
    return "".join(pieces), moved


def _raw_edits(scanned: JsonText, edits: Mapping[str, Sequence[TextEdit]]) -> list[TextEdit]:
    found: list[TextEdit] = []
    left = dict(edits)
    for string in scanned.strings:
        wanted = left.pop(string.path, None)
        if wanted:
            found += _string_edits(scanned.raw, string, wanted)
    for number in scanned.numbers:
        wanted = left.pop(number.path, None)
        if wanted:
            found.append(_number_edit(number, wanted))
    if any(left.values()):
        raise ValueError(f"no string or number stands at {len(left)} of the paths to edit")
    return found


def _string_edits(raw: str, string: JsonString, edits: Sequence[TextEdit]) -> list[TextEdit]:
    offsets = OffsetMap(raw, string)
    return [(offsets.to_raw(start), offsets.to_raw(end), escape(new)) for start, end, new in edits]


def _number_edit(number: JsonNumber, edits: Sequence[TextEdit]) -> TextEdit:
    text, _ = splice(number.text, edits)
    if not NUMBER.fullmatch(text):
        text = f'"{escape(text)}"'
    return number.raw_start, number.raw_end, text
