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
7. A step's ``hold_us`` is waited for at any speed, from the step before it (or its own due time, if later).
8. Stepping: a message of ours leaves when :meth:`Script.step` allows one, at no other time; nobody is overdue meanwhile.
9. With ``batch`` messages that leave together are one Run of places in the plan instead of many Sends.
10. On a track that resumes, a subscribe with ``resume_after_seq`` takes what the client has off the script.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

from harness.errors import ConfigError, ReplayError, ReplayIncomplete, ReplayStalled, UnexpectedMessage
from harness.replayer.match import Candidate, Level, compare, nearest
from harness.replayer.plan import Plan, plain
from harness.replayer.rules import NO_RULES, Bound, Rules
from harness.replayer.shape import shape_of
from harness.replayer.steps import Action, Step, Track

__all__ = [
    "PATIENCE_NS",
    "Close",
    "Command",
    "Drop",
    "Fail",
    "Ping",
    "Raw",
    "Reset",
    "Run",
    "Script",
    "Send",
    "State",
    "Tweak",
    "checked_speed",
]

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
    """Send a message; ``step`` is its index, for :meth:`Script.unsent`; ``fragments`` as in the step."""

    step: int
    data: str | bytes = field(repr=False)
    fragments: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Send the messages at the plan's places ``first`` to ``last`` (not included)."""

    first: int
    last: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Raw:
    """Write these bytes as they are."""

    step: int
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tweak:
    """Change how the connection, or the service, behaves from now on."""

    name: str
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reset:
    """Abort the transport with a TCP reset."""


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


