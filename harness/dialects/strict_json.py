"""JSON as the wire allows it, and nothing beside: every departure is a named reason.

1. No duplicate keys, no NaN or Infinity, no lone surrogates, at most 64 levels, at most 4 MiB.
2. The reason says what is wrong; the text itself is never part of it.
3. Accepting is quick, refusing is exact: what the quick decoder takes without a doubt is what the other one gives; all else
   is decided by that. ``tests/dialects/test_strict_json.py`` holds the two together.
"""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

import msgspec

__all__ = ["MAX_BYTES", "MAX_DEPTH", "StrictJsonError", "loads"]

MAX_DEPTH = 64
MAX_BYTES = 4 * 1024 * 1024

_LONE = re.compile("[\ud800-\udfff]")
_STRUCTURE = re.compile(r'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)|[\[\]{}]', re.DOTALL)
"""A string (one that never ends goes to the end: no second try, so the cost is linear) or a bracket."""


class StrictJsonError(ValueError):
    """``reason`` is one of :class:`harness.dialects.base.Malformed`'s; ``where`` a character offset or ''."""

    def __init__(self, reason: str, where: str = "") -> None:
        self.reason = reason
        self.where = where
        super().__init__(f"{reason} at {where}" if where else reason)


def loads(raw: str) -> Any:
    """``raw`` as a JSON value.

    Raises:
        StrictJsonError: for anything rule 1 names, or text that is not JSON.
    """
    if len(raw) > MAX_BYTES or (len(raw) * 4 > MAX_BYTES and len(raw.encode("utf-8", "surrogatepass")) > MAX_BYTES):
        raise StrictJsonError("too_large")
    value = _quickly(raw)
    return _exactly(raw) if value is _DOUBT else value


def _quickly(raw: str) -> Any:
    """The value of ``raw``; :data:`_DOUBT` where a key may be there twice, or anything is wrong."""
    if '\\"' in raw:  # then quotes tell nothing of how many strings there are
        return _DOUBT
    try:
        value = _QUICK.decode(raw)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return _DOUBT
    strings, containers = _counted(value)
    if 2 * strings != raw.count('"') or (containers > MAX_DEPTH and _depth(raw) > MAX_DEPTH):
        return _DOUBT
    return value


def _counted(value: Any) -> tuple[int, int]:
    """Strings in ``value``, keys among them, and its objects and arrays; a key that is there twice has gone with its value."""
    strings = containers = 0
    rest = [value]
    for item in rest:  # it grows while it is gone through
        kind = type(item)
        if kind is dict:
            containers += 1
            strings += len(item)
            rest += item.values()
        elif kind is str:
            strings += 1
        elif kind is list:
            containers += 1
            rest += item
    return strings, containers


def _exactly(raw: str) -> Any:
    if raw.count("[") + raw.count("{") > MAX_DEPTH and _depth(raw) > MAX_DEPTH:
        raise StrictJsonError("too_deep")
    try:
        value = _DECODER.decode(raw)
    except StrictJsonError:
        raise
    except json.JSONDecodeError as error:
        raise StrictJsonError("not_json", str(error.pos)) from None
    except ValueError:
        # A number of thousands of digits, which the int() behind the decoder refuses.
        raise StrictJsonError("not_finite_number") from None
    if _has_lone_surrogate(raw, value):
        raise StrictJsonError("invalid_text")
    return value


def _depth(raw: str) -> int:
    depth = deepest = 0
    for match in _STRUCTURE.finditer(raw):
        token = match.group()
        if token in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif token in "]}":
            depth -= 1
    return deepest


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise StrictJsonError("duplicate_keys")
    return found


def _constant(_: str) -> NoReturn:
    raise StrictJsonError("not_finite_number")


def _float(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise StrictJsonError("not_finite_number")
    return value


_DOUBT = object()
_QUICK = msgspec.json.Decoder()
_DECODER = json.JSONDecoder(object_pairs_hook=_pairs, parse_constant=_constant, parse_float=_float)


def _has_lone_surrogate(raw: str, value: Any) -> bool:
    if "\\ud" not in raw and "\\uD" not in raw:
        return not raw.isascii() and _LONE.search(raw) is not None
    return _LONE.search(json.dumps(value, ensure_ascii=False)) is not None
