"""Write what is whole of a damaged recording to a new file.

1. Every whole entry is kept, byte for byte and in order; a torn last line is cut, for it was never acknowledged.
2. What is damaged is never read: a ``withheld`` entry with rule ``damaged`` stands in its place, so that order and
   count survive and nothing wrong is taken for right. Its size is that of the damaged lines, 0 if none is left.
3. Where entries are missing altogether the notes make up their number: as many as ``n`` leaves out, at most
   :data:`MAX_NOTES` in one place; beyond that the file is refused.
4. A damaged header cannot be recovered: what the entries are (surrogates or not, since when) would be a guess.
5. A copy of an entry that was there already is left out. Checkpoints get their digest anew.
6. The header keeps its bytes; the seal says ``recovered``, and its ``dropped`` counts the notes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from harness.errors import RecordingFormatError, RecordingTruncated
from harness.recording.codec import MAX_LINE, decode_header, encode_entry
from harness.recording.copying import Line, write_copy
from harness.recording.damage import Found, lines_of
from harness.recording.entry import AnyEntry, Header, Seal, Withheld
from harness.recording.names import check_names
from harness.recording.reader import open_file

__all__ = ["MAX_NOTES", "Recovered", "recover"]

MAX_NOTES = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovered:
    """What :func:`recover` did.

    Args:
        path: the new file.
        kept: entries that are as they were.
        notes: entries that stand for what was damaged or missing.
        torn: a torn last line was cut.
        repeated: copies of entries that were left out.
    """

    path: Path
    kept: int
    notes: int = 0
    torn: bool = False
    repeated: int = 0


@dataclass(slots=True)
class _Finds:
    """What the pass over the damaged file found.

    ``damaged`` maps the last good ``n`` before a damaged line to sizes; ``end`` is the ``n`` of a whole seal.
    """

    whole: dict[int, Line]
    damaged: dict[int, list[int]]
    end: int | None = None
    torn: bool = False
    repeated: int = 0


def recover(source: Path | str, target: Path | str) -> Recovered:
    """Write what is whole of ``source`` to ``target``, sealed.

    Raises:
        RecordingError: the header is damaged, or too much is missing.
        RecordingWriteError: ``target`` exists or could not be written.
    """
    with open_file(source) as file:
        head = file.readline(MAX_LINE + 1)
        header = _header(head, source)
        finds = _finds(lines_of(file, source), source)
    lines, notes = _with_notes(finds, header, source)
    path = write_copy(target, head, lines, reason="recovered", dropped=notes)
    kept = len(finds.whole)
    return Recovered(path=path, kept=kept, notes=notes, torn=finds.torn, repeated=finds.repeated)


def _header(head: bytes, source: Path | str) -> Header:
    if not head.endswith(b"\n") and len(head) <= MAX_LINE:
        fix = "nothing was recorded yet; record it again"
        raise RecordingTruncated("no whole header", path=source, line=1, fix=fix)
    return check_names(decode_header(head, path=source), source)


def _finds(found: Iterator[Found], source: Path | str) -> _Finds:
    finds = _Finds({}, {})
    last = 0
    for one in found:
        entry = one.entry
        if one.state == "hopeless":
            raise RecordingFormatError(one.problem, path=source, line=one.number, fix="look whether it is a recording")
        if one.state in ("torn", "unpackable"):
            finds.torn = True
        elif entry is None:
            if not _was_seal(one.line):
                finds.damaged.setdefault(last, []).append(one.size)
        elif isinstance(entry, Seal):
            finds.end = entry.n
        elif entry.n in finds.whole:
            finds.repeated += 1
        else:
            finds.whole[entry.n] = (entry, one.line)
            last = entry.n
    return finds


def _was_seal(line: bytes) -> bool:
    """A damaged line that says it is the seal is told of by the missing seal; it stood for no traffic."""
    return b'"kind":"seal"' in line and b'"by_kind":' in line


def _with_notes(finds: _Finds, header: Header, source: Path | str) -> tuple[list[Line], int]:
    lines: list[Line] = []
    last = t = 0
    notes = 0
    for n in [*sorted(finds.whole), finds.end]:
        sizes = finds.damaged.get(last, [])
        missing = len(sizes) if n is None else max(0, n - last - 1)
        if header.parent is not None:
            missing = min(missing, len(sizes))  # an edited recording may leave numbers out
        if missing > MAX_NOTES:
            raise RecordingFormatError("too many entries are missing in one place", path=source, fix="see `doctor`")
        lines += [_note(last + 1 + index, t, _size(sizes, index, missing)) for index in range(missing)]
        notes += missing
        if n in finds.whole:
            lines.append(finds.whole[n])
            last, t = n, max(t, finds.whole[n][0].t)
    return lines, notes


def _size(sizes: list[int], index: int, missing: int) -> int:
    """Bytes the note ``index`` stands for: one line each, the last note the rest."""
    return sum(sizes[index:]) if index == missing - 1 else sum(sizes[index : index + 1])


def _note(n: int, t: int, size: int) -> Line:
    entry: AnyEntry = Withheld(n=n, t=t, of_kind="unknown", size=size, rule="damaged")
    return entry, encode_entry(entry)
