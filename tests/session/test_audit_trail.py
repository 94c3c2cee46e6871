"""The audit log of sessions that are only recorded."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

from harness.clock import VirtualClock
from harness.dialects.mediation import MediationDialect
from harness.pipeline.chain import Pipeline
from harness.pipeline.outcome import Outcome
from harness.session.audit_trail import AuditTrail
from harness.session.keys import Key
from harness.sinks.audit_head import head_path
from harness.sinks.audit_verify import verify_audit

PIPELINE = Pipeline(dialect=MediationDialect())


def test_a_trail_audits_and_delivers_nothing(tmp_path: Path, make_outcome: Callable[..., Outcome]) -> None:
    """A record of each message whatever its verdict, carried on by the next session; nothing else is left."""
    path = tmp_path / "new" / "trail.jsonl"

    async def main() -> None:
        with AuditTrail(path, key=Key("k", b"k"), clock=VirtualClock()) as trail:
            await trail.take(PIPELINE, make_outcome(), 5_000_000)
            await trail.take(PIPELINE, make_outcome(verdict="rejected", deliverable=False), None)

    for _ in range(2):
        asyncio.run(main())
    records = [json.loads(line) for line in path.read_text().splitlines()]
    messages = [record for record in records if record["record"] == "message"]
    assert [record["verdict"] for record in messages] == ["accepted", "rejected"] * 2
    assert verify_audit(path, b"k").fault is None
    assert all("audit_hash" in record for record in messages)
    assert {record["record"] for record in records} <= {"opened", "message", "seal"}
    assert {file.name for file in path.parent.iterdir()} == {path.name, head_path(path).name}
