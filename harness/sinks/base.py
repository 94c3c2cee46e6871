"""What a sink is, and the body every sink is given.

1. A sink is handed accepted, deliverable outcomes only; the others go to quarantine, with their reasons.
2. What a sink gets is redacted.
"""

from __future__ import annotations

from typing import Any, Protocol

from harness.pipeline.outcome import Outcome

__all__ = ["Sink", "delivery", "idempotency_key", "quarantine"]


class Sink(Protocol):
    """Takes outcomes somewhere."""

    async def deliver(self, outcome: Outcome) -> None:
        """Take ``outcome``.

        Raises:
            SinkError: it could not be taken.
        """
        ...


def idempotency_key(outcome: Outcome) -> str:
    """The same for the same outcome, however often it is delivered."""
    return f"{outcome.conversation}/{outcome.number}/{outcome.digest[:16]}"


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
