"""The fuzzer: search the rules for leaks, over-redaction, chunk variance, lost idempotence and slow inputs.

1. What is true is known by construction (:mod:`harness.strategies`, and the user's own examples), never from the detector.
2. Every failure is shrunk; failures are told apart by kind and rule, and each is reported once.
3. One seed and a number of examples give the same report and the same files, byte for byte.
4. What was generated is counted, so that silence means something.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.fuzz.problems import KINDS, Finding
    from harness.fuzz.profiles import PROFILES, Profile
    from harness.fuzz.run import Report, fuzz

__all__ = ["KINDS", "PROFILES", "Finding", "Profile", "Report", "fuzz"]

_HOMES = {
    "KINDS": "problems", "Finding": "problems", "PROFILES": "profiles", "Profile": "profiles", "Report": "run", "fuzz": "run",
}  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
