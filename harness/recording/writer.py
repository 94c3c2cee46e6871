"""Write a recording so that what was acknowledged is on the file, and nothing half-written ever is.

1. Entries go to ``<name>.part``, created exclusively, mode 0600, locked. Sealing gives it its name, never over a
   file that exists, and the mode the umask allows.
2. When an entry is acknowledged is a choice, ``durability``. ``process``: ``append`` returns when ``os.write`` has taken
   the whole line; the entry survives the process. ``always``: it returns when the disk has the entry, which survives
   the machine. ``group``: it returns at once; within 50 ms a thread writes and syncs what has come, and only then is it
   acknowledged.
3. A write that fails leaves the file at the last acknowledged entry; the same writer may be tried again.
4. ``n`` is given here, 1, 2, 3 ..., to entries that come with 0; one that comes with its own must fit.
5. An entry longer or of more values than a line may be is replaced by a ``withheld`` one, so that order and count survive.
6. A ``checkpoint`` with the digest so far follows each MiB or 10 s, unless the caller numbers the entries.
7. No clock: every time comes with an entry.
"""

from __future__ import annotations

import contextlib
import os
from collections import Counter
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

import msgspec

from harness.errors import RecordingWriteError
from harness.recording.codec import MAX_LINE, encode_entry, encode_header, encode_pieces, kind_of
from harness.recording.entry import AnyEntry, Checkpoint, Header, Seal, Unknown, Withheld
from harness.recording.group import GroupLog
from harness.recording.linelog import LineLog, publish, refused
from harness.recording.strict import crowded

__all__ = ["CHECKPOINT_BYTES", "CHECKPOINT_US", "PART", "Durability", "RecordingWriter", "SealReason"]

PART = ".part"
"""What the name ends in until the recording is sealed."""

CHECKPOINT_BYTES = 1024 * 1024
CHECKPOINT_US = 10_000_000

Durability = Literal["process", "group", "always"]
"""When an entry is acknowledged, rule 2."""

_LOGS: dict[Durability, Callable[[Path], LineLog]] = {
    "process": LineLog,
    "group": GroupLog,
    "always": partial(LineLog, each=True),
}
_SHORT = 1 << 17
"""Bytes of a line that nobody needs to look at again."""

SealReason = Literal["closed", "signal", "recovered", "composed", "edited"]


