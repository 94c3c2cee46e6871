"""What a message looks like, without what it says: names of members and kinds of value. Pure.

1. A key that does not look like an identifier may be payload: it is shown by its length.
2. Of values only the message's ``type`` is shown, and only where it reads like a name.
"""

from __future__ import annotations

import json
import re
from typing import Any

__all__ = ["kind_of", "raw_kind", "shape_of", "shown_key", "type_shown"]

_IDENTIFIER = re.compile(r"[A-Za-z_](?:[A-Za-z_.\-]|\d(?!\d{3})){0,47}")
_NAME = re.compile(r"[a-z][a-z_.]{0,40}")
_MEMBERS = 8
_MAX_CHARS = 4 << 20  # the longest message of the dialect


def kind_of(value: Any) -> str:
    """The kind of a JSON value: null, boolean, number, string, array or object."""
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case str():
            return "string"
        case list():
            return "array"
        case _:
            return "object"


def raw_kind(data: str | bytes) -> str:
    """``text`` or ``binary``."""
    return "binary" if isinstance(data, bytes) else "text"


def shown_key(key: str) -> str:
    """``key`` as it may be shown; rule 1."""
    return key if _IDENTIFIER.fullmatch(key) else f"<key of {len(key)} characters>"


def type_shown(data: str | bytes | None) -> str:
    """The message's type where it reads like a name; '' for anything else."""
    type_ = _members(data).get("type")
    return type_ if isinstance(type_, str) and _NAME.fullmatch(type_) else ""


def shape_of(data: str | bytes | None) -> str:
    """``{type: subscribe, interaction_id: string}``; ``text`` or ``binary`` for no object, '' where nothing is known."""
    if data is None:
        return ""
    members = _members(data)
    if not members:
        return raw_kind(data)
    type_ = type_shown(data)
    shown = [
        f"{shown_key(key)}: {type_ if key == 'type' and type_ else kind_of(value)}"
        for key, value in list(members.items())[:_MEMBERS]
    ]
    return f"{{{', '.join([*shown, '…'] if len(members) > _MEMBERS else shown)}}}"


def _members(data: str | bytes | None) -> dict[str, Any]:
    if not isinstance(data, str) or len(data) > _MAX_CHARS:
        return {}
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
