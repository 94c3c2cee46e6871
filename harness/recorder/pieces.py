"""Frames of a message whose text was edited: the same cuts, at the places where they lie in the new text.

1. Counts are payload bytes; a cut may fall within a character and then stays there if that character did.
2. Times do not change; the pieces always add up to the size of the new text.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate

from harness.wire.tap import Fragments

__all__ = ["cuts_of", "moved_fragments"]


def cuts_of(raw: str, fragments: Fragments) -> list[int]:
    """Where the frames of ``raw`` end, but for the last: offsets in code points, down to the character's start."""
    return [offset for offset, _ in _places(raw, fragments)]


def moved_fragments(raw: str, fragments: Fragments, new: str, new_cuts: Sequence[int]) -> tuple[tuple[int, int], ...]:
    """``fragments`` of ``raw`` as those of ``new``, whose cuts (from :func:`cuts_of`) lie at ``new_cuts``."""
    if raw == new or not fragments:
        return tuple((dt, size) for dt, size in fragments)
    starts = _byte_starts(new)
    ends: list[int] = []
    for (offset, within), cut in zip(_places(raw, fragments), new_cuts, strict=True):
        same = within and raw[offset] == new[cut : cut + 1]
        ends.append(starts[cut] + (within if same else 0))
    sizes = [end - start for start, end in zip([0, *ends], [*ends, starts[-1]], strict=True)]
    return tuple((dt, size) for (dt, _), size in zip(fragments, sizes, strict=True))


def _places(raw: str, fragments: Fragments) -> list[tuple[int, int]]:
    """(code point, bytes into it) of every cut."""
    if not fragments:
        return []
    starts = _byte_starts(raw)
    found = []
    for end in list(accumulate(size for _, size in fragments))[:-1]:
        offset = bisect_right(starts, end) - 1
        found.append((offset, end - starts[offset]))
    return found


def _byte_starts(text: str) -> list[int]:
    """Where every code point begins in UTF-8, and the length."""
    return [0, *accumulate(len(c.encode("utf-8", "surrogatepass")) for c in text)]
