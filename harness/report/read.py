"""Reading a report back: ``report.json`` and the ``results.jsonl`` beside it.

1. A report whose digest does not fit its verdicts was changed by hand and is refused.
2. Without ``results.jsonl`` a report is whole but for its lists of messages.
3. The rows are read from the disk each time they are gone through: a view of a large run holds none of them for long.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from harness.errors import RecordingFormatError, RecordingNotFound, UnsupportedVersion
from harness.report.digest import report_digest
from harness.report.model import FORMAT, VERSION, Report

__all__ = ["Loaded", "RowFile", "load_report", "open_report", "parse_report"]

_PARTS = ("run", "parity", "verdicts", "measurements")
_FIX = "make the report again with `harness run`"


class Loaded(NamedTuple):
    """A report and the rows of its results; ``rows`` is None where there is no results.jsonl."""

    report: Report
    rows: Sequence[dict[str, Any]] | None


def load_report(path: Path | str) -> Loaded:
    """Read a report's folder, or its report.json.

    Raises:
        RecordingNotFound: no such file.
        RecordingFormatError: not a report, changed since it was made, or a broken line of results.
        UnsupportedVersion: a report of a later version.
    """
    report, rows = open_report(path)
    return Loaded(report, None if rows is None else list(rows))


class RowFile:
    """The rows of a results.jsonl, read anew by every iteration.

    Raises:
        RecordingFormatError: in the midst of the iteration, at a broken line.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def __iter__(self) -> Iterator[dict[str, Any]]:
        try:
            with self.path.open("rb") as file:
                for number, line in enumerate(file, start=1):
                    if line.strip():
                        yield _json(line, self.path, number)
        except OSError as error:
            raise RecordingFormatError(f"cannot be read: {error.strerror}", path=self.path) from None


def open_report(path: Path | str) -> tuple[Report, RowFile | None]:
    """As :func:`load_report`, but the rows stay on the disk (rule 3)."""
    file = _file(Path(path))
    report = parse_report(_read(file), path=file)
    results = file.with_name("results.jsonl")
    return report, RowFile(results) if results.exists() else None


def parse_report(data: bytes, *, path: Path | str) -> Report:
    """The report in ``data``; ``path`` names the source in errors."""
    report = _json(data, path, 0)
    if report.get("format") != FORMAT or not isinstance(report.get("version"), int):
        raise RecordingFormatError(f"not a {FORMAT} file", path=path, fix="name a report's folder or its report.json")
    if report["version"] > VERSION:
        raise UnsupportedVersion(path=path, needs=report["version"], supports=VERSION)
    absent = [part for part in _PARTS if not isinstance(report.get(part), dict)]
    if absent:
        raise RecordingFormatError(f"it lacks {', '.join(absent)}", path=path, fix=_FIX)
    if report.get("digest") != report_digest(report):
        raise RecordingFormatError("its digest does not fit its verdicts: it was changed by hand", path=path, fix=_FIX)
    return report


def _file(path: Path) -> Path:
    return path / "report.json" if path.is_dir() else path


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise RecordingNotFound("no such report", path=path, fix="name a report's folder or its report.json") from None
    except OSError as error:
        raise RecordingFormatError(f"cannot be read: {error.strerror}", path=path) from None


def _json(data: bytes, path: Path | str, line: int) -> dict[str, Any]:
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        raise RecordingFormatError("not JSON", path=path, line=line, fix=_FIX) from None
    if not isinstance(value, dict):
        raise RecordingFormatError("not a JSON object", path=path, line=line, fix=_FIX)
    return value
