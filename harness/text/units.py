"""Units of measure and money: which words name them and how they convert.

1. A canonical value is an integer in millionths of the canonical unit; 2 weeks and 14 days are one value.
2. Months are not days: 1 month never equals 30 days, but 1 year equals 12 months.
3. Money of one currency is one unit whether written as a symbol, a code or a word.
"""

from __future__ import annotations

from harness.text.lexicon import load

__all__ = ["CURRENCIES", "MICRO", "SYMBOLS", "compatible", "unit_of"]

MICRO = 1_000_000
_TABLE = load("harness.text", "units")
SYMBOLS: dict[str, str] = _TABLE["symbols"]
"""Currency sign -> canonical currency."""
CURRENCIES: frozenset[str] = frozenset(str(entry[0]) for entry in _TABLE["money"].values())
"""Canonical currency names."""
_UNITS: dict[str, tuple[str, int]] = {
    word: (str(unit), int(factor)) for part in ("money", "measure") for word, (unit, factor) in _TABLE[part].items()
}


def unit_of(word: str) -> tuple[str, int] | None:
    """Canonical unit and factor (millionths) that a lower-case word names, or None."""
    return _UNITS.get(word)


def compatible(left: str, right: str) -> bool:
    """Whether two canonical units may stand for each other: equal, or one of them was not said."""
    return left == right or not left or not right or {left, right} == {"pound", "lb"}
