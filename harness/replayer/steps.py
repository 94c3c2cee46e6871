"""Recorded entries as what has to be played: one track per WebSocket connection. Pure.

1. A track begins with its ``ws.accept``, or is a ``ws.reject``. An attempt the service never answered
   (refused, timed out) is no track: there is nothing to play.
2. The causal parent of a step is the entry its ``re`` names if that is an earlier step of the same
   connection, else the last send before it that is not optional, else the accept.
3. A message that was withheld is played as a stand-in, so that order and count survive: zero bytes of its size for
   a binary one, a message of type ``withheld`` for text; a withheld send is expected with any content.
4. The library below answers pings by itself, so recorded pongs and the client's own pings are not steps.
5. A connection that was lost with a TCP reset (``ws.abort`` with the error ``connection reset``) is reset again, behind all
   that was sent; any other that ended without a close frame ends with a FIN.
6. Where the recording ends before its connection did, the service drops the connection (:func:`with_end`).
7. Labels name a step without payload: its place, and its message type where that looks like a name.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from typing import assert_never
from urllib.parse import urlsplit

from harness.recording.entry import (
    AnyEntry,
    Withheld,
    WsAbort,
    WsAccept,
    WsClose,
    WsControl,
    WsMessage,
    WsOpen,
    WsReject,
)
from harness.replayer.shape import type_shown
from harness.wire.tap import RESET

__all__ = ["Action", "Step", "Track", "payload_of", "tracks_of", "with_end"]

_ACCEPT = -1
_MAX_BYTES = 4 << 20  # the longest message of the dialect
_WsEntry = WsOpen | WsAccept | WsReject | WsMessage | WsControl | WsClose | WsAbort | Withheld


class Action(Enum):
    """What a step asks for; the last two are the client's to do. RAW and TWEAK come from faults only."""

    SEND = auto()
    PING = auto()
    CLOSE = auto()
    DROP = auto()
    RESET = auto()
    RAW = auto()
    TWEAK = auto()
    EXPECT = auto()
    EXPECT_CLOSE = auto()


