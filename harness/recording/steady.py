"""A writer that outlives a full disk: the session goes on, and the recording says what it lacks.

1. When the disk refuses (no space, quota, file size, I/O), the file ends at its last good entry and the recording is
   suspended: what comes is dropped and counted, and the caller is told by a value, never by an exception.
2. It is tried again when entries come, by their own times: after 100 ms, then twice as long, up to 2 s.
3. The first thing written then is a ``gap`` entry with the reason and the count. The seal has the sum in ``dropped``.
4. An exception is raised only where nothing can be done: the file cannot be brought back to its last good entry, a sync
   failed, or there is no room for the seal either.
"""

from __future__ import annotations

import errno
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import msgspec

from harness.errors import RecordingWriteError
from harness.recording.entry import AnyEntry, Gap
from harness.recording.writer import RecordingWriter, SealReason

__all__ = ["RecordingSuspended", "SteadyWriter"]

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_PASSING = _FULL | {errno.EIO}
_FIRST_TRY_US = 100_000
_LAST_TRY_US = 2_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingSuspended:
    """The disk refused, and for how long.

    Args:
        path: the file.
        reason: no room, or an I/O fault.
        at_us: time of the first entry that was dropped.
        dropped: entries so far.
        resumed_us: time of the first entry written again, None while it lasts.
    """

    path: Path
    reason: Literal["disk_full", "disk_error"]
    at_us: int
    dropped: int = 1
    resumed_us: int | None = None


class SteadyWriter:
    """Writes one recording as long as the disk takes it.

    Args:
        writer: writes entries, or raises.
    """

    def __init__(self, writer: RecordingWriter) -> None:
        self._writer = writer
        self._now: RecordingSuspended | None = None
        self._past: list[RecordingSuspended] = []
        self._wait_us = _FIRST_TRY_US
        self._next_try_us = 0

    @property
    def path(self) -> Path:
        """The final name."""
        return self._writer.path

    @property
    def part(self) -> Path:
        """Where the entries are until the recording is sealed."""
        return self._writer.part

    @property
    def acknowledged(self) -> int:
        """Entries that are safe."""
        return self._writer.acknowledged

    @property
    def suspensions(self) -> tuple[RecordingSuspended, ...]:
        """All that there were, the present one included."""
        return (*self._past, *([self._now] if self._now else []))

    @property
    def dropped(self) -> int:
        """Entries that are not in the recording."""
        return sum(one.dropped for one in self.suspensions)

    def append(self, entry: AnyEntry) -> AnyEntry | RecordingSuspended:
        """Write ``entry`` under the next number; a suspension in its place means that it was dropped."""
        return self.write(lambda _: entry)

    def write(self, build: Callable[[int], AnyEntry]) -> AnyEntry | RecordingSuspended:
        """The same for what ``build`` makes of its number."""
        entry = build(self._writer.entries + 1)
        if self._now is not None:
            return self._while_suspended(self._now, entry)
        if self._writer.stuck is not None:
            return self._suspend(self._writer.stuck, entry.t)
        try:
            return self._put(entry)
        except RecordingWriteError as error:
            return self._suspend(error, entry.t)

    def seal(self, reason: SealReason = "closed", *, dropped: int = 0) -> Path:
        """Write the gap if one is owed, then the seal, and give the file its name.

        Raises:
            RecordingWriteError: there is no room for them; the ``.part`` is whole up to its last entry.
        """
        if self._now is not None:
            self._resume(self._now, self._now.at_us)
        return self._writer.seal(reason, dropped=self.dropped + dropped)

    def close(self) -> None:
        """Close without sealing: the ``.part`` stays for recovery."""
        self._writer.close()

    def _while_suspended(self, now: RecordingSuspended, entry: AnyEntry) -> AnyEntry | RecordingSuspended:
        if self._writer.stuck is None and entry.t >= self._next_try_us:
            try:
                self._resume(now, entry.t)
                return self._put(entry)
            except RecordingWriteError as error:
                if self._now is None:  # there was room for the gap, and for no more
                    return self._suspend(error, entry.t)
                _check(error, closed=self._writer.closed)
                self._wait_us = min(2 * self._wait_us, _LAST_TRY_US)
                self._next_try_us = entry.t + self._wait_us
        self._now = replace(now, dropped=now.dropped + 1)
        return self._now

    def _put(self, entry: AnyEntry) -> AnyEntry:
        return self._writer.write(lambda n: entry if n == entry.n else msgspec.structs.replace(entry, n=n))

    def _suspend(self, error: RecordingWriteError, t: int) -> RecordingSuspended:
        _check(error, closed=self._writer.closed)
        self._wait_us = _FIRST_TRY_US
        self._next_try_us = t + self._wait_us
        reason: Literal["disk_full", "disk_error"] = "disk_full" if error.errno in _FULL else "disk_error"
        self._now = RecordingSuspended(path=self._writer.part, reason=reason, at_us=t)
        return self._now

    def _resume(self, suspended: RecordingSuspended, t: int) -> None:
        self._writer.write(
            lambda n: Gap(n=n, t=t, from_seq=0, to_seq=0, reason=suspended.reason, dropped=suspended.dropped)
        )
        self._past.append(replace(suspended, resumed_us=t))
        self._now = None


def _check(error: RecordingWriteError, *, closed: bool) -> None:
    """Raise what does not pass."""
    if closed or error.errno not in _PASSING:
        raise error
