"""Reads the word lists that ship inside the package, once each.

1. A lexicon is a TOML file beside the code that uses it, in a folder named after its language.
2. A string value is a list of words parted by white space; tables stay as they are.
"""

from __future__ import annotations

import hashlib
import tomllib
from functools import lru_cache
from importlib.resources import files
from typing import Any

__all__ = ["digest", "load", "words"]


@lru_cache(maxsize=32)
def load(package: str, name: str, language: str = "en") -> dict[str, Any]:
    """The table in ``<package>/data/<language>/<name>.toml``; callers must not change it."""
    path = files(package) / "data" / language / f"{name}.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


@lru_cache(maxsize=8)
def digest(packages: tuple[str, ...], language: str = "en") -> str:
    """``sha256:…`` over every lexicon of ``packages``: what a policy is named by."""
    total = hashlib.sha256()
    for package in packages:
        folder = files(package) / "data" / language
        for file in sorted((f for f in folder.iterdir() if f.name.endswith(".toml")), key=lambda f: f.name):
            total.update(f"{package}/{file.name}\0".encode() + file.read_bytes())
    return "sha256:" + total.hexdigest()


def words(value: str) -> frozenset[str]:
    """The words of a white-space separated list."""
    return frozenset(value.split())
