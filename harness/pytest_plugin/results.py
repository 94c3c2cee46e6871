"""Results of the replays of a run, each kept by the process that made it, and the one report that is made of them.

1. A line (``session/kept.py``) is written at once and whole.
2. The report is made of the lines alone, whoever wrote them and in whatever order: a run with workers and one without
   give the same bytes. A replay that several tests made counts once.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from harness.errors import RecordingWriteError
from harness.report.run import SessionResult
from harness.session.corpus import report_replay
from harness.session.kept import decoded, encoded

__all__ = ["append", "write_merged"]


def append(path: Path, result: SessionResult, policies: Mapping[str, str], *, root: Path) -> None:
    """Add a line to the file of this process.

    Raises:
        RecordingWriteError: it cannot be written.
    """
    line = encoded(result, policies, root=root)
    try:
        with path.open("ab") as file:
            file.write(line)
    except OSError as error:
        raise RecordingWriteError(f"cannot be written: {error.strerror}", path=path) from None


def write_merged(kept: Path, folder: Path) -> tuple[list[str], bool]:
    """Write the report of all lines under ``kept`` into ``folder``.

    Returns:
        what to tell, and whether every line could be read.

    Raises:
        RecordingWriteError: it cannot be written.
    """
    lines = [line for path in sorted(kept.glob("*.jsonl")) for line in path.read_bytes().splitlines(keepends=True)]
    whole = sorted({line for line in lines if line.endswith(b"\n")})
    torn = len([line for line in lines if not line.endswith(b"\n")])
    told = [f"{torn} results were cut off with their worker and are not in the report"] * bool(torn)
    if not whole:
        return told, not torn
    read = [decoded(line) for line in whole]
    policies = _joined(policies for _, policies in read)
    report = report_replay(
        folder.name, [result for result, _ in read], folder, policies=policies, book=None, virtual_time=True
    )
    return [f"report: {os.path.relpath(folder / 'report.html')} {report['digest']}", *told], not torn


def _joined(found: Iterable[dict[str, str]]) -> dict[str, str]:
    """The digests of all; where tests ran under several rules, the others' names are numbered."""
    different = list({json.dumps(one, sort_keys=True): one for one in found}.values())
    return {
        name if number == 1 else f"{name}#{number}": digest
        for number, one in enumerate(different, start=1)
        for name, digest in one.items()
    }