Command = Send | Run | Ping | Close | Drop | Raw | Tweak | Reset | Fail


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
        rules: what comparisons let pass.
        bound: the ids this session has captured.
        plan: of the track, where several scripts share it.
        batch: rule 9.
        stepping: rule 8.
    """

    def __init__(
        self,
        track: Track,
        *,
        speed: float | None = None,
        level: Level = Level.STRICT,
        lenient: bool = False,
        patience_ns: int = PATIENCE_NS,
        rules: Rules = NO_RULES,
        bound: Bound | None = None,
        plan: Plan | None = None,
        batch: bool = False,
        stepping: bool = False,
    ) -> None:
        self.track = track
        self.plan = plan or Plan(track)
        self.bound = bound or Bound()
        self.state = State.NEW
        self._speed = checked_speed(speed)
        self._level = level
        self._lenient = lenient
        self._patience_ns = patience_ns
        self._rules = rules
        self._batch = batch
        self._stepping = stepping
        self._permits = 0
        self._ours = self.plan.ours
        self._theirs = self.plan.theirs
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
        index = self._matching(data)
        if index is None:
            return self._unexpected(data, now_ns)
        self._advance_to(index, now_ns)
        if self.track.resumes:
            self._resume(data)
        return self.tick(now_ns)

    def step(self, now_ns: int) -> list[Command]:
        """Allow one message more; rule 8."""
        self._permits += 1
        return self.tick(now_ns)

    def tick(self, now_ns: int) -> list[Command]:
        """Time has passed: everything due by ``now_ns``."""
        self._in(State.OPEN, State.CLOSING, State.FAILED, State.ENDED)
        commands: list[Command] = []
        while self.state is State.OPEN and (due := self.due_ns) is not None and due <= now_ns:
            self._play_into(commands, now_ns)
        stalled = self.stalled_ns
        if stalled is not None and stalled <= now_ns:
            commands += self._stall(now_ns)
        return commands

    def due_run(self, now_ns: int) -> Run | None:
        """The plain messages due by ``now_ns``, as a run to be sent at once; None if there are none."""
        first = self._sent
        if not self._batch or self._stepping or self.bound.live or self.state is not State.OPEN:
            return None
        while (due := self.due_ns) is not None and due <= now_ns and plain(self.track.steps[self._ours[self._sent]]):
            self._note(self._ours[self._sent], now_ns)
            self._sent += 1
        return Run(first=first, last=self._sent) if self._sent > first else None

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

    def unsent_from(self, place: int) -> None:
        """As :meth:`unsent`, by the place in the plan."""
        self._sent = min(self._sent, place)

    # Questions

    @property
    def due_ns(self) -> int | None:
        """When our next step is due (possibly past); None if there is none or it waits for the client."""
        if self.state is not State.OPEN or self._sent >= len(self._ours):
            return None
        step = self.track.steps[self._ours[self._sent]]
        began = self._happened.get(step.parent)
        if began is None or (self._stepping and not self._permits and step.action is Action.SEND):
            return None
        due_ns = began + self._scaled(step.t_us - self._recorded_us(step.parent))
        if step.hold_us:
            before = self._happened.get(self._ours[self._sent - 1], began) if self._sent else began
            due_ns = max(due_ns, before) + step.hold_us * 1000
        return due_ns

    @property
    def last_expected(self) -> Step | None:
        """The client's step that came last."""
        return self.track.steps[self._theirs[self._got - 1]] if self._got else None

    @property
    def waits_for_step(self) -> bool:
        """True if a message of ours could leave but for :meth:`step`."""
        if not self._stepping or self._permits or self.state is not State.OPEN or self._sent >= len(self._ours):
            return False
        step = self.track.steps[self._ours[self._sent]]
        return step.action is Action.SEND and step.parent in self._happened

    @property
    def stalled_ns(self) -> int | None:
        """When the client's next step is overdue; None if it is not its turn."""
        waited = self._waited_for()
        if self.state is not State.OPEN or waited is None or self._stepping:
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

    def _play_into(self, commands: list[Command], now_ns: int) -> None:
        """Play what is due: a run where several messages may leave together, else one step."""
        if not self._batch or self._stepping or self.bound.live or not plain(self.track.steps[self._ours[self._sent]]):
            commands.append(self._play(now_ns))
            return
        first = self._sent
        last = first + 1 if self._speed is not None else self.plan.run_end[first]
        self._sent = last
        self._note_run(first, last, now_ns)
        if commands and isinstance(commands[-1], Run) and commands[-1].last == first:
            first = commands.pop().first  # type: ignore[union-attr]  # it was just seen to be a Run
        commands.append(Run(first=first, last=last))

    def _note_run(self, first: int, last: int, now_ns: int) -> None:
        self._latest_ns = now_ns
        self._happened[self._ours[last - 1]] = now_ns
        if last - first > 1:
            self._happened.update((i, now_ns) for i in self.plan.parents if i in self._between(first, last))

    def _between(self, first: int, last: int) -> range:
        return range(self._ours[first], self._ours[last - 1] + 1)

    def _play(self, now_ns: int) -> Command:
        index = self._ours[self._sent]
        step = self.track.steps[index]
        self._sent += 1
        self._note(index, now_ns)
        match step.action:
            case Action.SEND:
                assert step.data is not None
                self._permits = max(0, self._permits - 1)
                return Send(step=index, data=self._live(step.data), fragments=step.fragments)
            case Action.PING:
                assert isinstance(step.data, bytes)
                return Ping(data=step.data)
            case Action.RAW:
                assert isinstance(step.data, bytes)
                return Raw(step=index, data=step.data)
            case Action.TWEAK:
                return Tweak(name=step.tweak, number=step.code or 0)
            case _:
                self.state = State.CLOSING
                return _end(step)

    def _live(self, data: str | bytes) -> str | bytes:
        return self.bound.put_into(data) if isinstance(data, str) and self.bound.live else data

    def _resume(self, data: str | bytes) -> None:
        """Take what the client says it has off what is still to be sent; rule 10."""
        asked = _object(data)
        after = asked.get("resume_after_seq")
        if asked.get("type") != "subscribe" or not isinstance(after, int):
            return
        about = asked.get("interaction_id")
        kept = [i for i in self._ours[self._sent :] if not self._had(self.track.steps[i], about, after)]
        self._ours = [*self._ours[: self._sent], *kept]
        self._batch = False  # places of the shared plan do not hold here any more

    def _had(self, step: Step, about: object, after: int) -> bool:
        if step.action is not Action.SEND or step.data is None:
            return False
        message = _object(self._live(step.data))
        seq = message.get("seq")
        return message.get("interaction_id") == about and isinstance(seq, int) and seq <= after

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

    def _matching(self, data: str | bytes) -> int | None:
        """The step a send is: the next one, or a later one if only optional ones lie between."""
        for index in self._theirs[self._got :]:
            step = self.track.steps[index]
            if step.action is not Action.EXPECT:
                break
            if not compare(step.data, data, level=self._level, ignore=step.ignore, rules=self._rules, bound=self.bound):
                return index
            if not step.optional:
                break
        return None

    def _unexpected(self, data: str | bytes, now_ns: int) -> list[Command]:
        step = self._expected
        expected = step is not None and step.action is Action.EXPECT
        error = self._misfit(data, step if expected else None)
        if not self._lenient:
            self.state = State.FAILED
            return [Fail(error=error), Close(code=REFUSED, reason="replay: unexpected message")]
        if expected:
            self._advance_to(self._theirs[self._got], now_ns)
        return [Fail(error=error), *self.tick(now_ns)]

    def _misfit(self, data: str | bytes, expected: Step | None) -> UnexpectedMessage:
        """The failure of a send that is not ``expected``, with the nearest of all that is still to come."""
        number = sum(self.track.steps[i].action is Action.EXPECT for i in self._theirs[: self._got]) + 1
        sends = [step for i in self._theirs[self._got :] if (step := self.track.steps[i]).action is Action.EXPECT]
        candidates = [Candidate(data=step.data, ignore=step.ignore) for step in sends]
        best = nearest(data, candidates, level=self._level, rules=self._rules, bound=self.bound.copy())
        what, fix = f"send #{number} on {self.track.label}", _DIFFERS if expected else _EXTRA
        near = None if best is None else sends[best.index]
        if expected is not None and near is not expected:
            what += f" where {expected.label} was expected"
            fix = fix if best and best.differences else f"the client left out {expected.label}, or sent it later"
        return UnexpectedMessage(
            what,
            nearest="" if near is None else near.label,
            differences=() if best is None else tuple(map(str, best.differences)),
            fix=fix,
        )

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
        step = self.track.steps[waited]
        like = f" like {shape}" if (shape := shape_of(step.data)) else ""
        error = ReplayStalled(f"{self._named(step)}{like}", after_s=after_s, fix=_STALLED)
        self.state = State.FAILED
        return [Fail(error=error), Close(code=REFUSED, reason="replay: waited too long for the client")]


def _end(step: Step) -> Command:
    match step.action:
        case Action.CLOSE:
            return Close(code=step.code, reason=step.reason)
        case Action.RESET:
            return Reset()
        case _:
            return Drop()


def _object(data: str | bytes) -> dict[str, Any]:
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


_DIFFERS = "record the session again if the new message is right, or widen the comparison (match, play.ignore)"
_EXTRA = "the recording expects nothing more from the client here: record the session again if it is right"
_EARLY = "the client left before the recorded end"
_STALLED = "the client did not send what it sent when it was recorded"
