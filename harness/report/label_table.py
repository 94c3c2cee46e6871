"""Labels as a table for people and other tools: CSV and JSONL, out and in again without loss.

1. A row is a label with the name of its recording (``file``) before it. No row holds the text it marks.
2. A CSV cell that a spreadsheet may take for a formula or a command (it begins with = + - @ | %, also in full width, behind
   spaces, returns or quote marks) gets an apostrophe in front; so does one that begins with an apostrophe. Reading takes it away
   again.
3. An empty cell is null where the field may be null, and '' elsewhere.
4. What cannot be read names its line, never its content.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from harness.errors import RecordingFormatError
from harness.report.labels import Label

__all__ = ["FIELDS", "formula_safe", "from_csv", "from_jsonl", "to_csv", "to_jsonl"]

FIELDS = ("file", *Label.__struct_fields__)
"""Columns, in order."""

_FORMULA = re.compile(r"'|[\t\r\n]|[\s'\"]*[=+\-@|%\uff1d\uff0b\uff0d\uff20]")
_WHOLE = re.compile(r"-?[0-9]{1,15}")
_NUMBERS = ("v", "seq", "start", "end")
_NULL = ("seq", "start", "end", "verdict", "supersedes")
_FIX = f"the first line names the columns, of {', '.join(FIELDS)}"

Row = dict[str, Any]


def formula_safe(cell: str) -> str:
    """Rule 2."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


def to_csv(rows: Iterable[tuple[str, Label]]) -> str:
    """(file, label) of each as CSV with a head, by RFC 4180."""
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\r\n")
    table.writerow(FIELDS)
    for file, label in rows:
        values = (file, *msgspec.structs.astuple(label))
        table.writerow("" if value is None else formula_safe(str(value)) for value in values)
    return out.getvalue()


def to_jsonl(rows: Iterable[tuple[str, Label]]) -> str:
    """(file, label) of each as JSON lines."""
    return "".join(json.dumps({"file": file, **msgspec.structs.asdict(label)}) + "\n" for file, label in rows)


def from_csv(text: str, *, path: str) -> Iterator[tuple[int, Row]]:
    """(line, row) of each; unknown columns are refused.

    Raises:
        RecordingFormatError: rule 4.
    """
    table = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True)
    try:
        head = next(table, [])
        if not head or len(set(head)) != len(head) or not set(head) <= set(FIELDS):
            raise RecordingFormatError("its columns are not those of labels", path=path, line=1, fix=_FIX)
        for cells in table:
            if len(cells) != len(head):
                raise RecordingFormatError("more or fewer cells than columns", path=path, line=table.line_num, fix=_FIX)
            cell_of = dict(zip(head, cells, strict=True))
            yield table.line_num, {name: _value(name, cell, path, table.line_num) for name, cell in cell_of.items()}
    except csv.Error:
        raise RecordingFormatError("not CSV", path=path, line=table.line_num, fix=_FIX) from None


def _value(name: str, cell: str, path: str, line: int) -> Any:
    cell = cell[1:] if cell.startswith("'") and _FORMULA.match(cell[1:]) else cell
    if cell == "" and name in _NULL:
        return None
    if name not in _NUMBERS:
        return cell
    if not _WHOLE.fullmatch(cell):
        raise RecordingFormatError(f"{name} is not a whole number", path=path, line=line)
    return int(cell)


def from_jsonl(text: str, *, path: str) -> Iterator[tuple[int, Row]]:
    """(line, row) of each; unknown members are refused.

    Raises:
        RecordingFormatError: rule 4.
    """
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            raise RecordingFormatError("not JSON", path=path, line=number) from None
        if not isinstance(row, dict) or not row.keys() <= set(FIELDS):
            raise RecordingFormatError(
                "not a label", path=path, line=number, fix=f"its members are {', '.join(FIELDS)}"
            )
        yield number, row
