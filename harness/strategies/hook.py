"""What hypothesis calls when it is imported: our types get their strategies, which are loaded when they are asked for."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from harness.strategies.labelled import InventedSession, NearMiss, PiiText

__all__ = ["register"]

_OF = {PiiText: "pii_texts", NearMiss: "near_misses", InventedSession: "sessions"}


def register() -> None:
    """The entry point ``hypothesis``."""
    for type_, name in _OF.items():
        st.register_type_strategy(type_, _loaded(name))


def _loaded(name: str) -> Callable[[type], st.SearchStrategy[Any]]:
    return lambda _: getattr(importlib.import_module("harness.strategies.drawn"), name)()
