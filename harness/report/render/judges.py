"""What judges from outside decided and cost; nothing where none was asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.report.render.view import Cell, Column, Section, Table, count

__all__ = ["judges_sections"]

_INTRO = (
    "Judges see accepted summaries, redacted. A judge agrees, or overrules the check: then the summary is quarantined. "
    "A question without an answer is degraded, neither a pass nor a failure. Cached answers were played back."
)
_NUMBERS = ("asked", "decided", "agreed", "overruled", "degraded", "cached")


def judges_sections(report: Mapping[str, Any]) -> list[Section]:
    """One section, or none."""
    rows = [
        [
            Cell(text=row["judge"], note=f"version {row['version']}" + ("" if row["deterministic"] else ", may vary")),
            *(count(row[name], bad=name in ("overruled", "degraded")) for name in _NUMBERS),
            Cell(text=f"{row['cost']:g}"),
        ]
        for row in report.get("judges", ())
    ]
    if not rows:
        return []
    columns = [Column("judge", False), *map(Column, (*_NUMBERS, "cost"))]
    table = Table(title="Judges", columns=columns, rows=rows, note="Cost in the judge's own unit; played back is free.")
    return [Section(id="judges", title="Judges", intro=_INTRO, blocks=[table])]
