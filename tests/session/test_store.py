"""A session's folder."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from harness.clock import SystemClock, VirtualClock
from harness.dialects.mediation import MediationDialect
from harness.errors import SinkError
from harness.pipeline.chain import Pipeline
from harness.pipeline.outcome import Outcome
from harness.session.keys import Key
from harness.session.store import Store
from harness.sinks import CallbackSink, Parcel, Sink
from harness.sinks.audit_verify import verify_audit

PIPELINE = Pipeline(dialect=MediationDialect())


KEY = Key("k-1", b"k")


def take(folder: Path, *outcomes: Outcome, sinks: Sequence[Sink] = (), drain_s: float = 30.0) -> Store:
    """A run in ``folder`` that takes ``outcomes``."""

    async def main() -> Store:
        clock = VirtualClock(auto=True)
        async with Store(folder, key=KEY, clock=clock, sinks=sinks, drain_s=drain_s) as store:
            for outcome in outcomes:
                await store.take(PIPELINE, outcome, 5_000_000)
        return store

    return asyncio.run(main())


def lines(folder: Path, name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / name).read_text().splitlines()]


def results(folder: Path) -> list[tuple[str, str, int]]:
    """What the audit log says of deliveries: sink, result, number."""
    audit = lines(folder, "audit.jsonl")
    return [(one["sink"], one["result"], one["number"]) for one in audit if one["record"] == "delivery"]


def test_places(tmp_path: Path, make_outcome: Callable[..., Outcome]) -> None:
    """Every outcome is audited, accepted summaries are delivered, what is not accepted goes to quarantine."""
    folder = tmp_path / "new" / "folder"
    take(
        folder,
        make_outcome(number=1, seq=1, event="heartbeat", deliverable=False),
        make_outcome(number=2, seq=2),
        make_outcome(number=3, seq=3, verdict="quarantined", stage="ground", reasons=("invented",)),
        make_outcome(number=4, seq=4, verdict="rejected", deliverable=False),
    )
    audit = lines(folder, "audit.jsonl")
    assert [one["number"] for one in audit if one["record"] == "message"] == [1, 2, 3, 4]
    assert sorted(results(folder)) == [
        ("delivered.jsonl", "delivered", 2),
        ("quarantine.jsonl", "quarantined", 3),
        ("quarantine.jsonl", "quarantined", 4),
        ("sqlite", "delivered", 2),
        ("sqlite", "quarantined", 3),
        ("sqlite", "quarantined", 4),
    ]
    assert [one["idempotency_key"].split("/")[1] for one in lines(folder, "delivered.jsonl")] == ["s2"]
    assert [one["number"] for one in lines(folder, "quarantine.jsonl")] == [3, 4]
    assert next(one for one in audit if one["record"] == "message")["latency_ms"] == 5.0
    assert verify_audit(folder / "audit.jsonl", KEY.secret).fault is None


def test_a_failing_sink(tmp_path: Path, make_outcome: Callable[..., Outcome]) -> None:
    """A sink that fails for good is given up in the audit; the others are served."""
    seen: list[str] = []

    class Refusing:
        name = "refusing"

        async def deliver(self, parcel: Parcel) -> None:
            raise SinkError(parcel.key, "no", final=True)

    async def keep(body: dict[str, Any]) -> None:
        seen.append(body["summary"])

    store = take(tmp_path, make_outcome(), sinks=[Refusing(), CallbackSink(keep)])
    assert store.failures == 1 and store.pending == 0
    assert len(seen) == 1 and len(lines(tmp_path, "delivered.jsonl")) == 1
    assert ("refusing", "failed", 3) in results(tmp_path)


def test_known(tmp_path: Path, make_outcome: Callable[..., Outcome]) -> None:
    """A summary that comes again, also in a later run, is delivered once; the audit has it twice."""
    take(tmp_path, make_outcome())
    take(tmp_path, make_outcome(number=9))
    assert len(lines(tmp_path, "delivered.jsonl")) == 1
    assert [one for one in results(tmp_path) if one[0] == "sqlite"] == [
        ("sqlite", "delivered", 3),
        ("sqlite", "known", 9),
    ]


def test_what_is_left(tmp_path: Path, make_outcome: Callable[..., Outcome]) -> None:
    """What a sink has not taken when the run ends is delivered by the next run in the folder."""
    seen: list[str] = []

    async def fail(_: dict[str, Any]) -> None:
        raise RuntimeError

    async def keep(body: dict[str, Any]) -> None:
        seen.append(body["idempotency_key"])

    store = take(tmp_path, make_outcome(), sinks=[CallbackSink(fail)], drain_s=0.0)
    assert store.pending and not seen
    take(tmp_path, sinks=[CallbackSink(keep)])
    assert len(seen) == 1 and ("callback", "delivered", 3) in results(tmp_path)


def test_no_delivery_without_audit(
    tmp_path: Path, make_outcome: Callable[..., Outcome], monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the audit cannot be written, nothing is delivered and the error is raised."""

    def full(fd: int, data: bytes) -> int:
        raise OSError("full")

    async def main() -> None:
        async with Store(tmp_path, key=KEY, clock=VirtualClock()) as store:
            monkeypatch.setattr(os, "write", full)
            try:
                await store.take(PIPELINE, make_outcome(), 0)
            finally:
                monkeypatch.undo()

    with pytest.raises(SinkError, match="audit"):
        asyncio.run(main())
    assert not (tmp_path / "delivered.jsonl").read_text()
    assert results(tmp_path) == []


def test_a_quiet_session_is_sealed_in_time(
    tmp_path: Path, make_outcome: Callable[..., Outcome], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A seal stands behind the last record although nothing more is written; failures leave the store as they are."""
    monkeypatch.setattr("harness.session.store.SEAL_SECONDS", 0.05)
    monkeypatch.setattr("harness.sinks.audit_log.SEAL_SECONDS", 0.05)

    async def main() -> list[str]:
        async with asyncio.timeout(120), Store(tmp_path, key=KEY, clock=SystemClock()) as store:
            await store.take(PIPELINE, make_outcome(number=1, seq=1, event="heartbeat", deliverable=False), None)
            records: list[str] = []
            while records[-1:] != ["seal"]:
                records = [one["record"] for one in lines(tmp_path, "audit.jsonl")]
                await asyncio.sleep(0.02)
        return records

    assert asyncio.run(main()) == ["opened", "message", "seal"]

    async def fails() -> None:
        async with Store(tmp_path, key=KEY, clock=SystemClock()):
            raise SinkError("", "of the session")

    with pytest.raises(SinkError, match="of the session"):
        asyncio.run(fails())


def test_a_dropped_message_is_audited_and_nothing_else(tmp_path: Path, make_outcome: Callable[..., Outcome]) -> None:
    """It has its record and the result ``dropped``; there is nothing of it to keep in quarantine."""
    take(
        tmp_path, make_outcome(verdict="rejected", stage="queue", reasons=("dropped",), payload=None, deliverable=False)
    )
    assert results(tmp_path) == [("", "dropped", 3)]
    assert [one["number"] for one in lines(tmp_path, "audit.jsonl") if one["record"] == "message"] == [3]
    assert lines(tmp_path, "quarantine.jsonl") == []
