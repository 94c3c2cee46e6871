"""What a session leaves in its folder: deliveries, quarantine, audit log."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from harness.clock import Clock
from harness.errors import SinkError
from harness.pipeline.chain import Pipeline
from harness.pipeline.outcome import Outcome
from harness.session.folders import made_folder
from harness.sinks.audit_log import AuditLog
from harness.sinks.base import Sink, quarantine
from harness.sinks.jsonl import JsonlSink

__all__ = ["AuditTrail", "Store", "Taker"]


class Taker(Protocol):
    """Takes every outcome of a session, in order."""

    async def take(self, pipeline: Pipeline, outcome: Outcome, latency_ns: int | None) -> None:
        """Take one; whatever it raises ends the session."""
        ...


class AuditTrail:
    """An audit log alone: nothing is delivered.

    Args:
        path: the file, appended to; its folder is made.
        key: of the audit hashes.
        clock: stamps records.
    """

    def __init__(self, path: Path, *, key: bytes, clock: Clock) -> None:
        made_folder(path.parent)
        self._audit = AuditLog(path, key=key, clock=clock)

    async def take(self, pipeline: Pipeline, outcome: Outcome, latency_ns: int | None) -> None:
        """Audit it."""
        self._audit.message(outcome, pipeline.audit_body(outcome), latency_ns)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._audit.close()


class Store:
    """Audits every outcome, then delivers the accepted summaries and keeps what is not accepted in quarantine.

    A sink that fails is noted in ``failures`` and the audit; an audit log that fails ends the session (SinkError).

    Args:
        folder: gets ``audit.jsonl``, ``delivered.jsonl`` and ``quarantine.jsonl``.
        key: of the audit hashes.
        clock: stamps audit records.
        sinks: more places for accepted summaries.
    """

    def __init__(self, folder: Path, *, key: bytes, clock: Clock, sinks: Sequence[Sink] = ()) -> None:
        made_folder(folder)
        self._audit = AuditLog(folder / "audit.jsonl", key=key, clock=clock)
        self._delivered = JsonlSink(folder / "delivered.jsonl")
        self._quarantine = JsonlSink(folder / "quarantine.jsonl", body=quarantine)
        self._sinks: tuple[Sink, ...] = (self._delivered, *sinks)
        self.failures: list[SinkError] = []

    async def take(self, pipeline: Pipeline, outcome: Outcome, latency_ns: int | None) -> None:
        """Audit first; then the one place the outcome belongs."""
        self._audit.message(outcome, pipeline.audit_body(outcome), latency_ns)
        if outcome.verdict != "accepted":
            self._audit.delivery(outcome, await self._deliver(outcome, (self._quarantine,), "quarantined"))
        elif outcome.deliverable:
            self._audit.delivery(outcome, await self._deliver(outcome, self._sinks, "delivered"))

    async def _deliver(self, outcome: Outcome, sinks: Sequence[Sink], result: str) -> str:
        """Hand it to every one of ``sinks``; ``result``, or ``failed`` if one of them did not take it."""
        for sink in sinks:
            try:
                await sink.deliver(outcome)
            except SinkError as error:
                self.failures.append(error)
                result = "failed"
        return result

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for part in (self._audit, self._delivered, self._quarantine):
            part.close()
