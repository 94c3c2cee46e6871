"""An earlier report to compare with: what each message came to then, and by which rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from harness.errors import HarnessError
from harness.report.read import load_report

__all__ = ["Baseline", "read_baseline"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """The rows of an earlier report: (file, recording's id) -> number of the message -> row."""

    rows: Mapping[tuple[str, str], Mapping[int, Mapping[str, Any]]] = field(repr=False)

    def of(self, file: str, recording_id: str) -> Mapping[int, Mapping[str, Any]]:
        """The rows of one recording, none if it was not in that report."""
        return self.rows.get((file, recording_id), {})

    def holds(self, file: str) -> bool:
        """Whether a recording of that file name was in the report."""
        return any(name == file for name, _ in self.rows)


def read_baseline(path: Path) -> Baseline:
    """The report at ``path``, its folder or its report.json.

    Raises:
        pytest.UsageError: it cannot be read, or has no results.jsonl beside it.
    """
    try:
        rows = load_report(path).rows
    except HarnessError as error:
        raise pytest.UsageError(f"--harness-baseline: {error}") from None
    if rows is None:
        raise pytest.UsageError(f"--harness-baseline: there is no results.jsonl beside {path}")
    found: dict[tuple[str, str], dict[int, Mapping[str, Any]]] = {}
    for row in rows:
        found.setdefault((row["file"], row["session"]), {})[row["number"]] = row
    return Baseline(rows=found)
