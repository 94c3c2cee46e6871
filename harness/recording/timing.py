"""When an entry is due: causal parents, delays, speed and the cap on idle time. Pure.

1. An entry's parent is its ``re`` where it has one that points back; a message of the service without one follows
   the last send on its connection; a send follows the last thing that came in on its connection.
2. A delay is counted from the parent, so that a client slower or faster than the recorded one shifts what follows.
3. Idle time is cut on the recorded timeline first, then the speed divides; order never changes.
4. An entry recorded "before" its parent (entries of different connections may cross) has a delay of 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from harness.errors import ConfigError
from harness.recording.entry import (
    AnyEntry,
    Checkpoint,
    Gap,
    HttpChunk,
    HttpError,
    HttpRequest,
    HttpResponse,
    OutcomeEntry,
    Seal,
    Unknown,
    WsAccept,
    WsClose,
    WsMessage,
    WsOpen,
    WsReject,
)

__all__ = ["Step", "duration_us", "parents", "play_times", "schedule"]

_REPLIES = (HttpResponse, HttpChunk, HttpError, WsAccept, WsReject)
_BOOKKEEPING = (Checkpoint, Gap, OutcomeEntry, Seal, Unknown)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """When to play an entry.

    Args:
        n: the entry.
        parent: the entry it waits for, None = the start of the session.
        after_us: microseconds after its parent was played.
    """

    n: int
    parent: int | None
    after_us: int


def duration_us(entries: Iterable[AnyEntry]) -> int:
    """Microseconds from the header to the latest entry."""
    return max((entry.t for entry in entries), default=0)


def parents(entries: Iterable[AnyEntry]) -> dict[int, int | None]:
    """``n`` -> ``n`` of the causal parent, for every entry that crossed the wire."""
    sent: dict[str, int] = {}
    came: dict[str, int] = {}
    found: dict[int, int | None] = {}
    for entry in entries:
        conn = getattr(entry, "conn", "")
        if isinstance(entry, _BOOKKEEPING) or not conn:
            continue
        by_us = _by_us(entry)
        default = came.get(conn) if by_us else sent.get(conn)
        found[entry.n] = _answered(entry, found, default)
        if by_us and _gates(entry):
            sent[conn] = entry.n
        elif not by_us:
            came[conn] = entry.n
    return found


def play_times(
    entries: Sequence[AnyEntry], *, speed: float | None = 1.0, idle_cap_us: int | None = None
) -> dict[int, int]:
    """``n`` -> microseconds since the start at which the entry is due if the client keeps the recorded pace.

    Args:
        entries: in the order of ``n``.
        speed: 1.0 as recorded, 10.0 ten times as fast, None = instant (order only).
        idle_cap_us: longest pause of the whole recording that is kept, None = all.

    Raises:
        ConfigError: speed or cap out of bounds.
    """
    _check(speed, idle_cap_us)
    ordered = sorted(entries, key=lambda entry: entry.t)
    times: dict[int, int] = {}
    last = now = 0
    for entry in ordered:
        idle = entry.t - last
        now += idle if idle_cap_us is None else min(idle, idle_cap_us)
        last = entry.t
        times[entry.n] = 0 if speed is None else round(now / speed)
    return times


def schedule(entries: Sequence[AnyEntry], *, speed: float | None = 1.0, idle_cap_us: int | None = None) -> list[Step]:
    """A step for every entry that crossed the wire, in order; arguments as for :func:`play_times`."""
    times = play_times(entries, speed=speed, idle_cap_us=idle_cap_us)
    return [
        Step(n=n, parent=parent, after_us=max(0, times[n] - (times[parent] if parent else 0)))
        for n, parent in parents(entries).items()
    ]


def _answered(entry: AnyEntry, seen: dict[int, int | None], default: int | None) -> int | None:
    """The entry's own ``re`` if it points to an earlier entry of the wire, else ``default``."""
    re = getattr(entry, "re", None)
    return re if re in seen else default


def _by_us(entry: AnyEntry) -> bool:
    if isinstance(entry, (HttpRequest, WsOpen)):
        return True
    if isinstance(entry, _REPLIES):
        return False
    if isinstance(entry, WsClose):
        return entry.by == "us"
    return getattr(entry, "dir", "in") == "out"


def _gates(entry: AnyEntry) -> bool:
    """True for a send that later messages wait for; pongs and closes are not waited for."""
    return isinstance(entry, (HttpRequest, WsOpen, WsMessage))


def _check(speed: float | None, idle_cap_us: int | None) -> None:
    if speed is not None and not 0 < speed < float("inf"):
        raise ConfigError("speed", speed, "a number above 0, or instant")
    if idle_cap_us is not None and idle_cap_us < 0:
        raise ConfigError("idle_cap_us", idle_cap_us, "0 or more microseconds")
