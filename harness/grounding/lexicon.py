"""The lexicons of the checks, compiled once from ``data/en/*.toml`` into concepts.

1. A concept is a synonym group's number or, for a word in no group, its stem. A word may have several concepts.
2. A phrase of two or three words ("sold_out") is looked up by its stems.
3. Two words support each other when they share a concept; they oppose each other when they stand at contrary poles.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from harness.text.lexicon import load
from harness.text.tokens import Token, stem

__all__ = ["OPPOSITES", "PHRASES", "concepts_of", "cue", "cue_stems", "opposites_of", "phrases_in"]

_PACKAGE = "harness.grounding"
_NO_CONCEPTS: frozenset[str] = frozenset()


def _key(entry: str) -> str:
    """A word's stem, or the stems of a phrase joined by one space."""
    return " ".join(stem(piece) for piece in entry.lower().replace("'", "").split("_"))


def _groups() -> dict[str, frozenset[str]]:
    table: dict[str, set[str]] = {}
    lines = [line for line in load(_PACKAGE, "synonyms")["groups"].splitlines() if line.strip()]
    for number, line in enumerate(lines):
        for entry in line.split():
            table.setdefault(_key(entry), set()).add(f"#{number}")
    return {key: frozenset(found) for key, found in table.items()}


_CONCEPTS = _groups()
PHRASES: frozenset[str] = frozenset(key for key in _CONCEPTS if " " in key)
"""Stems of the phrases that have a concept."""
_OPENERS = frozenset(key.split()[0] for key in PHRASES)


@lru_cache(maxsize=1 << 14)
def concepts_of(root: str) -> frozenset[str]:
    """The concepts of a stem (or phrase of stems): itself and its synonym groups."""
    return _CONCEPTS.get(root, _NO_CONCEPTS) | {root}


def phrases_in(tokens: Sequence[Token], at: int) -> frozenset[str]:
    """Concepts of the phrases that begin at token ``at``; a small word may stand inside ("switched it off")."""
    found = _NO_CONCEPTS
    if tokens[at].stem not in _OPENERS:
        return found
    ahead = [token.stem for token in tokens[at : at + 4] if token.norm not in cue("fillers")]
    for length in (2, 3):
        key = " ".join(ahead[:length])
        if key in PHRASES:
            found |= _CONCEPTS[key]
    return found


@lru_cache(maxsize=64)
def cue(name: str) -> frozenset[str]:
    """A list of small words as written, lower case without apostrophes."""
    return frozenset(load(_PACKAGE, "cues")[name].split())


@lru_cache(maxsize=64)
def cue_stems(name: str) -> frozenset[str]:
    """The stems of :func:`cue`."""
    return frozenset(stem(word) for word in cue(name))


def _opposites() -> dict[str, tuple[tuple[str, frozenset[str]], ...]]:
    table: dict[str, list[tuple[str, frozenset[str]]]] = {}
    raw = load(_PACKAGE, "opposites")
    for reason, name in (("outcome_flip", "outcome"), ("antonym", "antonym")):
        for line in filter(str.strip, raw[name].splitlines()):
            left, right = (frozenset(map(_key, pole.split())) for pole in line.split("|"))
            for here, there in ((left, right), (right, left)):
                for key in here - there:
                    table.setdefault(key, []).append((reason, there - here))
    for line in filter(str.strip, raw["sibling"].splitlines()):
        members = frozenset(map(_key, line.split()))
        for key in members:
            table.setdefault(key, []).append(("entity_swap", members - {key}))
    return {key: tuple(found) for key, found in table.items()}


OPPOSITES = _opposites()
"""Stem -> (reason code, stems that exclude it)."""


def opposites_of(root: str) -> tuple[tuple[str, frozenset[str]], ...]:
    """Reason code and contrary stems for each opposition that ``root`` stands in."""
    return OPPOSITES.get(root, ())
