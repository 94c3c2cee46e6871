"""Hypothesis strategies: invented personal data that is known to be there, and texts that hold none.

They are for tests of redaction, ours and yours, and know nothing of the detector: values are made with their check digits,
in many written and spoken forms, outside the space of surrogates (harness/pii/SURROGATES.md).

1. Everything shrinks: the first option of a choice is the plainest, numbers shrink to small ones.
2. Installed, the entry point ``hypothesis`` makes ``PiiText``, ``NearMiss`` and ``InventedSession`` known to
   ``st.from_type`` and ``st.builds``. hypothesis itself comes with the extra ``fuzz``.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.strategies.drawn import (
        chunkings,
        malformed_messages,
        messages,
        near_misses,
        obfuscations,
        pii_texts,
        pii_values,
        recordings,
        sessions,
        soups,
        spoken_numbers,
    )
    from harness.strategies.labelled import InventedRecording, InventedSession, NearMiss, PiiText, Truth, Value

__all__ = [
    "InventedRecording",
    "InventedSession",
    "NearMiss",
    "PiiText",
    "Truth",
    "Value",
    "chunkings",
    "malformed_messages",
    "messages",
    "near_misses",
    "obfuscations",
    "pii_texts",
    "pii_values",
    "recordings",
    "sessions",
    "soups",
    "spoken_numbers",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = "labelled" if name[0].isupper() else "drawn"
    return getattr(importlib.import_module(f"{__name__}.{home}"), name)
