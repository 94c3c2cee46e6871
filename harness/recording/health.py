"""Examine a recording without changing it: every kind of damage, told of with its line.

1. The whole file is looked at: one fault does not hide the next, but what follows from a fault (a digest behind a
   flipped byte) is not told of again.
2. A finding is damage (the file must not be trusted as it is) or a warning (a person should decide).
3. Findings hold no payload text: kinds, lines, types and counts only.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal

from harness.errors import RecordingError, RecordingFormatError, RecordingNotFound, UnsupportedVersion
from harness.recording.codec import MAX_LINE, decode_header, kind_of
from harness.recording.damage import Found, lines_of
from harness.recording.entry import AnyEntry, Checkpoint, Header, Seal, Withheld
from harness.recording.names import check_names
from harness.recording.reader import open_file

__all__ = ["Diagnosis", "Finding", "FindingKind", "LeakScan", "examine"]

FindingKind = Literal[
    "unreadable",
    "bad_header",
    "newer_reader",
    "flipped_byte",
    "bad_line",
    "torn_tail",
    "missing_seal",
    "bad_sha",
    "bad_counts",
    "n_holes",
    "after_seal",
    "fictional_source",
    "leak",
    "unsigned",
    "recovered",
]

LeakScan = Callable[[AnyEntry], Iterable[str]]
"""The types of personal data that an independent scan still finds in an entry."""

_ENDS = ("torn", "unpackable", "hopeless")
_WARNINGS = frozenset({"unsigned", "recovered"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is not as it should be; ``line`` counts from 1, 0 = the whole file."""

    kind: FindingKind
    line: int = 0
    detail: str

    @property
    def severity(self) -> Literal["damage", "warning"]:
        return "warning" if self.kind in _WARNINGS else "damage"


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """What :func:`examine` found; ``entries`` counts whole ones, the seal left out."""

    path: Path
    findings: tuple[Finding, ...] = ()
    entries: int = 0

    @property
    def healthy(self) -> bool:
        """True when nothing is damaged; there may be warnings."""
        return all(finding.severity == "warning" for finding in self.findings)


def examine(path: Path | str, *, leaks: Callable[[Header], LeakScan] | None = None) -> Diagnosis:
    """Look at the recording at ``path``.

    Args:
        path: the file.
        leaks: makes the scan that is asked about every entry of a recording that must not hold personal data in clear.

    Raises:
        RecordingNotFound: no such file.
    """
    path = Path(path)
    try:
        with open_file(path) as file:
            examination = _Examination(path, leaks)
            examination.run(file)
    except RecordingNotFound:
        raise
    except RecordingError as error:
        return Diagnosis(path=path, findings=(_of_error(error),))
    return Diagnosis(path=path, findings=tuple(examination.findings), entries=examination.entries)


class _Examination:
    """One pass over a file."""

    def __init__(self, path: Path, leaks: Callable[[Header], LeakScan] | None) -> None:
        self.path = path
        self.findings: list[Finding] = []
        self.entries = 0
        self._scan_for = leaks
        self._leaks: LeakScan | None = None
        self._sha = hashlib.sha256()
        self._broken = False
        """Something before has bytes of its own damage: no digest can match any more."""
        self._by_kind: Counter[str] = Counter()
        self._n = self._t = 0
        self._seal: Seal | None = None
        self._damaged_notes = 0

    def run(self, file: BinaryIO) -> None:
        head = file.readline(MAX_LINE + 1)
        if not head.endswith(b"\n") and len(head) <= MAX_LINE:
            self._add("torn_tail", 1, "the file ends within its header")
            return
        header = check_names(decode_header(head, path=self.path), self.path)
        self._sha.update(head)
        self._of_header(header)
        torn = False
        for found in lines_of(file, self.path):
            torn = found.state in _ENDS or torn
            self._line(found, header)
        self._of_end(torn)

    def _of_header(self, header: Header) -> None:
        redaction = header.redaction
        if redaction.state != "fictional":
            self._leaks = self._scan_for(header) if self._scan_for else None
        elif header.source != "synthetic":  # only invented personal data may stand in clear
            detail = f"the state is fictional, but the source is {header.source}, not synthetic"
            self._add("fictional_source", 1, detail)
        if header.source == "live" and not redaction.signed_off:
            detail = "a live recording nobody has signed off; look at what `harness scan --strict` lists"
            self._add("unsigned", 1, detail)

    def _line(self, found: Found, header: Header) -> None:
        if found.state in _ENDS:
            self._add("torn_tail" if found.state == "torn" else "bad_line", found.number, found.problem)
        elif self._seal is not None:
            self._add("after_seal", found.number, "something follows the seal")
        elif found.entry is None:
            self._broken = True
            self._add("flipped_byte" if found.state == "flipped" else "bad_line", found.number, found.problem)
        else:
            self._entry(found.entry, found, header)
            self._sha.update(found.line)

    def _entry(self, entry: AnyEntry, found: Found, header: Header) -> None:
        self._order(entry, found.number, header)
        if isinstance(entry, (Checkpoint, Seal)) and not self._broken and entry.sha256 != self._sha.hexdigest():
            self._broken = True
            self._add("bad_sha", found.number, f"the {kind_of(entry)} does not match what stands before it")
        if isinstance(entry, Seal):
            self._of_seal(entry, found.number)
            return
        self._n, self._t = max(self._n, entry.n), max(self._t, entry.t)
        self._by_kind[kind_of(entry)] += 1
        self.entries += 1
        self._damaged_notes += isinstance(entry, Withheld) and entry.rule == "damaged"
        for type_ in self._leaks(entry) if self._leaks else ():
            self._add("leak", found.number, f"a value of type {type_} is left in the text")

    def _order(self, entry: AnyEntry, number: int, header: Header) -> None:
        missing = entry.n - self._n - 1
        if missing == 0 or (self._broken and missing > 0) or (header.parent is not None and missing > 0):
            return
        words = f"{missing} entries are missing before entry {entry.n}" if missing > 0 else f"entry {entry.n} is late"
        self._add("n_holes", number, words)

    def _of_seal(self, seal: Seal, number: int) -> None:
        self._seal = seal
        counted = seal.by_kind == self._by_kind and seal.entries == self._by_kind.total() and seal.duration == self._t
        if not counted and not self._broken:
            self._add("bad_counts", number, "the seal's counts or duration are not those of the entries")

    def _of_end(self, torn: bool) -> None:
        if self._seal is None and not torn:
            self._add("missing_seal", 0, "the recording was cut off between two lines; `harness seal` closes it")
        if self._damaged_notes:
            self._add(
                "recovered", 0, f"{self._damaged_notes} damaged entries were replaced by notes when it was recovered"
            )

    def _add(self, kind: FindingKind, line: int, detail: str) -> None:
        self.findings.append(Finding(kind=kind, line=line, detail=detail))


def _of_error(error: RecordingError) -> Finding:
    """What keeps the header from being read, or the file from being opened."""
    where = f"{error.path}:{error.line}: " if error.line else f"{error.path}: "
    words = error.message.removeprefix(where)
    if isinstance(error, UnsupportedVersion):
        return Finding(kind="newer_reader", line=1, detail=words)
    if isinstance(error, RecordingFormatError) and error.line == 1:
        return Finding(kind="flipped_byte" if error.fix and "checksum" in words else "bad_header", line=1, detail=words)
    return Finding(kind="unreadable", line=error.line, detail=words)
