"""Grounding: is every claim of a summary supported by what was said before it?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.grounding.baseline import rouge_l, token_overlap
    from harness.grounding.checker import Checker, Conversation
    from harness.grounding.verdict import Claim, GroundingResult

__all__ = ["Checker", "Claim", "Conversation", "GroundingResult", "rouge_l", "token_overlap"]

_HOME = {
    "Checker": "checker",
    "Claim": "verdict",
    "Conversation": "checker",
    "GroundingResult": "verdict",
    "rouge_l": "baseline",
    "token_overlap": "baseline",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)
