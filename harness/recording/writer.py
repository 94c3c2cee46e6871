"""Write a recording so that what was acknowledged is on the file, and nothing half-written ever is.

1. Entries go to ``<name>.part``, created exclusively, mode 0600, locked. Sealing gives it its name, never over a
   file that exists, and the mode the umask allows.
2. ``append`` returns when ``os.write`` has taken the whole line: the entry is acknowledged and survives the process.
3. A write that fails leaves the file at the last acknowledged entry; the same writer may be tried again.
4. ``n`` is given here, 1, 2, 3 ..., to entries that come with 0; one that comes with its own must fit.
5. An entry longer than a line may be is replaced by a ``withheld`` one, so that order and count survive.
6. No clock: every time comes with an entry.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

import msgspec

from harness.errors import RecordingWriteError
from harness.recording.codec import MAX_LINE, encode_entry, encode_header, kind_of
from harness.recording.entry import AnyEntry, Checkpoint, Header, Seal, Withheld
from harness.recording.linelog import LineLog, publish, refused

__all__ = ["CHECKPOINT_BYTES", "PART", "RecordingWriter", "SealReason"]

PART = ".part"
"""What the name ends in until the recording is sealed."""

CHECKPOINT_BYTES = 1024 * 1024

SealReason = Literal["closed", "signal", "recovered", "composed", "edited"]


class RecordingWriter:
    """Writes one recording.

    Args:
        path: the final name, ``*.rec.jsonl``; written as ``path + ".part"`` until sealed.
        header: its first line.
        checkpoint_bytes: a ``checkpoint`` entry is written whenever so much has come since the last.

    Raises:
        RecordingWriteError: the file exists already or cannot be made.
    """

    def __init__(self, path: Path | str, header: Header, *, checkpoint_bytes: int = CHECKPOINT_BYTES) -> None:
        self.path = Path(path)
        if os.path.lexists(self.path):
            raise refused(self.path, FileExistsError())
        self._log = LineLog(self.path.with_name(self.path.name + PART))
        self._checkpoint_bytes = checkpoint_bytes
        self._next_checkpoint = checkpoint_bytes
        self._numbers_given = False
        self._n = 0
        self._last_t = 0
        self._by_kind: Counter[str] = Counter()
        self.sealed: Seal | None = None
        try:
            self._log.write(encode_header(header))
        except RecordingWriteError:
            self._log.close()
            self.part.unlink()
            raise

    @property
    def part(self) -> Path:
        """Where the entries are until the recording is sealed."""
        return self._log.path

    @property
    def entries(self) -> int:
        """Entries acknowledged so far."""
        return self._n

    def append(self, entry: AnyEntry) -> AnyEntry:
        """Write one entry; returns it as written (with its ``n``)."""
        return self.extend((entry,))[0]

    def extend(self, entries: Iterable[AnyEntry]) -> list[AnyEntry]:
        """Write entries with one call to the system: all are acknowledged, or none."""
        written: list[AnyEntry] = []
        lines: list[bytes] = []
        for entry in entries:
            fitting, line = _fitting(self._numbered(entry, self._n + len(written) + 1))
            written.append(fitting)
            lines.append(line)
        self._write(b"".join(lines), written)
        if self._log.size >= self._next_checkpoint and not self._numbers_given:
            self._checkpoint()
        return written

    def _numbered(self, entry: AnyEntry, n: int) -> AnyEntry:
        if entry.n == 0:
            return msgspec.structs.replace(entry, n=n)
        if entry.n != n:
            raise RecordingWriteError(f"entry {entry.n} came where entry {n} is due", path=self.part)
        # Whoever numbers entries leaves no room for ours between them.
        self._numbers_given = True
        return entry

    def seal(self, reason: SealReason = "closed", *, dropped: int = 0) -> Path:
        """Write the seal, sync, and give the file its name.

        Args:
            reason: why the recording ends.
            dropped: entries that could not be written.

        Raises:
            RecordingWriteError: the name was taken meanwhile, or the disk failed; the ``.part`` stays.
        """
        seal = Seal(
            n=self._n + 1,
            t=self._last_t,
            entries=self._n,
            by_kind=dict(sorted(self._by_kind.items())),
            dropped=dropped,
            duration=self._last_t,
            sha256=self._log.sha256,
            reason=reason,
        )
        if os.path.lexists(self.path):
            raise refused(self.path, FileExistsError())
        self._log.write(encode_entry(seal))
        self._log.sync()
        publish(self._log, self.path)
        self.sealed = seal
        return self.path

    def close(self) -> None:
        """Close without sealing: the ``.part`` stays for recovery."""
        self._log.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is None and self.sealed is None:
                self.seal()
        finally:
            self.close()

    def _checkpoint(self) -> None:
        self._next_checkpoint = self._log.size + self._checkpoint_bytes
        entry = Checkpoint(n=self._n + 1, t=self._last_t, sha256=self._log.sha256)
        self._write(encode_entry(entry), [entry])

    def _write(self, data: bytes, entries: Sequence[AnyEntry]) -> None:
        self._log.write(data)
        self._n += len(entries)
        for entry in entries:
            self._by_kind[kind_of(entry)] += 1
            self._last_t = max(self._last_t, entry.t)


def _fitting(entry: AnyEntry) -> tuple[AnyEntry, bytes]:
    """The entry and its line, or what stands for it when the line is too long to be read again."""
    line = encode_entry(entry)
    if len(line) - 1 <= MAX_LINE:
        return entry, line
    withheld = Withheld(
        n=entry.n,
        t=entry.t,
        of_kind=kind_of(entry),
        size=getattr(entry, "size", None) or len(line),
        rule="too_large",
        conn=getattr(entry, "conn", ""),
        dir=getattr(entry, "dir", None),
    )
    return withheld, encode_entry(withheld)
