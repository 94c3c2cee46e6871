"""Changes in place: making a recording whole again after a hand edit, compressing it, signing it off.

1. A line that nothing is wrong with keeps its bytes, unknown fields and kinds included.
2. A recording that was changed says so, as ``copying.py`` has it.
3. A ``.part`` or an unsealed file is closed at its last whole entry with reason ``recovered``; its checksums must
   hold, for nobody edits a file that is being written.
4. The new file replaces the old one at once, or nothing changes.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from harness.errors import RecordingError, RecordingFormatError, RecordingTruncated, RecordingWriteError
from harness.recording.codec import MAX_LINE, closed, decode_entry, decode_header
from harness.recording.copying import Line, edited_head, load, sealed_lines, write_copy, write_new
from harness.recording.entry import Seal
from harness.recording.gzipped import GZ
from harness.recording.linelog import LineLog, publish, refused
from harness.recording.reader import Reading, open_file
from harness.recording.strict import StrictError, strict_object
from harness.recording.writer import PART, SealReason

__all__ = ["Resealed", "compress", "reseal", "sign_off"]

_CRC = re.compile(rb'\s*,\s*"crc"\s*:\s*"[^"\\]*"\s*\}\s*\Z')
_CLOSE = re.compile(rb"\s*\}\s*\Z")
_UNPACK = "`harness recover` writes what can still be read to a new file"
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True, kw_only=True)
class Resealed:
    """What :func:`reseal` did.

    Args:
        path: the sealed file.
        changed: False if the file was whole and was left alone.
        repaired: lines whose checksum was made anew.
        reason: of the seal.
        torn: a torn last line was left out.
    """

    path: Path
    changed: bool
    repaired: int = 0
    reason: SealReason = "closed"
    torn: bool = False


@dataclass(slots=True)
class _Survey:
    """What the first pass found: nothing is written before it has seen the whole file."""

    seal: Seal | None = None
    repaired: int = 0
    torn: bool = False


def reseal(path: Path | str) -> Resealed:
    """Repair checksums, digests and seal of the recording at ``path``, in place and at once.

    Raises:
        RecordingFormatError: a line is not a recording's line, whatever its checksum.
        RecordingWriteError: another process is writing it, or the new file could not be written.
    """
    path = Path(path)
    with open_file(path) as file:
        _refuse_if_locked(file, path)
        whole = _verified(file, path)
        if whole:
            return Resealed(path=path, changed=False, reason=whole.reason)
        if path.suffix == GZ:
            raise RecordingFormatError("a compressed recording is not repaired in place", path=path, fix=_UNPACK)
        survey = _survey(file, path)
        return _rewrite(file, path, survey)


def compress(path: Path | str) -> Path:
    """Put the sealed recording at ``path`` in a compressed file beside it, and take the plain one away.

    Raises:
        RecordingError: it is damaged or not sealed, or the compressed file exists.
    """
    path = Path(path)
    target = path.with_name(path.name + GZ)
    with open_file(path) as file:
        _refuse_if_locked(file, path)
        if _verified(file, path) is None:
            raise RecordingFormatError("only a whole, sealed recording is compressed", path=path, fix="seal it first")
        file.seek(0)
        write_new(target, file)
    path.unlink()
    return target


def sign_off(path: Path | str, text: str) -> None:
    """Write into the header who looked at the recording, in place and at once.

    The source stays, for nothing that crossed the wire was changed; ``parent`` names what was looked at.

    Raises:
        RecordingError: it is damaged, or could not be written.
    """
    path = Path(path)
    loaded = load(path)
    head = edited_head(loaded.head, loaded.digest, {"redaction": {"signed_off": text}}, source=loaded.header.source)
    beside = path.with_name(f".{path.name}.signed{GZ if path.name.endswith(GZ) else ''}")
    write_copy(beside, head, loaded.lines, reason=loaded.seal.reason, dropped=loaded.seal.dropped)
    try:
        beside.chmod(path.stat().st_mode & 0o777)
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise refused(path, error) from None


def _verified(file: BinaryIO, path: Path) -> Seal | None:
    """The seal of a recording that has nothing wrong with it, else None; a ``.part`` is never whole."""
    with contextlib.suppress(RecordingError):
        reading = Reading(file, path)
        for _ in reading:
            pass
        return reading.seal if path.suffix != PART else None
    return None


def _survey(file: BinaryIO, path: Path) -> _Survey:
    survey = _Survey()
    for number, line, body in _bodies(file, path, survey):
        survey.repaired += line.removesuffix(b"\n") != closed(body)[:-1]
        if number > 1:
            entry = decode_entry(closed(body), path=path, number=number)
            survey.seal = entry if isinstance(entry, Seal) else survey.seal
    if survey.repaired and path.suffix == PART:
        problem = f"lines that do not match their checksums: {survey.repaired}"
        raise RecordingFormatError(problem, path=path, fix="take the damaged lines out first")
    return survey


def _rewrite(file: BinaryIO, path: Path, survey: _Survey) -> Resealed:
    """Second pass: the new file beside the old one, then in its place."""
    reason: SealReason = "edited" if survey.seal or survey.repaired else "recovered"
    dropped = survey.seal.dropped if survey.seal else 0
    log = LineLog(path.with_name(f".{path.name}.reseal"))
    try:
        for line in sealed_lines(_head(file, path, survey, reason), _lines(file, path), reason=reason, dropped=dropped):
            log.write(line)
        log.sync()
        _prove(log.path, path)
        target = _put_in_place(log, path, file)
    except BaseException:
        log.close()
        log.path.unlink(missing_ok=True)
        raise
    return Resealed(path=target, changed=True, repaired=survey.repaired, reason=reason, torn=survey.torn)


def _head(file: BinaryIO, path: Path, survey: _Survey, reason: SealReason) -> bytes:
    _, _, body = next(_bodies(file, path, _Survey()))
    head = closed(body)
    if reason != "edited":
        return head
    return edited_head(head, f"sha256:{survey.seal.sha256}" if survey.seal else strict_object(body + b"}")["id"])


def _lines(file: BinaryIO, path: Path) -> Iterator[Line]:
    for number, _, body in _bodies(file, path, _Survey()):
        line = closed(body)
        if number > 1 and not isinstance(entry := decode_entry(line, path=path, number=number), Seal):
            yield entry, line


def _prove(written: Path, path: Path) -> None:
    """What was written can be read; its errors name the file the user knows."""
    with open_file(written) as file:
        for _ in Reading(file, path):
            pass


def _put_in_place(log: LineLog, path: Path, file: BinaryIO) -> Path:
    if path.suffix == PART:
        target = path.with_suffix("")
        publish(log, target)
        path.unlink()
        return target
    log.chmod(os.fstat(file.fileno()).st_mode & 0o777)
    try:
        log.path.replace(path)
    except OSError as error:
        raise refused(path, error) from None
    log.close()
    return path


def _bodies(file: BinaryIO, path: Path, survey: _Survey) -> Iterator[tuple[int, bytes, bytes]]:
    """Every line as (number, as it stands, its object without checksum and closing brace)."""
    file.seek(0)
    number = 0
    while line := file.readline(MAX_LINE + 1):
        number += 1
        if not line.strip():
            continue
        if path.suffix == PART and number > 1 and not line.endswith(b"\n") and not _has_checksum(line):
            survey.torn = True  # cut in the right place even half an entry reads well
            return
        try:
            body = _body(line.removeprefix(_BOM) if number == 1 else line)
        except StrictError as error:
            if not line.endswith(b"\n") and len(line) <= MAX_LINE:
                if number == 1:
                    raise _no_header(path) from None
                survey.torn = True
                return
            raise RecordingFormatError(str(error), path=path, line=number) from None
        if number == 1:
            decode_header(closed(body), path=path)
        yield number, line, body
    if not number:
        raise _no_header(path)


def _no_header(path: Path) -> RecordingTruncated:
    return RecordingTruncated("no whole header", path=path, line=1, fix="nothing was recorded yet; record it again")


def _has_checksum(line: bytes) -> bool:
    return len(line) > MAX_LINE or closed(_CRC.sub(b"", line)) == line + b"\n"


def _body(line: bytes) -> bytes:
    if len(line) > MAX_LINE:
        raise StrictError(f"the line is longer than {MAX_LINE} bytes")
    body, cut = _CRC.subn(b"", line)
    if not cut:
        body = _CLOSE.sub(b"", line)
    value: dict[str, Any] = strict_object(body + b"}")
    if "crc" in value:
        raise StrictError("crc must be the last field")
    return body


def _refuse_if_locked(file: BinaryIO, path: Path) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        raise RecordingWriteError("another process is writing it", path=path, fix="end that recording first") from None
    except OSError:
        return
