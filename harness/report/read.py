"""Reading a report back: ``report.json`` and the ``results.jsonl`` beside it.

1. A report whose digest does not fit its verdicts was changed by hand and is refused.
2. Without ``results.jsonl`` a report is whole but for its lists of messages.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from harness.errors import RecordingFormatError, RecordingNotFound, UnsupportedVersion
from harness.report.digest import report_digest
from harness.report.model import FORMAT, VERSION, Report

__all__ = ["Loaded", "load_report", "parse_report"]

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
    path = Path(path)
    file = path / "report.json" if path.is_dir() else path
    report = parse_report(_read(file), path=file)
    results = file.with_name("results.jsonl")
    return Loaded(report, _rows(results) if results.exists() else None)


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


def _rows(path: Path) -> list[dict[str, Any]]:
    lines = _read(path).split(b"\n")
    return [_json(line, path, number) for number, line in enumerate(lines, start=1) if line.strip()]


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
