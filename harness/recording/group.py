"""Writes in batches: entries wait in memory until a thread has put them on the disk together.

1. ``write`` never waits for the disk. What it took is acknowledged when its batch was written and synced.
2. A batch that cannot be written is kept and tried again; meanwhile ``stuck`` says why, and who asks first loses
   nothing: what is already taken keeps its place.
3. A sync that fails is final: nobody can say what of the file the disk still has (kernel pages are dropped then).
4. Only the thread and the closing call touch the file; the thread waits on events, never on the caller's clock.
"""

from __future__ import annotations

import contextlib
import threading
from pathlib import Path

from harness.errors import RecordingWriteError
from harness.recording.linelog import LineLog

__all__ = ["INTERVAL_S", "GroupLog"]

INTERVAL_S = 0.05
"""How long an entry waits for others, at most."""


class GroupLog(LineLog):
    """A :class:`LineLog` that acknowledges batches.

    Args:
        path: must not exist.
        interval_s: see :data:`INTERVAL_S`.
    """

    def __init__(self, path: Path, *, interval_s: float = INTERVAL_S) -> None:
        super().__init__(path)
        self.stuck: RecordingWriteError | None = None
        self._interval_s = interval_s
        self._waiting: list[bytes] = []
        self._taken = 0
        self._io = threading.Lock()
        self._some = threading.Event()
        self._stop = threading.Event()
        self._lost: RecordingWriteError | None = None
        self._thread = threading.Thread(target=self._run, name="recording-group", daemon=True)
        self._thread.start()

    def write(self, data: bytes, entries: int = 0) -> None:
        """Take ``data``; raises only what is final."""
        if self._lost is not None:
            raise self._lost
        if self.closed:
            super().write(data)
        with self._io:
            self._waiting.append(data)
            self._taken += entries
            self.size += len(data)
        self._some.set()

    def write_last(self, data: bytes) -> None:
        """Write what waits, then ``data``, at once; ``data`` does not wait if it cannot be written."""
        self._put()
        super().write(data)

    @property
    def sha256(self) -> str:
        """Hex digest of everything taken so far; what waits is written for it."""
        self._put()
        return super().sha256

    def sync(self) -> None:
        """Return when the disk has everything."""
        self._put()
        super().sync()
        self.acknowledged = self._taken

    def close(self) -> None:
        """End the thread, write what can still be written, and close the file."""
        self._stop.set()
        self._some.set()
        self._thread.join()
        if not self.closed:
            with contextlib.suppress(RecordingWriteError):
                self._put()
        super().close()

    def _run(self) -> None:
        while not (self._stop.is_set() or self._lost):
            self._some.wait()
            self._stop.wait(self._interval_s)
            self._some.clear()
            self._commit()

    def _commit(self) -> None:
        taken = self._taken
        try:
            self._put()
        except RecordingWriteError:
            self._some.set()  # tried again after the next interval
            return
        try:
            self.sync_data()
        except RecordingWriteError as error:
            self._lost = error
            return
        self.acknowledged = taken

    def _put(self) -> None:
        """Write what waits: all of it or nothing."""
        with self._io:
            data = b"".join(self._waiting)
            if not data:
                return
            self.size -= len(data)
            try:
                super().write(data)
            except RecordingWriteError as error:
                self.size += len(data)
                self.stuck = error
                self._lost = error if self.closed else None
                raise
            self._waiting.clear()
            self.stuck = None
