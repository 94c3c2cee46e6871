"""What a sink is, and the parcel every sink is given.

1. A sink is handed accepted, deliverable outcomes only; the others go to quarantine, with their reasons.
2. What a sink gets is redacted.
3. A sink is given a parcel, not the outcome: a parcel can wait in the outbox, and outlive the process that made it.
4. A parcel may come twice, always with the same key: a process can die between taking it and saying so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from harness.pipeline.outcome import Outcome

__all__ = ["Kind", "Parcel", "Sink", "delivery", "idempotency_key", "parcel_of", "quarantine"]

Kind = Literal["delivery", "quarantine"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """What is handed to a sink.

    Args:
        key: the same for the same outcome, however often it is handed over.
        kind: ``delivery`` (an accepted summary) or ``quarantine`` (what was not let through, with its reasons).
        conversation: interaction id.
        number: of the message in its session.
        body: JSON object, redacted (:func:`delivery`, :func:`quarantine`).
    """

    key: str
    kind: Kind
    conversation: str
    number: int
    body: Mapping[str, Any] = field(repr=False)


class Sink(Protocol):
    """Takes parcels somewhere; ``name`` stands in the audit log and in the outbox, and stays the same over restarts."""

    @property
    def name(self) -> str:
        """Such as ``webhook``."""
        ...

    async def deliver(self, parcel: Parcel) -> None:
        """Take ``parcel``; returning means that it is kept.

        Raises:
            SinkError: it could not be taken.
        """
        ...


def idempotency_key(outcome: Outcome) -> str:
    """The same for the same outcome, however often it is delivered, also by a later session that is sent it again."""
    place = f"n{outcome.number}" if outcome.seq is None else f"s{outcome.seq}"
    return f"{outcome.conversation}/{place}/{outcome.digest[:16]}"


def parcel_of(outcome: Outcome) -> Parcel:
    """What of ``outcome`` is handed to sinks."""
    accepted = outcome.verdict == "accepted"
    return Parcel(
        key=idempotency_key(outcome),
        kind="delivery" if accepted else "quarantine",
        conversation=outcome.conversation,
        number=outcome.number,
        body=delivery(outcome) if accepted else quarantine(outcome),
    )


def delivery(outcome: Outcome) -> dict[str, Any]:
    """The body of a delivery: the summary with what the checks say of it."""
    payload = outcome.payload if isinstance(outcome.payload, dict) else {}
    grounding = outcome.grounding
    return {
        "interaction_id": outcome.conversation,
        "summary": payload.get("summary", ""),
        "entities": payload.get("entities", []),
        **{name: payload[name] for name in ("summary_id", "reason", "resolution", "followups") if name in payload},
        "hallucination_check_passed": grounding is not None and grounding.verdict == "grounded",
        "pii_redacted": outcome.pii_redacted,
        "truncated": outcome.budget is not None and outcome.budget.truncated,
        "governance_status": outcome.governance.get("status", "not_checked"),
        "notes": list(outcome.reasons),
        "idempotency_key": idempotency_key(outcome),
    }


def quarantine(outcome: Outcome) -> dict[str, Any]:
    """The body of a quarantined outcome: its redacted message and why it was not let through."""
    return {
        "interaction_id": outcome.conversation,
        "number": outcome.number,
        "event": outcome.event,
        "verdict": outcome.verdict,
        "stage": outcome.stage,
        "reasons": list(outcome.reasons),
        "payload": outcome.payload,
        "idempotency_key": idempotency_key(outcome),
    }
