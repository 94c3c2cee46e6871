"""The audit log: one ``message`` record per inbound message, before delivery; ``delivery`` records after it.

1. The pipeline yields the body; time, latency, the keyed ``audit_hash`` and the chain are added here.
2. A record that cannot be written is an error, so that nothing goes on unaudited.
3. ``audit_hash`` is HMAC-SHA256 of the redacted text under a key that is kept elsewhere.
4. A seal with count and head stands behind every 1,000 records, behind 10 s of records, and at the end (``final``).
   The head is also kept beside the log (``audit.jsonl.head``), so that a log cut back to an older end shows.
5. An existing log is carried on: the chain goes through. What a crash left of a torn line is taken away, and the
   ``opened`` record says so. One that was written with another key is put aside, and the new one names it.
6. One process at a time writes a log.
"""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import os
from pathlib import Path
from typing import Any

from harness.clock import Clock
from harness.errors import ConfigError, SinkError
from harness.pipeline.outcome import Outcome
from harness.pipeline.payload import canonical
from harness.sinks.audit_chain import FIRST, FORMAT, BadLine, Link, head_of, link, parse_line, same
from harness.sinks.audit_head import head_path, read_head, write_head
from harness.sinks.base import idempotency_key
from harness.sinks.jsonl import append_bytes

__all__ = ["SEAL_RECORDS", "SEAL_SECONDS", "AuditLog"]

SEAL_RECORDS = 1000
SEAL_SECONDS = 10
_LAST_LINE = 1 << 20


class AuditLog:
    """Appends audit records to a file, mode 0600.

    Args:
        path: the file; its folder must exist.
        key: of the hashes and of the chain.
        key_id: how the key is called in the log.
        clock: stamps records.

    Raises:
        ConfigError: another process writes the log, or it is no audit log.
    """

    def __init__(self, path: Path, *, key: bytes, clock: Clock, key_id: str = "") -> None:
        self._path = path
        self._key = key
        self._clock = clock
        self._counts = {"message": 0, "delivery": 0}
        self._since_seal = 0
        self._sealed_ns = clock.monotonic_ns()
        self._n, self._head = 0, FIRST
        self._fd = _locked(path)
        try:
            self._carry_on(key_id)
        except BaseException:
            os.close(self._fd)
            raise

    def _carry_on(self, key_id: str) -> None:
        """Behind what the file holds; a log of another key is put aside and named in the new one."""
        record: dict[str, Any] = {"record": "opened", "format": FORMAT, "key_id": key_id}
        torn = _cut_torn_line(self._fd)
        if torn:
            record["torn_bytes"] = torn
        last = _last_record(self._fd, self._path)
        if last is not None and not same(last, self._key):
            aside = _put_aside(self._path)
            os.close(self._fd)
            self._fd = _locked(self._path)
            record |= {"earlier": aside.name, "earlier_head": last.head}
        else:
            if last is not None:
                self._n, self._head = last.record["n"], last.head
            kept = read_head(self._path)
            if kept is not None and kept.records > self._n:
                record["missing_records"] = kept.records - self._n
        self._write(record)

    def message(self, outcome: Outcome, body: dict[str, Any], latency_ns: int | None) -> None:
        """Record a message; ``latency_ns`` None where time is simulated.

        Raises:
            SinkError: the record could not be written; nothing may be delivered then.
        """
        keyed = hmac.new(self._key, canonical(outcome.payload), hashlib.sha256).hexdigest()
        latency_ms = None if latency_ns is None else round(latency_ns / 1e6, 3)
        record = {**body, "latency_ms": latency_ms, "audit_hash": keyed}
        self._append(idempotency_key(outcome), record)

    def delivery(self, outcome: Outcome, result: str, *, sink: str = "", attempts: int = 1) -> None:
        """Record what became of a delivery: ``delivered``, ``quarantined``, ``failed`` or ``dropped``."""
        self.delivered(idempotency_key(outcome), outcome.conversation, outcome.number, result, sink, attempts)

    def delivered(
        self, key: str, conversation: str, number: int, result: str, sink: str = "", attempts: int = 1
    ) -> None:
        """The same for an outcome that is known by its idempotency key alone.

        Raises:
            SinkError: the record could not be written.
        """
        record = {
            "record": "delivery",
            "number": number,
            "interaction_id": conversation,
            "idempotency_key": key,
            "sink": sink,
            "attempts": attempts,
            "result": result,
        }
        self._append(key, record)

    def _append(self, key: str, record: dict[str, Any]) -> None:
        try:
            self._write(record)
            self._counts[record["record"]] += 1
            self._since_seal += 1
            if self._since_seal >= SEAL_RECORDS:
                self.seal()
            else:
                self.tick()
        except OSError as error:
            raise SinkError(key, f"the audit log refused the record ({error.strerror})") from None

    def _write(self, record: dict[str, Any]) -> None:
        line = link({"n": self._n + 1, "time": self._time(), **record}, self._head, self._key)
        append_bytes(self._fd, line + b"\n")
        self._n, self._head = self._n + 1, head_of(line)

    def tick(self) -> None:
        """Seal what has been written if the last seal is 10 s old; call it now and then while nothing is written."""
        if self._since_seal and self._clock.monotonic_ns() - self._sealed_ns >= SEAL_SECONDS * 1_000_000_000:
            self.seal()

    def seal(self, *, final: bool = False) -> None:
        """Write a seal, and the head beside the log."""
        messages, deliveries = self._counts.values()
        record = {"record": "seal", "messages": messages, "deliveries": deliveries, "final": final}
        self._write(record)
        self._since_seal, self._sealed_ns = 0, self._clock.monotonic_ns()
        write_head(self._path, self._n, self._head, final=final, key=self._key)

    def close(self) -> None:
        """Seal and close the file; a full disk does not keep it from being closed."""
        if self._fd < 0:
            return
        try:
            self.seal(final=True)
        except OSError as error:
            raise SinkError("", f"the audit log could not be sealed ({error.strerror})") from None
        finally:
            os.close(self._fd)
            self._fd = -1

    def _time(self) -> str:
        return self._clock.wall().isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _cut_torn_line(fd: int) -> int:
    """Take away a last line without its end; the bytes taken."""
    size = os.fstat(fd).st_size
    tail = os.pread(fd, _LAST_LINE, max(0, size - _LAST_LINE))
    torn = len(tail) - (tail.rfind(b"\n") + 1)
    if torn:
        os.ftruncate(fd, size - torn)
    return torn


def _last_record(fd: int, path: Path) -> Link | None:
    """The last record; None in an empty log."""
    size = os.fstat(fd).st_size
    if not size:
        return None
    tail = os.pread(fd, _LAST_LINE, max(0, size - _LAST_LINE))
    try:
        return parse_line(tail[:-1].rpartition(b"\n")[2])
    except BadLine:
        fix = "move it away, or see what is wrong with it: harness audit verify"
        raise ConfigError("audit log", str(path), "an audit log of this version", fix=fix) from None


def _locked(path: Path) -> int:
    """Open ``path`` for this process alone."""
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(fd)
        fix = "give each run a folder of its own (--name)"
        raise ConfigError("audit log", str(path), "a log no other process writes", fix=fix) from None
    return fd


def _put_aside(path: Path) -> Path:
    """Rename the log and its head: ``audit.jsonl`` becomes ``audit.1.jsonl``, or the first number that is free."""
    number = 1
    while (aside := path.with_name(f"{path.stem}.{number}{path.suffix}")).exists():
        number += 1
    path.rename(aside)
    if head_path(path).exists():
        head_path(path).rename(head_path(aside))
    return aside
