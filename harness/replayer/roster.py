"""Which recorded connection a live one plays. Pure: no sockets, no clock.

1. Candidates are, per recording, the first untaken track of every conversation on the dialled path; a recorded
   refusal comes before what was recorded after it. What a dialled path (with its query) reaches is said in
   :mod:`harness.replayer.route`.
2. A refusal at the head is given to the next handshake: nobody has said yet which conversation it is about.
3. If a candidate's service speaks first, it is taken at once; else the client's first message decides: its
   conversation, then the first candidate without a difference.
4. Compare first, then take: a message that fits no candidate takes none. Lenient takes the nearest candidate of
   the same conversation; a client of another conversation is never answered.
5. The k-th live connection of a session takes its k-th recorded one. When none is left, that is a failure; only with
   ``loop`` does the service begin again, with the connection that fits and was taken least often.
6. A conversation whose id is bound (:mod:`harness.replayer.rules`) is played under its live id, on every connection.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto

from harness.errors import UnexpectedMessage
from harness.replayer.match import Candidate, Level, nearest
from harness.replayer.route import STREAM_PATH, is_standard, reaches
from harness.replayer.rules import NO_RULES, Bound, Rules, Sessions
from harness.replayer.steps import Step, Track

__all__ = ["STREAM_PATH", "Opening", "Roster"]


class Opening(Enum):
    """What an accepted connection has to do when no track was taken yet."""

    ASK = auto()
    """Wait for the client's first message."""
    EXHAUSTED = auto()
    """Every recorded connection on this path was taken."""


@dataclass(slots=True)
class _Entry:
    track: Track
    conversation: str | None
    takes: int = 0

    @property
    def taken(self) -> bool:
        return self.takes > 0


