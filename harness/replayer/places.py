"""How a place in a recording is named: in ``at=`` of a fault, and in the list of what may stay unplayed. Pure.

entry:12      entry 12
type:end      messages of the service of this type
time:4.5      the first message of the service 4.5 s after its connection was accepted, or later
count:3       the third message of the service on a connection
path:/x       requests whose path ends so
conn:w2       everything on the connection of this name
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from harness.errors import ConfigError
from harness.replayer.steps import Action, Step, Track

__all__ = ["Place", "parse_place", "type_of"]

_ALLOWED = "entry:N, type:NAME, time:SECONDS, count:N, path:/END or conn:NAME"


@dataclass(frozen=True, slots=True)
class Place:
    """A place; see the table above."""

    kind: str
    value: str

    def is_at(self, step: Step, track: Track) -> bool:
        """True if ``step`` of ``track`` is at this place; of ``time`` and ``count`` see :meth:`find`."""
        match self.kind:
            case "entry":
                return step.n == int(self.value)
            case "type":
                return step.action is Action.SEND and type_of(step.data) == self.value
            case "conn":
                return track.conn == self.value
            case _:
                return False

    def find(self, track: Track) -> list[int]:
        """The indexes of the messages of the service on ``track`` that are at this place."""
        sends = [i for i, step in enumerate(track.steps) if step.action is Action.SEND]
        if self.kind == "count":
            return sends[int(self.value) - 1 : int(self.value)]
        if self.kind == "time":
            due_us = track.t_us + round(float(self.value) * 1e6)
            return [i for i in sends if track.steps[i].t_us >= due_us][:1]
        return [i for i in sends if self.is_at(track.steps[i], track)]


def parse_place(text: str, *, option: str = "--drain") -> Place:
    """A place from its text; ``option`` is where it comes from, for messages.

    Raises:
        ConfigError: it is none.
    """
    kind, _, value = text.partition(":")
    try:
        sound = {
            "entry": lambda: int(value) > 0,
            "count": lambda: int(value) > 0,
            "time": lambda: 0 <= float(value) < 1e9,
        }.get(kind, lambda: kind in ("type", "path", "conn") and bool(value))()
    except ValueError:
        sound = False
    if not sound:
        raise ConfigError(option, text, _ALLOWED)
    return Place(kind, value)


def type_of(data: str | bytes | None) -> str:
    """The ``type`` of a JSON message, '' if it has none."""
    if not isinstance(data, str):
        return ""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return ""
    found = value.get("type") if isinstance(value, dict) else None
    return found if isinstance(found, str) else ""
