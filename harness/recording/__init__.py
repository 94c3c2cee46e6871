"""Recordings: the file format, its values, reading, writing, timing and editing. ``FORMAT.md`` is the specification."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.recording.edit import Resealed, reseal
    from harness.recording.entry import Header, Redaction
    from harness.recording.reader import Recording, find_recordings, iter_entries, read_recording, read_stream
    from harness.recording.writer import RecordingWriter

__all__ = [
    "Header",
    "Recording",
    "RecordingWriter",
    "Redaction",
    "Resealed",
    "find_recordings",
    "iter_entries",
    "read_recording",
    "read_stream",
    "reseal",
]

_HOMES = {
    "Header": "entry",
    "Recording": "reader",
    "RecordingWriter": "writer",
    "Redaction": "entry",
    "Resealed": "edit",
    "find_recordings": "reader",
    "iter_entries": "reader",
    "read_recording": "reader",
    "read_stream": "reader",
    "reseal": "edit",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
