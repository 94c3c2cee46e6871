"""A recording taken apart for shrinking: what can be taken out, and what has to stay for it to be played. Pure.

1. A unit is a message of the service, or an exchange with the gateway. What a unit needs (the handshake, tokens, the sends
   it answers) goes along with it (``recording/select.py``), and the ``subscribe`` of its conversation.
2. ``subscribed`` and ``end`` of a conversation are no units: they stay as long as anything of it does.
3. Pings, checkpoints and notes of gaps are no units either: they go.
4. A message answers the ``subscribe`` of its own conversation, whatever the client sent since; but for the first message
   behind a send, which is taken for the answer to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import msgspec

from harness.dialects.base import Dialect, Event
from harness.recording.codec import encode_entry
from harness.recording.copying import Line, Loaded
from harness.recording.entry import AnyEntry, HttpRequest, Withheld, WsMessage
from harness.recording.timing import parents
from harness.report.labels import Label
from harness.session.label_carry import inbound

__all__ = ["Material"]

_FRAME_EVENTS = ("subscribed", "end")


@dataclass(frozen=True, kw_only=True)
class Material:
    """A recording and what is known of it.

    Args:
        labels: those beside it.
    """

    loaded: Loaded
    dialect: Dialect
    labels: Sequence[Label] = field(default=(), repr=False)

    @cached_property
    def lines(self) -> list[Line]:
        """Every entry with its line, rule 4 applied."""
        found: list[Line] = []
        above, answered = parents([entry for entry, _ in self.loaded.lines]), set[int]()
        for entry, line in self.loaded.lines:
            parent = above.get(entry.n)
            first = parent not in answered
            answered |= {parent} if parent is not None else set()
            found.append(self._answering_its_own(entry, line, parent, first=first))
        return found

    @cached_property
    def entries(self) -> list[AnyEntry]:
        """Every entry, in order."""
        return [entry for entry, _ in self.lines]

    @cached_property
    def inbound(self) -> list[AnyEntry]:
        """What the service sent on the stream, withheld messages too."""
        return inbound(self.entries)

    @cached_property
    def events(self) -> Mapping[int, Event]:
        """``n`` of an inbound message -> what it says."""
        read = self.dialect.decode
        return {e.n: read(e.text) for e in self.inbound if isinstance(e, WsMessage) and e.text is not None}

    @cached_property
    def units(self) -> list[int]:
        """``n`` of what can be taken out by itself, in order; rules 1 and 2."""
        frame = {n for ns in self.frames.values() for n in ns}
        asked = [e.n for e in self.entries if isinstance(e, HttpRequest) and e.service == "gateway"]
        return sorted([*(e.n for e in self.inbound if e.n not in frame), *asked])

    @cached_property
    def frames(self) -> Mapping[str, list[int]]:
        """Conversation -> its messages of rule 2."""
        found: dict[str, list[int]] = {}
        for n, event in self.events.items():
            if event.type in _FRAME_EVENTS and event.conversation:
                found.setdefault(event.conversation, []).append(n)
        return found

    @cached_property
    def places(self) -> Mapping[int, tuple[str, int | None]]:
        """``n`` of an inbound message -> its conversation and seq."""
        told: dict[int, tuple[str, int | None]] = {}
        for entry in self.inbound:
            if isinstance(entry, Withheld):
                told[entry.n] = (entry.conversation, entry.seq)
            elif (event := self.events.get(entry.n)) is not None:
                told[entry.n] = (event.conversation, event.seq)
        return told

    @cached_property
    def asks(self) -> Mapping[tuple[str, str], int]:
        """(connection, conversation) -> the first send on it that names the conversation: what asked for it."""
        found: dict[tuple[str, str], int] = {}
        for entry, _ in self.loaded.lines:
            if isinstance(entry, WsMessage) and entry.dir == "out" and entry.text:
                name = self.dialect.conversation_of(entry.text)
                if name:
                    found.setdefault((entry.conn, name), entry.n)
        return found

    def with_frame(self, wanted: Iterable[int]) -> set[int]:
        """``wanted`` with what rules 1 and 2 add by conversation."""
        kept = set(wanted)
        talked = {self.places[n][0] for n in kept if n in self.places} - {""}
        kept |= {n for name in talked for n in self.frames.get(name, ())}
        for entry in self.inbound:
            if entry.n in kept and entry.n in self.places:
                asked = self.asks.get((getattr(entry, "conn", ""), self.places[entry.n][0]))
                kept |= {asked} if asked is not None and asked < entry.n else set()
        return kept

    def _answering_its_own(self, entry: AnyEntry, line: bytes, parent: int | None, *, first: bool) -> Line:
        if not isinstance(entry, WsMessage) or entry.dir != "in" or entry.text is None:
            return entry, line
        asked = self.asks.get((entry.conn, self.dialect.decode(entry.text).conversation))
        other = parent in self.asks.values() and parent != asked
        if asked is None or asked > entry.n or parent == asked or (first and not other):
            return entry, line
        moved = msgspec.structs.replace(entry, re=asked)
        return moved, encode_entry(moved)
