"""The audit log: one ``message`` record per inbound message, before delivery; ``delivery`` records after it.

1. The pipeline yields the body; time, latency and the keyed ``audit_hash`` are added here.
2. A record that cannot be written is an error, so that nothing goes on unaudited.
3. ``audit_hash`` is HMAC-SHA256 of the redacted text under a key that is kept elsewhere.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from pathlib import Path
from typing import Any

from harness.clock import Clock
from harness.errors import SinkError
from harness.pipeline.outcome import Outcome
from harness.pipeline.payload import canonical
from harness.sinks.base import idempotency_key
from harness.sinks.jsonl import append_line

__all__ = ["AuditLog"]


class AuditLog:
    """Appends audit records to a file, mode 0600.

    Args:
        path: the file; its folder must exist.
        key: of the hashes.
        clock: stamps records.
    """

    def __init__(self, path: Path, *, key: bytes, clock: Clock) -> None:
        self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self._key = key
        self._clock = clock

    def message(self, outcome: Outcome, body: dict[str, Any], latency_ns: int | None) -> None:
        """Record a message; ``latency_ns`` None where time is simulated.

        Raises:
            SinkError: the record could not be written; nothing may be delivered then.
        """
        keyed = hmac.new(self._key, canonical(outcome.payload), hashlib.sha256).hexdigest()
        latency_ms = None if latency_ns is None else round(latency_ns / 1e6, 3)
        self._append(outcome, {"time": self._time(), **body, "latency_ms": latency_ms, "audit_hash": keyed})

    def delivery(self, outcome: Outcome, result: str) -> None:
        """Record what became of a delivery: ``delivered``, ``quarantined`` or ``failed``."""
        record = {
            "time": self._time(),
            "record": "delivery",
            "number": outcome.number,
            "interaction_id": outcome.conversation,
            "idempotency_key": idempotency_key(outcome),
            "result": result,
        }
        self._append(outcome, record)

    def _append(self, outcome: Outcome, record: dict[str, Any]) -> None:
        try:
            append_line(self._fd, record)
        except OSError as error:
            problem = f"the audit log refused the record ({error.strerror})"
            raise SinkError(idempotency_key(outcome), problem) from None

    def close(self) -> None:
        """Close the file."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def _time(self) -> str:
        return self._clock.wall().isoformat(timespec="milliseconds").replace("+00:00", "Z")