class Roster:
    """The recorded connections and which of them were taken.

    Args:
        recordings: the tracks of each recording.
        conversation_of: the interaction id in a client message, or None.
        level: how narrowly first messages are compared.
        lenient: rule 4.
        loop: rule 5.
        rules: what comparisons let pass.
        sessions: the ids captured so far, shared with the gateway's side.
    """

    def __init__(
        self,
        recordings: Sequence[Sequence[Track]],
        *,
        conversation_of: Callable[[str], str | None],
        level: Level = Level.STRICT,
        lenient: bool = False,
        loop: bool = False,
        rules: Rules = NO_RULES,
        sessions: Sessions | None = None,
    ) -> None:
        self._loop = loop
        self._rules = rules
        self._sessions = sessions or Sessions()
        self._conversation_of = conversation_of
        self._level = level
        self._lenient = lenient
        self._shelves = [[_Entry(track, self._about(track)) for track in tracks] for tracks in recordings]

    def refusal(self, path: str) -> Track | None:
        """Take the refusal that is due at the next handshake on ``path``, if there is one; rule 2."""
        for shelf in self._shelves:
            first = next((e for e in shelf if not e.taken and _reached(e.track, path)), None)
            if first is not None and first.track.refusal is not None:
                first.takes += 1
                return first.track
        return None

    def subprotocol(self, path: str, offered: Sequence[str]) -> str | None:
        """What the handshake on ``path`` is given of the subprotocols it offers, '' for none; None if nothing fits."""
        everything = (entry for shelf in self._shelves for entry in shelf if _reached(entry.track, path))
        given = [e.track.subprotocol for e in (*self._heads(path), *everything) if e.track.refusal is None]
        chosen = next((name for name in given if name in offered), "")
        alone = not offered and is_standard(path)
        return chosen if chosen or "" in given or alone else None

    def subprotocols(self, path: str) -> list[str]:
        """What was given on ``path`` when it was recorded."""
        given = (e.track.subprotocol for s in self._shelves for e in s if _reached(e.track, path))
        return sorted({name for name in given if name})

    def open(self, path: str, subprotocol: str = "") -> Track | Opening:
        """What a connection accepted on ``path`` plays: a track (now taken), or why there is none yet."""
        heads = self._heads(path, subprotocol)
        for entry in heads if not self._loop else heads[:1]:
            if entry.track.first_send is None:
                entry.takes += 1
                return entry.track
        return Opening.ASK if heads else Opening.EXHAUSTED

    def known(self, path: str) -> bool:
        """True if anything was recorded on ``path``."""
        return any(_reached(entry.track, path) for shelf in self._shelves for entry in shelf)

    def first_send_gap_us(self, path: str, subprotocol: str = "") -> int:
        """The longest recorded wait for a first message among the candidates."""
        sends = ((entry.track, entry.track.first_send) for entry in self._heads(path, subprotocol))
        return max((send.t_us - track.t_us for track, send in sends if send is not None), default=0)

    def first_sends(self, path: str, subprotocol: str = "") -> list[Step]:
        """What the client of a connection may begin with."""
        return [send for entry in self._heads(path, subprotocol) if (send := entry.track.first_send) is not None]

    def claim(self, path: str, message: str | bytes, subprotocol: str = "") -> tuple[Track, Bound]:
        """Take the track that the client's first message asks for; with it the ids its session has captured.

        Raises:
            UnexpectedMessage: no candidate fits; none was taken.
        """
        heads = [entry for entry in self._heads(path, subprotocol) if entry.track.first_send is not None]
        live = self._conversation_of(message) if isinstance(message, str) else None
        about, bound = self._sessions.of(live)
        same = [entry for entry in heads if about is not None and entry.conversation == about]
        best = self._nearest(message, same or heads, bound)
        if best is None:
            raise UnexpectedMessage("first message of a connection", fix=_NONE_LEFT)
        entry, differences = best
        fits = not differences and (bool(same) or about is None or entry.conversation is None or bool(bound.live))
        if not (fits or self._level is Level.ANY or (self._lenient and (bool(same) or about is None))):
            raise _misfit(entry, differences)
        entry.takes += 1
        self._sessions.keep(live, entry.conversation, bound)
        return entry.track, bound

    def tracks(self) -> list[Track]:
        """Every recorded connection."""
        return [entry.track for shelf in self._shelves for entry in shelf]

    def untaken(self) -> list[Track]:
        """The tracks nobody took, without those a fault put in."""
        entries = (entry for shelf in self._shelves for entry in shelf)
        return [entry.track for entry in entries if not (entry.taken or entry.track.aside)]

    def _about(self, track: Track) -> str | None:
        first = track.first_send
        return self._conversation_of(first.data) if first is not None and isinstance(first.data, str) else None

    def _heads(self, path: str, subprotocol: str | None = None) -> list[_Entry]:
        """The candidates on ``path``, of this subprotocol unless it is None."""
        if is_standard(path) and not subprotocol:
            subprotocol = None
        if self._loop:
            reached = [e for s in self._shelves for e in s if _plays(e, path, subprotocol) and e.track.refusal is None]
            return sorted(reached, key=lambda entry: entry.takes)
        return [entry for shelf in self._shelves for entry in _first_of_each(shelf, path, subprotocol)]

    def _nearest(
        self, message: str | bytes, entries: Sequence[_Entry], bound: Bound
    ) -> tuple[_Entry, tuple[str, ...]] | None:
        firsts = [entry.track.first_send for entry in entries]
        candidates = [Candidate(data=first.data, ignore=first.ignore) for first in firsts if first is not None]
        best = nearest(message, candidates, level=self._level, rules=self._rules, bound=bound)
        return None if best is None else (entries[best.index], tuple(map(str, best.differences)))


def _first_of_each(shelf: Sequence[_Entry], path: str, subprotocol: str | None) -> Iterator[_Entry]:
    """The first untaken entry of every conversation, up to a refusal."""
    seen: set[str | None] = set()
    for entry in shelf:
        if entry.taken or not _plays(entry, path, subprotocol):
            continue
        if entry.track.refusal is not None:
            return
        if entry.conversation not in seen:
            seen.add(entry.conversation)
            yield entry


def _plays(entry: _Entry, path: str, subprotocol: str | None) -> bool:
    """True if a connection of ``path`` and ``subprotocol`` (None = any) may play it; refusals have no subprotocol."""
    alike = subprotocol is None or entry.track.refusal is not None or entry.track.subprotocol == subprotocol
    return alike and _reached(entry.track, path)


def _reached(track: Track, path: str) -> bool:
    return reaches(path, track.path, track.query)


def _misfit(entry: _Entry, differences: Sequence[str]) -> UnexpectedMessage:
    first = entry.track.first_send
    assert first is not None
    return UnexpectedMessage(
        "first message of a connection",
        nearest=f"{entry.track.recording}: {first.label}",
        differences=differences,
        fix=_NO_FIT,
    )


_NONE_LEFT = "every recorded connection was taken: serve the recording once per client, or use --loop"
_NO_FIT = "no recorded connection begins like this: serve the recording of this conversation, or record it again"
