"""Results of replays as lines of JSON: how they travel between processes, and wait on the disk for their report.

1. A line is one replay: what a report needs of it, redacted as outcomes are.
2. The same replay gives the same line, whichever process made it.
3. What msgspec cannot write or read (half a surrogate pair, a number without end) goes the slow way, through ``json``.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import get_type_hints

import msgspec

from harness.report.run import SessionResult

__all__ = ["decoded", "encoded"]

_HINTS = {**get_type_hints(SessionResult), "recording_path": str}
_Result = msgspec.defstruct("_Result", [(one.name, _HINTS[one.name]) for one in fields(SessionResult)])
_NAMES = _Result.__struct_fields__


class _Line(msgspec.Struct):
    policies: dict[str, str]
    result: _Result  # type: ignore[valid-type]  # the fields of a SessionResult, as they are written


_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(_Line)


def encoded(result: SessionResult, policies: Mapping[str, str], *, root: Path) -> bytes:
    """One line; the recording is named from ``root``."""
    path = os.path.relpath(result.recording_path, root)
    line = {"policies": dict(policies), "result": replace(result, recording_path=path)}
    try:
        return _ENCODER.encode(line) + b"\n"
    except (UnicodeEncodeError, OverflowError):
        return json.dumps(msgspec.to_builtins(line, str_keys=True), sort_keys=True).encode() + b"\n"


def decoded(line: bytes) -> tuple[SessionResult, dict[str, str]]:
    """What :func:`encoded` took.

    Raises:
        ValueError: the line is not whole.
    """
    try:
        held = _DECODER.decode(line)
    except msgspec.DecodeError:
        held = msgspec.convert(json.loads(line), _Line, str_keys=True)
    return SessionResult(**{name: getattr(held.result, name) for name in _NAMES}), held.policies
