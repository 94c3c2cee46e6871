"""What all connections of a service share, and what time it is for a client that may be late.

1. At instant speed the client counts as stalled only if nothing moved anywhere in the service for as long: one loop
   serving hundreds of sessions may be slow to reach each of them.
2. Time in which the loop itself stood still (a client in this process that computes, a machine without a free core) is
   nobody's lateness: it is added to every patience. A watch on the system's clock sees it as turns that are missing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from harness.clock import Clock
from harness.errors import ReplayError
from harness.replayer.commands import Tweak
from harness.replayer.journal import Journal
from harness.replayer.roster import Roster
from harness.replayer.rules import Bound
from harness.replayer.script import PATIENCE_NS, Script
from harness.replayer.steps import Track
from harness.wire.scheduler import Scheduler
from harness.wire.serve import Peer

__all__ = ["TURN_NS", "Missed", "Stage"]

TURN_NS = 250_000_000
"""How often the loop is looked at; it stood still if it was not seen for twice as long."""

Missed = Callable[[Peer, "str | bytes | None"], Awaitable[bool]]
"""Takes a connection nothing was recorded for, with its first message; False: it is a failure after all."""


@dataclass(slots=True, kw_only=True)
class Stage:
    """What all connections of a service share.

    Args:
        clock: stamps and sleeps.
        roster: hands out the recorded connections.
        script_of: makes the script of a recorded connection.
        problem: is told of every failure.
        speed: as in :class:`~harness.replayer.script.Script`; ``patience_ns`` too.
        moved_ns: when something last happened on any connection.
        alive_ns: when the loop was last seen turning; rule 2.
        lost_ns: how long it did not turn, in all.
        stopping: True once the service is closing: what clients do then is no failure.
        scheduler: rings alarms on the system's clock; None on any other.
        tweak: does what a fault changes in the whole service.
        journal: the replay's own recording.
        missed: where a message goes that nothing recorded answers.
        lagged: is told how late each wake-up for a message that was due came, in ns.
    """

    clock: Clock
    roster: Roster
    script_of: Callable[[Track, Bound], Script]
    problem: Callable[[ReplayError], None]
    speed: float | None = None
    patience_ns: int = PATIENCE_NS
    moved_ns: int = 0
    alive_ns: int = 0
    lost_ns: int = 0
    lost_before_ns: int = 0
    stopping: bool = False
    scheduler: Scheduler | None = None
    tweak: Callable[[Tweak], None] = lambda _: None
    journal: Journal | None = None
    missed: Missed | None = None
    lagged: Callable[[int], None] | None = None

    def moved(self) -> int:
        """Note that something happened, and return the time."""
        self.moved_ns = self.alive()
        self.lost_before_ns = self.lost_ns
        return self.moved_ns

    def alive(self) -> int:
        """Note that the loop turns, and return the time; rule 2."""
        now_ns = self.clock.monotonic_ns()
        gap_ns = now_ns - self.alive_ns
        if self.scheduler is not None and self.alive_ns and gap_ns > 2 * TURN_NS:
            self.lost_ns += gap_ns - TURN_NS
        self.alive_ns = now_ns
        return now_ns

    def watch(self) -> None:
        """See to it that :meth:`alive` is called while nothing happens, until the scheduler is closed."""
        if self.scheduler is not None:
            self.scheduler.at(self.alive() + TURN_NS, self.watch)

    def quiet_until_ns(self, waited_ns: int) -> int:
        """Rule 1: until when quiet has to last before a client is late; no limit at other speeds than instant."""
        if self.speed is not None:
            return 0
        return self.moved_ns + waited_ns + self.lost_ns - self.lost_before_ns
