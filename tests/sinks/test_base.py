"""Bodies of deliveries."""

from __future__ import annotations

from collections.abc import Callable

from harness.pipeline.outcome import Budget, Grounding, Outcome
from harness.sinks import CallbackSink, JsonlSink, Sink, WebhookSink, delivery
from harness.sinks.base import idempotency_key, parcel_of, quarantine


def test_delivery(make_outcome: Callable[..., Outcome]) -> None:
    """The summary with what the checks say of it; fields the message has not are left out."""
    body = delivery(make_outcome(reasons=("truncated",), budget=Budget(tokens=2, kept=1, total=2, truncated=True)))
    assert body == {
        "interaction_id": "telco-one-0001",
        "summary": "Caf\u00e9 visit.",
        "entities": [{"type": "PERSON"}],
        "summary_id": "s1",
        "hallucination_check_passed": True,
        "pii_redacted": True,
        "truncated": True,
        "governance_status": "compliant",
        "notes": ["truncated"],
        "idempotency_key": "telco-one-0001/s9/" + "d" * 16,
    }


def test_flags_are_computed(make_outcome: Callable[..., Outcome]) -> None:
    """Without a grounding result nothing was passed; an ungrounded one is not passed; without governance, unchecked."""
    ungrounded = Grounding(verdict="ungrounded", band="ungrounded", score=0.0)
    assert not delivery(make_outcome(grounding=ungrounded))["hallucination_check_passed"]
    bare = delivery(make_outcome(grounding=None, payload="[BINARY]", pii_redacted=False, governance={}))
    assert (bare["hallucination_check_passed"], bare["summary"], bare["entities"]) == (False, "", [])
    assert (bare["pii_redacted"], bare["truncated"], bare["governance_status"]) == (False, False, "not_checked")


def test_quarantine(make_outcome: Callable[..., Outcome]) -> None:
    """The redacted message and why it was not let through."""
    outcome = make_outcome(verdict="quarantined", stage="ground", reasons=("invented_number",))
    body = quarantine(outcome)
    assert (body["verdict"], body["stage"], body["reasons"]) == ("quarantined", "ground", ["invented_number"])
    assert body["payload"] == outcome.payload
    assert body["idempotency_key"] == idempotency_key(outcome)


def test_parcels(make_outcome: Callable[..., Outcome]) -> None:
    """Accepted summaries are deliveries, everything else is for quarantine; without a seq the number names it."""
    parcel = parcel_of(make_outcome())
    assert (parcel.kind, parcel.body, parcel.number) == ("delivery", delivery(make_outcome()), 3)
    refused = parcel_of(make_outcome(verdict="rejected", seq=None))
    assert (refused.kind, refused.key) == ("quarantine", "telco-one-0001/n3/" + "d" * 16)
    assert "Caf" not in repr(parcel)


def test_exports() -> None:
    """All sinks are sinks."""
    sinks: list[type[Sink]] = [CallbackSink, JsonlSink, WebhookSink]
    assert all(hasattr(sink, "deliver") for sink in sinks)
