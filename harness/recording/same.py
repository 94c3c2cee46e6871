"""Do two recordings hold the same traffic? Pure.

1. Left out: numbers, times, ids of connections, labels, secrets, headers, and what is no traffic (outcomes, gaps,
   checkpoints, faults). What is left is the traffic as it was on the wire.
2. Connections and exchanges are compared one by one, in the order in which they began; how they interleave depends
   on time, and is left out with it.
3. The client's pongs and the service's answers to its closes are the library's own doing, and left out.
4. What may stay unplayed (``play.optional``) is only compared if both have it.
5. A difference names a place and kinds, never content.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from typing import Any

from harness.recording.entry import (
    AnyEntry,
    HttpChunk,
    HttpError,
    HttpRequest,
    HttpResponse,
    Withheld,
    WsAbort,
    WsAccept,
    WsClose,
    WsControl,
    WsMessage,
    WsOpen,
    WsReject,
)

__all__ = ["traffic_differences"]

_Fact = tuple[Any, ...]


def traffic_differences(one: Iterable[AnyEntry], other: Iterable[AnyEntry]) -> list[str]:
    """Where the traffic of two recordings differs, in words; empty if it is the same."""
    first, second = list(one), list(other)
    found = list(_compared("connection", _connections(first), _connections(second)))
    asked = _exchanges(first), _exchanges(second)
    left, right = (dict(_numbered(exchanges)) for exchanges in asked)
    for key in [*left, *(key for key in right if key not in left)]:
        mine, theirs = left.get(key), right.get(key)
        if mine is None or theirs is None:
            facts, optional = mine or theirs or ([], False)
            if not optional:
                found.append(f"{facts[0][0]} {facts[0][1]}: only in one of them")
        else:
            found += _listed(f"{mine[0][0][0]} {mine[0][0][1]}", mine[0], theirs[0])
    return found


def _numbered(exchanges: list[tuple[list[_Fact], bool]]) -> Iterator[tuple[_Fact, tuple[list[_Fact], bool]]]:
    """Every exchange under its request and how often that came before."""
    seen: dict[_Fact, int] = {}
    for facts, optional in exchanges:
        key = facts[0]
        seen[key] = seen.get(key, 0) + 1
        yield (*key, seen[key]), (facts, optional)


def _compared(what: str, one: list[list[_Fact]], other: list[list[_Fact]]) -> Iterator[str]:
    if len(one) != len(other):
        yield f"{len(one)} {what}s against {len(other)}"
    for number, (mine, theirs) in enumerate(zip(one, other, strict=False), 1):
        yield from _listed(f"{what} {number}", mine, theirs)


def _listed(place: str, one: list[_Fact], other: list[_Fact]) -> list[str]:
    for number, (mine, theirs) in enumerate(itertools.zip_longest(one, other), 1):
        if mine != theirs:
            kinds = [str(fact[0]) if fact else "nothing" for fact in (mine, theirs)]
            same = kinds[0] == kinds[1]
            return [f"{place}, step {number}: " + (f"another {kinds[0]}" if same else " against ".join(kinds))]
    return []


def _connections(entries: Iterable[AnyEntry]) -> list[list[_Fact]]:
    found: list[list[_Fact]] = []
    current: dict[str, list[_Fact]] = {}
    for entry in entries:
        if isinstance(entry, WsOpen):
            current[entry.conn] = [("open", entry.url.partition("?")[0])]
            found.append(current[entry.conn])
            continue
        fact = _fact(entry)
        facts = current.get(getattr(entry, "conn", ""))
        if fact is not None and facts is not None and facts[-1][0] != "end":
            facts.append(fact)
    return found


def _fact(entry: AnyEntry) -> _Fact | None:
    match entry:
        case WsAccept():
            return ("accept",)
        case WsReject():
            return ("reject", entry.status)
        case WsMessage():
            return ("message", entry.dir, entry.text, entry.base64)
        case Withheld(of_kind="ws.message"):
            return ("message", entry.dir, "withheld", entry.size)
        case WsControl(dir="in", opcode="ping"):
            return ("ping", entry.base64)
        case WsClose():
            return ("end", entry.by, entry.code)
        case WsAbort():
            return ("end", entry.by, 1006)
        case _:
            return None


def _exchanges(entries: Iterable[AnyEntry]) -> list[tuple[list[_Fact], bool]]:
    """Requests to the gateway, each with its answer and body; tokens are minted anew in every session."""
    found: dict[int, tuple[list[_Fact], bool]] = {}
    bodies: dict[int, str] = {}
    for entry in entries:
        match entry:
            case HttpRequest() if entry.service == "gateway":
                optional = entry.play is not None and entry.play.optional
                found[entry.n] = ([(entry.method, entry.url.partition("?")[0], entry.body)], optional)
            case HttpResponse() if entry.re in found:
                found[entry.re][0].append(("response", entry.status))
            case HttpError() if entry.re in found:
                found[entry.re][0].append(("error", ""))
            case HttpChunk() if entry.re in found:
                bodies[entry.re] = bodies.get(entry.re, "") + (entry.text or entry.base64 or "")
            case _:
                pass
    for n, body in bodies.items():
        found[n][0].append(("body", body))
    return list(found.values())
