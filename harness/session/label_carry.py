"""Labels of recordings, carried to a recording that was made of them.

1. A label is carried if the message it marks is in the new recording; offsets stay, for no text was changed.
2. The number of a message without a seq (``:m<number>``) is its new place among the inbound ones.
3. No labels beside the sources, no labels beside the new one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import msgspec

from harness.recording.entry import AnyEntry, Withheld, WsMessage
from harness.recording.reader import read_recording
from harness.recording.select import ConversationOf
from harness.report.labels import Label, labels_path, read_labels
from harness.report.write import write_atomically
from harness.session.label_shift import write_labels

__all__ = ["carry_labels", "inbound"]


class _Numbered(msgspec.Struct):
    seq: int | None = None


_SEQ = msgspec.json.Decoder(_Numbered)


def carry_labels(
    sources: Sequence[tuple[Path, Sequence[AnyEntry | None]]],
    target: Path,
    entries: Sequence[AnyEntry],
    named: ConversationOf,
) -> int:
    """Write what applies of the labels beside ``sources`` beside ``target``, and tell how many that are.

    Args:
        sources: each recording with those of its inbound entries that are in the new one, in order, None for the others.
        entries: of the new recording.
        named: the conversation an entry names.

    Raises:
        RecordingError: labels that cannot be read, or cannot be written.
    """
    places = {(named(entry), _seq_of(entry)) for entry in entries}
    talked = {conversation for conversation, _ in places}
    now = {entry.n: number for number, entry in enumerate(inbound(entries), 1)}
    carried: dict[str, Label] = {}
    for index, (path, kept) in enumerate(sources, 1):
        if not labels_path(path).exists():
            continue
        numbers = {old: now[entry.n] for old, entry in enumerate(kept, 1) if entry is not None and entry.n in now}
        for label in _applying(read_labels(labels_path(path)), places, talked, numbers):
            name = f"r{index}-{label.id}" if label.id in carried else label.id
            carried[name] = msgspec.structs.replace(label, id=name)
    if carried:
        digest = read_recording(target).digest
        lines = [msgspec.structs.replace(label, recording=digest) for label in carried.values()]
        write_atomically(labels_path(target), [write_labels(lines)])
    return len(carried)


def inbound(entries: Iterable[AnyEntry]) -> list[AnyEntry]:
    """The messages the client received, those whose text was withheld too."""
    return [
        entry
        for entry in entries
        if (isinstance(entry, WsMessage) or (isinstance(entry, Withheld) and entry.of_kind == "ws.message"))
        and entry.dir == "in"
    ]


def _applying(
    labels: Iterable[Label], places: set[tuple[str, int | None]], talked: set[str], numbers: Mapping[int, int]
) -> Iterable[Label]:
    for label in labels:
        number = label.number if label.seq is None else None
        if number is not None and number in numbers:
            yield msgspec.structs.replace(label, id=f"{label.id.rpartition(':m')[0]}:m{numbers[number]}")
        elif number is None and (
            (label.conversation, label.seq) in places if label.seq is not None else label.conversation in talked
        ):
            yield label


def _seq_of(entry: AnyEntry) -> int | None:
    if isinstance(entry, Withheld):
        return entry.seq
    if not isinstance(entry, WsMessage) or entry.dir != "in" or not entry.text:
        return None
    try:
        return _SEQ.decode(entry.text).seq
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None
