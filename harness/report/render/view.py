"""What every view for people shows, laid out once: tables of cells, lists of findings.

1. A view holds plain strings; escaping is the renderer's, at the very end.
2. A missing figure is the cell "n/a" with its reason as a note.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.metrics.missing import NA
from harness.report.checks import Check

__all__ = ["Cell", "Column", "Finding", "Findings", "Section", "Table", "View", "count", "milliseconds", "share"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One cell.

    Args:
        text: what it says.
        note: a second, small line: an interval, or why there is no figure.
        bar: (value, low, high), each 0..1, for a drawn interval; None = none.
        tone: "bad", "good" or "".
    """

    text: str
    note: str = ""
    bar: tuple[float, float, float] | None = None
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """A column's head; ``number`` aligns to the right."""

    name: str
    number: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table; ``empty`` is said when it has no rows."""

    title: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    empty: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One message worth reading: where it is, why, and its redacted words; ``link`` leads to it on the page."""

    where: str
    verdict: str
    reason: str
    text: str = ""
    evidence: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """A list of findings; ``total`` counts those left out as well."""

    title: str
    items: Sequence[Finding]
    total: int
    empty: str
    text_label: str = "says"


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A part of the page."""

    id: str
    title: str
    intro: str
    blocks: Sequence[Table | Findings]


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """The whole page."""

    title: str
    facts: Sequence[tuple[str, str]]
    checks: Sequence[Check]
    sections: Sequence[Section]
    terms: Sequence[tuple[str, str]]


def count(value: Any, *, bad: bool = False) -> Cell:
    """A count with thousands separated; toned "bad" when asked and not 0."""
    if value == NA:
        return Cell(text=NA)
    return Cell(text=f"{value:,}", tone="bad" if bad and value else "")


def share(figures: Mapping[str, Any], name: str) -> Cell:
    """A ratio in percent with its interval, from a table with ``interval`` and ``why``."""
    value = figures[name]
    if value == NA:
        return Cell(text=NA, note=figures.get("why", {}).get(name, ""))
    held = figures.get("interval", [])
    interval = held.get(name, NA) if isinstance(held, Mapping) else held
    if interval in (NA, []):
        return Cell(text=_percent(value), note="no interval")
    low, high = interval
    return Cell(text=_percent(value), note=f"{100 * low:.1f} – {_percent(high)}", bar=(value, low, high))


def _percent(value: float) -> str:
    return f"{100 * value:.1f} %"


def milliseconds(figures: Mapping[str, Any], name: str) -> Cell:
    """A duration in ms, three significant digits or so."""
    value = figures[name]
    if value == NA:
        return Cell(text=NA, note=figures.get("why", {}).get(name, ""))
    return Cell(text=f"{value:,.0f}" if value >= 100 else f"{value:.3g}")
