"""Serves recordings to any client, and checks what the client sends."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.replayer.match import Level
    from harness.replayer.script import Script
    from harness.replayer.service import ReplayService

__all__ = ["Level", "ReplayService", "Script"]

_HOME = {"Level": "match", "ReplayService": "service", "Script": "script"}


def __getattr__(name: str) -> Any:
    """Import what is asked for, and only then."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
