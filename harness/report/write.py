"""Writing a report's folder: ``results.jsonl``, a file for every view, and ``report.json`` last.

1. Each file appears whole or not at all: it is written beside its place, synced, and moved there.
2. ``report.json`` comes last: where it is new, the others are too.
3. An older report in the folder is replaced.
4. Views are made of report.json and the lines of results.jsonl, read from the disk as often as a view goes through
   them: however many messages a run has, their rows are never all in memory.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from harness.errors import RecordingWriteError
from harness.report.digest import canonical_json
from harness.report.model import Report, RunResult, build_report
from harness.report.read import RowFile
from harness.report.render.csv import csv_pieces
from harness.report.render.html import html_pieces
from harness.report.render.json import render_json
from harness.report.render.junit import render_junit
from harness.report.render.markdown import render_markdown
from harness.report.render.sarif import sarif_pieces
from harness.report.results import result_rows

__all__ = ["VIEWS", "render", "view_pieces", "write_atomically", "write_report"]

VIEWS = {
    "md": "report.md",
    "html": "report.html",
    "junit": "junit.xml",
    "sarif": "findings.sarif",
    "csv": "report.csv",
    "json": "report.json",
}
"""Form -> its file, in the order they are written."""


def render(report: Report, rows: Iterable[Mapping[str, Any]] | None, form: str) -> str:
    """One view of a report as a whole; see :func:`view_pieces`."""
    return "".join(view_pieces(report, rows, form))


def view_pieces(report: Report, rows: Iterable[Mapping[str, Any]] | None, form: str) -> Iterator[str]:
    """One view of a report, piece by piece.

    Args:
        report: report.json.
        rows: the lines of results.jsonl, gone through several times; None where there is none.
        form: one of :data:`VIEWS`.
    """
    if form == "json":
        yield render_json(report)
    elif form == "md":
        yield render_markdown(report, rows)
    elif form == "junit":
        yield render_junit(report, rows)
    elif form == "sarif":
        yield from sarif_pieces(report, rows)
    elif form == "csv":
        yield from csv_pieces(rows or ())
    else:
        yield from html_pieces(report, rows)


def write_report(run: RunResult, folder: Path | str) -> Report:
    """Build the report of ``run`` and write its files into ``folder``, which is made if need be.

    Raises:
        RecordingWriteError: the disk is full, the folder may not be written ...
    """
    folder = Path(folder)
    report = build_report(run)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RecordingWriteError(f"cannot be made: {error.strerror}", path=folder) from None
    results = folder / "results.jsonl"
    write_atomically(results, (canonical_json(row) + b"\n" for row in result_rows(run)))
    rows = RowFile(results)
    for form, name in VIEWS.items():
        write_atomically(folder / name, (piece.encode() for piece in view_pieces(report, rows, form)))
    return report


def write_atomically(path: Path, chunks: Iterable[bytes]) -> None:
    """Write ``chunks`` to ``path``; whatever goes wrong, ``path`` is as it was before or whole.

    Raises:
        RecordingWriteError: it could not be written.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as file:
            for chunk in chunks:
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        raise RecordingWriteError(f"cannot be written: {error.strerror}", path=path) from None
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
