"""A replay's own recording: what this service did, in the format of every recording, with the faults it played.

1. Seen from the client, as in every recording: what the service sends is ``in``.
2. What the service sends comes from a recording and may be stored. Of what a client sends the recorded message is stored
   where it matched, never its own bytes; anything else is ``withheld``, for nobody has looked for personal data in it.
   Ids of the client's that were bound into an answer are left out for the same reason: the recorded ones are stored.
3. A fault is an entry of kind ``fault``: ``name`` as it was asked for, ``fault`` its kind, ``parameters`` by name, the
   ``seed`` of the replay, the connection, and ``of``, the recorded entry it is about.
4. Tokens are never stored. Times are the service's own.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from harness._version import __version__
from harness.recording.entry import (
    AnyEntry,
    Header,
    HttpChunk,
    HttpRequest,
    HttpResponse,
    Redaction,
    Unknown,
    Withheld,
    WsAbort,
    WsAccept,
    WsClose,
    WsControl,
    WsMessage,
    WsOpen,
)
from harness.recording.reader import Recording
from harness.recording.writer import RecordingWriter
from harness.replayer.exchanges import Exchange
from harness.replayer.fault_words import parameters_of
from harness.replayer.plan import Plan
from harness.replayer.script import Close, Command, Drop, Ping, Raw, Reset, Run, Send, Tweak
from harness.replayer.steps import Step, Track
from harness.wire.tap import LOST, RESET

__all__ = ["ConnectionJournal", "Journal", "journal_header"]


def journal_header(recordings: Sequence[Recording], *, id_: str, created: str) -> Header:
    """The header of the recording of a replay of ``recordings``; its state is that of the least redacted of them."""
    first = recordings[0].header if recordings else None
    states = [recording.header.redaction for recording in recordings]
    redaction = max(states, key=lambda one: _CARE.index(one.state), default=Redaction(state="redacted"))
    return Header(
        id=id_,
        created=created,
        tool=f"mediation-harness/{__version__}",
        dialect=first.dialect if first else "mediation/2",
        source="replay",
        parent=(recordings[0].digest or None) if len(recordings) == 1 else None,
        scenario=first.scenario if first and len(recordings) == 1 else None,
        redaction=redaction,
    )


class Journal:
    """The journal of one service.

    Args:
        path: the recording to be written; it must not exist.
        header: see :func:`journal_header`.
        start_ns: when the service began.
        seed: of the faults.

    Raises:
        RecordingWriteError: it cannot be made.
    """

    def __init__(self, path: Path, header: Header, start_ns: int, *, seed: int = 0) -> None:
        self._writer = RecordingWriter(path, header)
        self._start_ns = start_ns
        self._seed = seed
        self._last_us = 0
        self._connections = 0
        self._exchanges = 0

    def add(self, entry: AnyEntry) -> AnyEntry:
        """Write ``entry``; returns it with its number."""
        return self._writer.append(entry)

    def t(self, at_ns: int) -> int:
        """The time of an entry, in us since the start."""
        self._last_us = max(self._last_us, (at_ns - self._start_ns) // 1000)
        return self._last_us

    def connection(self, plan: Plan, at_ns: int) -> ConnectionJournal:
        """A client was accepted and plays ``plan``."""
        self._connections += 1
        return ConnectionJournal(self, f"w{self._connections}", plan, at_ns)

    def refused(self, track: Track, at_ns: int) -> None:
        """A handshake was refused as ``track`` has it."""
        assert track.refusal is not None
        self._connections += 1
        conn, t = f"w{self._connections}", self.t(at_ns)
        opened = self.add(WsOpen(n=0, t=t, conn=conn, url=_url(track)))
        self.add(replace(track.refusal, n=0, t=t, conn=conn, re=opened.n))
        self.fault(track.fault, conn, track.n, t)

    def fault(self, name: str, conn: str, of: int, t: int) -> None:
        """Rule 3; '' is none."""
        if name:
            kind, parameters = parameters_of(name)
            raw = {"kind": "fault", "conn": conn, "name": name, "of": of}
            self.add(Unknown(n=0, t=t, raw={**raw, "fault": kind, "parameters": parameters, "seed": self._seed}))

    def exchanged(self, exchange: Exchange, at_ns: int) -> None:
        """A request was answered with ``exchange``."""
        self._exchanges += 1
        conn, t, request = f"h{self._exchanges}", self.t(at_ns), exchange.request
        asked = self.add(
            HttpRequest(
                n=0, t=t, service=request.service, conn=conn, method=request.method, url=request.url, body=request.body
            )
        )
        if exchange.response is not None:
            response = exchange.response
            self.add(HttpResponse(n=0, t=t, conn=conn, re=asked.n, status=response.status, headers=response.headers))
            body = b"".join(piece.data for piece in exchange.pieces)
            self.add(
                HttpChunk(
                    n=0, t=t, conn=conn, re=asked.n, final=True, **_stored(body.decode() if exchange.text else body)
                )
            )
        self.fault(exchange.fault, conn, request.n, t)

    def close(self) -> None:
        """Seal the recording."""
        self._writer.seal("closed")


class ConnectionJournal:
    """The journal of one connection."""

    def __init__(self, journal: Journal, conn: str, plan: Plan, at_ns: int) -> None:
        self._journal = journal
        self._conn = conn
        self._plan = plan
        self._ended = False
        self._numbers: dict[str, int] = {}
        t = journal.t(at_ns)
        given = plan.track.subprotocol
        headers = (("sec-websocket-protocol", given),) if given else ()
        opened = journal.add(WsOpen(n=0, t=t, conn=conn, url=_url(plan.track), headers=headers))
        journal.add(WsAccept(n=0, t=t, conn=conn, re=opened.n, headers=headers))
        journal.fault(plan.track.fault, conn, plan.track.n, t)

    def received(self, data: str | bytes, at_ns: int, step: Step | None) -> None:
        """The client sent ``data``, which was ``step`` of the recording, or nothing recorded; rule 2."""
        t = self._journal.t(at_ns)
        if step is not None and step.data is not None:
            self._journal.add(WsMessage(n=0, t=t, conn=self._conn, dir="out", **_stored(step.data)))
            return
        size = len(data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data)
        self._journal.add(
            Withheld(n=0, t=t, of_kind="ws.message", size=size, rule="not recorded", conn=self._conn, dir="out")
        )

    def done(self, command: Command, at_ns: int) -> None:
        """The service is about to carry out ``command``."""
        t, conn = self._journal.t(at_ns), self._conn
        match command:
            case Send():
                step = self._plan.track.steps[command.step]
                assert step.data is not None
                self._sent(step.data, t, step, command.fragments)
            case Run():
                for place in range(command.first, command.last):
                    step = self._plan.track.steps[self._plan.ours[place]]
                    assert step.data is not None
                    self._sent(step.data, t, step, ())
            case Ping():
                self._journal.add(WsControl(n=0, t=t, conn=conn, dir="in", opcode="ping", **_stored(command.data)))
            case Raw():
                step = self._plan.track.steps[command.step]
                self._journal.fault(step.fault, conn, step.n, t)
            case Close() | Drop() | Reset():
                self._ending(command, t)
            case Tweak():
                self._tweaked(command, t)
            case _:
                return

    def gone(self, code: int, at_ns: int) -> None:
        """The connection is over; ``code`` is the client's."""
        if self._ended:
            return
        self._ended = True
        t = self._journal.t(at_ns)
        if code == 1006:
            self._journal.add(WsAbort(n=0, t=t, conn=self._conn, error="connection lost", by="us"))
        else:
            self._journal.add(WsClose(n=0, t=t, conn=self._conn, by="us", code=None if code == 1005 else code))

    def _sent(self, data: str | bytes, t: int, step: Step, fragments: tuple[tuple[int, int], ...]) -> None:
        if step.withheld is not None and not step.fault:  # what was played stands in for a message nobody has stored
            self._journal.add(replace(step.withheld, n=0, t=t, conn=self._conn))
        else:
            self._journal.add(WsMessage(n=0, t=t, conn=self._conn, dir="in", fragments=fragments, **_stored(data)))
        self._journal.fault(step.fault, self._conn, step.n, t)

    def _ending(self, command: Close | Drop | Reset, t: int) -> None:
        self._ended = True
        if isinstance(command, Close):
            self._journal.add(WsClose(n=0, t=t, conn=self._conn, by="peer", code=command.code, reason=command.reason))
        else:
            error = RESET if isinstance(command, Reset) else LOST
            self._journal.add(WsAbort(n=0, t=t, conn=self._conn, error=error))
        last = self._plan.track.steps[-1]
        self._journal.fault(last.fault, self._conn, last.n, t)

    def _tweaked(self, command: Tweak, t: int) -> None:
        steps = (step for step in self._plan.track.steps if step.tweak == command.name)
        done = self._numbers[command.name] = self._numbers.get(command.name, 0) + 1
        step = next((step for number, step in enumerate(steps, 1) if number == done), None)
        if step is not None:
            self._journal.fault(step.fault, self._conn, step.n, t)


def _url(track: Track) -> str:
    return f"{track.path}?{track.query}" if track.query else track.path


def _stored(data: str | bytes) -> Any:
    if isinstance(data, str):
        return {"text": data}
    return {"base64": b64encode(data).decode()}


_CARE = ("fictional", "redacted", "surrogate")
