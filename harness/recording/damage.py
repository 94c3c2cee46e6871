"""Every line of a file that may be damaged, told as what it is. Read-only, and stops for nothing but the header.

1. A line is right when its checksum and its form are; nothing is ever read out of a line that is not.
2. The end of a file without its newline is torn: it was never acknowledged.
3. A line longer than a line may be, or compressed data that cannot be unpacked, is damage too; what stands behind
   the latter is lost.
4. After :data:`MAX_DAMAGED` such lines the file is given up: it is no recording, or made to waste time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Literal

from harness.errors import RecordingFormatError
from harness.recording.codec import MAX_LINE, decode_entry
from harness.recording.entry import AnyEntry

__all__ = ["MAX_DAMAGED", "Found", "lines_of"]

MAX_DAMAGED = 10_000

State = Literal["entry", "flipped", "malformed", "torn", "unpackable", "hopeless"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A line behind the header.

    Args:
        number: of the line, from 1.
        state: ``entry`` (nothing wrong), ``flipped`` (its checksum is not its own), ``malformed`` (the checksum holds,
            the form does not), ``torn`` (the end is missing), ``unpackable`` (the compressed data ends here),
            ``hopeless`` (too many lines are damaged; what follows was not looked at).
        entry: for ``entry``.
        problem: what is wrong, in words that hold nothing of the line.
    """

    number: int
    state: State
    line: bytes = field(repr=False)
    size: int
    entry: AnyEntry | None = field(default=None, repr=False)
    problem: str = ""


def lines_of(file: BinaryIO, path: Path | str) -> Iterator[Found]:
    """The lines of ``file``, which stands behind its header."""
    number = 1
    damaged = 0
    while True:
        number += 1
        if damaged > MAX_DAMAGED:
            problem = f"more than {MAX_DAMAGED} lines are damaged; the rest was not looked at"
            yield Found(number=number, state="hopeless", line=b"", size=0, problem=problem)
            return
        try:
            line = file.readline(MAX_LINE + 1)
            size = len(line) if line.endswith(b"\n") else len(line) + _rest_of_line(file, line)
        except RecordingFormatError as error:
            yield Found(number=number, state="unpackable", line=b"", size=0, problem=error.message)
            return
        if not line:
            return
        found = _found(line, size, number, path)
        damaged += found.entry is None
        yield found


def _found(line: bytes, size: int, number: int, path: Path | str) -> Found:
    if not line.endswith(b"\n") and size == len(line) <= MAX_LINE:
        return Found(number=number, state="torn", line=line, size=size, problem="the last line is torn")
    try:
        entry = decode_entry(line, path=path, number=number)
    except RecordingFormatError as error:
        state: State = "flipped" if error.fix else "malformed"
        return Found(number=number, state=state, line=line, size=size, problem=_words(error, path, number))
    return Found(number=number, state="entry", line=line, size=size, entry=entry)


def _words(error: RecordingFormatError, path: Path | str, number: int) -> str:
    return error.message.removeprefix(f"{Path(path)}:{number}: ")


def _rest_of_line(file: BinaryIO, line: bytes) -> int:
    """Bytes of an overlong line behind the part that was read, which are skipped."""
    size = 0
    while line and not line.endswith(b"\n"):
        line = file.readline(MAX_LINE)
        size += len(line)
    return size
