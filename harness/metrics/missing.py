"""How a number that is not there is written: ``"n/a"`` and the reason beside it.

1. A missing number is never 0 and never left out.
2. In a table of figures the value is the string ``"n/a"``; the table's ``why`` maps the figure to the reason.
3. Ratios are rounded to 6 digits, so that a report's bytes do not hang on the last bit of a float.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["NA", "Missing", "ratio", "settle"]

NA = "n/a"


@dataclass(frozen=True, slots=True)
class Missing:
    """Stands for a number that is not there.

    Args:
        reason: in words, for the reader of a report.
    """

    reason: str


def ratio(part: float, whole: float, why_not: str) -> float | Missing:
    """``part / whole``, or Missing(``why_not``) where ``whole`` is 0."""
    return part / whole if whole else Missing(why_not)


def settle(figures: Mapping[str, Any]) -> dict[str, Any]:
    """``figures`` ready for JSON: floats rounded, each Missing as ``"n/a"`` and explained under ``why``."""
    out: dict[str, Any] = {}
    why: dict[str, str] = {}
    for name, value in figures.items():
        if isinstance(value, Missing):
            out[name] = NA
            why[name] = value.reason
        else:
            out[name] = _rounded(value)
    if why:
        out["why"] = why
    return out


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 6)
    if isinstance(value, tuple):
        return [_rounded(item) for item in value]
    return value
