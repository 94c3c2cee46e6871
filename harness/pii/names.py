"""What makes a word a name: the lexicon, and the reserved invented names.

1. A word is judged by itself: in lower case, without "'s". The lists are data: ``data/en/names.toml`` and
   ``people.toml``.
2. A reserved name is a beginning and an ending of the lists; it is a name wherever it stands, and nobody's.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Any

from harness.pii.spoken import NUMBER_WORDS
from harness.text.lexicon import load, words

__all__ = [
    "ALONE_LOW",
    "COMPANY",
    "FAMILY",
    "FILLERS",
    "GIVEN",
    "PARTICLES",
    "RESERVED",
    "RESERVED_FAMILY",
    "RESERVED_GIVEN",
    "SUFFIXES",
    "TITLES",
    "is_ambiguous",
    "is_brand",
    "is_family",
    "is_given",
    "is_low_given",
    "is_never",
    "is_opener",
    "is_reserved",
    "is_strong",
    "is_thing",
    "is_word",
    "lower_name",
]

_DATA: Mapping[str, Any] = load("harness.pii", "names")
_PEOPLE: Mapping[str, Any] = load("harness.pii", "people")
_AMBIGUOUS = words(_DATA["ambiguous"])
_NEVER = words(_DATA["never"])
COMPANY = words(_DATA["company"])
_WEAK = words(_PEOPLE["weak"])
GIVEN = words(_DATA["given"]) | (words(_PEOPLE["given"]) - _WEAK - _AMBIGUOUS - _NEVER - COMPANY)
FAMILY = words(_PEOPLE["family"]) - _AMBIGUOUS - _NEVER - COMPANY
_OPENERS = words(_PEOPLE["openers"]) | words(_DATA["titles"])
_THINGS = words(_PEOPLE["not_people"])
ALONE_LOW = frozenset(
    word for word in words(_DATA["given"]) - _WEAK - _AMBIGUOUS - _NEVER - words(_PEOPLE["words"]) if len(word) > 3
)
_BRANDS = frozenset(_PEOPLE["brands"].replace("\n", "").split("|")) - {""}
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

_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ß": "ss", "æ": "ae", "œ": "oe", "ı": "i"})
_TOO_WEAK = ("ed", "ing", "ly", "n't")


def lower_name(word: str) -> str:
    """``word`` as the lists have it."""
    low = word.lower().replace("’", "'")
    return low.removesuffix("'s").rstrip("'.")


def is_reserved(word: str) -> bool:
    """Whether a word is an invented name; spelled with hyphens too."""
    return lower_name(word).replace("-", "") in RESERVED


def _plain(low: str) -> str:
    """``low`` without accents, as the lists have it."""
    if low.isascii():
        return low
    return "".join(
        char for char in unicodedata.normalize("NFD", low.translate(_LETTERS)) if char.isalpha() or char in "'-"
    )


def is_given(low: str) -> bool:
    """Whether ``low`` is a given name and hardly anything else."""
    return low in GIVEN or low in RESERVED or (not low.isascii() and _plain(low) in GIVEN)


def is_strong(low: str) -> bool:
    """Whether ``low``, written with a capital, is a given name by itself: no word, no place, no brand; of "amy-leigh" each part."""
    parts = _plain(low).split("-")
    return len(low) > 2 and all(part in GIVEN and part not in _WEAK and part not in _AMBIGUOUS for part in parts)


def is_low_given(low: str) -> bool:
    """Whether ``low``, in small letters, is a given name by itself: one of the common ones that are nothing else."""
    return low in ALONE_LOW


def is_thing(low: str) -> bool:
    """Whether a row of names with this word, or before it, is a place's or a thing's."""
    return low in _THINGS


def is_family(low: str) -> bool:
    """Whether ``low`` is a surname and hardly anything else."""
    return _plain(low) in FAMILY


def is_opener(low: str) -> bool:
    """Whether ``low`` begins a sentence, or a name of something else, rather than a person's name."""
    return low in _OPENERS


def is_brand(low: str) -> bool:
    """Whether a name in small letters is a company's or a thing's."""
    return low in _BRANDS


def is_ambiguous(low: str) -> bool:
    """Whether ``low`` is a name and an ordinary word."""
    return low in _AMBIGUOUS


def is_word(low: str) -> bool:
    """Whether ``low`` is a word that no name is, however it is written."""
    return low in _NEVER or low in COMPANY or low in TITLES or low in NUMBER_WORDS


def is_never(low: str) -> bool:
    """Whether ``low`` is no name where the case of letters tells nothing."""
    return is_word(low) or (low.endswith(_TOO_WEAK) and not is_given(low))
