"""The pieces of a message's texts that can be left out. Pure.

1. A piece is a word with the white space behind it. A span of the recording or a label is one piece, however many words it
   has: half a value is another value.
2. Ids, enums and keys stay (what the dialect exempts from search). A text that is not JSON is taken as a whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from harness.dialects.base import Dialect
from harness.dialects.json_paths import KEY
from harness.recorder.edits import parse
from harness.recording.entry import WsMessage
from harness.report.labels import Label

__all__ = ["Piece", "pieces_of", "texts_of", "whole_of", "without"]

Piece = tuple[int, int]
"""Start and end in the decoded string."""

_WORD = re.compile(r"\S+\s*")


def texts_of(entry: WsMessage, dialect: Dialect) -> Iterator[tuple[str, str]]:
    """(path, decoded text) of everything in a message that may be shortened, of two words or more."""
    raw = entry.text or ""
    parsed = parse(raw)
    if parsed is None:
        yield "", raw
        return
    event = dialect.decode(raw)
    for string in parsed.strings:
        if not string.path.endswith(KEY) and not dialect.exempt(event, string.path) and len(string.value.split()) > 1:
            yield string.path, string.value


def pieces_of(text: str, whole: Iterable[Piece]) -> list[Piece]:
    """``text`` in pieces, in order; ``whole`` are places that are not parted (rule 1)."""
    whole = list(whole)
    cuts = {0, len(text), *(found.start() for found in _WORD.finditer(text))}
    cuts |= {start for start, _ in whole} | {_blank_end(text, end) for _, end in whole}
    cuts -= {at for at in cuts for start, end in whole if start < at < end}
    return [(low, high) for low, high in pairwise(sorted(cuts))]


def without(pieces: Sequence[Piece], kept: Iterable[Piece]) -> list[Piece]:
    """Those of ``pieces`` that are not kept, neighbours joined."""
    stay, gone = set(kept), list[Piece]()
    for start, end in pieces:
        if (start, end) in stay:
            continue
        if gone and gone[-1][1] == start:
            gone[-1] = (gone[-1][0], end)
        else:
            gone.append((start, end))
    return gone


def whole_of(entry: WsMessage, path: str, labels: Iterable[Label]) -> list[Piece]:
    """The places in the string at ``path`` that are not parted: spans of the recording, and labels of this message."""
    spans = [(one.start, one.end) for one in entry.pii if one.path == path]
    marked = [(label.start, label.end) for label in labels if label.path == path]
    return [*spans, *((start, end) for start, end in marked if start is not None and end is not None)]


def _blank_end(text: str, end: int) -> int:
    """Where the white space behind ``end`` is over."""
    found = re.compile(r"\s*").match(text, end)
    return found.end() if found else end
