"""Which entries of a recording stay when only a part of it is wanted. Pure.

1. An HTTP exchange stays whole or goes whole: half an answer can be played to nobody.
2. An entry of a WebSocket connection keeps that connection's dial, its answer and its end. Where the client ends it,
   what led to that stays too: the last message that came in, and what the client sent since.
3. An entry but an end by the service keeps its causal parents (``timing.py``), and theirs. A dial or request keeps the exchange that last fetched
   a token before it: without a token there is no connection.
4. An outcome stays with the message it judges.
5. An entry that names no conversation goes with its connection; a connection that names none goes with all, but for
   those that fetch tokens (rule 3).
6. Checkpoints go: they are made anew where they are due.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import TypeGuard

from harness.recording.entry import (
    AnyEntry,
    Checkpoint,
    HttpChunk,
    HttpError,
    HttpRequest,
    HttpResponse,
    OutcomeEntry,
    WsAbort,
    WsAccept,
    WsClose,
    WsMessage,
    WsOpen,
    WsReject,
)
from harness.recording.timing import parents

__all__ = ["ConversationOf", "closure", "of_conversation", "within"]

ConversationOf = Callable[[AnyEntry], str]
"""The conversation an entry names itself, '' if it names none."""

_EXCHANGE = (HttpRequest, HttpResponse, HttpChunk, HttpError)
_FRAME = (WsOpen, WsAccept, WsReject, WsClose, WsAbort)


def within(
    entries: Iterable[AnyEntry],
    *,
    first: int | None = None,
    last: int | None = None,
    after_us: int | None = None,
    before_us: int | None = None,
) -> set[int]:
    """``n`` of the entries in a range of numbers and times; both ends belong to it, None = no end."""
    return {
        entry.n
        for entry in entries
        if (first is None or entry.n >= first)
        and (last is None or entry.n <= last)
        and (after_us is None or entry.t >= after_us)
        and (before_us is None or entry.t <= before_us)
    }


def of_conversation(entries: Sequence[AnyEntry], conversation: str, named: ConversationOf) -> set[int]:
    """``n`` of the entries that belong to ``conversation`` by rule 5."""
    names = {entry.n: named(entry) for entry in entries}
    by_conn: dict[str, set[str]] = {entry.conn: set() for entry in entries if _is_token(entry)}
    for entry in entries:
        if names[entry.n] and _conn(entry):
            by_conn.setdefault(_conn(entry), set()).add(names[entry.n])
    return {
        entry.n
        for entry in entries
        if not isinstance(entry, Checkpoint)
        if names[entry.n] == conversation
        or (not names[entry.n] and conversation in by_conn.get(_conn(entry), {conversation}))
    }


def closure(entries: Sequence[AnyEntry], wanted: Collection[int]) -> set[int]:
    """``wanted`` and what it needs by rules 1 to 4, without what rules 4 and 6 leave out."""
    by_n = {entry.n: entry for entry in entries}
    above, with_conn, exchanges = parents(entries), _frames(entries), _exchanges(entries)
    token_before, sends = _tokens(entries), _sends(entries)
    kept: set[int] = set()
    todo = [n for n in wanted if not isinstance(by_n[n], (OutcomeEntry, Checkpoint))]
    while todo:
        n = todo.pop()
        if n in kept:
            continue
        kept.add(n)
        entry = by_n[n]
        todo += token_before.get(n, ())
        parent = above.get(n)
        if isinstance(entry, (WsClose, WsAbort)):
            parent = parent if entry.by == "us" else None
            todo += [sent for sent in sends.get(_conn(entry), ()) if parent is not None and parent < sent < n]
        todo += [] if parent is None else [parent]
        todo += exchanges.get(_asked(entry), ()) if isinstance(entry, _EXCHANGE) else with_conn.get(_conn(entry), ())
    return kept | {entry.n for entry in entries if isinstance(entry, OutcomeEntry) and entry.of in kept}


def _conn(entry: AnyEntry) -> str:
    return getattr(entry, "conn", "")


def _asked(entry: AnyEntry) -> tuple[str, int]:
    """The exchange an HTTP entry belongs to; a connection may carry several."""
    return _conn(entry), entry.n if isinstance(entry, HttpRequest) else (getattr(entry, "re", None) or 0)


def _exchanges(entries: Iterable[AnyEntry]) -> dict[tuple[str, int], list[int]]:
    found: dict[tuple[str, int], list[int]] = {}
    for entry in entries:
        if isinstance(entry, _EXCHANGE):
            found.setdefault(_asked(entry), []).append(entry.n)
    return found


def _frames(entries: Iterable[AnyEntry]) -> dict[str, list[int]]:
    """conn -> its dial, answer and end."""
    found: dict[str, list[int]] = {}
    for entry in entries:
        if isinstance(entry, _FRAME):
            found.setdefault(_conn(entry), []).append(entry.n)
    return found


def _sends(entries: Iterable[AnyEntry]) -> dict[str, list[int]]:
    """conn -> what the client sent on it."""
    found: dict[str, list[int]] = {}
    for entry in entries:
        if isinstance(entry, WsMessage) and entry.dir == "out":
            found.setdefault(entry.conn, []).append(entry.n)
    return found


def _is_token(entry: AnyEntry) -> TypeGuard[HttpRequest]:
    return isinstance(entry, HttpRequest) and entry.service == "token"


def _tokens(entries: Iterable[AnyEntry]) -> dict[int, tuple[int, ...]]:
    """``n`` of a dial or request -> ``n`` of the request that last asked for a token before it."""
    last: tuple[int, ...] = ()
    found = {}
    for entry in entries:
        if _is_token(entry):
            last = (entry.n,)
        elif isinstance(entry, (HttpRequest, WsOpen)):
            found[entry.n] = last
    return found
