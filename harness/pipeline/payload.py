"""A JSON value as strings with paths, and back: shared by the stages that look at every string.

1. A path is an RFC 6901 pointer; a key is addressed as the pointer of its member plus ``#key``; a key that itself
   ends so is written with ``~#key``.
2. Strings, keys and numbers are all text here: a card number may be written without quotes, or as ``4.5e15``.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

__all__ = ["canonical", "digest", "is_field_name", "leaves", "pointer", "rebuild"]

_SHORTEST_NUMBER = 7
"""Numbers with fewer digits cannot hold any structured type."""

_NESTED = (dict, list, tuple, Mapping)
_LONGEST_NAME = 32
_NAME = re.compile("[a-z]+(?:_[a-z]+)*")
_EXACT = 1e19
"""Whole numbers below it are read without their ``.0``: 16 digits are a card, whoever took them for a measure."""


def pointer(parent: str, key: str | int) -> str:
    """The RFC 6901 pointer of member ``key`` of ``parent``."""
    if isinstance(key, int):
        return f"{parent}/{key}"
    if "~" not in key and "/" not in key and "#" not in key:
        return f"{parent}/{key}"
    escaped = key.replace("~", "~0").replace("/", "~1")
    return f"{parent}/{escaped.removesuffix('#key')}~#key" if escaped.endswith("#key") else f"{parent}/{escaped}"


def is_field_name(path: str, text: str) -> bool:
    """A key as dialects name their fields: a word or two in lower case. The same few come with every message."""
    return path.endswith("#key") and len(text) <= _LONGEST_NAME and text.isascii() and _NAME.fullmatch(text) is not None


def leaves(value: Any, path: str = "") -> list[tuple[str, str]]:
    """(path, text) of every string, key and long number in ``value``, in document order."""
    found: list[tuple[str, str]] = []
    _gather(value, path, found)
    return found


def _gather(value: Any, path: str, found: list[tuple[str, str]]) -> None:
    if isinstance(value, str):
        found.append((path, value))
    elif isinstance(value, dict | Mapping):  # a dict is asked for first: it is, nearly always, and that is quick
        for key, item in value.items():
            inner = pointer(path, key)
            found.append((f"{inner}#key", key))
            _gather(item, inner, found)
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            _gather(item, f"{path}/{index}", found)
    elif isinstance(value, int | float) and not isinstance(value, bool) and len(str(value)) >= _SHORTEST_NUMBER:
        found.append((path, _number(value)))


def _number(value: Any) -> str:
    whole = isinstance(value, float) and abs(value) < _EXACT and value.is_integer()
    return str(int(value) if whole else value)


def rebuild(value: Any, new: Mapping[str, str], path: str = "") -> Any:
    """``value`` with the texts at the paths of ``new`` replaced; members untouched are shared, not copied."""
    if not new:
        return value
    if isinstance(value, Mapping):
        built: dict[str, Any] = {}
        for key, item in value.items():
            inner = pointer(path, key)
            name = new.get(f"{inner}#key", key)
            built[_free(built, name)] = rebuild(item, new, inner) if isinstance(item, _NESTED) else new.get(inner, item)
        return built
    if isinstance(value, list | tuple):
        return [rebuild(item, new, pointer(path, index)) for index, item in enumerate(value)]
    return new.get(path, value)


def _free(built: Mapping[str, Any], name: str) -> str:
    """Two keys may become the same placeholder; neither may swallow the other."""
    candidate, count = name, 1
    while candidate in built:
        count += 1
        candidate = f"{name}~{count}"
    return candidate


def canonical(value: Any) -> bytes:
    """The one byte form of a JSON value: keys sorted, compact, UTF-8."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.encode("utf-8", "surrogatepass")


def digest(value: Any) -> str:
    """SHA-256 of :func:`canonical`, hex. For redacted values only: it is not keyed."""
    return hashlib.sha256(canonical(value)).hexdigest()
