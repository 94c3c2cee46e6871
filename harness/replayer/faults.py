"""What goes wrong in a replay, and where: seeded, addressable, played like everything else. Pure.

A fault is written ``NAME:key=value,key=value``; the keys every fault has are

    at      a place, see :mod:`harness.replayer.places`; without it the place is drawn from the seed
    nth     the first of the matches to take, from 1 (default 1)
    times   at how many matches, or ``all`` (default 1)

and the names, with the keys of their own, are in the tables of ``fault_content``, ``fault_order``,
``fault_connection`` and, for requests, here:

    429(retry_after=SECONDS|none|long|date, n)  5xx(n,status)  slow(ms)  rest_401_while_ws_alive(n)

Rules:
1. Faults change what is played before it is played: which steps there are, their bytes and their times. So the
   same faults and seed give the same bytes, and one run can be told from another by its journal.
2. Faults are put in one after the other, each in what the ones before it left.
3. A fault without a match is a mistake of the caller, not a quiet success.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from harness.errors import ConfigError
from harness.recording.entry import HttpResponse
from harness.replayer.exchanges import Exchange
from harness.replayer.fault_connection import CONNECTION, HANDSHAKE
from harness.replayer.fault_content import CONTENT
from harness.replayer.fault_order import ORDER
from harness.replayer.fault_tools import Change, Fault, json_object
from harness.replayer.places import Place, parse_place
from harness.replayer.steps import Action, Track

__all__ = ["NAMES", "Fault", "faulty_exchanges", "faulty_tracks", "parse_fault", "parse_faults"]

_AT_MESSAGES: Mapping[str, Change] = {**CONTENT, **ORDER, **CONNECTION}
_AT_REQUESTS = {"429": 429, "5xx": 503, "slow": 0, "rest_401_while_ws_alive": 401}
_DEFAULT_PLACES = {
    "missing_end": "type:end",
    "summary_missing": "type:summary.completed",
    "summary_late": "type:summary.completed",
    "error_type": "type:summary.completed",
    "partial_never_final": "type:utterance",
    "rechunk": "type:summary.delta",
}
"""Where a fault is put that makes sense in one kind of message only."""

_OPTIONS = frozenset("code n status s ms grace depth digits bytes field boundaries window by retry_after".split())
NAMES = tuple(sorted([*_AT_MESSAGES, *HANDSHAKE, *_AT_REQUESTS]))


def parse_fault(text: str) -> Fault:
    """A fault from its words.

    Raises:
        ConfigError: no such fault, key or place.
    """
    name, _, rest = text.strip().partition(":")
    name = name.lower()
    if name not in NAMES:
        raise ConfigError("--fault", name, "one of " + ", ".join(NAMES))
    options: dict[str, str] = {}
    for pair in filter(None, rest.split(",")):
        key, equals, value = pair.partition("=")
        if not equals or key not in _OPTIONS | {"at", "nth", "times"}:
            raise ConfigError(f"--fault {name}", pair, "KEY=VALUE with a key of this fault, or at, nth, times")
        options[key] = value
    at = options.pop("at", None) or _DEFAULT_PLACES.get(name)
    times = options.pop("times", "1")
    fault = Fault(
        text=text.strip(),
        name=name,
        at=parse_place(at) if at else None,
        nth=_count(name, "nth", options.pop("nth", "1")),
        times=None if times == "all" else _count(name, "times", times),
        options=options,
    )
    for key in options.keys() & {"n", "s", "ms", "grace", "depth", "digits", "bytes", "window", "by", "status"}:
        fault.number(key, 0)
    return fault


def parse_faults(text: str) -> list[Fault]:
    """The faults of a file: one a line, ``#`` begins a comment."""
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    return [parse_fault(line) for line in lines if line]


def faulty_tracks(shelves: Sequence[Sequence[Track]], faults: Iterable[Fault], seed: int) -> list[list[Track]]:
    """The connections of each recording as they are played with ``faults``.

    Raises:
        ConfigError: a fault has no match, or a parameter out of its bounds.
    """
    found = [list(shelf) for shelf in shelves]
    for number, fault in enumerate(faults):
        if fault.name in _AT_REQUESTS:
            continue
        rng = random.Random(f"{seed}:{number}")
        change = _AT_MESSAGES.get(fault.name) or HANDSHAKE[fault.name]
        for shelf, track, index in _chosen(fault, _matches(found, fault), rng):
            found[shelf][track : track + 1] = change(found[shelf][track], index, fault, rng)
    return found


