"""A smaller recording, made of parts of a larger one: entries and labels, not yet a file. Pure.

1. Numbers (``n``), times and the order of entries stay; a line that needs no change keeps its bytes.
2. ``renumber``: where messages were taken out of a conversation, the ``seq`` of those behind them close up, also in what
   the client asked for; holes the recording had itself stay. Otherwise every ``seq`` stays and a ``gap`` says what is gone.
3. ``live``: outcomes of the recorded side stay; they would be wrong of a text that was changed, so no text is changed then.
4. What a client sends because of what came before (a context, a count of tokens) is not compared with what was recorded.
5. A text loses whole pieces; spans and labels behind them move, and go with what they mark.
6. ``ended``: the session comes to its end as it did. Otherwise it stops behind its last message, before anything its end
   would set off (a summary is asked for where none came).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

import msgspec

from harness.dialects.json_text import TextEdit
from harness.recorder.edits import parse
from harness.recording.codec import encode_entry
from harness.recording.copying import Line
from harness.recording.entry import AnyEntry, Gap, HttpRequest, OutcomeEntry, Play, WsAbort, WsClose, WsMessage
from harness.recording.select import closure
from harness.report.labels import Label
from harness.session.label_carry import inbound
from harness.session.shrink.material import Material
from harness.session.shrink.moved import Cuts, Seqs, edited, moved_labels

__all__ = ["Candidate", "Plan", "build", "can_renumber"]

_SEQ, _RESUME = "/seq", "/resume_after_seq"
_ASKED = ("/context", "/summary", "/token_count", _RESUME)
"""Rule 4."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to keep.

    Args:
        units: ``n`` of the units that stay.
        cuts: (n, path) -> pieces that go.
        live: rule 3.
        renumber: rule 2.
        ended: rule 6.
    """

    units: tuple[int, ...]
    cuts: Mapping[tuple[int, str], Cuts] = field(default_factory=dict)
    live: bool = False
    renumber: bool = True
    ended: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """What a plan makes."""

    lines: list[Line] = field(repr=False)
    labels: list[Label] = field(repr=False)

    @property
    def entries(self) -> list[AnyEntry]:
        return [entry for entry, _ in self.lines]


def can_renumber(material: Material) -> bool:
    """Whether the ``seq`` of every message stands where it can be changed."""
    texts = {e.n: e.text for e in material.inbound if isinstance(e, WsMessage) and e.text is not None}
    return all(
        seq is None or (n in texts and _number_at(texts[n], _SEQ) == seq) for n, (_, seq) in material.places.items()
    )


def build(material: Material, plan: Plan) -> Candidate:
    """The entries and labels of ``plan``."""
    kept = closure(material.entries, material.with_frame(plan.units))
    if not plan.ended:
        kept -= _ending(material, plan)
    seqs = Seqs(material, kept) if plan.renumber else None
    lines: list[Line] = []
    for entry, line in material.lines:
        if entry.n not in kept or (isinstance(entry, OutcomeEntry) and not plan.live):
            continue
        new = _changed(entry, material, plan, seqs)
        lines.append((entry, line) if new is entry else (new, encode_entry(new)))
    if plan.live:
        lines = _with_gaps(lines, material)
    return Candidate(lines=lines, labels=moved_labels(material, [entry for entry, _ in lines], plan.cuts, seqs))


def _ending(material: Material, plan: Plan) -> set[int]:
    """Rule 6: ends of conversations, and whatever the client did when it left."""
    asks = set(material.asks.values())
    ends = {n for n in chain(*material.frames.values()) if material.events[n].type == "end"} - set(plan.units)
    last = max((e.n for e in material.inbound if e.n in plan.units), default=0)
    left = {e.n for e in material.entries if isinstance(e, WsMessage) and e.dir == "out" and e.n > last}
    hung_up = {e.n for e in material.entries if isinstance(e, (WsClose, WsAbort)) and e.by == "us" and e.n > last}
    return (
        ends | (left - asks) | hung_up | {e.n for e in material.entries if isinstance(e, OutcomeEntry) and e.of in ends}
    )


def _changed(entry: AnyEntry, material: Material, plan: Plan, seqs: Seqs | None) -> AnyEntry:
    match entry:
        case WsMessage(dir="in") if entry.text is not None:
            return _inbound(entry, material, plan, seqs)
        case WsMessage(dir="out") if entry.text is not None:
            return _outbound(entry, material, seqs)
        case HttpRequest(service="gateway"):
            return msgspec.structs.replace(entry, play=_unasked(entry.play))
        case _:
            return entry


def _inbound(entry: WsMessage, material: Material, plan: Plan, seqs: Seqs | None) -> WsMessage:
    name, seq = material.places.get(entry.n, ("", None))
    edits: dict[str, list[TextEdit]] = {
        path: [(start, end, "") for start, end in cuts] for (n, path), cuts in plan.cuts.items() if n == entry.n
    }
    if seqs is not None and seq is not None and (new := seqs.of(name, seq)) != seq:
        edits[_SEQ] = [(0, len(str(seq)), str(new))]
    return edited(entry, edits)


def _outbound(entry: WsMessage, material: Material, seqs: Seqs | None) -> WsMessage:
    text = entry.text or ""
    resumed, name = _number_at(text, _RESUME), material.dialect.conversation_of(text) or ""
    edits: dict[str, list[TextEdit]] = {}
    if seqs is not None and resumed is not None and (new := seqs.up_to(name, resumed)) != resumed:
        edits[_RESUME] = [(0, len(str(resumed)), str(new))]
    entry = edited(entry, edits)
    varies = resumed is not None or '"token_count"' in text
    return msgspec.structs.replace(entry, play=_unasked(entry.play)) if varies else entry


def _unasked(play: Play | None) -> Play:
    """Rule 4."""
    play = play or Play()
    return msgspec.structs.replace(play, ignore=tuple(dict.fromkeys([*play.ignore, *_ASKED])))


def _number_at(text: str, path: str) -> int | None:
    parsed = parse(text) if path.removeprefix("/") in text else None
    found = next((number.text for number in parsed.numbers if number.path == path), "") if parsed else ""
    return int(found) if found.isdecimal() else None


def _with_gaps(lines: Sequence[Line], material: Material) -> list[Line]:
    """Rule 2, without renumbering: a note before the first message behind every hole the cuts made.

    A note takes the number of an entry that is gone.
    """
    new: list[Line] = []
    left = {material.places[e.n] for e, _ in lines if e.n in material.places}
    seen: dict[str, int] = {}
    last = count = 0
    for entry, line in lines:
        if entry in inbound([entry]) and entry.n in material.places:
            count += 1
            name, seq = material.places[entry.n]
            if seq is not None:
                begins = (
                    name not in seen and entry.n in material.events and material.events[entry.n].type == "subscribed"
                )
                first = seq if begins else seen.get(name, 0) + 1
                gone = [one for one in range(first, seq) if (name, one) not in left]
                if gone and name and last + 1 < entry.n:
                    note = Gap(
                        n=entry.n - 1,
                        t=entry.t,
                        conn=getattr(entry, "conn", ""),
                        conversation=name,
                        from_seq=gone[0],
                        to_seq=gone[-1],
                        reason="timer",
                        after=count,
                    )
                    new.append((note, encode_entry(note)))
                seen[name] = max(seen.get(name, 0), seq)
        last = entry.n
        new.append((entry, line))
    return new
