"""Where each message of a session stands in its recording, and what else crossed the wire. Pure.

1. The messages of the stream pair with the inbound entries in order, the bodies of the gateway with the answers to
   requests for a summary: the numbers of a replay are those of its recording.
2. What is named of the rest are words of the protocol: the type of a message we sent, method and service of a request,
   a close code. A type that does not look like a word is "message".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any

from harness.dialects.strict_json import StrictJsonError, loads
from harness.pipeline.outcome import Outcome
from harness.recording.entry import (
    AnyEntry,
    Direction,
    HttpChunk,
    HttpError,
    HttpRequest,
    HttpResponse,
    Withheld,
    WsAbort,
    WsAccept,
    WsClose,
    WsMessage,
    WsReject,
)
from harness.report.run import Crossing, Place

__all__ = ["crossings_of", "places_of"]

_WORD = re.compile(r"[A-Za-z](?!.*\d{4})[A-Za-z0-9_.\-]{0,39}", re.ASCII)
_HEADER_LINES = 1


def places_of(entries: Sequence[AnyEntry], outcomes: Iterable[Outcome]) -> dict[int, Place]:
    """Number of a message -> its place; a message the recording does not hold has none."""
    ordered = sorted(outcomes, key=lambda outcome: outcome.number)
    stream = [o.number for o in ordered if o.service == "stream"]
    bodies = [o.number for o in ordered if o.service != "stream"]
    pairs = chain(
        zip(stream, _inbound(entries), strict=False),
        zip(bodies, _summaries(entries), strict=False),
    )
    return dict(pairs)


def _lines(entries: Sequence[AnyEntry]) -> Iterable[tuple[int, AnyEntry]]:
    return enumerate(entries, start=1 + _HEADER_LINES)


def _inbound(entries: Sequence[AnyEntry]) -> list[Place]:
    return [
        Place(line, entry.t)
        for line, entry in _lines(entries)
        if (isinstance(entry, WsMessage) or (isinstance(entry, Withheld) and entry.of_kind == "ws.message"))
        and entry.dir == "in"
    ]


def _summaries(entries: Sequence[AnyEntry]) -> list[Place]:
    """The answers to requests for a summary, at their first piece."""
    made = {e.re for e in entries if isinstance(e, HttpResponse) and e.status in (200, 201)}
    asked = [
        e.n
        for e in entries
        if isinstance(e, HttpRequest)
        and e.n in made
        and e.service == "gateway"
        and e.url.partition("?")[0].endswith("/summaries")
    ]
    first: dict[int, Place] = {}
    for line, entry in _lines(entries):
        if isinstance(entry, HttpChunk) and entry.re is not None:
            first.setdefault(entry.re, Place(line, entry.t))
    return [first[n] for n in asked if n in first]


def crossings_of(entries: Sequence[AnyEntry]) -> list[Crossing]:
    """Rule 2, in order."""
    found = []
    for line, entry in _lines(entries):
        word = _word(entry)
        if word is not None:
            found.append(Crossing(line, entry.t, word[0], word[1]))
    return found


_PLAIN: dict[type[Any], tuple[Direction, str]] = {
    HttpError: ("in", "request failed"),
    WsAccept: ("in", "connection accepted"),
    WsAbort: ("in", "connection lost"),
}


def _word(entry: AnyEntry) -> tuple[Direction, str] | None:
    match entry:
        case WsMessage(dir="out"):
            return "out", _type_of(entry.text)
        case HttpRequest():
            return "out", f"{entry.method if _WORD.fullmatch(entry.method) else 'request'} {entry.service}"
        case HttpResponse():
            return "in", f"answer {entry.status}"
        case WsReject():
            return "in", f"connection refused {entry.status}"
        case WsClose():
            code = "" if entry.code is None else f", {entry.code}"
            return ("out", f"closed by us{code}") if entry.by == "us" else ("in", f"closed by the service{code}")
        case _:
            return _PLAIN.get(type(entry))


def _type_of(text: str | None) -> str:
    try:
        value = loads(text or "")
    except StrictJsonError:
        return "message"
    found = value.get("type") if isinstance(value, dict) else None
    return found if isinstance(found, str) and _WORD.fullmatch(found) else "message"