def _matches(shelves: Sequence[Sequence[Track]], fault: Fault) -> list[tuple[int, int, int]]:
    """(recording, track, step) of every match; the step is -1 for a whole connection."""
    tracks = [(s, t, track) for s, shelf in enumerate(shelves) for t, track in enumerate(shelf)]
    tracks = [(s, t, track) for s, t, track in tracks if track.refusal is None]
    if fault.name in HANDSHAKE:
        return [(s, t, -1) for s, t, track in tracks if fault.at is None or _is_of(fault.at, track)]
    return [(s, t, i) for s, t, track in tracks for i in _places(fault, track)]


def _is_of(place: Place, track: Track) -> bool:
    return place.value in (track.conn, str(track.n)) if place.kind in ("conn", "entry") else bool(place.find(track))


def _places(fault: Fault, track: Track) -> list[int]:
    if fault.at is not None:
        return fault.at.find(track)
    sends = [i for i, step in enumerate(track.steps) if step.action is Action.SEND]
    return [i for i in sends if json_object(track.steps[i]) is not None] if fault.name in CONTENT else sends


def _chosen(fault: Fault, matches: Sequence[tuple[int, int, int]], rng: random.Random) -> list[tuple[int, int, int]]:
    """The matches to take, the last one first, so that the places of the others hold."""
    if fault.at is None and matches and fault.times is not None:
        taken = rng.sample(list(matches), min(fault.times, len(matches)))
    else:
        last = None if fault.times is None else fault.nth - 1 + fault.times
        taken = list(matches[fault.nth - 1 : last])
    if not taken:
        raise ConfigError("--fault", fault.text, "a place that is in the recording", fix="`harness cat` shows what is")
    return sorted(taken, reverse=True)


def faulty_exchanges(
    exchanges: Sequence[Exchange], faults: Iterable[Fault], seed: int, *, retry_date: str = ""
) -> list[Exchange]:
    """The requests and answers as they are played with ``faults``.

    Args:
        retry_date: an HTTP date that ``retry_after=date`` stands for.

    Raises:
        ConfigError: as for tracks.
    """
    found = list(exchanges)
    for number, fault in enumerate(faults):
        if fault.name not in _AT_REQUESTS:
            continue
        rng = random.Random(f"{seed}:{number}")
        served = [i for i, exchange in enumerate(found) if _is_at(fault, exchange)]
        for _, __, index in _chosen(fault, [(0, 0, i) for i in served], rng):
            found[index : index + 1] = _answered(found[index], fault, retry_date)
    return found


def _is_at(fault: Fault, exchange: Exchange) -> bool:
    request, place = exchange.request, fault.at
    if request.service != "gateway" or exchange.aside:
        return False
    if place is None:
        return True
    if place.kind == "path":
        return request.url.partition("?")[0].endswith(place.value)
    return place.kind == "entry" and place.value == str(request.n)


def _answered(exchange: Exchange, fault: Fault, retry_date: str) -> list[Exchange]:
    if fault.name == "slow":
        return [replace(exchange, hold_us=fault.count("ms", 1000) * 1000, fault=fault.text)]
    status = fault.count("status", _AT_REQUESTS[fault.name], most=599)
    after = fault.options.get("retry_after", "1" if fault.name == "429" else "none")
    value = {"none": "", "long": "3600", "date": retry_date}.get(after, after)
    headers = (("content-type", "application/json"), *((("retry-after", value),) if value else ()))
    n, t = exchange.request.n, exchange.request.t
    answer = HttpResponse(n=n, t=t, conn=exchange.request.conn, re=n, status=status, headers=headers)
    failed = Exchange(
        recording=exchange.recording, request=exchange.request, response=answer, aside=True, fault=fault.text
    )
    return [*(replace(failed) for _ in range(max(1, fault.count("n", 1)))), exchange]


def _count(name: str, key: str, text: str) -> int:
    if not (text.isdecimal() and 0 < int(text) <= 1_000_000):
        raise ConfigError(f"--fault {name}:{key}", text, "a whole number above 0")
    return int(text)
