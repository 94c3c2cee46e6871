"""Delta debugging (Zeller and Hildebrandt, 2002): the fewest items that still fail. Pure.

1. The result fails, and taking away any one of its items makes the failure go (1-minimal).
2. ``fails`` is asked about ever smaller parts, in a fixed order; a part is asked about once.
3. ``fails(items)`` is taken for true; it is not asked.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TypeVar

__all__ = ["ddmin"]

T = TypeVar("T")


def ddmin(items: Sequence[T], fails: Callable[[Sequence[T]], bool]) -> list[T]:
    """A 1-minimal part of ``items`` for which ``fails`` still holds; the empty one, if that fails too.

    Args:
        fails: may raise to end the search; what it saw fail last is the smallest part so far.
    """
    if not items or fails([]):
        return []
    left, pieces = list(items), 2
    known: set[tuple[int, ...]] = set()
    places = list(range(len(left)))

    def ask(part: list[int]) -> bool:
        key = tuple(part)
        if key in known:
            return False
        known.add(key)
        return fails([left[place] for place in part])

    while len(places) > 1:
        parts = _split(places, pieces)
        smaller = next((part for part in parts if len(part) < len(places) and ask(part)), None)
        if smaller is not None:
            places, pieces = smaller, 2
            continue
        rest = next((rest for part in parts if ask(rest := _without(places, part))), None)
        if rest is not None:
            places, pieces = rest, max(pieces - 1, 2)
        elif pieces >= len(places):
            break
        else:
            pieces = min(len(places), 2 * pieces)
    return [left[place] for place in places]


def _split(places: list[int], pieces: int) -> list[list[int]]:
    """``pieces`` runs of nearly the same length, none of them empty."""
    pieces = min(pieces, len(places))
    cuts = [len(places) * k // pieces for k in range(pieces + 1)]
    return [places[low:high] for low, high in pairwise(cuts)]


def _without(places: list[int], part: list[int]) -> list[int]:
    gone = set(part)
    return [place for place in places if place not in gone]
