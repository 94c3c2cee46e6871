"""One live connection: moves bytes and times between a peer and the script it plays.

1. Decisions are the script's and the roster's; this file only waits, sends and hands on.
2. Everything that happens goes through one inbox, so the script sees one event at a time, in order.
3. An alarm is a sleep on the injected clock that puts a tick into the inbox; one that went off for nothing is
   harmless, since the script compares due times with now.
4. When a client is late is said in :mod:`harness.replayer.stage`.
5. On the system's clock alarms are the loop's one scheduler's; on any other clock they are sleepers on that clock.
   A plain message that is due leaves from within the alarm: the way through the inbox costs a turn of the loop.
6. A message nothing recorded answers goes to the stage's ``missed``, if there is such a place, with the whole connection.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from harness.errors import ReplayError, ReplayStalled, UnexpectedMessage
from harness.replayer.journal import ConnectionJournal
from harness.replayer.roster import Opening
from harness.replayer.rules import Bound
from harness.replayer.script import (
    REFUSED,
    Close,
    Command,
    Drop,
    Fail,
    Ping,
    Raw,
    Reset,
    Run,
    Script,
    Send,
    State,
    Tweak,
)
from harness.replayer.shape import shape_of
from harness.replayer.stage import Stage
from harness.replayer.steps import Track
from harness.wire.ready_frames import cut, fragmented, left_of
from harness.wire.scheduler import Alarm
from harness.wire.serve import HandedOn, Peer, PeerClosed

__all__ = ["Player"]


@dataclass(frozen=True, slots=True)
class _Message:
    data: str | bytes = field(repr=False)
    at_ns: int


@dataclass(frozen=True, slots=True)
class _Gone:
    code: int
    at_ns: int


@dataclass(frozen=True, slots=True)
class _Tick:
    at_ns: int


@dataclass(frozen=True, slots=True)
class _Step:
    """One message more is allowed."""


_Event = _Message | _Gone | _Tick | _Step


class Player:
    """Plays one live connection to its end.

    Args:
        peer: the connection.
        stage: what it shares with the others.
    """

    def __init__(self, peer: Peer, stage: Stage) -> None:
        self.peer = peer
        self.script: Script | None = None
        self._stage = stage
        self._inbox: asyncio.Queue[_Event] = asyncio.Queue(maxsize=64)
        self._alarm: asyncio.Task[None] | Alarm | None = None
        self._alarm_ns = 0
        self._opened_ns = stage.moved()
        self._waiting_since = (0, 0)
        self._lost = False
        self._idle = False
        self._journal: ConnectionJournal | None = None

    async def run(self) -> None:
        """Play until the connection is over."""
        async with asyncio.TaskGroup() as group:
            reader = group.create_task(self._read())
            try:
                await self._play(group)
            finally:
                reader.cancel()
                if self._alarm is not None:
                    self._alarm.cancel()

    async def _play(self, group: asyncio.TaskGroup) -> None:
        first: _Message | None = None
        bound = Bound()
        track = self._stage.roster.open(*self._dialled)
        if track is Opening.EXHAUSTED:
            if await self._handed_on(None):
                return
            none_left = UnexpectedMessage("connection", fix=_NONE_LEFT)
            await self._refuse(none_left, "replay: no recorded connection left")
            return
        if track is Opening.ASK:
            first = await self._first_message(group)
            claimed = None if first is None else await self._claimed(first)
            if claimed is None:
                return
            track, bound = claimed
        self.script = self._stage.script_of(track, bound)
        if self._stage.journal is not None:
            self._journal = self._stage.journal.connection(self.script.plan, self._opened_ns)
        await self._perform(self.script.connected(self._opened_ns))
        if first is not None:
            await self._receive(self.script, first)
        while self.script.state is not State.ENDED and not self._stage.stopping:
            await self._handle(self.script, await self._next(group, self._deadline_ns(self.script)))

    async def _handed_on(self, first: str | bytes | None) -> bool:
        """Rule 6; False where there is no such place."""
        if self._stage.missed is None:
            return False
        return await self._stage.missed(HandedOn(self.peer, self._heard), first)

    async def _heard(self) -> str | bytes:
        while True:
            event = await self._inbox.get()
            if isinstance(event, _Message):
                return event.data
            if isinstance(event, _Gone):
                raise PeerClosed(event.code)

    async def _handle(self, script: Script, event: _Event) -> None:
        match event:
            case _Message():
                await self._receive(script, event)
            case _Step():
                await self._perform(script.step(self._stage.clock.monotonic_ns()))
            case _Gone():
                if self._journal is not None:
                    self._journal.gone(event.code, event.at_ns)
                if not self._stage.stopping:
                    await self._perform(script.client_closed(event.code, event.at_ns))
            case _Tick():
                now_ns = self._stage.alive()
                deadline_ns = self._deadline_ns(script)
                if deadline_ns is not None and deadline_ns <= now_ns:
                    await self._perform(script.tick(now_ns))

    def step(self) -> None:
        """Let one message more go."""
        self._inbox.put_nowait(_Step())

    async def _receive(self, script: Script, message: _Message) -> None:
        before = script.last_expected
        commands = script.received(message.data, message.at_ns)
        if self._journal is not None:
            failed = any(isinstance(command, Fail) for command in commands) or script.last_expected is before
            self._journal.received(message.data, message.at_ns, None if failed else script.last_expected)
        await self._perform(commands)

    async def _perform(self, commands: Sequence[Command]) -> None:
        for command in commands:
            now_ns = self._stage.moved()
            if self._journal is not None:
                self._journal.done(command, now_ns)
            try:
                await self._do(command)
            except PeerClosed:
                # The reader is about to say so; nothing more can be sent.
                self._lost = True
                if isinstance(command, Send | Raw) and self.script is not None:
                    self.script.unsent(command.step)
                return

    async def _do(self, command: Command) -> None:
        match command:
            case Send():
                if command.fragments:
                    await self._send_fragments(command)
                else:
                    await self.peer.send(command.data)
            case Run():
                await self._write(command)
            case Raw():
                await self.peer.write(command.data)
            case Tweak():
                self._tweak(command)
            case Reset():
                await self.peer.reset()
            case Ping():
                await self.peer.ping(command.data)
            case Close():
                await self.peer.close(command.code, command.reason)
            case Drop():
                await self.peer.drop()
            case Fail():
                self._stage.problem(command.error)

    async def _write(self, run: Run) -> None:
        assert self.script is not None
        plan = self.script.plan
        place = run.first
        try:
            if self.peer.can_write:
                chunks = plan.written(run.first, run.last)
                file = self._stage.files.of(chunks)
                gone = self.peer.send_file(file) if file is not None and self.peer.ready else 0
                for at, chunk in left_of(chunks, gone):
                    place = at
                    if self.peer.ready:
                        self.peer.write_now(chunk)
                    else:
                        await self.peer.write(chunk)
                return
            for at in range(run.first, run.last):
                place = at
                data = plan.track.steps[plan.ours[at]].data
                assert data is not None
                await self.peer.send(data)
        except PeerClosed:
            self.script.unsent_from(place)
            raise

    async def _send_fragments(self, command: Send) -> None:
        """One message in the recorded fragments, with their recorded distances where the speed keeps time."""
        sizes = [size for _, size in command.fragments]
        if not self.peer.can_write:
            await self.peer.send_pieces(cut(command.data, sizes), text=isinstance(command.data, str))
            return
        pieces = fragmented(command.data, sizes)
        began_ns, speed = self._stage.clock.monotonic_ns(), self._stage.speed
        for (at_us, _), piece in zip([*command.fragments, command.fragments[-1]], pieces, strict=False):
            if speed is not None:
                await self._stage.clock.sleep_until(began_ns + round(at_us * 1000 / speed))
            await self.peer.write(piece)

    def _tweak(self, command: Tweak) -> None:
        match command.name:
            case "no_pong":
                self.peer.mute_pongs()
            case "slow_read":
                self.peer.pause_reading(command.number / 1000)
            case _:
                self._stage.tweak(command)

    # The client's first message

    @property
    def _dialled(self) -> tuple[str, str]:
        """What the roster finds connections by."""
        return self.peer.handshake.target, self.peer.handshake.subprotocol

    async def _first_message(self, group: asyncio.TaskGroup) -> _Message | None:
        waited_ns = self._first_wait_ns()
        deadline_ns, before_ns = self._opened_ns + waited_ns, self._stage.lost_ns
        while True:
            event = await self._next(group, deadline_ns)
            if isinstance(event, _Message):
                return event
            if isinstance(event, _Gone):
                if not self._stage.stopping:
                    self._stage.problem(UnexpectedMessage("connection that ended without a message", fix=_NO_MESSAGE))
                return None
            now_ns = self._stage.alive()
            lost_ns = self._stage.lost_ns - before_ns
            deadline_ns = max(self._opened_ns + waited_ns + lost_ns, self._stage.quiet_until_ns(waited_ns))
            if deadline_ns <= now_ns:
                stalled = ReplayStalled(self._first_wanted(), after_s=waited_ns / 1e9, fix=_NO_MESSAGE)
                await self._refuse(stalled, "replay: waited too long for the client")
                return None

    def _first_wanted(self) -> str:
        wanted = self._stage.roster.first_sends(*self._dialled)
        like = f", such as {wanted[0].label} like {shape_of(wanted[0].data)}" if wanted else ""
        return f"the first message of a connection{like}"

    def _first_wait_ns(self) -> int:
        gap_us = self._stage.roster.first_send_gap_us(*self._dialled)
        speed = self._stage.speed
        return self._stage.patience_ns + (0 if speed is None else max(0, round(gap_us * 1000 / speed)))

    async def _claimed(self, first: _Message) -> tuple[Track, Bound] | None:
        try:
            target, subprotocol = self._dialled
            return self._stage.roster.claim(target, first.data, subprotocol)
        except UnexpectedMessage as error:
            if await self._handed_on(first.data):
                return None
            await self._refuse(error, "replay: unexpected message")
            return None

    async def _refuse(self, error: ReplayError, reason: str) -> None:
        await self._perform([Fail(error=error), Close(code=REFUSED, reason=reason)])

    # Time and input

    def _deadline_ns(self, script: Script) -> int | None:
        due_ns, stalled_ns = script.due_ns, script.stalled_ns
        if self._lost or self.peer.closing:  # the reader is about to say so
            return None
        if stalled_ns is not None:
            stalled_ns = max(stalled_ns + self._lost_ns(script), self._stage.quiet_until_ns(self._stage.patience_ns))
        return min((ns for ns in (due_ns, stalled_ns) if ns is not None), default=None)

    def _lost_ns(self, script: Script) -> int:
        """How long the loop stood still since something last happened on this connection."""
        latest_ns, before_ns = self._waiting_since
        if latest_ns != script.progress.latest_ns:
            latest_ns, before_ns = self._waiting_since = (script.progress.latest_ns, self._stage.lost_ns)
        return self._stage.lost_ns - before_ns

    async def _next(self, group: asyncio.TaskGroup, deadline_ns: int | None) -> _Event:
        if deadline_ns is not None and self._inbox.empty():
            self._set_alarm(group, deadline_ns)
        self._idle = True
        try:
            return await self._inbox.get()
        finally:
            self._idle = False

    def _set_alarm(self, group: asyncio.TaskGroup, deadline_ns: int) -> None:
        if self._alarm is not None and not _rung(self._alarm):
            # One that goes off early only asks again; one that goes off late must be replaced.
            if self._alarm_ns <= deadline_ns:
                return
            self._alarm.cancel()
        self._alarm_ns = deadline_ns
        if self._stage.scheduler is not None:
            self._alarm = self._stage.scheduler.at(deadline_ns, self._rang)
            return
        self._alarm = group.create_task(self._ring(deadline_ns))

    def _rang(self) -> None:
        self._note_lag()
        if self._idle and self._sent_now():
            return
        if self._inbox.empty():  # anything else in there asks for the time as well
            self._inbox.put_nowait(_Tick(self._alarm_ns))

    def _note_lag(self) -> None:
        lagged, script = self._stage.lagged, self.script
        due_ns = None if lagged is None or script is None or self._stage.speed is None else script.due_ns
        if lagged is not None and due_ns is not None and (late_ns := self._stage.clock.monotonic_ns() - due_ns) >= 0:
            lagged(late_ns)

    def _sent_now(self) -> bool:
        """Rule 5: send what is due from within the alarm; False if that has to go through the inbox."""
        script, scheduler = self.script, self._stage.scheduler
        if script is None or scheduler is None or self._journal is not None or not self.peer.ready:
            return False
        run = script.due_run(self._stage.clock.monotonic_ns())
        if run is None:  # nothing moved: an alarm alone must not put off the end of patience
            return False
        self._stage.moved()
        self.peer.write_now(b"".join(chunk for _, chunk in script.plan.written(run.first, run.last)))
        deadline_ns = self._deadline_ns(script)
        if deadline_ns is not None:
            self._alarm_ns = deadline_ns
            self._alarm = scheduler.at(deadline_ns, self._rang)
        return True

    async def _ring(self, deadline_ns: int) -> None:
        await self._stage.clock.sleep_until(deadline_ns)
        await self._inbox.put(_Tick(deadline_ns))

    async def _read(self) -> None:
        while True:
            try:
                data = await self.peer.recv()
            except PeerClosed as closed:
                await self._inbox.put(_Gone(closed.code, self._stage.moved()))
                return
            await self._inbox.put(_Message(data, self._stage.moved()))


def _rung(alarm: asyncio.Task[None] | Alarm) -> bool:
    return alarm.call is None if isinstance(alarm, Alarm) else alarm.done()


_NONE_LEFT = "every recorded connection on this path was taken: serve the recording once per client, or use --loop"
_NO_MESSAGE = "the client has to begin as it did when it was recorded"
