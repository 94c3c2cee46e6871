"""The mark ``recording``: what a test says of the recordings it wants."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from harness.errors import ConfigError
from harness.pytest_plugin.state import STATE
from harness.session.modes import RecordMode, chosen_mode

__all__ = ["Marked", "marked"]

_WORDS = {"speed", "match", "mode"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Marked:
    """What a mark says.

    Args:
        paths: of the recordings.
        mode: of recording: the command line's, else the mark's, else the environment's; the last two are none in CI.
        options: of the service.
    """

    paths: Sequence[Path]
    mode: RecordMode
    options: dict[str, Any] = field(default_factory=dict)


def marked(node: pytest.Item) -> Marked:
    """What the nearest mark of ``node`` says.

    Raises:
        pytest.UsageError: there is none.
        ConfigError: a word of it is not known, or its value is out of its bounds.
    """
    mark = node.get_closest_marker("recording")
    if mark is None or not mark.args:
        raise pytest.UsageError('which recording? mark the test: @pytest.mark.recording("name")')
    if unknown := sorted(set(mark.kwargs) - _WORDS):
        raise ConfigError("pytest.mark.recording", ", ".join(unknown), ", ".join(sorted(_WORDS)))
    state = node.config.stash[STATE]
    said = mark.kwargs.get("mode")
    environ = {**os.environ, "HARNESS_RECORD_MODE": said} if said else os.environ
    mode = chosen_mode(state.record_mode, environ)
    options = {"speed": _speed(mark.kwargs.get("speed", "instant")), "match": mark.kwargs.get("match", "strict")}
    return Marked(paths=[state.path_of(str(name)) for name in mark.args], mode=mode, options=options)


def _speed(value: Any) -> float | None:
    if value == "instant":
        return None
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise ConfigError("speed", value, "a number above 0, or 'instant'")
    return float(value)
