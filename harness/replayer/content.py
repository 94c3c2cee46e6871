"""What a service plays: the recordings as tracks and exchanges, with idle time cut, drains marked and faults put in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from harness.replayer.exchanges import Exchange, exchanges_of
from harness.replayer.faults import Fault, faulty_exchanges, faulty_tracks
from harness.replayer.options import idle_cut, may_remain
from harness.replayer.plan import Plan
from harness.replayer.steps import Track, tracks_of, with_end

if TYPE_CHECKING:
    from harness.recording.reader import Recording

__all__ = ["Content", "content_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """Everything there is to play.

    Args:
        shelves: the tracks of each recording.
        exchanges: the HTTP exchanges of all.
    """

    shelves: Sequence[Sequence[Track]]
    exchanges: Sequence[Exchange]
    _plans: dict[int, Plan] = field(default_factory=dict, repr=False)

    def plan_of(self, track: Track) -> Plan:
        """The plan of ``track``, made once for all who play it."""
        plan = self._plans.get(id(track))
        if plan is None:
            plan = self._plans[id(track)] = Plan(track)
        return plan

    def compile(self) -> None:
        """Make every plan now, not when the first client comes."""
        for shelf in self.shelves:
            for track in shelf:
                self.plan_of(track).compile()


def content_of(
    recordings: Sequence[Recording],
    *,
    idle_cap_s: float | None,
    drain: Sequence[str],
    faults: Sequence[Fault],
    seed: int,
    retry_date: str,
) -> Content:
    """The content of a service that serves ``recordings``; arguments as for the service.

    Raises:
        ConfigError: the cap or a place is out of its bounds.
    """
    named = [(recording.path.name, idle_cut(recording.entries, idle_cap_s)) for recording in recordings]
    shelves = may_remain([[with_end(one) for one in tracks_of(name, entries)] for name, entries in named], drain)
    exchanges = [exchange for name, entries in named for exchange in exchanges_of(name, entries)]
    return Content(
        shelves=faulty_tracks(shelves, faults, seed, retry_date=retry_date),
        exchanges=faulty_exchanges(exchanges, faults, seed, retry_date=retry_date),
    )
