"""Scripted conversations, and how they become recordings. ``SCENARIO.md`` beside this file is the format."""

from __future__ import annotations

import importlib
from typing import Any

__all__ = ["Composed", "Scenario", "compose_dialogues", "compose_files", "load_scenario"]

_HOME = {
    "Composed": "compose",
    "Scenario": "model",
    "compose_dialogues": "files",
    "compose_files": "files",
    "load_scenario": "model",
}


def __getattr__(name: str) -> Any:
    # Late, because pydantic and yaml cost more than a program that composes nothing should pay.
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)
