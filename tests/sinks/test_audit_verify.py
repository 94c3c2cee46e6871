"""Whether tampering shows."""

from __future__ import annotations

import hashlib
import json
import os
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.clock import VirtualClock
from harness.pipeline.outcome import Outcome
from harness.sinks.audit_chain import FIRST, link
from harness.sinks.audit_head import head_path, read_head, write_head
from harness.sinks.audit_log import AuditLog
from harness.sinks.audit_verify import verify_audit

KEY = b"audit"
TAMPERINGS = 500 if os.environ.get("HARNESS_TEST_PROFILE") == "prove" else 60


@pytest.fixture
def log(tmp_path: Path, make_outcome: Callable[..., Outcome]) -> Path:
    """A log of two runs."""
    path = tmp_path / "audit.jsonl"
    for _ in range(2):
        one = AuditLog(path, key=KEY, key_id="k-1", clock=VirtualClock())
        for number in range(12):
            outcome = make_outcome(number=number, seq=number, payload={"summary": f"Text {number}."})
            one.message(outcome, {"record": "message", "number": number}, 5_000)
            one.delivery(outcome, "delivered", sink="sqlite")
        one.close()
    return path


def test_whole(log: Path) -> None:
    """An untouched log is whole, with the key and without."""
    found = verify_audit(log, KEY)
    assert (found.fault, found.messages, found.deliveries, found.runs, found.seals) == (None, 24, 24, 2, 2)
    assert (found.keyed, found.key_id, found.records) == (True, "k-1", 52)
    assert verify_audit(log, None).fault is None
    assert verify_audit(log, KEY, head=found.head).fault is None


def _edit(lines: list[bytes], rng: random.Random) -> int:
    """Changes one character somewhere in one line; the line."""
    at = rng.randrange(len(lines))
    line = lines[at]
    place = rng.randrange(len(line) - 1)
    lines[at] = line[:place] + bytes([line[place] ^ (1 << rng.randrange(7))]) + line[place + 1 :]
    return at + 1


def _insert(lines: list[bytes], rng: random.Random) -> int:
    """A copy of some record, or a record made up, in between."""
    at = rng.randrange(len(lines) + 1)
    made_up = link({"n": at + 1, "time": "2026-01-01", "record": "message", "number": 99}, FIRST, b"not the key")
    lines.insert(at, rng.choice(lines) if rng.random() < 0.5 else made_up + b"\n")
    return at + 1


def _delete(lines: list[bytes], rng: random.Random) -> int:
    at = rng.randrange(len(lines))
    del lines[at]
    return at + 1


def _reorder(lines: list[bytes], rng: random.Random) -> int:
    one, other = sorted(rng.sample(range(len(lines)), 2))
    lines[one], lines[other] = lines[other], lines[one]
    return one + 1


def _truncate(lines: list[bytes], rng: random.Random) -> int:
    """Cut between records or inside one."""
    whole = b"".join(lines)
    cut = rng.choice([len(b"".join(lines[:at])) for at in range(len(lines))] + [rng.randrange(len(whole))])
    rest = whole[:cut].splitlines(keepends=True)
    lines[:] = rest
    return max(1, len(rest))


def _rewrite(lines: list[bytes], rng: random.Random) -> int:
    """Change a record, and chain everything behind it anew, without the key."""
    at = rng.randrange(len(lines))
    prev = json.loads(lines[at])["prev"]
    for place in range(at, len(lines)):
        record = json.loads(lines[place])
        record.pop("prev")
        record.pop("mac")
        if place == at:
            record["number"] = 77
        line = link(record, prev, b"not the key")
        lines[place], prev = line + b"\n", hashlib.sha256(line).hexdigest()
    return at + 1


KINDS = [_edit, _insert, _delete, _reorder, _truncate, _rewrite]


