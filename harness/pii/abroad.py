"""Streets as they are written abroad, and the mail of the United States' forces; each gives a row of words that an address begins with.

1. Where the kind of street comes first: ``12 Rue de la Paix`` (a number before it), ``Via Roma 12``, ``ul. Polna 5`` (or behind).
2. Where it comes last, mostly in one word with the name: ``Herengracht 12``, ``Hauptstraße 4b``, ``Petofi utca 12``: a number behind.
3. ``PSC 12, Box 345``, ``Unit 12 Box 345``, ``USS Lorne``, followed by ``APO AE 09012`` or its like.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.pii.names import is_never
from harness.pii.words import Word, Words
from harness.text.lexicon import load
from harness.text.lexicon import words as listed

__all__ = ["GLUED", "KINDS", "KINDS_BEFORE", "PREFIXES", "SMALL", "forces", "may_begin", "street_abroad"]

_DATA: Mapping[str, Any] = load("harness.pii", "places")
_NUMBER_BEFORE = listed(_DATA["prefixes_numbered"])
PREFIXES = listed(_DATA["prefixes"]) | _NUMBER_BEFORE
"""What streets begin with where their kind comes first."""
SMALL = listed(_DATA["prefixes_small"])
_PARTICLES = listed(_DATA["street_particles"])
KINDS = listed(_DATA["kinds_behind"])
GLUED = tuple(_DATA["kinds_glued"].split())
_FORCES = listed(_DATA["forces"])
_SHIPS = listed(_DATA["ships"])
KINDS_BEFORE = PREFIXES | _FORCES | _SHIPS
"""First words by which an address without a number before it may begin, in small letters."""
_MOST_NAME = 6
_MOST_GLUED = 3
_LONGEST_NUMBER = 5
_SHORTEST_STREET = 6
_OFFICES = frozenset({"apo", "fpo", "dpo"})
_AREAS = frozenset({"aa", "ae", "ap"})


def _low(word: Word) -> str:
    return word.text.lower()


def may_begin(text: str) -> bool:
    """Whether an address without a number before it may begin with this word: a quick test."""
    low = text.lower()
    if low in KINDS_BEFORE:
        return text[0].isupper() or low in SMALL
    return text[0].isupper() and (low in KINDS or low.endswith(GLUED))


def street_abroad(words: Words, at: int) -> tuple[int, int]:
    """(End of the street in the text, index behind it); (-1, 0) for none.

    Args:
        at: the index of its first word; 0 if no number stands before it.

    Raises:
        More: not known yet.
    """
    word = words.at(at)
    if word.kind != "w" or (at and not 1 <= word.gap <= 2):
        return -1, 0
    low = _low(word)
    if low in PREFIXES and (word.text[0].isupper() or low in SMALL):
        return _kind_first(words, at, low)
    return _kind_last(words, at)


def _kind_first(words: Words, at: int, low: str) -> tuple[int, int]:
    name = at + 1
    if words.at(name).text in (".", "/") and not words.at(name).gap:
        name += 1
    last = _name(words, name)
    if not last:
        return -1, 0
    comma = words.at(last).text == ","
    behind = 0 if at and comma else _number(words, last + comma)
    if behind and not (comma and len(words.at(last + 1).text) >= _LONGEST_NUMBER):
        return words.at(behind - 1).end, behind
    return (words.at(last - 1).end, last) if at else (-1, 0)


def _name(words: Words, at: int) -> int:
    """Index behind the last word with a capital of a street's name; 0 for none."""
    last = 0
    for index in range(at, at + _MOST_NAME):
        word = words.at(index)
        if word.kind != "w" or not 0 <= word.gap <= 2:
            break
        low = _low(word)
        if word.text[0].isupper() or (word.text[1:2] in ("'", "’") and word.text[2:3].isupper()):
            if is_never(low) and index == at:
                break
            last = index + 1
        elif low not in _PARTICLES:
            break
    return last


def _number(words: Words, at: int) -> int:
    """Index behind a house's number, its letter included; 0 for none."""
    word = words.at(at)
    if word.kind != "n" or not 1 <= word.gap <= 2 or len(word.text) > _LONGEST_NUMBER:
        return 0
    behind = words.at(at + 1)
    if behind.kind == "w" and not behind.gap:
        return at + 2 if len(behind.text) == 1 and not words.after(behind).isalnum() else 0
    after = words.after(word)
    if after in ("%", "$", "€", "£", "_", "@") or (after in (".", ",", ":", "-") and words.after(word, 1).isdigit()):
        return 0
    return at + 1


def _kind_last(words: Words, at: int) -> tuple[int, int]:
    for index in range(at, at + _MOST_GLUED):
        word = words.at(index)
        if word.kind != "w" or (index > at and word.gap != 1):
            return -1, 0
        low = _low(word)
        glued = word.text[0].isupper() and len(low) >= _SHORTEST_STREET and low.endswith(GLUED)
        if glued or (index > at and low in KINDS):
            dot = words.at(index + 1).text == "." and not words.at(index + 1).gap
            behind = _number(words, index + 1 + dot)
            return (words.at(behind - 1).end, behind) if behind else (-1, 0)
        if not word.text[0].isupper() or is_never(low):
            return -1, 0
    return -1, 0


def forces(words: Words) -> int:
    """Index behind "PSC 12, Box 345, APO AE 09012" or "USS Lorne, FPO AP 96601"; 0 for none."""
    low = _low(words.at(0))
    if low in _SHIPS and words.at(0).text.isupper():
        at = 1
        while at < 4 and words.at(at).kind == "w" and words.at(at).text[0].isupper() and words.at(at).gap == 1:
            at += 1
        return _office(words, at) if at > 1 else 0
    if low not in _FORCES or words.at(1).kind != "n" or words.at(1).gap != 1:
        return 0
    at = 2 + (words.at(2).text == ",")
    if _low(words.at(at)) != "box" or words.at(at + 1).kind != "n":
        return 0
    return _office(words, at + 2) or (at + 2 if low != "unit" else 0)


def _office(words: Words, at: int) -> int:
    """Index behind "APO AE 09012"; 0 for none."""
    while words.at(at).text in (",", "\n"):
        at += 1
    if _low(words.at(at)) not in _OFFICES:
        return 0
    at += 1
    at += words.at(at).text == ","
    if _low(words.at(at)) not in _AREAS or words.at(at + 1).kind != "n":
        return 0
    return at + 2
