"""Recordings to be shrunk, and what is made of them, as files; labels beside them.

1. It is sealed as every edited recording is (``recording/copying.py``): ``parent`` names what it was made of, and
   ``labels.shrunk`` in its header the expression that still holds.
2. No file is written over, but where that is asked for.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import msgspec

from harness.errors import RecordingWriteError
from harness.recording.copying import edited_head, load, write_copy
from harness.recording.reader import read_recording
from harness.report.labels import Label, labels_path
from harness.report.write import write_atomically
from harness.session.dialects import dialect_of
from harness.session.label_shift import write_labels
from harness.session.results import labels_of
from harness.session.shrink.material import Material
from harness.session.shrink.search import Shrunk

__all__ = ["open_material", "refuse_existing", "write_beside", "write_shrunk"]

_THERE = "name another file, or pass --force"


def open_material(path: Path) -> Material:
    """The recording at ``path`` and the labels beside it.

    Raises:
        RecordingError: it is not there, damaged or not sealed; or its labels cannot be read.
        ConfigError: its dialect is not to be had.
    """
    loaded = load(path)
    return Material(loaded=loaded, dialect=dialect_of(loaded.header), labels=labels_of(path)[0])


def refuse_existing(files: Iterable[Path]) -> None:
    """See that none of ``files`` is there.

    Raises:
        RecordingWriteError: one is.
    """
    for path in files:
        if path.is_symlink() or path.exists():
            raise RecordingWriteError("the file exists", path=path, fix=_THERE)


def write_shrunk(material: Material, shrunk: Shrunk, expression: str, target: Path, *, force: bool = False) -> int:
    """Write the recording and the labels that apply to it; returns how many these are.

    Args:
        force: a file that is there is replaced.

    Raises:
        RecordingWriteError: it could not be written.
    """
    loaded = material.loaded
    changes = {"labels": {"shrunk": expression}, "redaction": {"counts": {}}}
    head = edited_head(loaded.head, loaded.digest, changes)
    if force:
        target.unlink(missing_ok=True)
    write_copy(target, head, shrunk.candidate.lines)
    return write_beside(target, shrunk.candidate.labels)


def write_beside(recording: Path, labels: Iterable[Label]) -> int:
    """Write ``labels`` beside ``recording``, as labels of it; no file where there are none."""
    digest = read_recording(recording).digest
    lines = [msgspec.structs.replace(label, recording=digest) for label in labels]
    if lines:
        write_atomically(labels_path(recording), [write_labels(lines)])
    else:
        labels_path(recording).unlink(missing_ok=True)
    return len(lines)
