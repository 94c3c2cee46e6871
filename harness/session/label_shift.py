"""Labels of the original text, moved to where they stand in the recording.

A surrogate may be longer or shorter than the value it stands for; every label behind it in the same string moves.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from harness.recorder.edits import EditedString
from harness.report.labels import Label

__all__ = ["shifted", "write_labels"]

Edits = Sequence[tuple[int, int, int]]


def shifted(labels: Iterable[Label], edited: Iterable[EditedString], recording: str) -> list[Label]:
    """``labels`` as they apply to the recording with digest ``recording``."""
    # A repetition of a message comes later; labels are about the first.
    places = {(one.conversation, one.seq, one.path): one.edits for one in reversed(list(edited))}
    return [_moved(label, places.get((label.conversation, label.seq, label.path), ()), recording) for label in labels]


def _moved(label: Label, edits: Edits, recording: str) -> Label:
    if label.start is None or label.end is None:
        return msgspec.structs.replace(label, recording=recording)
    start, end = _at(label.start, edits, end=False), _at(label.end, edits, end=True)
    return msgspec.structs.replace(label, start=start, end=end, recording=recording)


def _at(offset: int, edits: Edits, *, end: bool) -> int:
    """Where ``offset`` went; one inside a replaced value goes to the value's start, or its end."""
    shift = 0
    for first, last, length in edits:
        if offset >= last:
            shift += length - (last - first)
        elif offset > first:
            return first + shift + (length if end else 0)
        else:
            break
    return offset + shift


def write_labels(labels: Iterable[Label]) -> bytes:
    """Labels as the lines of a labels file."""
    return b"".join(msgspec.json.encode(label) + b"\n" for label in labels)
