"""``harness audit verify``, ``harness outbox`` and ``harness deliveries`` on the folder of a run."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from harness.cli import audit, deliveries, outbox
from harness.clock import SystemClock
from harness.dialects.mediation import MediationDialect
from harness.errors import SinkError
from harness.pipeline.chain import Pipeline
from harness.pipeline.outcome import Grounding, Outcome
from harness.session.keys import load_key
from harness.session.store import Store
from harness.sinks.base import Parcel


class Refusing:
    """A sink that takes nothing."""

    name = "webhook"

    async def deliver(self, parcel: Parcel) -> None:
        raise SinkError(parcel.key, "the webhook answered 400", final=True)


def outcome(number: int, **changes: object) -> Outcome:
    fields = {
        "number": number,
        "conversation": f"c-{number}",
        "seq": number,
        "event": "summary.completed",
        "verdict": "accepted",
        "stage": "audit",
        "payload": {"summary": f"Refund {number} GRANTED."},
        "digest": str(number) * 64,
        "deliverable": True,
        "pii_redacted": True,
        "grounding": Grounding(verdict="grounded", band="grounded", score=1.0),
        "governance": {"status": "compliant"},
    }
    return Outcome(**{**fields, **changes})  # type: ignore[arg-type]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A run of two summaries and a refused message, whose webhook took nothing; key of seed 5."""

    async def main() -> None:
        pipeline = Pipeline(dialect=MediationDialect())
        store = Store(tmp_path, key=load_key(None, 5), clock=SystemClock(), sinks=[Refusing()])
        async with store:
            for one in (outcome(1), outcome(2), outcome(3, verdict="rejected", reasons=("not_json",))):
                await store.take(pipeline, one, 0)

    asyncio.run(main())
    return tmp_path


def called(command: Callable[..., object], *args: object) -> Result:
    return CliRunner().invoke(command, [str(arg) for arg in args])  # type: ignore[arg-type]


def test_verify(folder: Path) -> None:
    """A whole log is 0 and tells its counts; one that was touched is 1 and names the first bad record."""
    done = called(audit.command, "verify", folder, "--seed", 5, "--json")
    found = json.loads(done.stdout)
    assert (done.exit_code, found["ok"], found["messages"], found["keyed"]) == (0, True, 3, True)
    done = called(audit.command, "verify", folder / "audit.jsonl")
    assert done.exit_code == 0 and "whole; 3 messages" in done.stdout and "seed-5" in done.stderr
    log = folder / "audit.jsonl"
    log.write_bytes(log.read_bytes().replace(b'"verdict":"rejected"', b'"verdict":"accepted"'))
    done = called(audit.command, "verify", folder, "--seed", 5)
    line = 1 + log.read_text().splitlines().index(next(s for s in log.read_text().splitlines() if '"c-3"' in s))
    assert done.exit_code == 1 and f"audit.jsonl:{line}: edited" in done.stdout
    assert called(audit.command, "verify", folder / "none").exit_code == 2


def test_deliveries(folder: Path) -> None:
    """Summaries by text and conversation, with what every sink made of them; nothing found is 5."""
    done = called(deliveries.command, folder, "--search", "granted", "-n", 1, "--jsonl")
    one = json.loads(done.stdout)
    assert one["body"]["summary"] == "Refund 1 GRANTED." and one["sinks"]["webhook"]["state"] == "dead"
    assert called(deliveries.command, folder, "-c", "c-2").stdout.count("\n") == 1
    assert "not_json" in called(deliveries.command, folder, "--quarantine").stdout
    assert called(deliveries.command, folder, "--search", "nowhere").exit_code == 5
    assert called(deliveries.command, folder / "none").exit_code == 2


def test_outbox(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Dead letters are listed with their problem, and taken up again; without their sink they stay pending."""
    done = called(outbox.command, "list", folder)
    assert done.stdout.count("dead") == 2 and "answered 400" in done.stdout and "webhook: 2 dead" in done.stderr
    rows = [
        json.loads(line)
        for line in called(outbox.command, "list", folder, "--state", "done", "--jsonl").stdout.splitlines()
    ]
    assert {name for row in rows for name in row["sinks"]} == {"delivered.jsonl", "quarantine.jsonl"}
    key = next(row["key"] for row in rows if row["kind"] == "delivery")
    done = called(outbox.command, "retry", folder, key, "--seconds", 0)
    assert done.exit_code == 0 and "1 dead letters" in done.stderr
    assert "webhook: 1 dead, 1 pending" in called(outbox.command, "list", folder).stderr
    assert called(outbox.command, "retry", folder / "none").exit_code == 2
