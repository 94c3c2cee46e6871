"""Labels from outside, checked against the recording they are about, and added to those beside it.

1. Lines are only added. A label whose id is there already is skipped if it says the same, and refused if it does not: a
   correction is a new label that names the old one in ``supersedes``.
2. A label must point at something: a message of the recording, a string at its path, characters within it.
3. What it says of itself is short and has no hidden characters: a table from elsewhere carries no text in.
4. The annotator's kind must be said: HUMAN, CODE or LLM. An id, the time and the recording's digest are filled in.
5. One bad row, and nothing is written.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from harness.errors import HarnessError, RecordingFormatError
from harness.pipeline.payload import leaves
from harness.recording.entry import HttpChunk, WsMessage
from harness.recording.reader import Recording, read_recording
from harness.report.labels import Label, all_labels, labels_path
from harness.report.render.escape import visible
from harness.report.write import write_atomically
from harness.session.dialects import dialect_of
from harness.session.label_shift import write_labels

__all__ = ["add_labels"]

_KINDS = ("HUMAN", "CODE", "LLM")
_WORDS = ("id", "label", "verdict", "annotator", "guideline", "supersedes", "at")
_LONGEST = 200
Texts = Mapping[tuple[str, int | None], list[Mapping[str, str]]]
"""Conversation and seq -> path -> text of each message of that name."""


def add_labels(
    recording_path: Path,
    rows: Iterable[tuple[int, dict[str, Any]]],
    *,
    source: str,
    at: str,
    defaults: Mapping[str, str],
) -> int:
    """Add ``rows`` (line, fields) to the labels of a recording; how many were new.

    Args:
        recording_path: the recording.
        rows: without ``file``.
        source: names the table in errors.
        at: the time of rows that say none.
        defaults: annotator, annotator_kind, guideline of rows that say none.

    Raises:
        RecordingError: a bad row (``line``), a recording or labels that cannot be read, or written.
    """
    recording = read_recording(recording_path)
    beside = labels_path(recording_path)
    old = beside.read_bytes() if beside.exists() else b""
    known = {label.id: label for label in all_labels(old.split(b"\n"), path=beside)}
    texts, fresh = _texts(recording), list[Label]()
    for line, row in rows:
        label = _label(row, recording, at, defaults, known, source=source, line=line)
        _points_at_something(label, texts, source=source, line=line)
        if label.id in known:
            if _same(label, known[label.id]):
                continue
            fix = "give it an id of its own and name the old one in supersedes"
            raise RecordingFormatError("its id is there already, with other content", path=source, line=line, fix=fix)
        if label.supersedes is not None and label.supersedes not in known:
            raise RecordingFormatError("supersedes names no label of this recording", path=source, line=line)
        known[label.id] = label
        fresh.append(label)
    if fresh:
        gap = b"\n" if old and not old.endswith(b"\n") else b""
        write_atomically(beside, [old, gap, write_labels(fresh)])
    return len(fresh)


def _label(
    row: dict[str, Any],
    recording: Recording,
    at: str,
    defaults: Mapping[str, str],
    known: Mapping[str, Label],
    *,
    source: str,
    line: int,
) -> Label:
    fields = {**row, **{name: value for name, value in defaults.items() if not row.get(name)}}
    fields |= {"recording": recording.digest, "at": row.get("at") or at}
    fields["id"] = row.get("id") or _new_id(fields, known)
    try:
        (label,) = all_labels([msgspec.json.encode(fields)], path=source)
    except HarnessError as error:
        words = getattr(error, "message", "").rpartition(": ")[2]
        raise RecordingFormatError(f"not a label: {words}", path=source, line=line) from None
    except (ValueError, OverflowError, RecursionError):
        words = "a number or a character that JSON does not have"
        raise RecordingFormatError(f"not a label: {words}", path=source, line=line) from None
    for name in _WORDS:
        said = getattr(label, name) or ""
        if len(said) > _LONGEST or visible(said) != said:
            fix = f"at most {_LONGEST} characters, none of them hidden"
            raise RecordingFormatError(f"not a label: {name} is too long or odd", path=source, line=line, fix=fix)
    if label.annotator_kind not in _KINDS:
        fix = "fill the column annotator_kind, or pass --annotator-kind"
        raise RecordingFormatError("whose label it is is not said: HUMAN, CODE or LLM", path=source, line=line, fix=fix)
    return label


def _new_id(fields: Mapping[str, Any], known: Mapping[str, Label]) -> str:
    stem = f"{fields.get('conversation', '')}:{fields.get('annotator', '') or fields.get('annotator_kind', '')}:"
    number = len(known) + 1
    while f"{stem}{number}" in known:
        number += 1
    return f"{stem}{number}"


def _same(one: Label, other: Label) -> bool:
    return msgspec.structs.replace(one, at="", recording="") == msgspec.structs.replace(other, at="", recording="")


def _texts(recording: Recording) -> dict[tuple[str, int | None], list[Mapping[str, str]]]:
    dialect = dialect_of(recording.header)
    found: dict[tuple[str, int | None], list[Mapping[str, str]]] = {}
    bodies: dict[str, str] = {}
    for entry in recording.entries:
        if isinstance(entry, WsMessage) and entry.dir == "in" and entry.text is not None:
            event = dialect.decode(entry.text)
            found.setdefault((event.conversation or "", event.seq), []).append(_strings(entry.text))
        elif isinstance(entry, HttpChunk) and entry.text is not None:
            bodies[entry.conn] = bodies.get(entry.conn, "") + entry.text
            if entry.final:
                found.setdefault(("", None), []).append(_strings(bodies.pop(entry.conn)))
    return found


def _strings(raw: str) -> dict[str, str]:
    try:
        return {"": raw, **dict(leaves(msgspec.json.decode(raw)))}
    except (msgspec.DecodeError, RecursionError):
        return {"": raw}


def _points_at_something(label: Label, texts: Texts, *, source: str, line: int) -> None:
    """Rule 2. A string that came without a seq, over REST, is only known by its path."""
    if label.kind == "message" and (label.seq is None or (label.conversation, label.seq) in texts):
        return
    if label.seq is None:
        messages = [one for (_, seq), group in texts.items() if seq is None for one in group]
    else:
        messages = list(texts.get((label.conversation, label.seq), ()))
    strings = [one[label.path] for one in messages if label.path in one]
    if not strings:
        fix = "conversation, seq and path are those of the report"
        raise RecordingFormatError("no such string in the recording", path=source, line=line, fix=fix)
    if (label.end or 0) > max(map(len, strings)):
        raise RecordingFormatError("it ends behind the end of its string", path=source, line=line)
