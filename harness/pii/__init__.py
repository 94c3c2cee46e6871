"""Personal data: find it (rules as data), replace it (operators, surrogates), and look for leaks independently."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.pii.span_stream import SpanStream
    from harness.pii.stream import RedactionResult, Redactor, RedactStream
    from harness.pii.surrogate import SurrogateVault, is_surrogate

__all__ = ["RedactStream", "RedactionResult", "Redactor", "SpanStream", "SurrogateVault", "is_surrogate"]

_HOME = {
    "RedactStream": "stream",
    "RedactionResult": "stream",
    "Redactor": "stream",
    "SpanStream": "span_stream",
    "SurrogateVault": "surrogate",
    "is_surrogate": "surrogate",
}


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(importlib.import_module(f"harness.pii.{_HOME[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
