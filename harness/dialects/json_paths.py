"""Pointers whose members were renamed: a key may hold a value, and so does every pointer that goes through it."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["KEY", "escaped", "renamed"]

KEY = "#key"


def renamed(path: str, names: Mapping[str, str]) -> str:
    """``path`` with the members of ``names`` called otherwise.

    Args:
        path: a pointer, perhaps of a key (``#key`` behind it).
        names: pointer of a member, with the names as they were -> its new name.
    """
    for member in sorted(names, key=len, reverse=True):
        rest = path[len(member) :]
        if path.startswith(member) and (not rest or rest == KEY or rest.startswith("/")):
            path = f"{member.rpartition('/')[0]}/{escaped(names[member])}{rest}"
    return path


def escaped(name: str) -> str:
    """``name`` as it stands in a pointer."""
    text = name.replace("~", "~0").replace("/", "~1")
    return f"{text.removesuffix(KEY)}~{KEY}" if text.endswith(KEY) else text