_ENDINGS = frozenset({Action.CLOSE, Action.DROP, Action.RESET, Action.EXPECT_CLOSE})
_OURS = frozenset(Action) - {Action.EXPECT, Action.EXPECT_CLOSE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing to play.

    Args:
        n: the entry's number in its recording.
        t_us: its recorded time.
        action: what to do or to wait for.
        number: which of the client's sends it is, from 1; 0 for other steps.
        parent: index of the causal parent among the track's steps, -1 for the accept.
        data: what is sent or expected; None = any content.
        ignore: JSON pointers not compared.
        optional: True if it may stay unplayed.
        code: close code; None = a close frame without one (expected: see ``any_code``).
        reason: close reason.
        any_code: True where the client's end may be of any kind (it aborted when recorded).
        fragments: sizes in bytes of the frames a message is sent in, with the recorded distances in us.
        hold_us: waited before it at any speed, also at instant (faults).
        withheld: the entry this step stands in for, if it is none of its own; rule 3.
        tweak: what a TWEAK does; ``code`` is its number.
        fault: the fault that made or changed the step, '' for one as recorded.
    """

    n: int
    t_us: int
    action: Action
    number: int = 0
    parent: int = _ACCEPT
    data: str | bytes | None = field(default=None, repr=False)
    ignore: tuple[str, ...] = ()
    optional: bool = False
    code: int | None = None
    reason: str = field(default="", repr=False)
    any_code: bool = False
    fragments: tuple[tuple[int, int], ...] = ()
    hold_us: int = 0
    withheld: Withheld | None = None
    tweak: str = ""
    fault: str = ""

    @property
    def ours(self) -> bool:
        """True if the service does it, False if the client does."""
        return self.action in _OURS

    @property
    def ends(self) -> bool:
        """True if the connection ends with it."""
        return self.action in _ENDINGS

    @property
    def label(self) -> str:
        """The step in words; see rule 7."""
        match self.action:
            case Action.EXPECT:
                return f"send #{self.number} (entry {self.n}{_after(', ', type_shown(self.data))})"
            case Action.SEND:
                return f"the message of entry {self.n}{_after(' ', type_shown(self.data))}"
            case Action.PING:
                return f"the ping of entry {self.n}"
            case Action.RAW | Action.TWEAK:
                return f"the fault {self.tweak} at entry {self.n}"
            case Action.CLOSE | Action.DROP | Action.RESET | Action.EXPECT_CLOSE:
                whose = "client" if self.action is Action.EXPECT_CLOSE else "service"
                end = "abort" if self.any_code else f"close {self.code or 1005}"
                return f"the {whose}'s {end} (entry {self.n})"
            case _:  # pragma: no cover
                assert_never(self.action)


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """One recorded connection.

    Args:
        recording: the recording's name, for messages.
        conn: the connection's name in it.
        path: the path that was dialled.
        query: its query.
        subprotocol: the one the service gave it, '' for none.
        n: number of the ``ws.open`` entry.
        t_us: recorded time of the accept.
        steps: in wire order; none for a refusal.
        refusal: how the handshake was refused, or None.
        resumes: the service sends again what a client that resumes says it lacks, and no more.
        aside: made by a fault: no failure if no client comes for it.
        fault: the fault that made it, '' for one as recorded.
    """

    recording: str
    conn: str
    path: str
    n: int
    query: str = ""
    subprotocol: str = ""
    t_us: int = 0
    steps: tuple[Step, ...] = ()
    refusal: WsReject | None = None
    resumes: bool = False
    aside: bool = False
    fault: str = ""

    @property
    def label(self) -> str:
        return f"{self.recording}: connection {self.conn} (entry {self.n})"

    @property
    def first_send(self) -> Step | None:
        """The client's first send, None if the service speaks (or ends) first."""
        return self.steps[0] if self.steps and self.steps[0].action is Action.EXPECT else None


def payload_of(text: str | None, encoded: str | None) -> str | bytes | None:
    """The payload of an entry: its text, its bytes, or None where neither was stored."""
    if text is not None:
        return text
    if encoded is None:
        return None
    try:
        return base64.b64decode(encoded)
    except binascii.Error:
        return None


def tracks_of(recording: str, entries: Iterable[AnyEntry]) -> list[Track]:
    """The tracks of a recording, in the order in which the connections were opened."""
    attempts: list[list[_WsEntry]] = []
    current: dict[str, list[_WsEntry]] = {}
    for entry in entries:
        if isinstance(entry, WsOpen):
            # The name of a connection may come back for its next attempt: an open starts a new track.
            current[entry.conn] = [entry]
            attempts.append(current[entry.conn])
        elif isinstance(entry, _WsEntry) and entry.conn in current:
            current[entry.conn].append(entry)
    tracks = (_track(recording, attempt) for attempt in attempts)
    return [track for track in tracks if track is not None]


def _track(recording: str, entries: Sequence[_WsEntry]) -> Track | None:
    opened = entries[0]
    assert isinstance(opened, WsOpen)
    url = urlsplit(opened.url)
    for entry in entries:
        if isinstance(entry, WsReject):
            return Track(
                recording=recording,
                conn=opened.conn,
                path=url.path,
                query=url.query,
                n=opened.n,
                t_us=entry.t,
                refusal=entry,
            )
        if isinstance(entry, WsAccept):
            steps = _steps(entries)
            return Track(
                recording=recording,
                conn=opened.conn,
                path=url.path,
                query=url.query,
                subprotocol=_subprotocol(entry),
                n=opened.n,
                t_us=entry.t,
                steps=steps,
            )
    return None


def _subprotocol(accepted: WsAccept) -> str:
    """The name in the handshake's answer, '' if there is none, or one that was not stored."""
    given = dict(accepted.headers).get("sec-websocket-protocol", "")
    return "" if given.startswith("<") else given


def _steps(entries: Sequence[_WsEntry]) -> tuple[Step, ...]:
    steps: list[Step] = []
    place: dict[int, int] = {}
    last_send, sends = _ACCEPT, 0
    for entry in entries:
        named = entry.re if isinstance(entry, WsMessage) and entry.re is not None else None
        parent = last_send if named is None else place.get(named, last_send)
        step = _step(entry, parent, sends + 1)
        if step is None:
            continue
        place[entry.n] = len(steps)
        if step.action is Action.EXPECT:
            sends += 1
            last_send = last_send if step.optional else len(steps)
        steps.append(step)
        if step.action in _ENDINGS:
            break
    return tuple(steps)


def with_end(track: Track) -> Track:
    """``track`` with an end: where its recording ends before the connection did, the service drops it there."""
    if track.refusal is not None or (track.steps and track.steps[-1].action in _ENDINGS):
        return track
    last = track.steps[-1] if track.steps else None
    sends = [index for index, step in enumerate(track.steps) if step.action is Action.EXPECT and not step.optional]
    drop = Step(
        n=last.n if last else track.n,
        t_us=last.t_us if last else track.t_us,
        action=Action.DROP,
        parent=sends[-1] if sends else _ACCEPT,
        any_code=True,
    )
    return replace(track, steps=(*track.steps, drop))


def _step(entry: _WsEntry, parent: int, number: int) -> Step | None:
    match entry:
        case WsMessage(dir="in"):
            return _sent(entry, parent)
        case WsMessage():
            return _expected(entry, parent, number)
        case Withheld(dir="in", of_kind="ws.message"):
            data = _stand_in(entry)
            return Step(n=entry.n, t_us=entry.t, action=Action.SEND, parent=parent, data=data, withheld=entry)
        case Withheld(dir="out", of_kind="ws.message"):
            return Step(n=entry.n, t_us=entry.t, action=Action.EXPECT, number=number, parent=parent)
        case WsControl(dir="in", opcode="ping"):
            ping = payload_of(None, entry.base64) or b""
            return Step(n=entry.n, t_us=entry.t, action=Action.PING, parent=parent, data=ping)
        case WsClose() | WsAbort():
            return _ending(entry, parent)
        case _:
            return None


def _sent(entry: WsMessage, parent: int) -> Step:
    data = payload_of(entry.text, entry.base64)
    if data is None:
        data = bytes(min(entry.size or 0, _MAX_BYTES))
    fragments = entry.fragments if len(entry.fragments) > 1 else ()
    return Step(n=entry.n, t_us=entry.t, action=Action.SEND, parent=parent, data=data, fragments=fragments)


def _stand_in(entry: Withheld) -> str | bytes:
    """What is sent in the place of a message that could not be stored.

    As many zero bytes for a binary one; for text a message of no known type that keeps its place in the order.
    """
    if entry.rule == "binary":
        return bytes(min(entry.size, _MAX_BYTES))
    known = {"interaction_id": entry.conversation, "seq": entry.seq} if entry.conversation and entry.seq else {}
    return json.dumps({"type": "withheld", **known}, separators=(",", ":"))


def _expected(entry: WsMessage, parent: int, number: int) -> Step:
    return Step(
        n=entry.n,
        t_us=entry.t,
        action=Action.EXPECT,
        number=number,
        parent=parent,
        data=payload_of(entry.text, entry.base64),
        ignore=entry.play.ignore if entry.play else (),
        optional=entry.play.optional if entry.play else False,
    )


def _ending(entry: WsClose | WsAbort, parent: int) -> Step:
    code = entry.code if isinstance(entry, WsClose) else 1006
    # 1006 and 1015 never travel: they are what one side sees when the other vanishes.
    vanished = code in (1006, 1015)
    action = Action.EXPECT_CLOSE
    if entry.by == "peer":
        action = Action.DROP if vanished else Action.CLOSE
    if entry.by == "peer" and isinstance(entry, WsAbort) and entry.error == RESET:
        action = Action.RESET
    return Step(
        n=entry.n,
        t_us=entry.t,
        action=action,
        parent=parent,
        code=None if code == 1005 else code,
        reason=entry.reason if isinstance(entry, WsClose) else "",
        any_code=vanished,
    )


def _after(before: str, word: str) -> str:
    return f"{before}{word}" if word else ""
