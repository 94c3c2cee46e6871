"""What moves when messages or pieces of a text are taken out: spans, labels, numbers. Pure.

1. A span or label of which nothing is left goes; what stands behind a cut moves towards the beginning.
2. The ``seq`` of messages behind those taken out close up; holes the recording had itself stay.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Mapping, Sequence

import msgspec

from harness.dialects.json_text import TextEdit, apply_edits, splice
from harness.recorder.edits import parse
from harness.recording.entry import AnyEntry, PiiLabel, WsMessage
from harness.report.labels import Label
from harness.session.label_carry import inbound
from harness.session.shrink.material import Material

__all__ = ["Cuts", "Seqs", "edited", "moved_labels"]

Cuts = Sequence[tuple[int, int]]
"""Pieces of a decoded string that go: (start, end), in order, apart."""


class Seqs:
    """Rule 2: old ``seq`` -> new one."""

    def __init__(self, material: Material, kept: Collection[int]) -> None:
        left: dict[str, set[int]] = {}
        gone: dict[str, set[int]] = {}
        for n, (name, seq) in material.places.items():
            if seq is not None:
                (left if n in kept else gone).setdefault(name, set()).add(seq)
        self._gone = {name: sorted(seqs - left.get(name, set())) for name, seqs in gone.items()}

    def of(self, conversation: str, seq: int) -> int:
        """The new number of message ``seq``."""
        return seq - bisect_left(self._gone.get(conversation, []), seq)

    def up_to(self, conversation: str, seq: int) -> int:
        """The new number of the last message up to ``seq``."""
        return seq - bisect_left(self._gone.get(conversation, []), seq + 1)


def edited(entry: WsMessage, edits: Mapping[str, Sequence[TextEdit]]) -> WsMessage:
    if not edits or entry.text is None:
        return entry
    raw = entry.text
    text = splice(raw, edits[""])[0] if parse(raw) is None else apply_edits(raw, edits)
    pii = [moved for one in entry.pii if (moved := _moved_span(one, edits.get(one.path, ()))) is not None]
    return msgspec.structs.replace(
        entry, text=text, size=len(text.encode("utf-8", "surrogatepass")), fragments=(), pii=tuple(pii), digest=None
    )


def _moved_span(span: PiiLabel, edits: Sequence[TextEdit]) -> PiiLabel | None:
    start, end = _moved(span.start, edits), _moved(span.end, edits)
    return msgspec.structs.replace(span, start=start, end=end) if end > start else None


def _moved(offset: int, edits: Sequence[TextEdit]) -> int:
    """Where ``offset`` is after the edits, which only take away."""
    return offset - sum(max(0, min(offset, end) - start) for start, end, _ in edits)


def moved_labels(
    material: Material, entries: Sequence[AnyEntry], cuts: Mapping[tuple[int, str], Cuts], seqs: Seqs | None
) -> list[Label]:
    """The labels beside the recording, as they apply to the ``entries`` that are left."""
    kept = {entry.n for entry in entries}
    number_of = {old: entry.n for old, entry in enumerate(material.inbound, 1)}
    now = {entry.n: number for number, entry in enumerate(inbound(entries), 1)}
    by_place: dict[tuple[str, int | None], int] = {}
    for n, place in material.places.items():
        by_place.setdefault(place, n)
    talked = {material.places[n][0] for n in kept if n in material.places}
    found = []
    for label in material.labels:
        if label.number is not None and label.seq is None:
            number = now.get(number_of.get(label.number, 0))
            if number is not None:
                found.append(msgspec.structs.replace(label, id=f"{label.id.rpartition(':m')[0]}:m{number}"))
            continue
        n = by_place.get((label.conversation, label.seq), 0)
        if n in kept or (n == 0 and label.seq is None and label.conversation in talked):
            moved = _moved_label(label, cuts.get((n, label.path), ()))
            if moved is not None:
                found.append(_renumbered(moved, seqs))
    return found


def _moved_label(label: Label, cuts: Cuts) -> Label | None:
    if label.start is None or label.end is None or not cuts:
        return label
    edits = [(start, end, "") for start, end in cuts]
    start, end = _moved(label.start, edits), _moved(label.end, edits)
    return msgspec.structs.replace(label, start=start, end=end) if end > start else None


def _renumbered(label: Label, seqs: Seqs | None) -> Label:
    if seqs is None or label.seq is None:
        return label
    return msgspec.structs.replace(label, seq=seqs.of(label.conversation, label.seq))
