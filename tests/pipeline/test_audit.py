"""The second look at what is about to leave."""

from __future__ import annotations

from typing import Any

import pytest

from harness.pipeline.audit import (
    audit_body,
    evidence_masked,
    governance,
    masked,
    nothing_left,
    span_counts,
    without_leaks,
)
from harness.pipeline.outcome import ClaimVerdict, Grounding, Outcome, PathSpan
from harness.text.span import RedactedText

PHONE = "628-374-9920"
CARD = 4716647716842682
GROUNDED = Grounding(verdict="grounded", band="grounded", score=1.0)


def outcome(**fields: Any) -> Outcome:
    basic = {"number": 3, "conversation": "c", "seq": 2, "event": "summary.completed", "verdict": "accepted"}
    return Outcome(**{**basic, "stage": "audit", "pii_redacted": True, "deliverable": True, **fields})


def span(type_: str, last: bool = True) -> PathSpan:
    return PathSpan(path="/text", start=0, end=1, type=type_, rule="r", last=last)


@pytest.mark.parametrize(
    "payload, clean",
    [
        ({"text": "All is well."}, True),
        ({"text": f"Call {PHONE}"}, False),
        ({"deep": [{"n": CARD}]}, False),
        ({PHONE: 1}, False),
        ({"id": PHONE}, True),
        ({"text": "Call [PHONE_REDACTED]"}, True),
        (f"raw {PHONE}", False),
    ],
)
def test_the_scan_sees_every_string_but_the_exempt(payload: Any, clean: bool) -> None:
    """Keys and long numbers too; placeholders are no leak; what it saw is masked, and nothing else."""

    def exempt(path: str) -> bool:
        return path == "/id"

    assert nothing_left(payload, exempt) is clean
    done = without_leaks(payload, exempt)
    assert nothing_left(done, exempt)
    assert (done == payload) is clean


def test_leaks_are_masked_where_they_stand() -> None:
    """The rest of the text stays."""
    assert masked(f"Call {PHONE} or ines@peatmoor-mail.com.") == "Call [PHONE_REDACTED] or [EMAIL_REDACTED]."
    assert without_leaks({"a": "x", "b": [CARD]}, lambda _: False) == {"a": "x", "b": ["[CC_REDACTED]"]}


def test_evidence_is_masked_too() -> None:
    """It was redacted by the same detector."""
    claim = ClaimVerdict(start=0, end=5, verdict="grounded", reason="supported", score=1.0)
    leaky = ClaimVerdict(
        start=0, end=5, verdict="grounded", reason="supported", score=1.0, evidence=RedactedText(f"on {PHONE}")
    )
    assert evidence_masked(None) is None
    clean = Grounding(verdict="grounded", band="grounded", score=1.0, claims=(claim,))
    assert evidence_masked(clean) is clean
    done = evidence_masked(Grounding(verdict="grounded", band="grounded", score=1.0, claims=(claim, leaky)))
    assert done is not None
    assert [claim.evidence for claim in done.claims] == ["", "on [PHONE_REDACTED]"]


@pytest.mark.parametrize(
    "fields, expected",
    [
        ({"grounding": GROUNDED}, {"status": "compliant"}),
        ({"grounding": None}, {"status": "not_checked", "failing": "ground"}),
        (
            {"grounding": Grounding(verdict="grounded", band="grounded", score=1.0, degraded=("gateway",))},
            {"status": "not_checked", "failing": "ground"},
        ),
        ({"pii_redacted": False, "verdict": "quarantined"}, {"status": "non_compliant", "failing": "pii"}),
        ({"verdict": "rejected", "stage": "validate"}, {"status": "non_compliant", "failing": "validate"}),
        ({"deliverable": False}, {"status": "not_checked"}),
        ({"deliverable": False, "spans": (span("PHONE"),)}, {"status": "compliant"}),
    ],
)
def test_governance_is_computed(fields: dict[str, Any], expected: dict[str, str]) -> None:
    """From what was checked and what came of it."""
    assert governance(outcome(**fields)) == expected


def test_pieces_of_one_value_count_once() -> None:
    """By type, in alphabetical order."""
    spans = [span("PHONE", False), span("PHONE", False), span("PHONE"), span("EMAIL"), span("PHONE")]
    assert span_counts(spans) == {"EMAIL": 1, "PHONE": 2}
    assert list(span_counts(spans)) == ["EMAIL", "PHONE"]


def test_the_audit_record_holds_no_text() -> None:
    """Codes, counts and digests; the fields the edge adds are not there."""
    full = outcome(grounding=GROUNDED, spans=(span("SSN"),), payload={"summary": "Done."}, digest="d" * 64)
    full = Outcome(**{**_fields(full), "reasons": ("compression_ratio",), "governance": governance(full)})
    assert audit_body(full, "sha256:p") == {
        "record": "message",
        "number": 3,
        "interaction_id": "c",
        "seq": 2,
        "event": "summary.completed",
        "verdict": "accepted",
        "stage": "audit",
        "reasons": ["compression_ratio"],
        "spans": {"SSN": 1},
        "pii_redacted": True,
        "hallucination_check_passed": True,
        "governance_status": "compliant",
        "failing_check": None,
        "policy": "sha256:p",
        "digest": "d" * 64,
    }
    assert audit_body(outcome(), "p")["hallucination_check_passed"] is None
    assert audit_body(outcome(), "p")["governance_status"] == "not_checked"


def _fields(value: Outcome) -> dict[str, Any]:
    return {name: getattr(value, name) for name in Outcome.__dataclass_fields__}
