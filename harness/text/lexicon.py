"""Reads the word lists that ship inside the package, once each.

1. A lexicon is a TOML file beside the code that uses it, in a folder named after its language.
2. A string value is a list of words parted by white space; tables stay as they are.
"""

from __future__ import annotations

import tomllib
from functools import lru_cache
from importlib.resources import files
from typing import Any

__all__ = ["load", "words"]


@lru_cache(maxsize=32)
def load(package: str, name: str, language: str = "en") -> dict[str, Any]:
    """The table in ``<package>/data/<language>/<name>.toml``; callers must not change it."""
    path = files(package) / "data" / language / f"{name}.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


def words(value: str) -> frozenset[str]:
    """The words of a white-space separated list."""
    return frozenset(value.split())
