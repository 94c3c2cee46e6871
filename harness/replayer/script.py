"""What to send, expect and when, on one recorded connection: a state machine that is told the time. Pure.

Each event yields commands; the caller carries them out and says when something happened, in nanoseconds of any
clock that does not go back.

| state   | event          | condition                      | commands                      | next    |
|---------|----------------|--------------------------------|-------------------------------|---------|
| NEW     | connected      |                                | what is due                   | OPEN    |
| OPEN    | received       | it is the expected send        | what is due now               | OPEN    |
| OPEN    | received       | it differs, strict             | Fail, Close(4400)             | FAILED  |
| OPEN    | received       | it differs, lenient            | Fail, then as expected        | OPEN    |
| OPEN    | tick           | steps of ours are due          | Send, Ping, in wire order     | OPEN    |
| OPEN    | tick           | the recorded end is due        | Close or Drop                 | CLOSING |
| OPEN    | tick           | the client is overdue          | Fail, Close(4400)             | FAILED  |
| OPEN    | client_closed  | as recorded                    |                               | ENDED   |
| OPEN    | client_closed  | another code, or too early     | Fail                          | ENDED   |
| CLOSING | client_closed  |                                |                               | ENDED   |
| FAILED  | client_closed  |                                |                               | ENDED   |
| CLOSING, FAILED, ENDED | received, tick |                  |                               | as was  |
| any other pair         |                |                  | RuntimeError: a fault of ours |         |

Rules:
1. A step of ours is due when its causal parent happened and (t - t(parent)) / speed has passed since the live time
   of that parent. Deadlines are absolute, so lateness of one message is not handed on to the next.
2. Speed None is instant: no waits, order only.
3. Steps of ours leave in wire order. The client's are expected in wire order, but one may come before a message
   it followed when recorded: a timer of the client is no fault.
4. The client is overdue when everything before its step has been done and recorded gap / speed + patience has
   passed since. Optional steps are never waited for and may be left out.
5. Compare first, then advance: a send that does not match (strict) leaves the script where it was.
6. What comes when nothing more is expected is a failure too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum, auto

from harness.errors import ConfigError, ReplayError, ReplayIncomplete, ReplayStalled, UnexpectedMessage
from harness.replayer.match import Candidate, Level, compare, nearest
from harness.replayer.steps import Action, Step, Track

__all__ = ["PATIENCE_NS", "Close", "Command", "Drop", "Fail", "Ping", "Script", "Send", "State", "checked_speed"]

PATIENCE_NS = 5_000_000_000
"""How long the client may be late, beyond the recorded gap, before it counts as stalled."""

REFUSED = 4400
"""The code with which a failed replay ends a connection: one of those left to applications (RFC 6455 7.4.2), so that no
client takes it for something the recorded service said."""


class State(Enum):
    """Where a script stands; see the table above."""

    NEW = auto()
    OPEN = auto()
    CLOSING = auto()
    FAILED = auto()
    ENDED = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Send:
    """Send a message; ``step`` is its index, for :meth:`Script.unsent`."""

    step: int
    data: str | bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ping:
    """Send a ping frame."""

    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Close:
    """Send a close frame; ``code`` None = one without a code (the client sees 1005)."""

    code: int | None
    reason: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Drop:
    """End the transport without a close frame, once everything sent is flushed (the client sees 1006)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fail:
    """Note a problem."""

    error: ReplayError


Command = Send | Ping | Close | Drop | Fail


def checked_speed(speed: float | None) -> float | None:
    """``speed`` if it can be played at.

    Raises:
        ConfigError: it is not a number above 0 (and at most a million), nor None.
    """
    if speed is not None and not 0 < speed <= 1e6:
        raise ConfigError("speed", speed, "a number above 0 and up to 1000000, or instant")
    return speed


