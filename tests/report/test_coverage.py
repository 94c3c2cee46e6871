"""What a corpus exercised."""

from __future__ import annotations

from types import SimpleNamespace

from harness.report.coverage import coverage


def test_seen_and_never(make: SimpleNamespace) -> None:
    """Counts of what was there, names of what was not."""
    found = coverage([make.session(ends=("1000", "abort"))], ["phone.basic", "dob.cued"])
    assert found["events"]["seen"]["utterance"] == 3
    assert "gateway.summary" in found["events"]["never"]
    assert found["ends"] == {
        "seen": {"1000": 1, "abort": 1},
        "never": ["1001", "1008", "1011", "1012", "1013", "refused"],
    }
    assert found["reasons"]["seen"] == {"not_json": 1, "unsupported_number": 1}
    assert "duplicate_keys" in found["reasons"]["never"]
    assert found["rules"] == {"seen": {"email.basic": 1, "phone.basic": 2}, "never": ["dob.cued"]}


def test_reasons_by_path(make: SimpleNamespace) -> None:
    """Every field of the schema is one error path."""
    found = coverage(
        [make.session([make.outcome(1, reasons=("schema:seq",)), make.outcome(2, reasons=("schema:text",))])]
    )
    assert found["reasons"]["seen"] == {"schema": 2}


def test_lengths(make: SimpleNamespace) -> None:
    """Lengths fall into bins, the last of them open."""
    payloads = [None, {"text": "x" * 100}, {"text": "x" * 70_000}]
    found = coverage([make.session([make.outcome(i, payload=payload) for i, payload in enumerate(payloads)])])
    assert found["lengths"]["seen"] == {"<= 64": 1, "<= 256": 1, "> 65536": 1}
    assert found["lengths"]["never"] == ["<= 1024", "<= 4096", "<= 16384", "<= 65536"]
