"""The head of an audit log, kept beside it: how many records it had when it was last sealed, and the last one's hash.

It is what shows that a log was cut back to an older seal. Copy it elsewhere (it holds no text) to be sure of both.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Head", "head_path", "read_head", "write_head"]


@dataclass(frozen=True, slots=True)
class Head:
    """``records`` in the log, ``head`` = hash of the last; ``final`` = it was closed in order; ``mac`` over the three."""

    records: int
    head: str
    final: bool
    mac: str

    def written_with(self, key: bytes) -> bool:
        """Whether it was written with ``key``."""
        return hmac.compare_digest(_mac(self.records, self.head, self.final, key), self.mac)


def head_path(log: Path) -> Path:
    """Where the head of ``log`` lies."""
    return log.with_name(log.name + ".head")


def _mac(records: int, head: str, final: bool, key: bytes) -> str:
    return hmac.new(key, f"{records} {head} {final}".encode(), hashlib.sha256).hexdigest()


def write_head(log: Path, records: int, head: str, *, final: bool, key: bytes) -> None:
    """Replace the head of ``log`` in one step.

    Raises:
        OSError: it cannot be written.
    """
    path = head_path(log)
    part = path.with_name(path.name + ".part")
    value = {"records": records, "head": head, "final": final, "mac": _mac(records, head, final, key)}
    fd = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(fd, "w", encoding="ascii") as file:
        json.dump(value, file)
        file.write("\n")
    part.replace(path)


def read_head(log: Path) -> Head | None:
    """The head of ``log``; None where there is none, or none that can be read."""
    try:
        value = json.loads(head_path(log).read_bytes())
        return Head(int(value["records"]), str(value["head"]), value["final"] is True, str(value["mac"]))
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
