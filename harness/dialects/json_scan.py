r"""Where every string and number of a JSON text stands, in one linear pass.

1. Grammar of RFC 8259, strictly: no NaN or Infinity, no trailing data, no raw control characters, only its escapes.
   Refused beyond it: a key twice in one object, nesting deeper than 64, a number no machine number can hold.
2. ``path`` is an RFC 6901 pointer. A key has the path of its member and ``#key`` behind it; a name that itself ends
   in ``#key`` is written with ``~#key`` in pointers, so that the two never meet.
3. A lone surrogate escape (``\ud800``) is JSON and is kept; ``ill_formed`` tells of it.
4. Errors hold a position, never a piece of the text, keys included.
5. Every pattern is possessive: a failure costs as much as a success, once.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any

import msgspec

__all__ = ["KEY_SUFFIX", "MAX_DEPTH", "NUMBER", "JsonNumber", "JsonString", "JsonText", "JsonTextError", "scan_json"]

MAX_DEPTH = 64
"""Containers within containers."""

KEY_SUFFIX = "#key"

_WS = r"[ \t\n\r]*+"
_STRING = r'"([^"\\\x00-\x1f]*+(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1f]*+)*+)"'
_NUMBER = r"-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?"
_VALUE = rf"(?:{_STRING}|({_NUMBER})|(true|false|null)|([\[{{]))"

NUMBER = re.compile(_NUMBER)
"""A JSON number."""

_KEY = re.compile(rf"{_WS}{_STRING}{_WS}:{_WS}")
_ITEM = re.compile(rf"{_WS}{_VALUE}")
_MEMBER = re.compile(rf"{_WS}{_STRING}{_WS}:{_WS}{_VALUE}")
_NEXT = re.compile(rf"{_WS}([,\]}}])")
_CLOSED_AT_ONCE = {"{": re.compile(rf"{_WS}\}}"), "[": re.compile(rf"{_WS}\]")}
_BLANK = re.compile(_WS)
_NOT_FINITE = re.compile(rf"{_WS}(?:NaN|-?Infinity)")
_LONE = re.compile("[\ud800-\udfff]")
_LITERALS = {"true": True, "false": False, "null": None}
_CLOSERS = {"{": "}", "[": "]"}


class JsonTextError(ValueError):
    """A text is not the JSON that is accepted.

    Args:
        reason: not_json | not_finite_number | duplicate_keys | too_deep | too_large, as ``Malformed`` has them.
        where: "offset N" in code points of the text.
    """

    def __init__(self, reason: str, where: str) -> None:
        self.reason = reason
        self.where = where
        super().__init__(f"{reason} at {where}")


class JsonString(msgspec.Struct, frozen=True, kw_only=False):
    """A string value or a key.

    Args:
        path: pointer, with ``#key`` behind it for a key.
        value: decoded.
        raw_start: offset of the first code point behind the opening quote.
        raw_end: offset of the closing quote.
        is_key: it names a member.
    """

    path: str
    value: str
    raw_start: int
    raw_end: int
    is_key: bool

    @property
    def escaped(self) -> bool:
        """True if the raw text is written with escapes, so that offsets differ."""
        return self.raw_end - self.raw_start != len(self.value)


class JsonNumber(msgspec.Struct, frozen=True):
    """A number: its literal and where it stands."""

    path: str
    text: str
    raw_start: int
    raw_end: int


class JsonText(msgspec.Struct, frozen=True, kw_only=True):
    """A scanned text.

    Args:
        raw: the text.
        value: decoded, as ``json.loads`` has it.
        strings: values and keys, in the order they stand.
        numbers: in the order they stand.
        ill_formed: some string holds a lone surrogate and cannot be written as UTF-8.
    """

    raw: str
    value: Any
    strings: list[JsonString]
    numbers: list[JsonNumber]
    ill_formed: bool = False


def scan_json(raw: str) -> JsonText:
    """Scan a JSON text.

    Raises:
        JsonTextError: with the reason and the place.
    """
    scan = _Scan(raw)
    value = scan.document()
    ill_formed = any(_LONE.search(string.value) for string in scan.strings if string.escaped)
    return JsonText(raw=raw, value=value, strings=scan.strings, numbers=scan.numbers, ill_formed=ill_formed)


class _Level:
    """An open container."""

    __slots__ = ("container", "kind", "path")

    def __init__(self, kind: str, path: str) -> None:
        self.kind = kind
        self.path = path
        self.container: Any = {} if kind == "{" else []


class _Scan:
    """One pass; ``stack`` holds the open containers, so that depth costs no recursion."""

    def __init__(self, raw: str) -> None:
        self.raw = raw
        self.strings: list[JsonString] = []
        self.numbers: list[JsonNumber] = []
        self.stack: list[_Level] = []
        self.pos = 0

    def document(self) -> Any:
        found = _ITEM.match(self.raw)
        if found is None:
            raise self._fault(0)
        value = self._value(found, 1, "")
        while self.stack:
            level = self.stack[-1]
            if level.kind == "{":
                self._member(level)
            else:
                self._item(level)
        if not _BLANK.fullmatch(self.raw, self.pos):
            raise self._fault(self.pos)
        return value

    def _member(self, level: _Level) -> None:
        found = _MEMBER.match(self.raw, self.pos)
        if found is None:
            key = _KEY.match(self.raw, self.pos)
            raise self._fault(key.end() if key else self.pos)
        start, end = found.span(1)
        name = self._text(start, end)
        if name in level.container:
            raise JsonTextError("duplicate_keys", f"offset {start}")
        path = f"{level.path}/{_token(name)}"
        self.strings.append(JsonString(path + KEY_SUFFIX, name, start, end, True))
        level.container[name] = self._value(found, 2, path)
        if found[5] is None:
            self._delimiter()

    def _item(self, level: _Level) -> None:
        found = _ITEM.match(self.raw, self.pos)
        if found is None:
            raise self._fault(self.pos)
        level.container.append(self._value(found, 1, f"{level.path}/{len(level.container)}"))
        if found[4] is None:
            self._delimiter()

    def _value(self, found: re.Match[str], group: int, path: str) -> Any:
        """The value in ``found``: groups string, number, literal, opening bracket from ``group`` on."""
        self.pos = found.end()
        start, end = found.span(group)
        if start >= 0:
            value = self._text(start, end)
            self.strings.append(JsonString(path, value, start, end, False))
            return value
        number = found[group + 1]
        if number is not None:
            start, end = found.span(group + 1)
            self.numbers.append(JsonNumber(path, number, start, end))
            return _number(number, start)
        literal = found[group + 2]
        if literal is not None:
            return _LITERALS[literal]
        return self._open(found[group + 3], path)

    def _open(self, kind: str, path: str) -> Any:
        if len(self.stack) == MAX_DEPTH:
            raise JsonTextError("too_deep", f"offset {self.pos - 1}")
        level = _Level(kind, path)
        self.stack.append(level)
        at_once = _CLOSED_AT_ONCE[kind].match(self.raw, self.pos)
        if at_once:
            self.pos = at_once.end()
            self.stack.pop()
            if self.stack:
                self._delimiter()
        return level.container

    def _delimiter(self) -> None:
        """Past the comma behind a value, or out of every container that closes here."""
        while self.stack:
            found = _NEXT.match(self.raw, self.pos)
            sign = found[1] if found else ""
            if found is None or sign not in (",", _CLOSERS[self.stack[-1].kind]):
                raise self._fault(self.pos)
            self.pos = found.end()
            if sign == ",":
                return
            self.stack.pop()

    def _text(self, start: int, end: int) -> str:
        text = self.raw[start:end]
        if "\\" not in text:
            return text
        decoded: str = json.loads(self.raw[start - 1 : end + 1])
        return decoded

    def _fault(self, pos: int) -> JsonTextError:
        reason = "not_finite_number" if _NOT_FINITE.match(self.raw, pos) else "not_json"
        return JsonTextError(reason, f"offset {pos}")


def _token(name: str) -> str:
    """A member's name as a token of a pointer."""
    if "~" in name or "/" in name:
        name = name.replace("~", "~0").replace("/", "~1")
    if name.endswith(KEY_SUFFIX):
        name = f"{name[: -len(KEY_SUFFIX)]}~{KEY_SUFFIX}"
    return name


def _number(literal: str, start: int) -> int | float:
    try:
        return int(literal)
    except ValueError:
        if literal.lstrip("-").isdigit():  # the interpreter's limit of digits, a guard against quadratic work
            raise JsonTextError("too_large", f"offset {start}") from None
    number = float(literal)
    if math.isinf(number):
        raise JsonTextError("not_finite_number", f"offset {start}")
    return number
