"""Outcomes as entries."""

from __future__ import annotations

from harness.pii.surrogate import SurrogateVault
from harness.pipeline.outcome import Budget, ClaimVerdict, Grounding, Outcome, PathSpan
from harness.pipeline.payload import digest
from harness.recorder.outcomes import outcome_entry, recorded_digest, span_types, verdict_facts

PAYLOAD = {"summary": "card ending in 6467", "ending in 6467": 1}


def an_outcome() -> Outcome:
    spans = [
        PathSpan(path="/a", start=0, end=1, type="EMAIL", rule="r"),
        PathSpan(path="/b", start=0, end=1, type="PHONE", rule="r"),
        PathSpan(path="/a", start=2, end=3, type="SSN", rule="r"),
    ]
    claims = [ClaimVerdict(start=0, end=1, verdict="grounded", reason="copied", score=1.0)]
    return Outcome(
        number=3,
        conversation="c",
        seq=9,
        event="summary.completed",
        verdict="accepted",
        stage="audit",
        reasons=("x",),
        spans=spans,
        payload=PAYLOAD,
        digest=digest(PAYLOAD),
        deliverable=True,
        pii_redacted=True,
        grounding=Grounding(verdict="grounded", band="grounded", score=0.9, claims=claims),
        budget=Budget(tokens=4, kept=3, total=9, truncated=True),
    )


def test_entry() -> None:
    """Everything parity compares is in it, scores and evidence are not."""
    entry = outcome_entry(an_outcome(), n=7, t=8, of=5, digest="d")
    assert (entry.n, entry.t, entry.of, entry.digest) == (7, 8, 5, "d")
    assert (entry.conversation, entry.seq, entry.event, entry.verdict) == ("c", 9, "summary.completed", "accepted")
    assert entry.spans == {"/a": ("EMAIL", "SSN"), "/b": ("PHONE",)}
    assert entry.grounding == {"verdict": "grounded", "band": "grounded", "reasons": ["copied"], "context": "stream"}
    assert entry.budget == {"tokens": 4, "kept": 3, "total": 9, "truncated": True}
    assert (entry.deliverable, entry.pii_redacted, entry.reasons) == (True, True, ("x",))


def test_without_parts() -> None:
    """A message that was neither checked nor counted has none of it."""
    plain = Outcome(number=1, conversation="", seq=None, event="malformed", verdict="rejected", stage="decode")
    entry = outcome_entry(plain, n=1, t=0, of=1, digest="")
    assert (entry.grounding, entry.budget, entry.spans) == (None, None, {})
    assert (span_types(plain), verdict_facts(None)) == ({}, None)


def test_digest_as_replayed() -> None:
    """A known value's last four in the payload is another one in the recording, and so in the digest; keys stay."""
    vault = SurrogateVault(b"k" * 32, "k1")
    assert recorded_digest(an_outcome(), vault) == an_outcome().digest
    vault = SurrogateVault(b"k" * 32, "k1")
    fake = vault.surrogate("CREDIT_CARD", "4539 1488 0343 6467")
    assert recorded_digest(an_outcome(), vault) == digest({**PAYLOAD, "summary": f"card ending in {fake[-4:]}"})
