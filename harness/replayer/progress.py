"""How far a recorded connection has been played, when each step happened, and when the next one is due. Pure.

1. Times are nanoseconds of the caller's clock; ``-1`` as an index is the accept.
2. A step of ours is due when its parent happened and their recorded distance, divided by the speed, has passed since.
3. A hold is waited for at any speed: from the step before it, or from its own due time if that is later.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from harness.replayer.failures import named
from harness.replayer.plan import Plan
from harness.replayer.steps import Action, Step

__all__ = ["Progress"]


class Progress:
    """The progress of one live connection.

    Args:
        plan: of the track.
        speed: 1 = as recorded, None = no waits.
        intended: at a speed, told when each message was due, ns, as it is played.
    """

    def __init__(self, plan: Plan, speed: float | None, intended: Callable[[int], None] | None = None) -> None:
        self.plan = plan
        self.speed = speed
        self._intended = None if speed is None else intended
        self.ours = plan.ours
        self.theirs = plan.theirs
        self.sent = 0
        """Places in ``ours`` that were played."""
        self.got = 0
        """Places in ``theirs`` the client has done or left out."""
        self.happened: dict[int, int] = {}
        self.latest_ns = 0

    # Where it stands

    @property
    def next_ours(self) -> Step | None:
        """Our next step."""
        return self._step(self.ours[self.sent]) if self.sent < len(self.ours) else None

    @property
    def expected(self) -> Step | None:
        """The client's next step, optional ones included."""
        return self._step(self.theirs[self.got]) if self.got < len(self.theirs) else None

    @property
    def last_expected(self) -> Step | None:
        """The client's step that came last."""
        return self._step(self.theirs[self.got - 1]) if self.got else None

    @property
    def waited_for(self) -> int | None:
        """Index of the client's step whose turn it is, if it is one that must come."""
        waited = next((i for i in self.theirs[self.got :] if not self._step(i).optional), None)
        if waited is None or (self.sent < len(self.ours) and self.ours[self.sent] < waited):
            return None
        return waited

    @property
    def owes(self) -> bool:
        """True if a step of ours is left that has to be played."""
        return any(not self._step(i).optional for i in self.ours[self.sent :])

    @property
    def sends_done(self) -> int:
        """How many of the client's sends are behind it."""
        return sum(self._step(i).action is Action.EXPECT for i in self.theirs[: self.got])

    @property
    def done(self) -> bool:
        """True when nothing is left that has to be played."""
        return self.sent == len(self.ours) and all(step.optional for step in self.left())

    def left(self) -> Iterator[Step]:
        """The client's steps still to come."""
        return map(self._step, self.theirs[self.got :])

    def unplayed(self) -> list[str]:
        """The steps that were not played and are not optional, as labels in wire order."""
        steps = map(self._step, sorted(self.ours[self.sent :] + self.theirs[self.got :]))
        return [named(self.plan.track, step) for step in steps if not step.optional]

    # When

    def due_ns(self) -> int | None:
        """When our next step is due (possibly past); None if there is none or its parent has not happened."""
        step = self.next_ours
        if step is None or (began := self.happened.get(step.parent)) is None:
            return None
        due_ns = began + self._scaled(step.t_us - self._recorded_us(step.parent))
        if step.hold_us:
            before = self.happened.get(self.ours[self.sent - 1], began) if self.sent else began
            due_ns = max(due_ns, before) + step.hold_us * 1000
        return due_ns

    def late_ns(self) -> int | None:
        """When the client's next step would come at its recorded distance; None if it is not its turn."""
        waited = self.waited_for
        if waited is None:
            return None
        return self.latest_ns + self._scaled(self._step(waited).t_us - self._recorded_us(waited - 1))

    # What happened

    def note(self, index: int, now_ns: int) -> None:
        """The step ``index`` happened."""
        self.happened[index] = self.latest_ns = now_ns

    def played(self, now_ns: int) -> int:
        """Our next step is played now; its index."""
        self._tell()
        index = self.ours[self.sent]
        self.sent += 1
        self.note(index, now_ns)
        return index

    def played_run(self, last: int, now_ns: int) -> None:
        """Our steps up to the place ``last`` (not included) are played now; one at a time at a speed."""
        self._tell()
        first, self.sent = self.sent, last
        self.note(self.ours[last - 1], now_ns)
        if last - first > 1:
            between = range(self.ours[first], self.ours[last - 1] + 1)
            self.happened.update((i, now_ns) for i in self.plan.parents if i in between)

    def advance_to(self, index: int, now_ns: int) -> None:
        """The client did step ``index``; optional steps before it were left out."""
        while self.theirs[self.got] != index:
            self.got += 1
        self.note(index, now_ns)
        self.got += 1

    def skip_optional(self) -> None:
        """The client leaves out what may be left out."""
        while (step := self.expected) is not None and step.optional:
            self.got += 1

    def not_played_from(self, place: int) -> None:
        """What stands at ``place`` in ``ours``, and after it, could not be sent after all."""
        self.sent = min(self.sent, place)

    def leave_out(self, had: Callable[[Step], bool]) -> None:
        """Take what the client has already off what is still to be sent."""
        kept = [i for i in self.ours[self.sent :] if not had(self._step(i))]
        self.ours = [*self.ours[: self.sent], *kept]

    # Inside

    def _tell(self) -> None:
        step, due_ns = self.next_ours, None if self._intended is None else self.due_ns()
        if self._intended is not None and due_ns is not None and step is not None and step.action is Action.SEND:
            self._intended(due_ns)

    def _step(self, index: int) -> Step:
        return self.plan.track.steps[index]

    def _scaled(self, recorded_us: int) -> int:
        return 0 if self.speed is None else max(0, round(recorded_us * 1000 / self.speed))

    def _recorded_us(self, index: int) -> int:
        track = self.plan.track
        return track.t_us if index < 0 else track.steps[index].t_us