class Script:
    """The script of one recorded connection.

    Args:
        track: the recorded connection.
        speed: 1 = as recorded, 10 = ten times as fast, None = no waits.
        level: how narrowly the client's sends are compared.
        lenient: note a send that differs and go on as if it had been the expected one.
        patience_ns: see rule 4.
    """

    def __init__(
        self,
        track: Track,
        *,
        speed: float | None = None,
        level: Level = Level.STRICT,
        lenient: bool = False,
        patience_ns: int = PATIENCE_NS,
    ) -> None:
        self.track = track
        self.state = State.NEW
        self._speed = checked_speed(speed)
        self._level = level
        self._lenient = lenient
        self._patience_ns = patience_ns
        self._ours = [i for i, step in enumerate(track.steps) if step.ours]
        self._theirs = [i for i, step in enumerate(track.steps) if not step.ours]
        self._sent = 0
        self._got = 0
        self._happened: dict[int, int] = {}
        self._latest_ns = 0

    # Events

    def connected(self, now_ns: int) -> list[Command]:
        """The handshake was accepted at ``now_ns``."""
        self._in(State.NEW)
        self.state = State.OPEN
        self._note(-1, now_ns)
        return self.tick(now_ns)

    def received(self, data: str | bytes, now_ns: int) -> list[Command]:
        """The client sent a message."""
        self._in(State.OPEN, State.CLOSING, State.FAILED, State.ENDED)
        if self.state is not State.OPEN:
            return []
        index, differences = self._matching(data)
        if index is None:
            return self._unexpected(data, differences, now_ns)
        self._advance_to(index, now_ns)
        return self.tick(now_ns)

    def tick(self, now_ns: int) -> list[Command]:
        """Time has passed: everything due by ``now_ns``."""
        self._in(State.OPEN, State.CLOSING, State.FAILED, State.ENDED)
        commands: list[Command] = []
        while self.state is State.OPEN and (due := self.due_ns) is not None and due <= now_ns:
            commands.append(self._play(now_ns))
        stalled = self.stalled_ns
        if stalled is not None and stalled <= now_ns:
            commands += self._stall(now_ns)
        return commands

    def client_closed(self, code: int, now_ns: int) -> list[Command]:
        """The connection is gone; ``code`` is the client's, 1005 without one, 1006 without a close frame."""
        self._in(State.OPEN, State.CLOSING, State.FAILED)
        was, self.state = self.state, State.ENDED
        if was is not State.OPEN:
            return []
        self._skip_optional()
        step = self._expected
        if step is None or step.action is not Action.EXPECT_CLOSE or self._sent < len(self._ours):
            missing = self.unplayed()
            # A recording cut short holds no end of the connection: any end is right then.
            return [Fail(error=ReplayIncomplete(missing, fix=_EARLY))] if missing else []
        self._advance_to(self._theirs[self._got], now_ns)
        if step.any_code or (step.code or 1005) == code:
            return []
        return [Fail(error=UnexpectedMessage(f"close {code} by the client", nearest=self._named(step)))]

    def unsent(self, step: int) -> None:
        """A ``Send`` could not be carried out: it and what follows it were not played."""
        self._sent = min(self._sent, self._ours.index(step))

    # Questions

    @property
    def due_ns(self) -> int | None:
        """When our next step is due (possibly past); None if there is none or it waits for the client."""
        if self.state is not State.OPEN or self._sent >= len(self._ours):
            return None
        step = self.track.steps[self._ours[self._sent]]
        began = self._happened.get(step.parent)
        if began is None:
            return None
        return began + self._scaled(step.t_us - self._recorded_us(step.parent))

    @property
    def stalled_ns(self) -> int | None:
        """When the client's next step is overdue; None if it is not its turn."""
        waited = self._waited_for()
        if self.state is not State.OPEN or waited is None:
            return None
        gap_us = self.track.steps[waited].t_us - self._recorded_us(waited - 1)
        return self._latest_ns + self._scaled(gap_us) + self._patience_ns

    @property
    def done(self) -> bool:
        """True when nothing is left that has to be played."""
        return self._sent == len(self._ours) and all(self.track.steps[i].optional for i in self._theirs[self._got :])

    def unplayed(self) -> list[str]:
        """The steps that were not played and are not optional, as labels in wire order."""
        left = sorted(self._ours[self._sent :] + self._theirs[self._got :])
        return [self._named(step) for step in map(self.track.steps.__getitem__, left) if not step.optional]

    # Inside

    def _in(self, *states: State) -> None:
        if self.state not in states:
            raise RuntimeError(f"an event that cannot happen in state {self.state.name}")

    @property
    def _expected(self) -> Step | None:
        return self.track.steps[self._theirs[self._got]] if self._got < len(self._theirs) else None

    def _scaled(self, recorded_us: int) -> int:
        if self._speed is None:
            return 0
        return max(0, round(recorded_us * 1000 / self._speed))

    def _recorded_us(self, index: int) -> int:
        return self.track.t_us if index < 0 else self.track.steps[index].t_us

    def _named(self, step: Step) -> str:
        return f"{self.track.recording}: {step.label}"

    def _play(self, now_ns: int) -> Command:
        index = self._ours[self._sent]
        step = self.track.steps[index]
        self._sent += 1
        self._note(index, now_ns)
        match step.action:
            case Action.SEND:
                assert step.data is not None
                return Send(step=index, data=step.data)
            case Action.PING:
                assert isinstance(step.data, bytes)
                return Ping(data=step.data)
            case _:
                self.state = State.CLOSING
                return Close(code=step.code, reason=step.reason) if step.action is Action.CLOSE else Drop()

    def _advance_to(self, index: int, now_ns: int) -> None:
        """The client did step ``index``; optional steps before it were left out."""
        while self._theirs[self._got] != index:
            self._got += 1
        self._note(index, now_ns)
        self._got += 1

    def _note(self, index: int, now_ns: int) -> None:
        self._happened[index] = now_ns
        self._latest_ns = now_ns

    def _skip_optional(self) -> None:
        while (step := self._expected) is not None and step.optional:
            self._got += 1

    def _matching(self, data: str | bytes) -> tuple[int | None, tuple[str, ...]]:
        """The step a send is: the next one, or a later one if only optional ones lie between."""
        first: tuple[str, ...] = ()
        for index in self._theirs[self._got :]:
            step = self.track.steps[index]
            if step.action is not Action.EXPECT:
                break
            found = compare(step.data, data, level=self._level, ignore=step.ignore)
            if not found:
                return index, ()
            first = first or tuple(str(difference) for difference in found)
            if not step.optional:
                break
        return None, first

    def _unexpected(self, data: str | bytes, differences: tuple[str, ...], now_ns: int) -> list[Command]:
        step = self._expected
        number = sum(self.track.steps[i].action is Action.EXPECT for i in self._theirs[: self._got]) + 1
        error = UnexpectedMessage(
            f"send #{number} on {self.track.label}",
            nearest=self._nearest(data),
            differences=differences,
            fix=_DIFFERS if step is not None and step.action is Action.EXPECT else _EXTRA,
        )
        if not self._lenient:
            self.state = State.FAILED
            return [Fail(error=error), Close(code=REFUSED, reason="replay: unexpected message")]
        if step is not None and step.action is Action.EXPECT:
            self._advance_to(self._theirs[self._got], now_ns)
        return [Fail(error=error), *self.tick(now_ns)]

    def _nearest(self, data: str | bytes) -> str:
        left = [self.track.steps[i] for i in self._theirs[self._got :]]
        sends: Sequence[Step] = [step for step in left if step.action is Action.EXPECT]
        best = nearest(data, [Candidate(data=s.data, ignore=s.ignore) for s in sends], level=self._level)
        return "" if best is None else sends[best.index].label

    def _waited_for(self) -> int | None:
        """Index of the client's step whose turn it is, if it is one that must come."""
        waited = next((i for i in self._theirs[self._got :] if not self.track.steps[i].optional), None)
        if waited is None or (self._sent < len(self._ours) and self._ours[self._sent] < waited):
            return None
        return waited

    def _stall(self, now_ns: int) -> list[Command]:
        waited = self._waited_for()
        assert waited is not None
        after_s = (now_ns - self._latest_ns) / 1e9
        error = ReplayStalled(self._named(self.track.steps[waited]), after_s=after_s, fix=_STALLED)
        self.state = State.FAILED
        return [Fail(error=error), Close(code=REFUSED, reason="replay: waited too long for the client")]


_DIFFERS = "record the session again if the new message is right, or widen the comparison (match, play.ignore)"
_EXTRA = "the recording expects nothing more from the client here: record the session again if it is right"
_EARLY = "the client left before the recorded end"
_STALLED = "the client did not send what it sent when it was recorded"
