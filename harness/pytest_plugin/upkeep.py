"""Recordings that need a look: those no test uses, and those that are old."""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

from harness.clock import SystemClock
from harness.errors import RecordingError
from harness.recording.reader import Reading, find_recordings, open_file

__all__ = ["expired", "unused"]


def unused(folder: Path, used: set[Path]) -> list[str]:
    """A line for every recording in ``folder`` that is not ``used`` (absolute paths)."""
    return [f"unused: {_shown(path)}" for path in _all(folder) if path not in used]


def expired(folder: Path, used: set[Path], days: int) -> list[str]:
    """A line for every recording, in ``folder`` or ``used``, that was made more than ``days`` days ago."""
    today = SystemClock().wall()
    lines = []
    for path in sorted({*_all(folder), *used}):
        created = _created(path)
        if created is not None and today - created > timedelta(days=days):
            age = (today - created).days
            lines.append(f"expired: {_shown(path)} is {age} days old (more than {days}); record it again")
    return lines


def _all(folder: Path) -> Iterable[Path]:
    try:
        return [path.resolve() for path in find_recordings([folder])]
    except RecordingError:
        return []


def _created(path: Path) -> datetime | None:
    """When the header says it was made; None where it does not say so."""
    try:
        with open_file(path) as file:
            found = datetime.fromisoformat(Reading(file, path).header.created)
    except (RecordingError, ValueError):
        return None
    return found if found.tzinfo else None


def _shown(path: Path) -> str:
    return os.path.relpath(path)
