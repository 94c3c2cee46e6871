"""What makes a word a name: the lexicon, and the reserved invented names.

1. A word is judged by itself: in lower case, without "'s". The lists are data: ``data/en/names.toml``.
2. A reserved name is a beginning and an ending of the lists; it is a name wherever it stands, and nobody's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.pii.spoken import NUMBER_WORDS
from harness.text.lexicon import load, words

__all__ = [
    "COMPANY",
    "FILLERS",
    "GIVEN",
    "PARTICLES",
    "RESERVED",
    "RESERVED_FAMILY",
    "RESERVED_GIVEN",
    "SUFFIXES",
    "TITLES",
    "is_ambiguous",
    "is_given",
    "is_never",
    "is_reserved",
    "lower_name",
]

_DATA: Mapping[str, Any] = load("harness.pii", "names")
GIVEN = words(_DATA["given"])
_AMBIGUOUS = words(_DATA["ambiguous"])
_NEVER = words(_DATA["never"])
COMPANY = words(_DATA["company"])
PARTICLES = words(_DATA["particles"])
SUFFIXES = words(_DATA["suffixes"])
TITLES = words(_DATA["titles"])
FILLERS = words(_DATA["fillers"])

_FIRST = _DATA["reserved"]["first"].split()
RESERVED_GIVEN = tuple(first + last for first in _FIRST for last in _DATA["reserved"]["given"].split())
"""Invented given names, capitalised."""
RESERVED_FAMILY = tuple(first + last for first in _FIRST for last in _DATA["reserved"]["family"].split())
"""Invented family names, capitalised."""
RESERVED = frozenset(name.lower() for name in RESERVED_GIVEN + RESERVED_FAMILY)

_TOO_WEAK = ("ed", "ing", "ly", "n't")


def lower_name(word: str) -> str:
    """``word`` as the lists have it."""
    low = word.lower().replace("’", "'")
    return low.removesuffix("'s").rstrip("'.")


def is_reserved(word: str) -> bool:
    """Whether a word is an invented name; spelled with hyphens too."""
    return lower_name(word).replace("-", "") in RESERVED


def is_given(low: str) -> bool:
    """Whether ``low`` is a given name and hardly anything else."""
    return low in GIVEN or low in RESERVED


def is_ambiguous(low: str) -> bool:
    """Whether ``low`` is a name and an ordinary word."""
    return low in _AMBIGUOUS


def is_never(low: str) -> bool:
    """Whether ``low`` is no name where the case of letters tells nothing."""
    return (
        low in _NEVER
        or low in COMPANY
        or low in TITLES
        or low in NUMBER_WORDS
        or (low.endswith(_TOO_WEAK) and not is_given(low))
    )
