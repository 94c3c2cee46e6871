"""The second look at what is about to leave."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from harness.pii.book import NameBook
from harness.pii.stream import Redactor
from harness.pipeline.audit import (
    audit_body,
    evidence_masked,
    governance,
    masked,
    nothing_left,
    span_counts,
    without_leaks,
)
from harness.pipeline.chain import Pipeline
from harness.pipeline.outcome import ClaimVerdict, Grounding, Outcome, PathSpan
from harness.pipeline.payload import Document
from harness.text.span import RedactedText, Span

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

    document, exempt = Document(payload), {"/id"}
    assert nothing_left(document, exempt) is clean
    done = without_leaks(document, exempt)
    assert nothing_left(done, exempt)
    assert (done.value == payload) is clean


def test_leaks_are_masked_where_they_stand() -> None:
    """The rest of the text stays."""
    assert masked(f"Call {PHONE} or ines@peatmoor-mail.com.") == "Call [PHONE_REDACTED] or [EMAIL_REDACTED]."
    assert without_leaks(Document({"a": "x", "b": [CARD]}), ()).value == {"a": "x", "b": ["[CC_REDACTED]"]}


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


MISSED = {
    "EMAIL": "kim.lee@harborpost.net", "PHONE": "628-374-9920", "CREDIT_CARD": "4716 6477 1684 2682", "SSN": "536-22-1478",
    "IBAN": "GB33BUKB20201555555555", "IP": "84.17.60.201", "MAC": "3C:84:6A:1F:0B:92", "VIN": "1HGCM82633A004352",
    "CVV": "the cvv is 737", "EXPIRY": "card expires 09/27", "PIN": "my pin is 4417", "OTP": "verification code 482913",
    "DOB": "date of birth 07/14/1986", "BANK_ACCOUNT": "bank account number 38271946", "ROUTING": "routing number 021000021",
    "SORT_CODE": "sort code 20-45-77", "PASSPORT": "passport number C71234567", "DRIVER_LICENSE": "driver's license D1234877",
    "NATIONAL_ID": "NHS number 943 476 5919", "IMEI": "IMEI 490154203237518", "SECRET": "key sk_live_7hQ2mZx81LkPw0Rt",
    "CRYPTO": "0x52908400098527886E0F7030069857D2E4169EE7", "URL_WITH_TOKEN": "https://a.kestrel.io/x?sig=ab12cd34",
    "PHONE said": "six two eight, two seven one, four four three two", "EMAIL said": "kim dot lee at kestrel dot io",
    "CREDIT_CARD said": "four five three nine five seven eight seven six three six two one four eight six",
    "CREDIT_CARD as a number": 4716647716842682.0,
}  # fmt: skip


class Blind(Redactor):
    """A detector that misses everything."""

    def detect(self, text: str, names: NameBook | None = None) -> list[Span]:
        """Nothing found."""
        return []


@pytest.mark.parametrize("name", MISSED)
def test_a_miss_of_the_detector_shows(
    name: str, talk: Callable[..., Any], outcomes: Callable[..., list[Outcome]], pipeline_with: Callable[..., Pipeline]
) -> None:
    """For each type: ``pii_redacted`` is false, nothing is delivered, and the value does not leave even so."""
    missed = MISSED[name]
    messages = [talk().subscribed(), talk().utterance("hello", note=missed)]
    *_, seen = outcomes(messages, pipeline_with(redactor=Redactor()))
    assert seen.pii_redacted
    *_, blind = outcomes(messages, pipeline_with(redactor=Blind()))
    assert not blind.pii_redacted
    assert not blind.deliverable
    assert blind.governance["status"] == "non_compliant"
    assert str(missed) not in str(blind.payload)


def test_what_was_heard_is_a_leak() -> None:
    """A value that its conversation has heard is seen in every string, and masked; without it nothing is."""
    heard = {("80217744365", "BANK_ACCOUNT")}
    document = Document({"text": "noted 80217744365"})
    assert nothing_left(document, ())
    assert not nothing_left(document, (), heard)
    assert without_leaks(document, (), heard).value == {"text": "noted [BANK_ACCOUNT_REDACTED]"}
    assert masked("noted 80217744365", heard) == "noted [BANK_ACCOUNT_REDACTED]"
