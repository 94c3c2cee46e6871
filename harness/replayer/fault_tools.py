"""What every kind of fault is made of: the fault itself, its parameters, and edits of a track. Pure.

1. A step put in, or changed, carries the fault's own words, so that the journal can name it.
2. Steps refer to their parents by place: whoever puts steps in or takes them out goes through :func:`spliced`.
3. What a client may lack after a cut is sent again on the connection it comes back on, as far as it asks for it.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from harness.errors import ConfigError
from harness.recording.entry import WsReject
from harness.replayer.places import Place
from harness.replayer.steps import Action, Step, Track

__all__ = ["Change", "Fault", "continuation", "edited", "end_of", "json_object", "refusal", "renumbered", "spliced"]

_SEQ = re.compile(r'(?<!\\)"seq"\s*:\s*([0-9]+)')


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault as it was asked for.

    Args:
        text: the words.
        name: of the fault.
        at: where; None = a place drawn from the seed.
        nth: which of the matches is the first, from 1.
        times: at how many matches, None = all from there on.
        options: the parameters of this kind of fault.
    """

    text: str
    name: str
    at: Place | None = None
    nth: int = 1
    times: int | None = 1
    options: Mapping[str, str] = field(default_factory=dict)

    def number(self, name: str, default: float, *, most: float = 1e9) -> float:
        """A parameter that is a number.

        Raises:
            ConfigError: it is not one, or out of 0 .. ``most``.
        """
        try:
            value = float(self.options.get(name, default))
        except ValueError:
            value = -1
        if not 0 <= value <= most:
            raise ConfigError(f"--fault {self.name}:{name}", self.options.get(name), f"a number from 0 to {most:g}")
        return value

    def count(self, name: str, default: int, *, most: int = 100_000) -> int:
        """A parameter that is a whole number."""
        return int(self.number(name, default, most=most))

    def retry_after(self, default: str = "none") -> str:
        """The value of a Retry-After header, '' for none: seconds, or a date another part has put in.

        Raises:
            ConfigError: it is not in one of the forms.
        """
        given = self.options.get("retry_after", default)
        known = {"none": "", "long": "3600", "date": "date"}
        if given not in known and not given.isdecimal() and not given.endswith(" GMT"):
            raise ConfigError(f"--fault {self.name}:retry_after", given, "seconds, date, long or none")
        return known.get(given, given)

    def dated(self, date: str) -> Fault:
        """This fault with ``retry_after=date`` made the HTTP date ``date``."""
        if self.options.get("retry_after") != "date":
            return self
        return replace(self, options={**self.options, "retry_after": date})

    def silent(self) -> bool:
        """True if not even a pong is wanted meanwhile.

        Raises:
            ConfigError: it is neither yes nor no.
        """
        given = self.options.get("silent", "no")
        if given not in ("yes", "no"):
            raise ConfigError(f"--fault {self.name}:silent", given, "yes or no")
        return given == "yes"


Change = Callable[[Track, int, Fault, random.Random], list[Track]]
"""Puts a fault at a step of a track: what is played instead of the track."""


def spliced(track: Track, index: int, remove: int, insert: Sequence[Step]) -> Track:
    """``track`` with ``insert`` in the place of ``remove`` steps; parents of ``insert`` are places before ``index``."""
    after, shift = index + remove, len(insert) - remove

    def moved(parent: int) -> int:
        while index <= parent < after:  # what followed a step that is gone follows what that one followed
            parent = track.steps[parent].parent
        return parent if parent < index else parent + shift

    rest = (replace(step, parent=moved(step.parent)) for step in track.steps[after:])
    return replace(track, steps=(*track.steps[:index], *insert, *rest))


def edited(track: Track, index: int, fault: Fault, **changes: Any) -> Track:
    """``track`` with fields of one step changed."""
    step = replace(track.steps[index], fault=fault.text, **changes)
    return replace(track, steps=(*track.steps[:index], step, *track.steps[index + 1 :]))


def json_object(step: Step) -> dict[str, Any] | None:
    """The step's message if it is a JSON object."""
    if not isinstance(step.data, str):
        return None
    try:
        value = json.loads(step.data)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def renumbered(track: Track, index: int, by: int) -> Track:
    """``track`` with ``by`` added to the ``seq`` of every message of the service from ``index`` on."""

    def more(match: re.Match[str]) -> str:
        return match[0][: match.start(1) - match.start()] + str(int(match[1]) + by)

    steps = list(track.steps)
    for i in range(index, len(steps)):
        data = steps[i].data
        if steps[i].action is Action.SEND and isinstance(data, str):
            steps[i] = replace(steps[i], data=_SEQ.sub(more, data, count=1))
    return replace(track, steps=tuple(steps))


def end_of(track: Track, index: int, fault: Fault, how: str) -> Step:
    """The end of a connection after step ``index``: a close code, ``fin`` (no close frame) or ``rst`` (TCP reset).

    Raises:
        ConfigError: ``how`` is none of these.
    """
    step = track.steps[index]
    end = Step(n=step.n, t_us=step.t_us, action=Action.DROP, parent=index, fault=fault.text, any_code=True)
    if how in ("fin", "1006"):
        return end
    if how == "rst":
        return replace(end, action=Action.RESET)
    if not (how.isdecimal() and (how == "1005" or 1000 <= int(how) <= 4999)):
        raise ConfigError(f"--fault {fault.name}:code", how, "a close code from 1000 to 4999, fin or rst")
    return replace(end, action=Action.CLOSE, code=None if how == "1005" else int(how))


def continuation(track: Track, index: int) -> Track:
    """What a client finds that comes back after a cut behind step ``index``; rule 3."""
    asked = [s for s in track.steps[: index + 1] if s.action is Action.EXPECT and _is_subscribe(s)]
    at_us = track.steps[index].t_us
    again = [s for s in track.steps[: index + 1] if s.action is Action.SEND and _has_seq(s)]
    head = [replace(s, t_us=at_us, parent=-1, ignore=(*s.ignore, "/resume_after_seq")) for s in asked]
    last = len(head) - 1
    lacking = [replace(s, t_us=at_us, parent=last, fault="", hold_us=0, fragments=()) for s in again]
    shift = len(head) + len(lacking) - (index + 1)
    rest = [replace(s, parent=s.parent + shift if s.parent > index else last) for s in track.steps[index + 1 :]]
    steps = (*head, *lacking, *rest)
    aside = not any(s.action is Action.SEND for s in rest)
    return replace(track, t_us=at_us, steps=steps, resumes=True, aside=aside, fault="")


def refusal(track: Track, fault: Fault, status: int, headers: Sequence[tuple[str, str]] = ()) -> Track:
    """A handshake refused before ``track`` is played."""
    answer = WsReject(n=track.n, t=track.t_us, conn=track.conn, re=track.n, status=status, headers=tuple(headers))
    return replace(track, steps=(), refusal=answer, resumes=False, aside=True, fault=fault.text)


def _is_subscribe(step: Step) -> bool:
    value = json_object(step)
    return value is not None and value.get("type") == "subscribe"


def _has_seq(step: Step) -> bool:
    value = json_object(step)
    return value is not None and isinstance(value.get("seq"), int)
