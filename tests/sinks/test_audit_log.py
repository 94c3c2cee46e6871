"""The audit log."""

from __future__ import annotations

import errno
import hashlib
import hmac
import json
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.clock import VirtualClock
from harness.errors import SinkError
from harness.pipeline.outcome import Outcome
from harness.pipeline.payload import canonical
from harness.sinks.audit_log import AuditLog

KEY = b"audit"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "audit.jsonl"


def test_records(path: Path, make_outcome: Callable[..., Outcome]) -> None:
    """A message record has time, latency and keyed hash; a delivery record the result and the same key."""
    clock = VirtualClock()
    clock.advance(1_500_000_000)
    log = AuditLog(path, key=KEY, clock=clock)
    outcome = make_outcome()
    log.message(outcome, {"record": "message", "number": 3}, 1_234_567)
    log.message(outcome, {"record": "message", "number": 4}, None)
    log.delivery(outcome, "delivered")
    log.close()
    log.close()
    first, second, third = map(json.loads, path.read_text().splitlines())
    assert first == {
        "time": "2026-01-01T00:00:01.500Z",
        "record": "message",
        "number": 3,
        "latency_ms": 1.235,
        "audit_hash": hmac.new(KEY, canonical(outcome.payload), hashlib.sha256).hexdigest(),
    }
    assert second["latency_ms"] is None
    assert (third["record"], third["result"], third["number"]) == ("delivery", "delivered", 3)
    assert third["idempotency_key"].startswith("telco-one-0001/3/")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_record_that_cannot_be_written(
    path: Path, make_outcome: Callable[..., Outcome], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is a typed error, so that nothing goes on unaudited."""

    def full(fd: int, data: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    log = AuditLog(path, key=KEY, clock=VirtualClock())
    monkeypatch.setattr(os, "write", full)
    with pytest.raises(SinkError, match="audit log"):
        log.message(make_outcome(), {}, None)
    with pytest.raises(SinkError, match="audit log"):
        log.delivery(make_outcome(), "delivered")
    log.close()
