"""JSON as a recording may hold it: the slow, exact reading that explains what is wrong with a line.

1. No duplicate keys, no NaN or Infinity (nor a number that overflows to one), no nesting deeper than 64, UTF-8 only.
2. A fault is said in words that hold nothing of the line: no key, no value.
3. No line costs more memory than its length and :data:`MAX_VALUES` explain: a line of millions of tiny values is
   refused before any of them is made.
"""

from __future__ import annotations

import json
import math
import re
from itertools import islice
from typing import Any, NoReturn

__all__ = ["MAX_DEPTH", "MAX_VALUES", "StrictError", "crowded", "dump", "strict_object"]

MAX_DEPTH = 64
"""Containers within containers, the line's own object counted."""

MAX_VALUES = 100_000
"""Strings, containers and separators in one line."""

_SHORT = 2 * MAX_VALUES
"""A line of so few bytes cannot hold too many."""

_VALUE = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[{,]', re.DOTALL)
_SURROGATE = re.compile("[\ud800-\udfff]")


class StrictError(ValueError):
    """A line is not strict JSON; the message holds no payload."""


def strict_object(data: bytes) -> dict[str, Any]:
    """The JSON object in ``data``.

    Raises:
        StrictError: with the fault in words.
    """
    if crowded(data):
        raise StrictError(f"more than {MAX_VALUES} values")
    try:
        value = _DECODER.decode(data.decode("utf-8"))
    except StrictError:
        raise
    except UnicodeDecodeError as error:
        raise StrictError(f"not UTF-8 at byte {error.start + 1}") from None
    except json.JSONDecodeError as error:
        raise StrictError(f"not JSON at character {error.pos + 1}") from None
    except RecursionError:
        raise StrictError(f"nested deeper than {MAX_DEPTH}") from None
    except ValueError:
        raise StrictError("a number has too many digits") from None
    if not isinstance(value, dict):
        raise StrictError("not a JSON object")
    _check_depth(value)
    return value


def crowded(data: bytes) -> bool:
    """True if a line holds more than :data:`MAX_VALUES` values; what stands within strings is not counted."""
    if len(data) <= _SHORT or data.count(b",") + data.count(b"[") + data.count(b"{") <= MAX_VALUES // 3:
        return False
    return next(islice(_VALUE.finditer(data), MAX_VALUES, None), None) is not None


def dump(value: dict[str, Any]) -> bytes:
    """Compact JSON, UTF-8; only what UTF-8 cannot hold (a lone surrogate) is written as an escape."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return _SURROGATE.sub(lambda found: f"\\u{ord(found[0]):04x}", text).encode()


def _check_depth(value: dict[str, Any]) -> None:
    level: list[Any] = [value]
    for _ in range(MAX_DEPTH):
        level = [
            child
            for container in level
            for child in (container.values() if isinstance(container, dict) else container)
            if isinstance(child, (dict, list))
        ]
        if not level:
            return
    raise StrictError(f"nested deeper than {MAX_DEPTH}")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise StrictError("a key stands twice in one object")
    return value


def _constant(_: str) -> NoReturn:
    raise StrictError("NaN or Infinity is not JSON")


def _finite(literal: str) -> float:
    number = float(literal)
    if math.isinf(number):
        raise StrictError("a number is too large")
    return number


_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_constant, parse_float=_finite)
