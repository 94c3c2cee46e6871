"""What is put in the place of a value.

1. Detection is one thing, changing text another: :func:`apply` works on spans, whoever found them.
2. An operator is a pure function of the type and the value.
3. No unkeyed digest is ever made of a value.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Sequence

from harness.text.placeholder import placeholder
from harness.text.span import RedactedText, Span

__all__ = ["Operator", "apply", "drop", "hashed", "mask", "replace"]

Operator = Callable[[str, str], str]
"""(type, value) -> what stands in its place."""


def replace(type_: str, value: str) -> str:
    """The placeholder of the type."""
    return placeholder(type_)


def mask(type_: str, value: str) -> str:
    """Every letter and digit becomes ``*``; length and punctuation stay."""
    return "".join("*" if char.isalnum() else char for char in value)


def drop(type_: str, value: str) -> str:
    """Nothing."""
    return ""


def hashed(key: bytes) -> Operator:
    """An operator that writes ``[TYPE:12 hex digits]`` of a keyed digest, the same for equal values."""

    def operator(type_: str, value: str) -> str:
        digest = hmac.new(key, f"{type_}\0{value}".encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()
        letters = digest[:12].translate(str.maketrans("0123456789", "ghijklmnop"))
        return f"[{type_}:{letters}]"

    return operator


def apply(text: str, spans: Sequence[Span], operator: Operator = replace, *, base: int = 0) -> RedactedText:
    """``text`` with every span replaced.

    Args:
        spans: sorted, not overlapping, within the text.
        base: offset of the text's first character in what the spans count from.
    """
    parts: list[str] = []
    position = 0
    for span in spans:
        start, end = span.start - base, span.end - base
        parts += (text[position:start], operator(span.type, text[start:end]))
        position = end
    parts.append(text[position:])
    return RedactedText("".join(parts))