class RecordingWriter:
    """Writes one recording.

    Args:
        path: the final name, ``*.rec.jsonl``; written as ``path + ".part"`` until sealed.
        header: its first line.
        durability: when an entry is acknowledged.
        checkpoint_bytes: a ``checkpoint`` entry is written whenever so much has come since the last.
        checkpoint_us: the same for the time of the entries.

    Raises:
        RecordingWriteError: the file exists already or cannot be made.
    """

    def __init__(
        self,
        path: Path | str,
        header: Header,
        *,
        durability: Durability = "process",
        checkpoint_bytes: int = CHECKPOINT_BYTES,
        checkpoint_us: int = CHECKPOINT_US,
    ) -> None:
        self.path = Path(path)
        if os.path.lexists(self.path):
            raise refused(self.path, FileExistsError())
        self._log = _LOGS[durability](self.path.with_name(self.path.name + PART))
        self._checkpoint_bytes = checkpoint_bytes
        self._checkpoint_us = checkpoint_us
        self._next_checkpoint = checkpoint_bytes
        self._next_checkpoint_us = checkpoint_us
        self._numbers_given = False
        self._n = 0
        self._last_t = 0
        self._by_type: Counter[type] = Counter()
        self._by_kind: Counter[str] = Counter()
        self.sealed: Seal | None = None
        try:
            self._log.write_last(encode_header(header))
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
        """Entries taken so far."""
        return self._n

    @property
    def acknowledged(self) -> int:
        """Entries taken that are as safe as ``durability`` promises."""
        return self._log.acknowledged

    @property
    def stuck(self) -> RecordingWriteError | None:
        """Why entries that were taken cannot be written now (``group`` only); they are tried again."""
        return self._log.stuck

    @property
    def closed(self) -> bool:
        """Nothing can be written any more."""
        return self._log.closed

    def append(self, entry: AnyEntry) -> AnyEntry:
        """Write one entry; returns it as written (with its ``n``)."""
        n = self._n + 1
        return self._put(entry if entry.n == n and self._numbers_given else self._numbered(entry, n))

    def write(self, build: Callable[[int], AnyEntry]) -> AnyEntry:
        """Write the entry that ``build`` makes of its number."""
        return self._put(build(self._n + 1))

    def extend(self, entries: Iterable[AnyEntry]) -> list[AnyEntry]:
        """Write entries with one call to the system: all are acknowledged, or none."""
        written = [self._numbered(entry, n) for n, entry in enumerate(entries, self._n + 1)]
        pieces = encode_pieces(written)
        if pieces and max(map(len, pieces)) > _SHORT:
            written, pieces = _all_fitting(written, pieces)
        self._log.write(b"".join(pieces), len(written))
        self._n += len(written)
        self._last_t = max(self._last_t, max((entry.t for entry in written), default=0))
        self._by_type.update(map(type, written))
        if Unknown in self._by_type:
            self._by_kind.update(kind_of(entry) for entry in written if type(entry) is Unknown)
        self._maybe_checkpoint()
        return written

    def _put(self, entry: AnyEntry) -> AnyEntry:
        line = encode_entry(entry)
        if len(line) > _SHORT:
            entry, line = _fitting(entry, line)
        self._log.write(line, 1)
        self._n += 1
        kind, t = type(entry), entry.t
        self._by_type[kind] += 1
        if kind is Unknown:
            self._by_kind[kind_of(entry)] += 1
        if t > self._last_t:  # noqa: PLR1730 - max() is a call, once for every entry
            self._last_t = t
        if not self._numbers_given:
            self._maybe_checkpoint()
        return entry

    def _numbered(self, entry: AnyEntry, n: int) -> AnyEntry:
        if entry.n == 0:
            return msgspec.structs.replace(entry, n=n)
        if entry.n != n:
            raise RecordingWriteError(f"entry {entry.n} came where entry {n} is due", path=self.part)
        self._numbers_given = True  # whoever numbers entries leaves no room for ours between them
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
            by_kind=self._counts(),
            dropped=dropped,
            duration=self._last_t,
            sha256=self._log.sha256,
            reason=reason,
        )
        if os.path.lexists(self.path):
            raise refused(self.path, FileExistsError())
        self._log.write_last(encode_entry(seal))
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

    def _maybe_checkpoint(self) -> None:
        if self._numbers_given:
            return
        if self._log.size >= self._next_checkpoint or self._last_t >= self._next_checkpoint_us:
            # An entry is taken already: a full disk is the next one's affair, and the checkpoint comes behind that.
            with contextlib.suppress(RecordingWriteError):
                self._checkpoint()

    def _checkpoint(self) -> None:
        entry = Checkpoint(n=self._n + 1, t=self._last_t, sha256=self._log.sha256)
        self._log.write(encode_entry(entry), 1)
        self._n += 1
        self._by_type[Checkpoint] += 1
        self._next_checkpoint = self._log.size + self._checkpoint_bytes
        self._next_checkpoint_us = self._last_t + self._checkpoint_us

    def _counts(self) -> dict[str, int]:
        known = {
            kind.__struct_config__.tag: count  # type: ignore[attr-defined]  # entries are structs
            for kind, count in self._by_type.items()
            if kind is not Unknown
        }
        return dict(sorted((known | self._by_kind).items()))


def _all_fitting(entries: list[AnyEntry], pieces: list[bytes]) -> tuple[list[AnyEntry], list[bytes]]:
    lines = map(bytes.__add__, pieces[::2], pieces[1::2])
    pairs = [_fitting(entry, line) for entry, line in zip(entries, lines, strict=True)]
    return [entry for entry, _ in pairs], [line for _, line in pairs]


def _fitting(entry: AnyEntry, line: bytes) -> tuple[AnyEntry, bytes]:
    """The entry and its line, or what stands for it when the line could not be read again."""
    if len(line) - 1 <= MAX_LINE and not crowded(line):
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
