"""An outcome as an entry: what parity compares a replay with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from harness.pii.surrogate import SurrogateVault
from harness.pipeline.outcome import Grounding, Outcome
from harness.pipeline.payload import digest, leaves, rebuild
from harness.pipeline.shown import shown_path
from harness.recording.entry import OutcomeEntry

__all__ = ["outcome_entry", "recorded_digest", "span_types", "verdict_facts"]


def outcome_entry(outcome: Outcome, *, n: int, t: int, of: int, digest: str) -> OutcomeEntry:
    """The entry for ``outcome``, which is about entry ``of``; ``digest`` from :func:`recorded_digest`."""
    return OutcomeEntry(
        n=n,
        t=t,
        of=of,
        service=outcome.service,
        conversation=outcome.conversation,
        seq=outcome.seq,
        event=outcome.event,
        stage=outcome.stage,
        verdict=outcome.verdict,
        reasons=tuple(outcome.reasons),
        spans=span_types(outcome),
        grounding=verdict_facts(outcome.grounding),
        budget=_budget(outcome),
        deliverable=outcome.deliverable,
        pii_redacted=outcome.pii_redacted,
        digest=digest,
    )


def recorded_digest(outcome: Outcome, vault: SurrogateVault) -> str:
    """The digest of the redacted payload as a replay will see it.

    A last-four that survives redaction is another one in the recording: the payload's are replaced likewise.
    """
    new: dict[str, str] = {}
    for path, text in leaves(outcome.payload):
        edits = vault.replace_parts(text)
        if edits and not path.endswith("#key"):
            new[path] = _replaced(text, edits)
    return digest(rebuild(outcome.payload, new)) if new else outcome.digest


def _replaced(text: str, edits: Sequence[Any]) -> str:
    for edit in sorted(edits, key=lambda e: e.start, reverse=True):
        text = text[: edit.start] + edit.new + text[edit.end :]
    return text


def span_types(outcome: Outcome) -> dict[str, tuple[str, ...]]:
    """Path -> types of its spans in order."""
    found: dict[str, list[str]] = {}
    shown = shown_path(outcome.spans)
    for span in outcome.spans:
        found.setdefault(shown(span.path), []).append(span.type)
    return {path: tuple(types) for path, types in found.items()}


def verdict_facts(grounding: Grounding | None) -> dict[str, Any] | None:
    """What of a grounding result parity compares: no scores, no evidence."""
    if grounding is None:
        return None
    return {
        "verdict": grounding.verdict,
        "band": grounding.band,
        "reasons": [claim.reason for claim in grounding.claims],
        "context": grounding.context,
    }


def _budget(outcome: Outcome) -> dict[str, Any] | None:
    budget = outcome.budget
    if budget is None:
        return None
    return {"tokens": budget.tokens, "kept": budget.kept, "total": budget.total, "truncated": budget.truncated}
