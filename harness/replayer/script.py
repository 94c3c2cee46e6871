"""What to send, expect and when, on one recorded connection: a state machine that is told the time. Pure.

Each event yields commands; the caller carries them out and says when something happened, in nanoseconds of any
clock that does not go back.

| state   | event          | condition                      | commands                      | next    |
|---------|----------------|--------------------------------|-------------------------------|---------|
| NEW     | connected      |                                | what is due                   | OPEN    |
| OPEN    | received       | it is the expected send        | what is due now               | OPEN    |
| OPEN    | received       | a timer of the client's said it | what is due now              | OPEN    |
| OPEN    | received       | it differs, strict             | Fail, Close(4400)             | FAILED  |
| OPEN    | received       | it differs, lenient            | Fail, what is due now         | OPEN    |
| OPEN    | tick           | nothing is due                 |                               | OPEN    |
| OPEN    | tick           | steps of ours are due          | what is due, in wire order    | OPEN    |
| OPEN    | tick           | the recorded end is due        | Close, Drop or Reset          | CLOSING |
| OPEN    | tick           | the client is overdue          | Fail, Close(4400)             | FAILED  |
| OPEN    | step           | a message waits for it         | Send                          | OPEN    |
| OPEN    | client_closed  | as recorded                    |                               | ENDED   |
| OPEN    | client_closed  | another code, or too early     | Fail                          | ENDED   |
| CLOSING | client_closed  |                                |                               | ENDED   |
| FAILED  | client_closed  |                                |                               | ENDED   |
| CLOSING, FAILED, ENDED | received, tick, step |           |                               | as was  |
| any other pair         |                |                  | RuntimeError: a fault of ours |         |

What is due are Send or Run, Ping, Raw and Tweak (:mod:`harness.replayer.commands`).

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
11. A timer of the client is no fault: a subscribe that resumes what this connection has subscribed already (it asks again for
    what is missing), and on a connection that resumed a ``context_window.update`` (the one before may be lost), are let
    pass where they were not recorded. Nothing was recorded to answer them with.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from enum import Enum, auto
from typing import Any

from harness.errors import ConfigError
from harness.replayer.commands import Close, Command, Drop, Fail, Ping, Raw, Reset, Run, Send, Tweak, of_step
from harness.replayer.failures import another_end, left_early, misfit, stalled
from harness.replayer.match import Level, compare
from harness.replayer.plan import Plan, plain
from harness.replayer.progress import Progress
from harness.replayer.rules import NO_RULES, Bound, Rules
from harness.replayer.steps import Action, Step, Track

__all__ = [
    "PATIENCE_NS",
    "REFUSED",
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


def checked_speed(speed: float | None) -> float | None:
    """``speed`` if it can be played at.

    Raises:
        ConfigError: it is not a number above 0 (and at most a million), nor None.
    """
    if speed is not None and not 0 < speed <= 1e6:
        raise ConfigError("--speed", speed, "a number above 0 and up to 1000000, or instant")
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
        intended: see :class:`Progress`.
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
        intended: Callable[[int], None] | None = None,
    ) -> None:
        self.track = track
        self.plan = plan or Plan(track)
        self.bound = bound or Bound()
        self.state = State.NEW
        self.progress = Progress(self.plan, checked_speed(speed), intended)
        self._level = level
        self._lenient = lenient
        self._patience_ns = patience_ns
        self._rules = rules
        self._batch = batch
        self._stepping = stepping
        self._permits = 0
        self._subscribed: list[object] = []
        self._resumed = False

    # Events

    def connected(self, now_ns: int) -> list[Command]:
        """The handshake was accepted at ``now_ns``."""
        self._in(State.NEW)
        self.state = State.OPEN
        self.progress.note(-1, now_ns)
        return self.tick(now_ns)

    def received(self, data: str | bytes, now_ns: int) -> list[Command]:
        """The client sent a message."""
        self._in(State.OPEN, State.CLOSING, State.FAILED, State.ENDED)
        if self.state is not State.OPEN:
            return []
        index = self._matching(data)
        if index is None:
            return self.tick(now_ns) if self._timed(data) else self._unexpected(data, now_ns)
        self.progress.advance_to(index, now_ns)
        self._note(data)
        return self.tick(now_ns)

    def step(self, now_ns: int) -> list[Command]:
        """Allow one message more; rule 8."""
        self._in(State.OPEN, State.CLOSING, State.FAILED, State.ENDED)
        self._permits += 1
        return self.tick(now_ns)

    def tick(self, now_ns: int) -> list[Command]:
        """Time has passed: everything due by ``now_ns``."""
        self._in(State.OPEN, State.CLOSING, State.FAILED, State.ENDED)
        commands: list[Command] = []
        while self.state is State.OPEN and (due := self.due_ns) is not None and due <= now_ns:
            self._play_into(commands, now_ns)
        overdue = self.stalled_ns
        if overdue is not None and overdue <= now_ns:
            commands += self._stall(now_ns)
        return commands

    def due_run(self, now_ns: int) -> Run | None:
        """The plain messages due by ``now_ns``, as a run to be sent at once; None if there are none."""
        first = self.progress.sent
        if not self._batch or self._stepping or self.bound.live or self.state is not State.OPEN:
            return None
        while (due := self.due_ns) is not None and due <= now_ns and self._next_is_plain:
            self.progress.played(now_ns)
        return Run(first=first, last=self.progress.sent) if self.progress.sent > first else None

    def client_closed(self, code: int, now_ns: int) -> list[Command]:
        """The connection is gone; ``code`` is the client's, 1005 without one, 1006 without a close frame."""
        self._in(State.OPEN, State.CLOSING, State.FAILED)
        was, self.state = self.state, State.ENDED
        if was is not State.OPEN:
            return []
        self.progress.skip_optional()
        step = self.progress.expected
        if step is None or step.action is not Action.EXPECT_CLOSE or self.progress.owes:
            missing = self.unplayed()
            # A recording cut short holds no end of the connection: any end is right then.
            return [Fail(error=left_early(missing))] if missing else []
        self.progress.advance_to(self.progress.theirs[self.progress.got], now_ns)
        if step.any_code or (step.code or 1005) == code:
            return []
        return [Fail(error=another_end(self.track, step, code))]

    def unsent(self, step: int) -> None:
        """A ``Send`` could not be carried out: it and what follows it were not played."""
        self.progress.not_played_from(self.progress.ours.index(step))

    def unsent_from(self, place: int) -> None:
        """As :meth:`unsent`, by the place in the plan."""
        self.progress.not_played_from(place)

    # Questions

    @property
    def due_ns(self) -> int | None:
        """When our next step is due (possibly past); None if there is none or it waits for the client."""
        if self.state is not State.OPEN or self._held_back:
            return None
        return self.progress.due_ns()

    @property
    def last_expected(self) -> Step | None:
        """The client's step that came last."""
        return self.progress.last_expected

    @property
    def waits_for_step(self) -> bool:
        """True if a message of ours could leave but for :meth:`step`."""
        step = self.progress.next_ours
        return (
            self.state is State.OPEN and self._held_back and step is not None and step.parent in self.progress.happened
        )

    @property
    def stalled_ns(self) -> int | None:
        """When the client's next step is overdue; None if it is not its turn."""
        if self.state is not State.OPEN or self._stepping:
            return None
        late_ns = self.progress.late_ns()
        return None if late_ns is None else late_ns + self._patience_ns

    @property
    def done(self) -> bool:
        """True when nothing is left that has to be played."""
        return self.progress.done

    def unplayed(self) -> list[str]:
        """The steps that were not played and are not optional, as labels in wire order."""
        return self.progress.unplayed()

    # Inside

    def _in(self, *states: State) -> None:
        if self.state not in states:
            raise RuntimeError(f"an event that cannot happen in state {self.state.name}")

    @property
    def _held_back(self) -> bool:
        """Rule 8: our next step is a message nobody has allowed yet."""
        step = self.progress.next_ours
        return self._stepping and not self._permits and step is not None and step.action is Action.SEND

    @property
    def _next_is_plain(self) -> bool:
        step = self.progress.next_ours
        return step is not None and plain(step)

    def _play_into(self, commands: list[Command], now_ns: int) -> None:
        """Play what is due: a run where several messages may leave together, else one step."""
        if not self._batch or self._stepping or self.bound.live or not self._next_is_plain:
            commands.append(self._play(now_ns))
            return
        first = self.progress.sent
        last = first + 1 if self.progress.speed is not None else self.plan.run_end[first]
        self.progress.played_run(last, now_ns)
        before = commands[-1] if commands else None
        if isinstance(before, Run) and before.last == first:
            commands[-1] = Run(first=before.first, last=last)
        else:
            commands.append(Run(first=first, last=last))

    def _play(self, now_ns: int) -> Command:
        index = self.progress.played(now_ns)
        step = self.track.steps[index]
        if step.action is Action.SEND:
            self._permits = max(0, self._permits - 1)
        elif step.ends:
            self.state = State.CLOSING
        return of_step(index, step, self._live(step.data))

    def _live(self, data: str | bytes | None) -> str | bytes | None:
        return self.bound.put_into(data) if isinstance(data, str) and self.bound.live else data

    def _note(self, data: str | bytes) -> None:
        """Remember what is subscribed; take what the client says it has off what is still to be sent; rules 10 and 11."""
        asked = _object(data)
        if asked.get("type") != "subscribe":
            return
        about, after = asked.get("interaction_id"), asked.get("resume_after_seq")
        self._subscribed.append(about)
        if not isinstance(after, int):
            return
        self._resumed = True
        if not self.track.resumes:
            return
        self.progress.leave_out(lambda step: self._had(step, about, after))
        self._batch = False  # places of the shared plan do not hold here any more

    def _timed(self, data: str | bytes) -> bool:
        """True for what a timer of the client may have said; rule 11."""
        said = _object(data)
        match said.get("type"):
            case "subscribe":
                return isinstance(said.get("resume_after_seq"), int) and said.get("interaction_id") in self._subscribed
            case "context_window.update":
                return self._resumed and said.get("interaction_id") in self._subscribed
        return False

    def _had(self, step: Step, about: object, after: int) -> bool:
        if step.action is not Action.SEND or step.data is None:
            return False
        message = _object(self._live(step.data) or "")
        seq = message.get("seq")
        return message.get("interaction_id") == about and isinstance(seq, int) and seq <= after

    def _matching(self, data: str | bytes) -> int | None:
        """The step a send is: the next one, or a later one if only optional ones lie between; rule 5."""
        for index in self.progress.theirs[self.progress.got :]:
            step = self.track.steps[index]
            if step.action is not Action.EXPECT:
                break
            if not compare(step.data, data, level=self._level, ignore=step.ignore, rules=self._rules, bound=self.bound):
                return index
            if not step.optional:
                break
        return None

    def _unexpected(self, data: str | bytes, now_ns: int) -> list[Command]:
        step = self.progress.expected
        expected = step if step is not None and step.action is Action.EXPECT else None
        error = misfit(
            self.track,
            data,
            number=self.progress.sends_done + 1,
            expected=expected,
            left=list(self.progress.left()),
            level=self._level,
            rules=self._rules,
            bound=self.bound,
        )
        if not self._lenient:
            self.state = State.FAILED
            return [Fail(error=error), Close(code=REFUSED, reason="replay: unexpected message")]
        if expected is not None:
            self.progress.advance_to(self.progress.theirs[self.progress.got], now_ns)
        return [Fail(error=error), *self.tick(now_ns)]

    def _stall(self, now_ns: int) -> list[Command]:
        waited = self.progress.waited_for
        assert waited is not None
        error = stalled(self.track, self.track.steps[waited], now_ns - self.progress.latest_ns)
        self.state = State.FAILED
        return [Fail(error=error), Close(code=REFUSED, reason="replay: waited too long for the client")]


def _object(data: str | bytes) -> dict[str, Any]:
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
