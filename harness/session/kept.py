"""Results of replays as lines of JSON: how they travel between processes, and wait on the disk for their report.

1. A line is one replay: what a report needs of it, redacted as outcomes are.
2. The same replay gives the same line, whichever process made it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from harness.pipeline.outcome import GapFound, Outcome
from harness.recording.entry import OutcomeEntry
from harness.report.labels import Label
from harness.report.run import Crossing, Place, SessionResult

__all__ = ["decoded", "encoded"]

_LISTS: Mapping[str, Any] = {
    "outcomes": list[Outcome],
    "baseline": list[OutcomeEntry] | None,
    "gaps": list[GapFound],
    "premature": list[tuple[int, int, int]],
    "labels": list[Label],
    "detected": list[Label] | None,
    "places": dict[int, Place],
    "crossings": list[Crossing],
}
"""Fields of a result that are no plain JSON, and their types."""


def encoded(result: SessionResult, policies: Mapping[str, str], *, root: Path) -> bytes:
    """One line; the recording is named from ``root``."""
    path = os.path.relpath(result.recording_path, root)
    fields = msgspec.to_builtins(replace(result, recording_path=path))
    return json.dumps({"policies": dict(policies), "result": fields}, sort_keys=True).encode() + b"\n"


def decoded(line: bytes) -> tuple[SessionResult, dict[str, str]]:
    """What :func:`encoded` took.

    Raises:
        ValueError: the line is not whole.
    """
    held = json.loads(line)
    fields = held["result"]
    typed = {name: msgspec.convert(fields[name], kind, str_keys=True) for name, kind in _LISTS.items()}
    return SessionResult(**{**fields, **typed}), held["policies"]
