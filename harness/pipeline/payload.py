"""A JSON value as strings with paths, and back: shared by the stages that look at every string.

1. A path is an RFC 6901 pointer; a key is addressed as the pointer of its member plus ``#key``; a key that itself
   ends so is written with ``~#key``.
2. Strings, keys and numbers are all text here: a card number may be written without quotes, or as ``4.5e15``.
3. What a quick way gives is what the slow one gives, to the byte; ``tests/pipeline/test_payload.py`` holds the two together.
   Of one message nothing is kept for the next but the names of fields as dialects write them.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Container, Iterable, Mapping, Set
from typing import Any

import msgspec

__all__ = ["Document", "canonical", "digest", "field_names", "leaves", "pointer", "rebuild"]

_SHORTEST_NUMBER = 7
"""Numbers with fewer digits cannot hold any structured type."""

_SHORT = (-(10 ** (_SHORTEST_NUMBER - 2)), 10 ** (_SHORTEST_NUMBER - 1))
"""Whole numbers between these have fewer characters."""
_OTHER = "#"
_Shape = tuple[tuple[tuple[str, str, str], ...], frozenset[str]]
_SHAPES: dict[tuple[str, ...], _Shape] = {}
_SHAPES_KEPT = 1024
_NESTED = (dict, list, tuple, Mapping)
_LONGEST_NAME = 32
_NAME = re.compile("[a-z]+(?:_[a-z]+)*")
_PLAIN_PATH = re.compile("(?:/(?:[a-z]+(?:_[a-z]+)*|[0-9]{1,3}))*")
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


def field_names(found: Iterable[tuple[str, str]]) -> list[str]:
    """The keys among leaves that are as dialects name their fields, a word or two in lower case: the same few with every message."""
    return [text for path, text in found if path[-4:] == "#key" and _is_name(text)]


def _is_name(text: str) -> bool:
    return len(text) <= _LONGEST_NAME and text.isascii() and _NAME.fullmatch(text) is not None


def leaves(value: Any, path: str = "") -> list[tuple[str, str]]:
    """(path, text) of every string, key and long number in ``value``, in document order."""
    found: list[tuple[str, str]] = []
    _gather(value, path, found)
    return found


def _gather(value: Any, path: str, found: list[tuple[str, str]], names: set[str] | None = None) -> None:
    """Append the leaves of ``value``; with ``names`` the keys go there instead."""
    kind = type(value)
    if kind is dict:
        _gather_members(value, path, found, names)
    elif kind is list:
        for index, item in enumerate(value):
            _gather(item, f"{path}/{index}", found, names)
    elif kind is int:
        if not _SHORT[0] < value < _SHORT[1]:
            found.append((path, str(value)))
    elif kind is float:
        if len(str(value)) >= _SHORTEST_NUMBER:
            found.append((path, _number(value)))
    else:
        _gather_other(value, path, found, names)


def _gather_members(value: dict[str, Any], path: str, found: list[tuple[str, str]], names: set[str] | None) -> None:
    members, plain = _shape(value, path)
    if names is not None:
        names |= plain
    for key, inner, keyed in members:
        if names is None:
            found.append((keyed, key))
        item = value[key]
        if type(item) is str:
            found.append((inner, item))
        elif item is not None and item is not True and item is not False:
            _gather(item, inner, found, names)


def _gather_other(value: Any, path: str, found: list[tuple[str, str]], names: set[str] | None) -> None:
    """The same of what no decoder makes."""
    if isinstance(value, str):
        found.append((path, value))
    elif isinstance(value, Mapping):
        _gather(dict(value), path, found, names)
    elif isinstance(value, list | tuple):
        _gather([*value], path, found, names)


def _shape(value: Mapping[str, Any], path: str) -> _Shape:
    """(key, pointer of the member, path of the key) of each member, and the keys, :data:`_OTHER` for those that no dialect has.

    Made once for each row of names that dialects have.
    """
    known = (path, *value)
    shape = _SHAPES.get(known)
    if shape is None:
        members = tuple((key, inner, f"{inner}#key") for key in value if (inner := pointer(path, key)))
        plain = frozenset(key if _is_name(key) else _OTHER for key in value)
        shape = members, plain
        if len(_SHAPES) < _SHAPES_KEPT and _OTHER not in plain and _PLAIN_PATH.fullmatch(path):
            _SHAPES[known] = shape
    return shape


def _number(value: Any) -> str:
    whole = isinstance(value, float) and abs(value) < _EXACT and value.is_integer()
    return str(int(value) if whole else value)


def rebuild(value: Any, new: Mapping[str, str], path: str = "") -> Any:
    """``value`` with the texts at the paths of ``new`` replaced."""
    if not new:
        return value
    if type(value) is dict and all(_is_top(value, changed) for changed in new) and not path:
        return {**value, **{changed[1:]: text for changed, text in new.items()}}
    return _rebuilt(value, new, path)


def _is_top(value: Mapping[str, Any], path: str) -> bool:
    """Whether ``path`` is that of a member which is a string, and of nothing else."""
    name = path[1:]
    return type(value.get(name)) is str and path[:1] == "/" and not ("~" in name or "/" in name or "#" in name)


def _rebuilt(value: Any, new: Mapping[str, str], path: str) -> Any:
    if isinstance(value, Mapping):
        built: dict[str, Any] = {}
        for key, item in value.items():
            inner = pointer(path, key)
            name = new.get(f"{inner}#key", key)
            built[_free(built, name)] = (
                _rebuilt(item, new, inner) if isinstance(item, _NESTED) else new.get(inner, item)
            )
        return built
    if isinstance(value, list | tuple):
        return [_rebuilt(item, new, pointer(path, index)) for index, item in enumerate(value)]
    return new.get(path, value)


def _free(built: Mapping[str, Any], name: str) -> str:
    """Two keys may become the same placeholder; neither may swallow the other."""
    candidate, count = name, 1
    while candidate in built:
        count += 1
        candidate = f"{name}~{count}"
    return candidate


class Document:
    """A JSON value and its leaves, walked through once however often its texts are replaced.

    Args:
        value: the JSON value.
    """

    __slots__ = ("_names", "_texts", "value")

    def __init__(self, value: Any) -> None:
        self.value = value
        self._texts: list[tuple[str, str]] | None = None
        self._names: set[str] = set()
        """Of its fields; :data:`_OTHER` stands for all that are not as dialects name them."""

    @property
    def leaves(self) -> list[tuple[str, str]]:
        """:func:`leaves` of the value."""
        return leaves(self.value)

    def but(self, exempt: Container[str], names: Set[str]) -> list[tuple[str, str]]:
        """The leaves without the paths of ``exempt``, and without keys that are in ``names``."""
        if self._texts is None:
            self._texts = []
            _gather(self.value, "", self._texts, self._names)
        if self._names <= names:
            return [leaf for leaf in self._texts if leaf[0] not in exempt]
        return [leaf for leaf in self.leaves if leaf[0] not in exempt and not _is_known(leaf, names)]

    def replaced(self, new: Mapping[str, str]) -> Document:
        """The document with the texts at the paths of ``new`` replaced."""
        if not new:
            return self
        made = Document(rebuild(self.value, new))
        # With a member's name the paths of all that is in it change.
        if self._texts is not None and not any(path.endswith("#key") for path in new):
            made._texts = [(path, new.get(path, text)) for path, text in self._texts]
            made._names = self._names
        return made


def _is_known(leaf: tuple[str, str], names: Set[str]) -> bool:
    return leaf[0][-4:] == "#key" and leaf[1] in names


_ENCODER = msgspec.json.Encoder(order="sorted")
_FIXED = (1e-4, 1e15)
"""Floats between these are written without an exponent, and alike by all."""


def canonical(value: Any) -> bytes:
    """The one byte form of a JSON value: keys sorted, compact, UTF-8."""
    if _is_ordinary(value):
        try:
            return _ENCODER.encode(value)
        except UnicodeEncodeError:
            pass  # a lone surrogate
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.encode("utf-8", "surrogatepass")


def _is_ordinary(value: Any) -> bool:
    """Whether every encoder writes ``value`` alike: what a decoder makes, and no float that may have an exponent."""
    rest = [value]
    for item in rest:  # it grows while it is gone through
        kind = type(item)
        if kind is dict:
            rest += item.values()
        elif kind is list:
            rest += item
        elif kind is float:
            if not (_FIXED[0] <= abs(item) < _FIXED[1] or item == 0.0):
                return False
        elif kind is not str and kind is not int and kind is not bool and item is not None:
            return False
    return True


def digest(value: Any) -> str:
    """SHA-256 of :func:`canonical`, hex. For redacted values only: it is not keyed."""
    return hashlib.sha256(canonical(value)).hexdigest()
