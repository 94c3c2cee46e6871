"""Ways to cut a text into the pieces in which it arrives."""

from __future__ import annotations

from harness.strategies.labelled import Choose

__all__ = ["chunking"]

_SIZES = (1000, 1, 2, 4, 7, 16, 17, 60)


def chunking(choose: Choose, text: str) -> list[str]:
    """Pieces of ``text`` in order, empty ones among them; joined they are ``text``.

    A row of one to four sizes is used again and again.
    """
    sizes = [choose.pick(_SIZES) for _ in range(choose.pick((1, 1, 2, 4)))]
    pieces: list[str] = []
    at = 0
    while at < len(text):
        size = sizes[len(pieces) % len(sizes)]
        pieces.append(text[at : at + size])
        at += size
    if choose.pick((False, False, False, True)):
        pieces.insert(len(pieces) // 2, "")
    return pieces
