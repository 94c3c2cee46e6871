"""``report.csv``: one line per message, for a spreadsheet.

1. Nothing is a formula: a cell that begins with = + - @, also behind spaces, has a quote mark before it.
2. Hidden characters are escapes (``escape.py``), so a cell is always one line; what a message said is not in it.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from harness.report.render.escape import visible
from harness.report.render.explorer import facets_of

__all__ = ["COLUMNS", "csv_pieces"]

COLUMNS = (
    *("file", "session", "line", "number", "conversation", "seq", "event", "verdict", "stage", "reasons", "problems"),
    *("types", "rules", "missed", "claims", "claims_flagged", "parity", "labels", "digest"),
)
"""The head."""

_FORMULA = re.compile(r"[\s'\"]*[=+\-@|%]")


def csv_pieces(rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """The head and a line per row; lines end in CRLF (RFC 4180)."""
    yield _line(COLUMNS)
    for row in rows:
        yield _line(_cells(row))


def _line(cells: Iterable[Any]) -> str:
    text = io.StringIO()
    csv.writer(text).writerow(_cell(cell) for cell in cells)
    return text.getvalue()


def _cell(value: Any) -> str | int:
    if value is None:
        return ""
    if isinstance(value, int):
        return value
    text = visible(value)
    return f"'{text}" if _FORMULA.match(text) else text


def _cells(row: Mapping[str, Any]) -> Iterator[Any]:
    facets = facets_of(row)
    claims = [] if row["grounding"] is None or row["provisional"] else row["grounding"]["claims"]
    yield from (row["file"], row["session"], row.get("line"), row["number"], row["conversation"], row["seq"])
    yield from (row["event"], row["verdict"], row["stage"], _joined(row["reasons"]))
    yield _joined(name for group, name in facets if group == "check")
    yield _joined(span["type"] for span in row["spans"])
    yield _joined(dict.fromkeys(span["rule"] for span in row["spans"]))
    yield _joined(missed["type"] for missed in row.get("missed", ()))
    yield len(claims)
    yield sum(claim["verdict"] == "ungrounded" for claim in claims)
    yield None if row["parity"] is None else row["parity"]["class"]
    yield from (row.get("labels"), row["digest"])


def _joined(names: Iterable[str]) -> str:
    return "; ".join(names)
