"""E-mail addresses as they are said.

1. An address is parsed outward from its "at": a domain that ends in a known top-level label to the right, words
   joined by "dot", "underscore" ... to the left.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from harness.pii.spoken import digits_said
from harness.pii.spoken_words import AT_WORDS, JOINER, NEVER_LOCAL, NUMBER_WORDS, TOP_LEVEL

__all__ = ["Address", "addresses"]

_PIECE = re.compile(r"\S+")
_EDGE = "\"'(),;:!?…<>"


@dataclass(frozen=True, slots=True)
class Address:
    """A spoken e-mail address and its written form."""

    start: int
    end: int
    written: str


@dataclass(frozen=True, slots=True)
class _Word:
    start: int
    end: int
    text: str
    kind: str


def _pieces(text: str) -> list[_Word]:
    """Words of ``text`` without the punctuation around them; a full stop belongs to the word only inside it."""
    found = []
    for match in _PIECE.finditer(text):
        raw = match.group()
        left = len(raw) - len(raw.lstrip(_EDGE + "."))
        core = raw[left:].rstrip(_EDGE + ".")
        if core:
            start = match.start() + left
            found.append(_Word(start, start + len(core), core, _kind(core)))
    return found


def _kind(core: str) -> str:
    if core == "@":
        return "@"
    name = core.lower()
    if name in AT_WORDS:
        return "@"
    if name in JOINER:
        return "J"
    if name != "o" and (name in NUMBER_WORDS or name.isdigit()):
        return "N"
    if len(name) == 1 and name.isalpha():
        return "L"
    return "W" if all(char.isalnum() or char in "._-+'@" for char in core) else "?"


def addresses(text: str, cued: bool = False) -> list[Address]:
    """The spoken addresses of folded ``text``.

    Args:
        cued: an address was spoken of before, so that any word may be its local part.
    """
    pieces = _pieces(text)
    found: list[Address] = []
    low = 0
    for index in range(len(pieces)):
        if index < low:
            continue
        parts = _anchor(pieces, index, low)
        if parts is None:
            continue
        first, local, host_at, glue = parts
        last, host = _domain(pieces, host_at, glue)
        if last < 0 or not local or (not cued and first == index - 1 and local.lower() in NEVER_LOCAL):
            continue
        found.append(Address(pieces[first].start, pieces[last].end, f"{local}@{host}".lower()))
        low = last + 1
    return found


def _anchor(pieces: list[_Word], index: int, low: int) -> tuple[int, str, int, str] | None:
    """(first piece, local part, first piece of the domain, label already begun) around the anchor at ``index``."""
    piece = pieces[index]
    if piece.kind == "@":
        first, local = _local(pieces, index - 1, low)
        return (first, local, index + 1, "") if first >= 0 else None
    if piece.kind == "W" and piece.text.count("@") == 1 and index + 1 < len(pieces) and pieces[index + 1].kind == "J":
        name, _, label = piece.text.partition("@")
        return (index, name, index + 1, label) if name and label else None
    return None


def _local(pieces: list[_Word], index: int, low: int) -> tuple[int, str]:
    """The local part that ends at ``index``, read backwards: (its first piece or -1, its written form)."""
    if index < low or pieces[index].kind not in "WNL" or "@" in pieces[index].text:
        return -1, ""
    first, after = index, pieces[index]
    while first - 1 >= low:
        before = pieces[first - 1]
        if before.kind == "J" and first - 2 >= low and pieces[first - 2].kind in "WNL":
            first -= 2
        elif before.kind in "NL" or (
            before.kind == "W" and after.kind == "N" and before.text.lower() not in NEVER_LOCAL
        ):
            first -= 1
        else:
            break
        after = pieces[first]
    return first, _joined(pieces[first : index + 1])


def _domain(pieces: list[_Word], index: int, label: str) -> tuple[int, str]:
    """The domain that begins at ``index`` after ``label``: (its last piece or -1, its written form)."""
    host, best, best_host = label, -1, ""
    wants_label = not label
    while index < len(pieces):
        piece = pieces[index]
        if wants_label or piece.kind in "NL":
            if piece.kind not in "WNL" or "@" in piece.text:
                break
            host += _joined([piece])
            wants_label = False
            if "." in host and host.rpartition(".")[2].lower() in TOP_LEVEL:
                best, best_host = index, host
        elif piece.kind == "J":
            host += JOINER[piece.text.lower()]
            wants_label = True
        else:
            break
        index += 1
    return best, best_host


def _joined(pieces: list[_Word]) -> str:
    """Words as they are written in an address; number words as digits."""
    parts: list[str] = []
    at = 0
    while at < len(pieces):
        piece = pieces[at]
        if piece.kind == "J":
            parts.append(JOINER[piece.text.lower()])
        elif piece.kind == "N":
            end = at
            while end < len(pieces) and pieces[end].kind == "N":
                end += 1
            parts.append(digits_said(" ".join(word.text for word in pieces[at:end])))
            at = end - 1
        else:
            parts.append(piece.text)
        at += 1
    return "".join(parts)
