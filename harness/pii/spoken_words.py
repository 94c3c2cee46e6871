"""The words of numbers and addresses that are said, one file per language: ``data/<language>/spoken.toml``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.text.lexicon import load, words

__all__ = [
    "AT_WORDS",
    "BREAKS",
    "CLASSES",
    "DIGITS",
    "EXTENSION",
    "HESITATIONS",
    "HOT_WORDS",
    "JOINER",
    "JOINERS",
    "MONTHS",
    "NEVER_LOCAL",
    "NUMBERS",
    "NUMBER_WORDS",
    "TOP_LEVEL",
]

_DATA: Mapping[str, Any] = load("harness.pii", "spoken")
DIGITS: Mapping[str, str] = _DATA["digit"]
_PAIR: Mapping[str, str] = {**_DATA["teen"], **_DATA["tens"]}
_TENS = frozenset(_DATA["tens"])
_SCALE: Mapping[str, str] = _DATA["scale"]
_REPEAT: Mapping[str, int] = _DATA["repeat"]
JOINER: Mapping[str, str] = _DATA["joiner"]
AT_WORDS = words(_DATA["at"])
JOINERS = frozenset(JOINER)
TOP_LEVEL = words(_DATA["tld"])
NEVER_LOCAL = words(_DATA["never_local"])
EXTENSION = words(_DATA["extension"]) | {"x"}
"""Words before the extension of a telephone number."""
MONTHS = words(_DATA["month"])
BREAKS = words(_DATA["pause"])
"""What may also stand between two numbers."""
HESITATIONS = words(_DATA["filler"]) | words(_DATA["pause"])
"""What is said between the groups of a number and means nothing."""
NUMBER_WORDS = frozenset({*DIGITS, *_PAIR, *_SCALE, *_REPEAT})

CLASSES: Mapping[str, str] = {
    **dict.fromkeys(words(_DATA["filler"]) | words(_DATA["pause"]) | MONTHS, "F"),
    **dict.fromkeys(words(_DATA["link"]), "G"),
    **dict.fromkeys(EXTENSION - {"x"}, "F"),
    **dict.fromkeys(JOINER, "J"),
    **dict.fromkeys(AT_WORDS, "J"),
    **dict.fromkeys(NUMBER_WORDS, "N"),
}
"""Word -> N number, J joiner of an address, F filler, G link between number words."""

HOT_WORDS = (
    (NUMBER_WORDS - {"o", "second", "first", "third"})
    | AT_WORDS
    | {"dot", "underscore", "hyphen", "dash", "plus"}
    | set("bcefghjklnopqruvwxyz")
)
"""Words at which a value may begin, or one word before it; single letters, since addresses are spelled."""

NUMBERS: Mapping[str, tuple[str, str]] = {
    **{word: ("repeat", str(times)) for word, times in _REPEAT.items()},
    **{word: ("scale", zeros) for word, zeros in _SCALE.items()},
    **{word: ("tens" if word in _TENS else "teen", digits) for word, digits in _PAIR.items()},
    **{word: ("digit", digit) for word, digit in DIGITS.items()},
}
"""Number word -> what it does, its digits."""
