"""Whether an audit log is as it was written, and if not, the first record that is not.

1. Line after line: it must be a record, bear the next number, state the hash of the line before, and its code must
   be the key's. What a seal counts must be what was read.
2. A log ends with a final seal; the head beside it must be its last record. A log that holds more than one run needs
   its head, else it could have been cut back to the end of an earlier run.
3. Without the key the codes are not checked: ``keyed`` is False then, and a log written anew as a whole would pass.
4. Every kind of damage has a name: ``not_a_record`` | ``edited`` | ``missing`` | ``out_of_place`` | ``miscounted`` |
   ``truncated`` | ``cut_back``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from harness.sinks.audit_chain import FIRST, BadLine, Link, parse_line, same
from harness.sinks.audit_head import Head, read_head

__all__ = ["Audited", "Fault", "verify_audit"]


@dataclass(frozen=True, slots=True)
class Fault:
    """The first record that is not as it was written: its line in the file, from 1, what is wrong, in words too."""

    line: int
    kind: str
    words: str


@dataclass(slots=True)
class Audited:
    """What a log holds, as far as it could be followed.

    Args:
        records: lines that hold, seals and openings included.
        keyed: whether the codes were checked.
        runs: how often the log was opened.
        unclosed: lines of runs that ended without a final seal, such as by a crash; the next run carried on.
        key_id: of the key it says it was written with.
        head: hash of the last record that holds.
    """

    records: int = 0
    messages: int = 0
    deliveries: int = 0
    seals: int = 0
    runs: int = 0
    keyed: bool = False
    key_id: str = ""
    head: str = FIRST
    unclosed: list[int] = field(default_factory=list)
    fault: Fault | None = None


def verify_audit(path: Path, key: bytes | None, *, head: str | None = None, still_open: bool = False) -> Audited:
    """Follow the log at ``path`` from its first line.

    Args:
        key: the key it was written with; None leaves the codes unchecked.
        head: the last record's hash, kept elsewhere; it takes the place of the head beside the log.
        still_open: the log is being written: it need not end with a final seal.

    Raises:
        OSError: it cannot be read.
    """
    found = Audited(keyed=key is not None)
    walk = _Walk(found, key)
    for number, line in enumerate(_lines(path), 1):
        found.fault = walk.take(number, line)
        if found.fault is not None:
            return found
    found.fault = walk.end(read_head(path), head, still_open=still_open)
    return found


def _lines(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        yield from file


class _Walk:
    """Follows the chain; counts restart with every opening, as the writer's do."""

    def __init__(self, found: Audited, key: bytes | None) -> None:
        self._found = found
        self._key = key
        self._run = [0, 0]
        self._final = True

    def take(self, number: int, line: bytes) -> Fault | None:
        """The next line; what is wrong with it, if anything."""
        if not line.endswith(b"\n"):
            return Fault(number, "truncated", "the last line is cut off")
        try:
            one = parse_line(line[:-1])
        except BadLine:
            return Fault(number, "not_a_record", "the line is no record of an audit log")
        return self._broken(number, one) or self._counted(number, one)

    def _broken(self, number: int, one: Link) -> Fault | None:
        n, expected = one.record["n"], self._found.records + 1
        if self._key is not None and not same(one, self._key):
            return Fault(number, "edited", f"record {n} was not written with this key, or was changed since")
        if n > expected:
            return Fault(number, "missing", f"records {expected} to {n - 1} are missing before record {n}")
        if n < expected:
            return Fault(number, "out_of_place", f"record {n} stands where record {expected} should")
        if one.prev != self._found.head:
            return Fault(max(1, number - 1), "edited", f"record {n} was not written behind the record before it")
        return None

    def _counted(self, number: int, one: Link) -> Fault | None:
        found, record = self._found, one.record
        kind = record["record"]
        if kind == "opened":
            self._open(number, str(record.get("key_id", "")))
            if record.get("missing_records"):
                words = f"{record['missing_records']} sealed records before it were gone when the run began"
                return Fault(number, "cut_back", words)
        elif kind == "message":
            found.messages, self._run[0] = found.messages + 1, self._run[0] + 1
        elif kind == "delivery":
            found.deliveries, self._run[1] = found.deliveries + 1, self._run[1] + 1
        elif kind == "seal":
            found.seals += 1
            if [record.get("messages"), record.get("deliveries")] != self._run:
                return Fault(number, "miscounted", "the seal counts other records than stand before it")
        self._final = kind == "seal" and record.get("final") is True
        found.records, found.head = found.records + 1, one.head
        return None

    def _open(self, number: int, key_id: str) -> None:
        if not self._final:
            self._found.unclosed.append(number - 1)
        self._found.runs += 1
        self._found.key_id = key_id
        self._run = [0, 0]

    def end(self, kept: Head | None, given: str | None, *, still_open: bool) -> Fault | None:
        """What is wrong behind the last line."""
        found = self._found
        after = found.records + 1
        if not found.records:
            return Fault(1, "truncated", "the log is empty")
        if given is not None:
            return None if given == found.head else Fault(after, "cut_back", "the last record is not the given head")
        if not self._final and not still_open:
            return Fault(after, "truncated", "the log does not end with a final seal")
        if kept is None:
            several = found.runs > 1
            words = "the log holds several runs and its .head file is missing: an earlier end cannot be told apart"
            return Fault(after, "cut_back", words) if several else None
        if self._key is not None and not kept.written_with(self._key):
            return Fault(after, "cut_back", "the .head file was not written with this key")
        if kept.records > found.records or (self._final and kept.head != found.head):
            return Fault(after, "cut_back", f"the .head file knows of {kept.records} records")
        return None
