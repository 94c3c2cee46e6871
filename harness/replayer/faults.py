"""What goes wrong in a replay, and where: seeded, addressable, played like everything else. Pure.

How a fault is written, and with which parameters, is in ``fault_words``; what each does in ``fault_content``,
``fault_order``, ``fault_connection`` and, for requests, here:

    429(retry_after=SECONDS|none|long|date, n)  5xx(n,status,retry_after)  slow(ms)  rest_401_while_ws_alive(n)

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
from harness.replayer.fault_words import NAMES, parse_fault, parse_faults
from harness.replayer.places import Place
from harness.replayer.steps import Action, Step, Track

__all__ = ["NAMES", "Fault", "faulty_exchanges", "faulty_tracks", "parse_fault", "parse_faults"]

_AT_MESSAGES: Mapping[str, Change] = {**CONTENT, **ORDER, **CONNECTION}
_AT_REQUESTS = {"429": 429, "5xx": 503, "slow": 0, "rest_401_while_ws_alive": 401}


def faulty_tracks(
    shelves: Sequence[Sequence[Track]], faults: Iterable[Fault], seed: int, *, retry_date: str = ""
) -> list[list[Track]]:
    """The connections of each recording as they are played with ``faults``.

    Args:
        retry_date: an HTTP date that ``retry_after=date`` stands for.

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
            found[shelf][track : track + 1] = change(found[shelf][track], index, fault.dated(retry_date), rng)
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
    if fault.name in ("reorder", "late_after_end"):
        return sends[:-1]
    return [i for i in sends if _fits(fault, track.steps[i])] if fault.name in CONTENT else sends


def _fits(fault: Fault, step: Step) -> bool:
    """True if a fault of content can be put at ``step`` where the seed draws it."""
    value = json_object(step)
    return value is not None and fault.options.get("field", next(iter(value), None)) in value


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
            found[index : index + 1] = _answered(found[index], fault.dated(retry_date))
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


def _answered(exchange: Exchange, fault: Fault) -> list[Exchange]:
    if fault.name == "slow":
        return [replace(exchange, hold_us=fault.count("ms", 1000) * 1000, fault=fault.text)]
    status = fault.count("status", _AT_REQUESTS[fault.name], most=599)
    value = fault.retry_after("1" if fault.name == "429" else "none")
    headers = (("content-type", "application/json"), *((("retry-after", value),) if value else ()))
    n, t = exchange.request.n, exchange.request.t
    answer = HttpResponse(n=n, t=t, conn=exchange.request.conn, re=n, status=status, headers=headers)
    failed = Exchange(
        recording=exchange.recording, request=exchange.request, response=answer, aside=True, fault=fault.text
    )
    return [*(replace(failed) for _ in range(max(1, fault.count("n", 1)))), exchange]
