"""Changes to what is played before it is played: idle time cut, and what may stay unplayed. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import msgspec

from harness.errors import ConfigError
from harness.recording.entry import AnyEntry, Unknown
from harness.recording.timing import play_times
from harness.replayer.places import Place, parse_place
from harness.replayer.steps import Track

__all__ = ["idle_cut", "may_remain"]


def idle_cut(entries: Sequence[AnyEntry], cap_s: float | None) -> list[AnyEntry]:
    """``entries`` with every pause of the recording cut to ``cap_s`` seconds.

    Raises:
        ConfigError: the cap is not a number of seconds.
    """
    if cap_s is None:
        return list(entries)
    if not 0 <= cap_s < 1e9:
        raise ConfigError("idle_cap", cap_s, "seconds, 0 or more")
    times = play_times(entries, idle_cap_us=round(cap_s * 1e6))
    return [e if isinstance(e, Unknown) else msgspec.structs.replace(e, t=times[e.n]) for e in entries]


def may_remain(shelves: Sequence[Sequence[Track]], drain: Sequence[str]) -> list[list[Track]]:
    """The tracks with the messages of the service at these places marked as optional.

    Raises:
        ConfigError: a place is not of the form places have.
    """
    places = [parse_place(text) for text in drain]
    return [[_marked(track, places) for track in shelf] for shelf in shelves]


def _marked(track: Track, places: Sequence[Place]) -> Track:
    if not places:
        return track
    found = {index for place in places for index in place.find(track)}
    steps = tuple(replace(step, optional=True) if i in found else step for i, step in enumerate(track.steps))
    return replace(track, steps=steps)
