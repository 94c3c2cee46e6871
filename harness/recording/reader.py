"""Read recordings; they are untrusted input.

1. Memory is bounded by the longest line allowed, not by the file: lines are read and checked in blocks.
2. A file is opened as it stands: no links, folders, pipes or devices. Nothing in it is taken as a path or as code.
3. Checked on the way: every line's checksum, ``n`` in order, every checkpoint's and the seal's SHA-256, the seal's
   counts, and that nothing follows it. A recording with a ``parent`` was edited: its ``n`` may leave numbers out.
4. A compressed recording is read as what it unpacks to, within the caps of ``gzipped.py``.
5. A file that ends in the middle of a line or without a seal is ``truncated``: reported, refused unless asked for.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from harness.errors import RecordingError, RecordingFormatError, RecordingNotFound, RecordingTruncated
from harness.recording.blocks import blocks
from harness.recording.codec import MAX_LINE, SEAL_HINT, decode_entry, decode_header, decode_lines, kind_of
from harness.recording.entry import AnyEntry, Checkpoint, Header, Seal, Unknown
from harness.recording.gzipped import GZ, unpacked
from harness.recording.names import check_names

__all__ = [
    "SUFFIX",
    "Reading",
    "Recording",
    "find_recordings",
    "iter_entries",
    "open_file",
    "read_recording",
    "read_stream",
]

SUFFIX = ".rec.jsonl"

_TRUNCATED_HINT = "the recording was cut off; `harness seal FILE` closes it at its last whole entry"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """A recording in memory.

    Args:
        path: where it was read from.
        header: its first line.
        entries: every entry but the seal, in order.
        truncated: it ends in the middle of a line or without a seal.
        seal: its last line, None if there is none.
    """

    path: Path
    header: Header
    entries: list[AnyEntry] = field(repr=False)
    truncated: bool = False
    seal: Seal | None = None

    @property
    def digest(self) -> str:
        """``sha256:…`` of the sealed content, '' without a seal."""
        return f"sha256:{self.seal.sha256}" if self.seal else ""


class Reading:
    """One pass over an open recording: iterate over it for the entries, the seal left out.

    Args:
        file: binary, at its start.
        path: its name, for errors.

    Raises:
        RecordingError: as soon as something is wrong, also in the midst of the iteration.
    """

    def __init__(self, file: BinaryIO, path: Path | str) -> None:
        self.path = Path(path)
        self.seal: Seal | None = None
        self.truncated = False
        self._file = file
        self._sha = hashlib.sha256()
        self._number = 1
        self._n = 0
        self._t = 0
        self._types: Counter[type] = Counter()
        self._by_kind: Counter[str] = Counter()
        line = file.readline(MAX_LINE + 1)
        if not line.endswith(b"\n") and len(line) <= MAX_LINE:
            raise RecordingTruncated("no whole header", path=path, line=1, fix="record it again")
        self.header = check_names(decode_header(line, path=path), path)
        self._sha.update(line)

    def __iter__(self) -> Iterator[AnyEntry]:
        torn = False
        for lines in blocks(self._file, MAX_LINE + 1):
            entries = decode_lines(lines, self._n + 1) if lines[-1].endswith(b"\n") and not self.seal else None
            if entries is not None and self._take(entries, lines):
                for entry, self.line in zip(entries, lines, strict=True):
                    yield entry
                continue
            for line in lines:
                self._number += 1
                if self.seal:
                    raise self._wrong("something follows the seal")
                torn = not line.endswith(b"\n") and len(line) <= MAX_LINE
                if torn:
                    break
                entry = decode_entry(line, path=self.path, number=self._number)
                self._check(entry)
                self._sha.update(line)
                self.line = line
                if not isinstance(entry, Seal):
                    yield entry
        self.truncated = torn or self.seal is None

    def _take(self, entries: list[AnyEntry], lines: list[bytes]) -> bool:
        """Count a block in which nothing can be wrong; False leaves it to the closer look, line by line."""
        kinds = set(map(type, entries))
        if kinds & {Checkpoint, Seal, Unknown}:
            return False
        self._number += len(lines)
        self._n += len(lines)
        self._t = max(self._t, *[entry.t for entry in entries])
        self._types.update(map(type, entries))
        self._sha.update(b"".join(lines))
        return True

    def _check(self, entry: AnyEntry) -> None:
        edited = self.header.parent is not None
        if entry.n != self._n + 1 and not (edited and entry.n > self._n):
            raise self._wrong(f"entry {entry.n} follows entry {self._n}")
        if isinstance(entry, (Checkpoint, Seal)) and entry.sha256 != self._sha.hexdigest():
            raise self._wrong(f"the {kind_of(entry)} does not match what stands before it")
        if isinstance(entry, Seal):
            self._check_counts(entry)
            self.seal = entry
            return
        self._n = entry.n
        self._t = max(self._t, entry.t)
        self._by_kind[kind_of(entry)] += 1

    def _check_counts(self, seal: Seal) -> None:
        for kind, count in self._types.items():
            self._by_kind[kind.__struct_config__.tag] += count  # type: ignore[attr-defined]  # entries are structs
        if seal.by_kind != self._by_kind or seal.entries != self._by_kind.total() or seal.duration != self._t:
            raise self._wrong("the seal's counts or duration are not those of the entries")

    def _wrong(self, problem: str) -> RecordingFormatError:
        return RecordingFormatError(problem, path=self.path, line=self._number, fix=SEAL_HINT)


def read_recording(path: Path | str, *, allow_truncated: bool = False) -> Recording:
    """A whole recording.

    Args:
        path: the file.
        allow_truncated: take one without a seal or with a torn last line; that line is left out.

    Raises:
        RecordingNotFound: no such file.
        RecordingTruncated: it is cut off and ``allow_truncated`` is false.
        RecordingFormatError: it is not what the format says.
    """
    with open_file(path) as file:
        return read_stream(file, path, allow_truncated=allow_truncated)


def read_stream(file: BinaryIO, path: Path | str = "-", *, allow_truncated: bool = False) -> Recording:
    """Like :func:`read_recording`, from an open, buffered binary file or pipe."""
    reading = Reading(file, path)
    entries = list(reading)
    if reading.truncated and not allow_truncated:
        raise RecordingTruncated("the file ends without a seal", path=path, fix=_TRUNCATED_HINT)
    return Recording(
        path=Path(path), header=reading.header, entries=entries, truncated=reading.truncated, seal=reading.seal
    )


def iter_entries(path: Path | str) -> Iterator[AnyEntry]:
    """The entries of a sealed recording one by one, the seal left out.

    What is wrong further down is raised when it is reached, so act on the whole only after the last entry.
    """
    with open_file(path) as file:
        reading = Reading(file, path)
        yield from reading
        if reading.truncated:
            raise RecordingTruncated("the file ends without a seal", path=path, fix=_TRUNCATED_HINT)


def find_recordings(paths: Iterable[Path | str]) -> list[Path]:
    """Recordings under ``paths``, sorted, each once: a file as it is named, a folder searched for ``*.rec.jsonl`` and
    ``*.rec.jsonl.gz``.

    Raises:
        RecordingNotFound: a path does not exist, or a folder holds none.
    """
    found: set[Path] = set()
    for path in map(Path, paths):
        inside = [path] if not path.is_dir() else _inside(path)
        if not inside:
            raise RecordingNotFound(f"no *{SUFFIX} in this folder", path=path, fix="name a recording or its folder")
        if not os.path.lexists(path):
            raise _not_found(path)
        found.update(inside)
    return sorted(found)


def open_file(path: Path | str) -> BinaryIO:
    """A regular file open for reading, unpacked if it is compressed; its name is followed through no link."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        raise _not_found(path) from None
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from None
    if not _is_regular(fd):
        os.close(fd)
        raise RecordingFormatError("not a regular file", path=path, fix="name a file")
    return unpacked(os.fdopen(fd, "rb", buffering=1 << 16), path)


def _is_regular(fd: int) -> bool:
    return stat.S_ISREG(os.fstat(fd).st_mode)


def _inside(folder: Path) -> list[Path]:
    found = (path for suffix in (SUFFIX, SUFFIX + GZ) for path in folder.rglob(f"*{suffix}"))
    return [path for path in found if path.is_file() and not path.is_symlink()]


def _not_found(path: Path | str) -> RecordingNotFound:
    return RecordingNotFound("no such file", path=path, fix="name a recording or its folder")


def _unreadable(path: Path | str, error: Exception) -> RecordingError:
    if isinstance(error, OSError) and error.errno == errno.ELOOP:
        return RecordingFormatError("a symbolic link is not followed", path=path, fix="name the file it points to")
    words = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else "not a usable file name"
    return RecordingError(f"it cannot be read: {words}", path=path, fix="check its name and permissions")
