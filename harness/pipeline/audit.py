"""Stage: look once more, with other eyes, at what is about to leave; and the body of the audit record.

1. ``pii_redacted`` comes from the independent scan of the redacted payload; it is never a constant.
2. A leak found here quarantines the message, and is masked: fail closed.
3. ``governance_status`` is computed: compliant, non_compliant (and the failing check), or not_checked for messages
   that hold nothing to check.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Container, Sequence
from dataclasses import replace
from typing import Any

from harness.pii.operators import apply
from harness.pii.scan import is_quiet, leaks
from harness.pipeline.outcome import Grounding, Outcome, PathSpan, Verdict
from harness.pipeline.payload import Document, field_names
from harness.text.span import RedactedText, merged

__all__ = [
    "audit_body",
    "evidence_masked",
    "governance",
    "judged",
    "masked",
    "nothing_left",
    "span_counts",
    "without_leaks",
]


Heard = Collection[tuple[str, str]]
"""What a conversation has heard."""

_NAMES_KEPT = 1024
_PLAIN_NAMES: set[str] = set()
"""Names of fields in which the scan found nothing: the same few come with every message."""


def nothing_left(document: Document, exempt: Container[str], heard: Heard = (), scanned: str = "") -> bool:
    """True when the independent scan finds no structured personal data in ``document``, but for the paths of ``exempt``.

    Args:
        heard: see :func:`harness.pii.scan.leaks`.
        scanned: a text in which it has found nothing already.
    """
    looked_at = [leaf for leaf in document.but(exempt, _PLAIN_NAMES) if leaf[1] != scanned]
    # Mostly all are quiet, and then no text needs a scan of its own.
    quiet = is_quiet("\n".join([text for _, text in looked_at]), rows=bool(heard))
    if not quiet and any(leaks(text, heard) for _, text in looked_at):
        return False
    if len(_PLAIN_NAMES) < _NAMES_KEPT:
        _PLAIN_NAMES.update(field_names(looked_at))
    return True


def masked(text: str, heard: Heard = ()) -> RedactedText:
    """``text`` without what the independent scan still finds in it."""
    return apply(text, merged(leaks(text, heard)))


def without_leaks(document: Document, exempt: Container[str], heard: Heard = ()) -> Document:
    """``document`` with every string and key :func:`masked`."""
    found = {path: text for path, text in document.leaves if path not in exempt and leaks(text, heard)}
    return document.replaced({path: masked(text, heard) for path, text in found.items()})


def evidence_masked(grounding: Grounding | None) -> Grounding | None:
    """``grounding`` with its evidence :func:`masked`."""
    if grounding is None or not any(claim.evidence and leaks(claim.evidence) for claim in grounding.claims):
        return grounding
    claims = tuple(replace(claim, evidence=masked(claim.evidence)) for claim in grounding.claims)
    return replace(grounding, claims=claims)


def governance(outcome: Outcome) -> dict[str, str]:
    """``{"status"}`` and, when it is non_compliant, the ``failing`` check."""
    return judged(
        clean=outcome.pii_redacted,
        verdict=outcome.verdict,
        stage=outcome.stage,
        deliverable=outcome.deliverable,
        unchecked=outcome.grounding is None or bool(outcome.grounding.degraded),
        found=bool(outcome.spans),
    )


def judged(
    *, clean: bool, verdict: Verdict, stage: str, deliverable: bool, unchecked: bool, found: bool
) -> dict[str, str]:
    """:func:`governance` of an outcome by what it says.

    Args:
        unchecked: nothing, or not everything, was asked whether it is supported.
        found: there was personal data.
    """
    if not clean:
        return {"status": "non_compliant", "failing": "pii"}
    if verdict != "accepted":
        return {"status": "non_compliant", "failing": stage}
    if deliverable and unchecked:
        return {"status": "not_checked", "failing": "ground"}
    return {"status": "compliant" if deliverable or found else "not_checked"}


def span_counts(spans: Sequence[PathSpan]) -> dict[str, int]:
    """Values found, by type; pieces of one value count once."""
    return dict(sorted(Counter(span.type for span in spans if span.last).items())) if spans else {}


def audit_body(outcome: Outcome, policy_digest: str) -> dict[str, Any]:
    """The record of one inbound message, without time, latency and keyed hash: those are added at the edge."""
    return {
        "record": "message",
        "number": outcome.number,
        "interaction_id": outcome.conversation,
        "seq": outcome.seq,
        "event": outcome.event,
        "verdict": outcome.verdict,
        "stage": outcome.stage,
        "reasons": list(outcome.reasons),
        "spans": span_counts(outcome.spans),
        "pii_redacted": outcome.pii_redacted,
        "hallucination_check_passed": None if outcome.grounding is None else outcome.grounding.verdict == "grounded",
        "governance_status": outcome.governance.get("status", "not_checked"),
        "failing_check": outcome.governance.get("failing"),
        "policy": policy_digest,
        "digest": outcome.digest,
    }
