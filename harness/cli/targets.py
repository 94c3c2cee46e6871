"""Names of the files that verbs write beside those they read."""

from __future__ import annotations

from pathlib import Path

from harness.errors import ConfigError
from harness.recording.gzipped import GZ
from harness.recording.reader import SUFFIX
from harness.recording.writer import PART

__all__ = ["beside", "recording_target", "stem"]


def stem(path: Path) -> str:
    """The name of a recording without what tells that it is one."""
    name = path.name
    for suffix in (PART, GZ, SUFFIX):
        name = name.removesuffix(suffix)
    return name


def beside(path: Path, word: str) -> Path:
    """``a.rec.jsonl`` -> ``a.<word>.rec.jsonl`` in the same folder."""
    return path.with_name(f"{stem(path)}.{word}{SUFFIX}")


def recording_target(out: Path, *, gzip: bool = False) -> Path:
    """``out``, if a recording of that name would be found again.

    Raises:
        ConfigError: it would not.
    """
    if gzip and out.name.endswith(SUFFIX):
        out = out.with_name(out.name + GZ)
    allowed = (SUFFIX + GZ,) if gzip else (SUFFIX, SUFFIX + GZ)
    if not out.name.endswith(allowed):
        raise ConfigError("--out", str(out), f"a name that ends in {allowed[-1] if gzip else SUFFIX}")
    return out
