"""New recordings made of others: every tool that writes one writes it here.

1. A line that was not changed keeps its bytes, unknown fields and kinds included.
2. A recording that was changed says so: ``source`` becomes ``edited`` (``synthetic`` stays, for its state may depend
   on it) and ``parent`` names the digest or id of what was recorded, however often it is edited.
3. Digests of checkpoints, counts and seal are made anew. What was written is read back before it gets its name, and
   no file that exists is ever written over.
4. A name that ends in ``.gz`` is written compressed.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.errors import RecordingTruncated, RecordingWriteError
from harness.recording.codec import closed, encode_entry, kind_of
from harness.recording.entry import AnyEntry, Checkpoint, Header, Seal
from harness.recording.gzipped import GZ, packed
from harness.recording.linelog import LineLog, publish, refused
from harness.recording.reader import Reading, open_file
from harness.recording.strict import dump, strict_object
from harness.recording.writer import PART, SealReason

__all__ = ["Line", "Loaded", "edited_head", "load", "sealed_lines", "write_copy", "write_new"]

Line = tuple[AnyEntry, bytes]
"""An entry and its line, newline included."""

_CRC_LENGTH = len(',"crc":"00000000"}\n')
_BATCH = 1 << 16
_CLOSE_FIRST = "`harness seal` or `harness recover` closes it first"


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A sealed recording with the bytes of its lines, the seal left out.

    Args:
        head: the header's line.
    """

    path: Path
    header: Header
    head: bytes = field(repr=False)
    lines: list[Line] = field(repr=False)
    seal: Seal

    @property
    def digest(self) -> str:
        return f"sha256:{self.seal.sha256}"


def load(path: Path | str) -> Loaded:
    """A whole recording, its lines kept.

    Raises:
        RecordingError: it is not there, damaged or without a seal.
    """
    with open_file(path) as file:
        reading = Reading(file, path)
        entries = list(reading)
        if reading.seal is None:
            raise RecordingTruncated("the file ends without a seal", path=path, fix=_CLOSE_FIRST)
        file.seek(0)
        head, *lines = file.readlines()
    pairs = list(zip(entries, lines, strict=False))  # the last line is the seal
    return Loaded(path=Path(path), header=reading.header, head=head, lines=pairs, seal=reading.seal)


def edited_head(head: bytes, before: str, changes: Mapping[str, Any] | None = None, *, source: str = "edited") -> bytes:
    """The header's line of an edited recording.

    Args:
        head: the line as it was.
        before: digest or id of the recording as it was.
        changes: fields with new values; a mapping is laid over the one that is there.
        source: what it says it is, if it is not synthetic.
    """
    value = strict_object(head[:-_CRC_LENGTH] + b"}")
    for name, new in (changes or {}).items():
        value[name] = {**value.get(name, {}), **new} if isinstance(new, Mapping) else new
    if value["source"] != "synthetic":
        value["source"] = source
    if value.get("parent") is None:
        value["parent"] = before
    return closed(dump(value)[:-1])


def sealed_lines(head: bytes, lines: Iterable[Line], *, reason: SealReason, dropped: int = 0) -> Iterator[bytes]:
    """All lines of a recording, its seal included; checkpoints get their digest anew."""
    sha = hashlib.sha256(head)
    by_kind: Counter[str] = Counter()
    n = t = 0
    yield head
    for entry, line in lines:
        if isinstance(entry, Checkpoint):
            line = encode_entry(Checkpoint(n=entry.n, t=entry.t, sha256=sha.hexdigest()))
        sha.update(line)
        by_kind[kind_of(entry)] += 1
        n, t = entry.n, max(t, entry.t)
        yield line
    yield encode_entry(
        Seal(
            n=n + 1,
            t=t,
            entries=by_kind.total(),
            by_kind=dict(sorted(by_kind.items())),
            dropped=dropped,
            duration=t,
            sha256=sha.hexdigest(),
            reason=reason,
        )
    )


def write_copy(
    target: Path | str, head: bytes, lines: Iterable[Line], *, reason: SealReason = "edited", dropped: int = 0
) -> Path:
    """Write a sealed recording under ``target``.

    Raises:
        RecordingWriteError: ``target`` exists or could not be written; nothing was.
        RecordingError: what was to be written is no recording.
    """
    return write_new(target, sealed_lines(head, lines, reason=reason, dropped=dropped))


def write_new(target: Path | str, lines: Iterable[bytes]) -> Path:
    """Write whole ``lines`` as the recording ``target``, read it back, give it its name."""
    target = Path(target)
    if target.is_symlink() or target.exists():
        raise refused(target, FileExistsError())
    log = LineLog(target.with_name(target.name + PART))
    try:
        batches = _batched(lines)
        for piece in packed(batches) if target.name.endswith(GZ) else batches:
            log.write(piece)
        log.sync()
        _prove(log.path, target)
        publish(log, target)
    except BaseException:
        log.close()
        log.path.unlink(missing_ok=True)
        raise
    return target


def _prove(written: Path, target: Path) -> None:
    """What was written can be read; its errors name the file the user knows."""
    with open_file(written) as file:
        reading = Reading(file, target)
        for _ in reading:
            pass
    if reading.seal is None:
        raise RecordingWriteError("what was written has no seal", path=target)


def _batched(lines: Iterable[bytes]) -> Iterator[bytes]:
    batch = bytearray()
    for line in lines:
        batch += line
        if len(batch) >= _BATCH:
            yield bytes(batch)
            batch.clear()
    yield bytes(batch)
