"""From one version of the format to the next, as a stream of lines. Pure.

1. A migration takes the objects of version n (header first, ``crc`` left out) and gives those of version n + 1; it
   sees one object at a time and sets ``version`` in the header itself.
2. Migrations are chained until the newest version; a recording that has it keeps every byte.
3. Objects that a migration gives back as they were keep their bytes too, as far as digests allow: those of
   checkpoints and of the seal are made anew behind a change.
4. A golden file of every released version stays in the tests, and each is migrated there to the newest.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from harness.errors import RecordingFormatError, RecordingTruncated, UnsupportedVersion
from harness.recording.codec import MAX_LINE, SEAL_HINT, closed, header_hint
from harness.recording.entry import FORMAT, VERSION
from harness.recording.strict import StrictError, dump, strict_object

__all__ = ["MIGRATIONS", "Migration", "migrated", "version_of"]

Migration = Callable[[Iterator[dict[str, Any]]], Iterator[dict[str, Any]]]
"""The objects of a file, header first -> those of the next version."""

MIGRATIONS: Mapping[int, Migration] = {}
"""Version -> what leads from it to the next. Version 1 is the first."""

_CRC_LENGTH = len(',"crc":"00000000"}\n')
_DIGESTED = ("checkpoint", "seal")


def version_of(head: bytes, *, path: Path | str = "recording") -> int:
    """The version a header's line names.

    Raises:
        RecordingTruncated: the file ends within its header.
        RecordingFormatError: it is no header, or was changed.
    """
    if not head.endswith(b"\n") and len(head) <= MAX_LINE:
        raise RecordingTruncated("no whole header", path=path, line=1, fix="record it again")
    header = _parsed(head)
    version = header.get("version")
    if header.get("format") != FORMAT or not isinstance(version, int):
        raise RecordingFormatError("this is not a mediation recording", path=path, line=1, fix=header_hint(head))
    if version <= VERSION:  # of a newer one nothing is known, not even where its checksum stands
        _object(head, path, 1)
    return version


def _parsed(line: bytes) -> dict[str, Any]:
    try:
        return strict_object(line)
    except StrictError:
        return {}


def migrated(
    lines: Iterable[bytes],
    *,
    path: Path | str = "recording",
    migrations: Mapping[int, Migration] = MIGRATIONS,
    newest: int = VERSION,
) -> Iterator[bytes]:
    """The lines of a recording in the newest version.

    Args:
        lines: of a whole recording, newlines included.
        path: its name, for errors.
        migrations: by the version they lead from.
        newest: version to end at.

    Raises:
        UnsupportedVersion: the recording is newer than ``newest``.
        RecordingFormatError: a line is not strict JSON with a right checksum, or no migration leads from its version.
    """
    source = iter(lines)
    head = next(source, b"")
    version = version_of(head, path=path)
    if version == newest:
        yield from _sealed(head, source, path)
        return
    if version > newest:
        raise UnsupportedVersion(path=path, needs=version, supports=newest)
    objects = _objects(head, source, path)
    for step in range(version, newest):
        if step not in migrations:
            raise RecordingFormatError(f"nothing leads from version {step} to the next", path=path, line=1)
        objects = migrations[step](objects)
    yield from _digested(objects)


def _digested(objects: Iterator[dict[str, Any]]) -> Iterator[bytes]:
    sha = hashlib.sha256()
    for value in objects:
        if value.get("kind") in _DIGESTED:
            value = value | {"sha256": sha.hexdigest()}
        line = closed(dump(value)[:-1])
        sha.update(line)
        yield line


def _sealed(head: bytes, lines: Iterable[bytes], path: Path | str) -> Iterator[bytes]:
    """All lines, if the last one is a seal: what was cut off has no digest to keep."""
    last = head
    yield head
    for last in lines:
        yield last
    if not last.endswith(b"\n") or _parsed(last).get("kind") != "seal":
        raise _unsealed(path)


def _unsealed(path: Path | str) -> RecordingTruncated:
    fix = "the recording was cut off; `harness seal FILE` closes it at its last whole entry"
    return RecordingTruncated("the file ends without a seal", path=path, fix=fix)


def _objects(head: bytes, lines: Iterable[bytes], path: Path | str) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(_sealed(head, lines, path), 1):
        yield _object(line, path, number)


def _object(line: bytes, path: Path | str, number: int) -> dict[str, Any]:
    body = line[:-_CRC_LENGTH]
    if closed(body) != line:
        raise RecordingFormatError("the line does not match its checksum", path=path, line=number, fix=SEAL_HINT)
    try:
        return strict_object(body + b"}")
    except StrictError as error:
        raise RecordingFormatError(str(error), path=path, line=number) from None
