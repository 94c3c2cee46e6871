"""A session's folder."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.clock import VirtualClock
from harness.dialects.mediation import MediationDialect
from harness.errors import SinkError
from harness.pipeline.chain import Pipeline
from harness.pipeline.outcome import Outcome
from harness.session.store import AuditTrail, Store, Taker
from harness.sinks import CallbackSink

PIPELINE = Pipeline(dialect=MediationDialect())


def take(store: Taker, *outcomes: Outcome) -> None:
    async def main() -> None:
        for outcome in outcomes:
            await store.take(PIPELINE, outcome, 5_000_000)

    asyncio.run(main())


def lines(folder: Path, name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / name).read_text().splitlines()]


def test_places(tmp_path: Path, make_outcome: Callable[..., Outcome]) -> None:
    """Every outcome is audited, accepted summaries are delivered, what is not accepted goes to quarantine."""
    folder = tmp_path / "new" / "folder"
    with Store(folder, key=b"k", clock=VirtualClock()) as store:
        take(
            store,
            make_outcome(number=1, event="heartbeat", deliverable=False),
            make_outcome(number=2),
            make_outcome(number=3, verdict="quarantined", stage="ground", reasons=("invented",)),
            make_outcome(number=4, verdict="rejected", deliverable=False),
        )
    audit = lines(folder, "audit.jsonl")
    assert [(one["record"], one["number"], one.get("result")) for one in audit] == [
        ("message", 1, None),
        ("message", 2, None),
        ("delivery", 2, "delivered"),
        ("message", 3, None),
        ("delivery", 3, "quarantined"),
        ("message", 4, None),
        ("delivery", 4, "quarantined"),
    ]
    assert [one["idempotency_key"].split("/")[1] for one in lines(folder, "delivered.jsonl")] == ["2"]
    assert [one["number"] for one in lines(folder, "quarantine.jsonl")] == [3, 4]
    assert audit[0]["latency_ms"] == 5.0


def test_a_failing_sink(tmp_path: Path, make_outcome: Callable[..., Outcome]) -> None:
    """A sink that fails is noted, the others are still served, and the audit says so."""
    seen: list[str] = []

    async def fail(_: dict[str, Any]) -> None:
        raise RuntimeError

    async def keep(body: dict[str, Any]) -> None:
        seen.append(body["summary"])

    sinks = [CallbackSink(fail), CallbackSink(keep)]
    with Store(tmp_path, key=b"k", clock=VirtualClock(), sinks=sinks) as store:
        take(store, make_outcome())
    assert len(store.failures) == 1 and isinstance(store.failures[0], SinkError)
    assert len(seen) == 1 and len(lines(tmp_path, "delivered.jsonl")) == 1
    assert lines(tmp_path, "audit.jsonl")[1]["result"] == "failed"


def test_a_failing_quarantine(
    tmp_path: Path, make_outcome: Callable[..., Outcome], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A quarantine that fails is noted likewise: the audit is written either way."""
    with Store(tmp_path, key=b"k", clock=VirtualClock()) as store:
        store._quarantine.close()
        take(store, make_outcome(verdict="rejected"))
    assert [one.get("result") for one in lines(tmp_path, "audit.jsonl")] == [None, "failed"]
    assert len(store.failures) == 1


def test_no_delivery_without_audit(
    tmp_path: Path, make_outcome: Callable[..., Outcome], monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the audit cannot be written, nothing is delivered and the error is raised."""

    def full(fd: int, data: bytes) -> int:
        raise OSError("full")

    with Store(tmp_path, key=b"k", clock=VirtualClock()) as store:
        monkeypatch.setattr(os, "write", full)
        with pytest.raises(SinkError, match="audit"):
            take(store, make_outcome())
    assert not (tmp_path / "delivered.jsonl").read_text()


def test_a_trail_audits_and_delivers_nothing(tmp_path: Path, make_outcome: Callable[..., Outcome]) -> None:
    """The same records as a store's, appended to one file, whatever the verdict."""
    path = tmp_path / "new" / "trail.jsonl"
    for _ in range(2):
        with AuditTrail(path, key=b"k", clock=VirtualClock()) as trail:
            take(trail, make_outcome(), make_outcome(verdict="rejected", deliverable=False))
    records = lines(path.parent, "trail.jsonl")
    assert [record["verdict"] for record in records] == ["accepted", "rejected"] * 2
    assert all("audit_hash" in record for record in records)
    assert [file.name for file in path.parent.iterdir()] == ["trail.jsonl"]
