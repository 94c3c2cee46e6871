"""Dialects by name: the built-in one, a description in a file, or one that another package brings.

1. ``mediation/2`` is built in. ``generic`` is the generic dialect without a description. A name that ends in ``.toml`` is
   a description's file. Every other name is an entry point of the group ``harness.dialects``: a callable without
   arguments that makes a :class:`~harness.dialects.base.Dialect`, under the name before the slash.
2. A recording is replayed in the dialect its header names. A description travels in the header's labels, so that nothing
   but the recording is needed; code never travels: a package's dialect must be installed.
"""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterable
from pathlib import Path

from harness.dialects.base import Dialect
from harness.dialects.generic import GenericDialect
from harness.dialects.mediation import MediationDialect
from harness.errors import ConfigError
from harness.recording.entry import Header

__all__ = ["DESCRIPTION", "GROUP", "dialect_of", "find_dialect", "one_dialect", "stored"]

DESCRIPTION = "dialect.toml"
"""The header's label that holds the description of a generic dialect."""

GROUP = "harness.dialects"


def find_dialect(name: str) -> Dialect:
    """The dialect a user means by ``name``.

    Raises:
        ConfigError: there is none, or its description or package is not usable.
    """
    if name in ("mediation", MediationDialect.name):
        return MediationDialect()
    if name in ("generic", "generic/1"):
        return GenericDialect()
    if name.endswith(".toml"):
        return GenericDialect(_read(Path(name)))
    return _installed(name)


def dialect_of(header: Header) -> Dialect:
    """The dialect a recording is in.

    Raises:
        ConfigError: there is none; a recording may name a dialect, but never a file.
    """
    description = header.labels.get(DESCRIPTION)
    if description is None and header.dialect.endswith(".toml"):
        raise ConfigError(
            "dialect", "a file named by the recording", "a dialect's name", fix="pass --dialect FILE.toml"
        )
    return find_dialect(header.dialect) if description is None else GenericDialect(description)


def one_dialect(headers: Iterable[Header], name: str | None = None) -> Dialect:
    """The dialect of recordings that are served together; ``name`` overrides what they say.

    Raises:
        ConfigError: they are in different ones.
    """
    if name is not None:
        return find_dialect(name)
    found = {(header.dialect, header.labels.get(DESCRIPTION)): header for header in headers}
    if len(found) > 1:
        names = " and ".join(sorted({header.dialect for header in found.values()}))
        raise ConfigError("recordings", names, "recordings of one dialect", fix="serve them one by one")
    return dialect_of(next(iter(found.values()))) if found else MediationDialect()


def stored(dialect: Dialect) -> dict[str, str]:
    """What of ``dialect`` goes into a recording's labels."""
    return {DESCRIPTION: dialect.description} if isinstance(dialect, GenericDialect) and dialect.description else {}


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError, ValueError):
        raise ConfigError("--dialect", str(path), "a readable TOML file") from None


def _installed(name: str) -> Dialect:
    short = name.partition("/")[0]
    points = {point.name: point for point in importlib.metadata.entry_points(group=GROUP)}
    if short not in points:
        allowed = ", ".join(["mediation", "generic", "FILE.toml", *sorted(points)])
        raise ConfigError(
            "--dialect", name, allowed, fix="install the package that brings it, or describe it in a TOML"
        )
    try:
        dialect: Dialect = points[short].load()()
    except Exception as error:  # noqa: BLE001 - it is another package's code: whatever it raises, it cannot be used
        raise ConfigError("--dialect", name, "a dialect that can be loaded", fix=type(error).__name__) from None
    if "/" in name and dialect.name != name:
        raise ConfigError("--dialect", name, dialect.name, fix="install the version the recording was made with")
    return dialect
