"""Writing a report's folder: ``results.jsonl``, ``report.md``, ``report.html``, and ``report.json`` last.

1. Each file appears whole or not at all: it is written beside its place, synced, and moved there.
2. ``report.json`` comes last: where it is new, the others are too.
3. An older report in the folder is replaced.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from harness.errors import RecordingWriteError
from harness.report.digest import canonical_json
from harness.report.model import Report, RunResult, build_report
from harness.report.render.html import render_html
from harness.report.render.json import render_json
from harness.report.render.markdown import render_markdown
from harness.report.results import result_rows

__all__ = ["render", "write_atomically", "write_report"]


def render(report: Report, rows: Sequence[dict[str, Any]] | None, form: str) -> str:
    """One view of a report; ``form`` is md, html or json."""
    if form == "json":
        return render_json(report)
    return render_markdown(report, rows) if form == "md" else render_html(report, rows)


def write_report(run: RunResult, folder: Path | str) -> Report:
    """Build the report of ``run`` and write its four files into ``folder``, which is made if need be.

    Raises:
        RecordingWriteError: the disk is full, the folder may not be written ...
    """
    folder = Path(folder)
    report = build_report(run)
    rows = list(result_rows(run))
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RecordingWriteError(f"cannot be made: {error.strerror}", path=folder) from None
    write_atomically(folder / "results.jsonl", (canonical_json(row) + b"\n" for row in rows))
    for form in ("md", "html", "json"):
        write_atomically(folder / f"report.{form}", [render(report, rows, form).encode()])
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