def test_tampering(log: Path, figure: Callable[[str, object], None]) -> None:
    """Every tampering is found, and the first bad record is named (never one behind it)."""
    whole = log.read_bytes()
    kept = head_path(log).read_bytes()
    rng = random.Random(7)
    found = 0
    for number in range(TAMPERINGS):
        tamper = KINDS[number % len(KINDS)]
        lines = whole.splitlines(keepends=True)
        first = tamper(lines, rng)
        if b"".join(lines) == whole:
            lines = lines[:-1]
            first = len(lines)
        log.write_bytes(b"".join(lines))
        fault = verify_audit(log, KEY).fault
        assert fault is not None, (number, tamper.__name__)
        assert fault.line <= max(first, 1) + 1, (number, tamper.__name__, fault, first)
        if tamper in (_edit, _rewrite):
            assert fault.line == first, (number, tamper.__name__, fault)
        found += 1
    figure("audit tamperings found, first bad record named", f"{found} of {TAMPERINGS}")
    log.write_bytes(whole)
    head_path(log).write_bytes(kept)
    assert verify_audit(log, KEY).fault is None


def test_cut_back_to_an_earlier_end(log: Path) -> None:
    """The end of the first run is an end in order; the head beside the log tells it from the last one."""
    lines = log.read_bytes().splitlines(keepends=True)
    log.write_bytes(b"".join(lines[:26]))
    fault = verify_audit(log, KEY).fault
    assert fault is not None and (fault.kind, fault.line) == ("cut_back", 27)
    write_head(log, 26, json.loads(lines[26])["prev"], final=True, key=b"not the key")
    fault = verify_audit(log, KEY).fault
    assert fault is not None and "not written with this key" in fault.words
    assert verify_audit(log, None).fault is None, "without the key nobody can tell"


def test_without_head(log: Path) -> None:
    """A log of several runs needs its head, or the hash of its end; a log of one run does not."""
    end = verify_audit(log, KEY).head
    head_path(log).write_text("{")
    fault = verify_audit(log, KEY).fault
    assert fault is not None and ".head" in fault.words
    assert verify_audit(log, KEY, head=end).fault is None
    fault = verify_audit(log, KEY, head=FIRST).fault
    assert fault is not None and fault.kind == "cut_back"
    head_path(log).unlink()
    log.write_bytes(b"".join(log.read_bytes().splitlines(keepends=True)[:26]))
    assert verify_audit(log, KEY).fault is None
    assert read_head(log) is None


def test_open(tmp_path: Path, make_outcome: Callable[..., Outcome]) -> None:
    """A log without its final seal is truncated unless it is said to be open; a crash shows as an unclosed run."""
    path = tmp_path / "audit.jsonl"
    one = AuditLog(path, key=KEY, clock=VirtualClock())
    one.message(make_outcome(), {"record": "message"}, None)
    fault = verify_audit(path, KEY).fault
    assert fault is not None and fault.kind == "truncated"
    assert verify_audit(path, KEY, still_open=True).fault is None
    os.close(one._fd)  # as a killed process does
    AuditLog(path, key=KEY, clock=VirtualClock()).close()
    found = verify_audit(path, KEY)
    assert (found.fault, found.unclosed, found.runs) == (None, [2], 2)


def test_a_seal_that_counts_wrong(tmp_path: Path) -> None:
    """Even who holds the key cannot leave out a record without the seal's count showing it."""
    path = tmp_path / "audit.jsonl"
    opened = link({"n": 1, "time": "", "record": "opened"}, FIRST, KEY)
    prev = hashlib.sha256(opened).hexdigest()
    seal = link({"n": 2, "time": "", "record": "seal", "messages": 1, "deliveries": 0, "final": True}, prev, KEY)
    path.write_bytes(opened + b"\n" + seal + b"\n")
    fault = verify_audit(path, KEY).fault
    assert fault is not None and fault.kind == "miscounted"


@pytest.mark.parametrize(
    "text", [b"", b"\n", b"{}\n", b'{"n":1}\n', b"[" * 5000 + b"\n", b"\xff\xfe\n", b'{"prev":"x","mac":"y"}\n']
)
def test_no_log(tmp_path: Path, text: bytes) -> None:
    """Whatever the file holds, the answer is a fault, not an exception."""
    path = tmp_path / "audit.jsonl"
    path.write_bytes(text)
    assert verify_audit(path, KEY).fault is not None
