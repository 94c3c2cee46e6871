"""What a client of a load plays: one recorded session, with ids of its own. Pure but for the recordings it is given.

1. A session is the connections of a recording in which the client says something, and its requests to the gateway.
   The token is no part of it: every client is given one.
2. No two clients share a conversation: in what a client sends, each recorded conversation id is replaced by one made
   from it and the client's number, a UUID where the recorded one is a UUID. Number 0 keeps the recorded ids.
3. Times are kept as distances from the first thing the client did.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from harness.dialects.base import Dialect
from harness.recording.entry import HttpRequest
from harness.recording.reader import Recording
from harness.replayer.exchanges import exchanges_of
from harness.replayer.steps import Action, Step, Track, tracks_of

__all__ = ["LoadScript", "load_script"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadScript:
    """One recorded session, to be played by many.

    Args:
        name: of the recording.
        began_us: when the client first did something.
        ended_us: when the last of what it did, or was sent, was over.
        tracks: the connections.
        requests: to the gateway.
        skipped: requests that are not played: other methods than POST, or a body that was withheld.
        ids: the recorded conversation ids.
        pointers: where in what the client sends they are, as JSON pointers.
    """

    name: str
    began_us: int
    ended_us: int
    tracks: tuple[Track, ...] = field(repr=False)
    requests: tuple[HttpRequest, ...] = field(repr=False)
    skipped: int = 0
    ids: tuple[str, ...] = field(default=(), repr=False)
    pointers: tuple[str, ...] = ()

    def said(self, data: str | bytes, client: int) -> str | bytes:
        """``data`` as client number ``client`` says it; rule 2."""
        if client == 0 or isinstance(data, bytes):
            return data
        for recorded in self.ids:
            data = data.replace(json.dumps(recorded), json.dumps(_own(recorded, client)))
        return data


def load_script(recording: Recording, dialect: Dialect) -> LoadScript | None:
    """The session of ``recording``, None if its client did nothing that can be played."""
    name = recording.path.name
    tracks = tuple(track for track in tracks_of(name, recording.entries) if track.first_send is not None)
    asked = [e.request for e in exchanges_of(name, recording.entries) if e.request.service == "gateway"]
    requests = tuple(r for r in asked if r.method == "POST" and r.body is not None)
    if not tracks and not requests:
        return None
    said = [step.data for track in tracks for step in track.steps if _is_said(step)]
    texts = [text for text in (*said, *(r.body for r in requests)) if isinstance(text, str)]
    ids = tuple(sorted({found for text in texts if (found := dialect.conversation_of(text))}))
    return LoadScript(
        name=name,
        began_us=min([track.t_us for track in tracks] + [request.t for request in requests]),
        ended_us=max((entry.t for entry in recording.entries), default=0),
        tracks=tracks,
        requests=requests,
        skipped=len(asked) - len(requests),
        ids=ids,
        pointers=tuple(sorted({pointer for text in texts for pointer in _places(text, frozenset(ids))})),
    )


def _is_said(step: Step) -> bool:
    return step.action is Action.EXPECT and step.data is not None


def _own(recorded: str, client: int) -> str:
    try:
        uuid.UUID(recorded)
    except ValueError:
        return f"{recorded}-{client}"
    return str(uuid.uuid5(uuid.UUID(recorded), str(client)))


def _places(text: str, ids: frozenset[str]) -> Iterator[str]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return
    yield from _found(value, ids, "")


def _found(value: Any, ids: frozenset[str], pointer: str) -> Iterator[str]:
    if isinstance(value, str) and value in ids:
        yield pointer
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, member in members:
        yield from _found(member, ids, f"{pointer}/{str(key).replace('~', '~0').replace('/', '~1')}")
