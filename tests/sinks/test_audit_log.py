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
from harness.errors import ConfigError, SinkError
from harness.pipeline.outcome import Outcome
from harness.pipeline.payload import canonical
from harness.sinks.audit_head import head_path, read_head
from harness.sinks.audit_log import SEAL_RECORDS, SEAL_SECONDS, AuditLog
from harness.sinks.audit_verify import verify_audit

KEY = b"audit"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "audit.jsonl"


def test_records(path: Path, make_outcome: Callable[..., Outcome]) -> None:
    """A message record has time, latency and keyed hash; a delivery record the result and the same key."""
    clock = VirtualClock()
    clock.advance(1_500_000_000)
    log = AuditLog(path, key=KEY, key_id="k-1", clock=clock)
    outcome = make_outcome()
    log.message(outcome, {"record": "message", "number": 3}, 1_234_567)
    log.message(outcome, {"record": "message", "number": 4}, None)
    log.delivery(outcome, "delivered")
    log.close()
    log.close()
    opened, first, second, third, seal = map(json.loads, path.read_text().splitlines())
    assert (opened["record"], opened["key_id"], opened["n"]) == ("opened", "k-1", 1)
    chain = {"prev": first.pop("prev"), "mac": first.pop("mac")}
    assert all(len(code) == 64 for code in chain.values())
    assert first == {
        "n": 2,
        "time": "2026-01-01T00:00:01.500Z",
        "record": "message",
        "number": 3,
        "latency_ms": 1.235,
        "audit_hash": hmac.new(KEY, canonical(outcome.payload), hashlib.sha256).hexdigest(),
    }
    assert second["latency_ms"] is None
    assert (third["record"], third["result"], third["number"]) == ("delivery", "delivered", 3)
    assert third["idempotency_key"].startswith("telco-one-0001/s9/")
    assert (seal["record"], seal["messages"], seal["deliveries"], seal["final"]) == ("seal", 2, 1, True)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(head_path(path).stat().st_mode) == 0o600


def test_a_record_that_cannot_be_written(
    path: Path, make_outcome: Callable[..., Outcome], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is a typed error, so that nothing goes on unaudited."""

    def full(fd: int, data: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    log = AuditLog(path, key=KEY, clock=VirtualClock())
    monkeypatch.setattr(os, "write", full)
    with pytest.raises(SinkError, match="audit log"):
        log.message(make_outcome(), {"record": "message"}, None)
    with pytest.raises(SinkError, match="audit log"):
        log.delivery(make_outcome(), "delivered")
    with pytest.raises(SinkError, match="sealed"):
        log.close()
    log.close()


def written(
    path: Path, outcome: Outcome, *, clock: VirtualClock | None = None, count: int = 3, key: bytes = KEY
) -> None:
    """A log of ``count`` messages, closed in order."""
    log = AuditLog(path, key=key, clock=clock or VirtualClock())
    for number in range(count):
        log.message(outcome, {"record": "message", "number": number}, None)
    log.close()


def test_carried_on(path: Path, make_outcome: Callable[..., Outcome]) -> None:
    """A second run goes on behind the first; what a crash left of a line is taken away and said so."""
    written(path, make_outcome())
    with path.open("ab") as file:
        file.write(b'{"n":6,"torn')
    written(path, make_outcome())
    records = [json.loads(line) for line in path.read_text().splitlines()]
    assert [one["n"] for one in records] == list(range(1, 11))
    assert records[5]["torn_bytes"] == 12
    found = verify_audit(path, KEY)
    assert (found.fault, found.runs, found.messages, found.seals, found.unclosed) == (None, 2, 6, 2, [])


def test_another_key(path: Path, make_outcome: Callable[..., Outcome]) -> None:
    """A log of another key is put aside whole, under the first free name, and the new one names it."""
    for key in (b"a", b"b", b"c"):
        written(path, make_outcome(), key=key)
    opened = json.loads(path.read_text().splitlines()[0])
    aside = path.with_name("audit.2.jsonl")
    assert opened["earlier"] == aside.name
    found = verify_audit(aside, b"b", head=opened["earlier_head"])
    assert found.fault is None and found.messages == 3
    assert verify_audit(path.with_name("audit.1.jsonl"), b"a").fault is None
    assert verify_audit(path, b"c").fault is None


def test_one_writer(path: Path) -> None:
    """A log that is being written is refused to others."""
    log = AuditLog(path, key=KEY, clock=VirtualClock())
    with pytest.raises(ConfigError, match="no other process"):
        AuditLog(path, key=KEY, clock=VirtualClock())
    log.close()


def test_no_audit_log(path: Path) -> None:
    """A file of something else is not written to."""
    path.write_text('{"something":"else"}\n')
    with pytest.raises(ConfigError, match="audit log of this version"):
        AuditLog(path, key=KEY, clock=VirtualClock())
    assert path.read_text() == '{"something":"else"}\n'


def test_seals(path: Path, make_outcome: Callable[..., Outcome]) -> None:
    """A seal stands behind 1,000 records, and behind records that are 10 s old, also when none follow."""
    clock = VirtualClock()
    log = AuditLog(path, key=KEY, clock=clock)
    for number in range(SEAL_RECORDS + 1):
        log.message(make_outcome(), {"record": "message", "number": number}, None)
    clock.advance(SEAL_SECONDS * 1_000_000_000)
    log.tick()
    log.tick()
    records = [json.loads(line) for line in path.read_text().splitlines()]
    assert [one["n"] for one in records if one["record"] == "seal"] == [SEAL_RECORDS + 2, SEAL_RECORDS + 4]
    kept = read_head(path)
    assert kept is not None and (kept.records, kept.final) == (SEAL_RECORDS + 4, False)
    log.close()
    assert verify_audit(path, KEY).fault is None


def test_sealed_records_that_are_gone(path: Path, make_outcome: Callable[..., Outcome]) -> None:
    """A log cut back before it was carried on bears that in its next opening."""
    written(path, make_outcome(), count=9)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:4]))
    written(path, make_outcome())
    found = verify_audit(path, KEY)
    assert found.fault is not None and (found.fault.kind, found.fault.line) == ("cut_back", 5)
