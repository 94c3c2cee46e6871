"""An audit log without deliveries, for sessions that are only recorded."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from harness.clock import Clock
from harness.pipeline.chain import Pipeline
from harness.pipeline.outcome import Outcome
from harness.session.folders import made_folder
from harness.session.keys import Key
from harness.sinks.audit_log import AuditLog

__all__ = ["AuditTrail", "Taker"]


class Taker(Protocol):
    """Takes every outcome of a session, in order."""

    async def take(self, pipeline: Pipeline, outcome: Outcome, latency_ns: int | None) -> None:
        """Take one; whatever it raises ends the session."""
        ...


class AuditTrail:
    """The audit log of a session's store, alone.

    Args:
        path: the file, carried on if it exists; its folder is made.
        key: of hashes and chain.
        clock: stamps records.

    Raises:
        ConfigError: another process writes the log, or it is no audit log.
    """

    def __init__(self, path: Path, *, key: Key, clock: Clock) -> None:
        made_folder(path.parent)
        self._audit = AuditLog(path, key=key.secret, key_id=key.id, clock=clock)

    async def take(self, pipeline: Pipeline, outcome: Outcome, latency_ns: int | None) -> None:
        """Audit it.

        Raises:
            SinkError: the record could not be written.
        """
        self._audit.message(outcome, pipeline.audit_body(outcome), latency_ns)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._audit.close()
