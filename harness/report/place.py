"""The string at a pointer of a payload."""

from __future__ import annotations

from typing import Any

__all__ = ["string_at"]


def string_at(payload: Any, path: str) -> str | None:
    """The string at ``path`` (RFC 6901, "" = the payload itself); None where there is none, or for a pointer of a key."""
    value = payload
    for token in path.split("/")[1:]:
        name = token.replace("~#key", "#key").replace("~1", "/").replace("~0", "~")
        if isinstance(value, dict) and name in value:
            value = value[name]
        elif isinstance(value, list | tuple) and name.isdecimal() and name.isascii() and int(name) < len(value):
            value = value[int(name)]
        else:
            return None
    return value if isinstance(value, str) else None
