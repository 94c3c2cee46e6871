"""Faults in which messages come, how often and when. Pure.

duplicate(n)  reorder(window)  gap(n)  late_after_end  missing_end  burst(n)  summary_missing  summary_late(by)
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace

from harness.errors import ConfigError
from harness.replayer.fault_tools import Change, Fault, json_object, spliced
from harness.replayer.places import type_of
from harness.replayer.steps import Action, Step, Track

__all__ = ["ORDER"]


def _mark(track: Track, index: int, fault: Fault) -> Step:
    """Stands for what was taken out, so that the journal names the fault."""
    step = track.steps[index]
    return Step(n=step.n, t_us=step.t_us, action=Action.TWEAK, parent=step.parent, tweak="mark", fault=fault.text)


def _sends_from(track: Track, index: int) -> list[int]:
    return [i for i in range(index, len(track.steps)) if track.steps[i].action is Action.SEND]


def _with_more(fault: Fault, later: list[int]) -> list[int]:
    if not later:
        raise ConfigError("--fault", fault.text, "a place with messages behind it", fix="`harness cat` shows what is")
    return later


def _duplicate(track: Track, index: int, fault: Fault, _: random.Random) -> list[Track]:
    again = replace(track.steps[index], fault=fault.text)
    return [spliced(track, index + 1, 0, [again] * max(1, fault.count("n", 1)))]


def _reorder(track: Track, index: int, fault: Fault, rng: random.Random) -> list[Track]:
    """Messages change places with each other; the places keep their times."""
    places = _sends_from(track, index)[: max(2, fault.count("window", 4))]
    _with_more(fault, places[1:])
    order = places[:]
    while order == places:
        rng.shuffle(order)
    steps = list(track.steps)
    for place, source in zip(places, order, strict=True):
        moved = track.steps[source]
        steps[place] = replace(track.steps[place], data=moved.data, n=moved.n, fault=fault.text)
    return [replace(track, steps=tuple(steps))]


def _gap(track: Track, index: int, fault: Fault, _: random.Random) -> list[Track]:
    gone = _sends_from(track, index)[: max(1, fault.count("n", 1))]
    for i in reversed(gone):
        track = spliced(track, i, 1, [_mark(track, i, fault)] if i == index else [])
    return [track]


def _missing(type_: str) -> Change:
    """A message of this type, and the pieces of it, never come."""

    def apply(track: Track, index: int, fault: Fault, _: random.Random) -> list[Track]:
        about = json_object(track.steps[index]) or {}
        gone = [i for i in _sends_from(track, 0) if i == index or _piece_of(track.steps[i], about)]
        for i in reversed(gone):
            track = spliced(track, i, 1, [_mark(track, i, fault)] if i == index else [])
        return [track]

    return apply


def _piece_of(step: Step, about: Mapping[str, object]) -> bool:
    value = json_object(step)
    summary = about.get("summary_id")
    return value is not None and summary is not None and value.get("summary_id") == summary


def _moved(track: Track, index: int, to: int, fault: Fault) -> Track:
    """Step ``index`` right after step ``to``, at the time of that one."""
    step = replace(track.steps[index], t_us=track.steps[to].t_us, parent=track.steps[to].parent, fault=fault.text)
    return spliced(spliced(track, to + 1, 0, [step]), index, 1, [])


def _late_after_end(track: Track, index: int, fault: Fault, _: random.Random) -> list[Track]:
    ends = [i for i in _sends_from(track, index + 1) if type_of(track.steps[i].data) == "end"]
    last = (ends or _with_more(fault, _sends_from(track, index + 1)))[-1]
    return [_moved(track, index, last, fault)]


def _summary_late(track: Track, index: int, fault: Fault, _: random.Random) -> list[Track]:
    later = [i for i in _sends_from(track, index + 1) if type_of(track.steps[i].data) != "end"]
    later = later or _with_more(fault, _sends_from(track, index + 1))
    by = min(max(1, fault.count("by", 5)), len(later))
    return [_moved(track, index, later[by - 1], fault)]


def _burst(track: Track, index: int, fault: Fault, _: random.Random) -> list[Track]:
    """The messages that follow come at once with this one."""
    first = track.steps[index]
    steps = list(track.steps)
    for i in _sends_from(track, index)[: max(2, fault.count("n", 50))]:
        if steps[i].parent == first.parent:
            steps[i] = replace(steps[i], t_us=min(steps[i].t_us, first.t_us), fault=fault.text)
    return [replace(track, steps=tuple(steps))]


ORDER: Mapping[str, Change] = {
    "duplicate": _duplicate,
    "reorder": _reorder,
    "gap": _gap,
    "late_after_end": _late_after_end,
    "missing_end": _missing("end"),
    "burst": _burst,
    "summary_missing": _missing("summary.completed"),
    "summary_late": _summary_late,
}
