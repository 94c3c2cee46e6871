"""Builds runs by hand: outcomes, their recorded live side, labels."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from harness.metrics.latency import LatencyBook
from harness.pipeline.outcome import Budget, ClaimVerdict, GapFound, Grounding, Outcome, PathSpan
from harness.recording.entry import OutcomeEntry
from harness.report.digest import digest_of
from harness.report.labels import Label
from harness.report.parity import budget_facts, grounding_facts
from harness.report.run import RunResult, SessionResult
from harness.text.span import RedactedText

CONVERSATION = "telco-outage-0a1b2c3d"


def make_outcome(number: int, **changes: Any) -> Outcome:
    """An accepted utterance, or what ``changes`` make of it."""
    payload = changes.pop("payload", {"type": "utterance", "seq": number, "text": f"Line {number}."})
    base = Outcome(
        number=number,
        conversation=CONVERSATION,
        seq=number,
        event="utterance",
        verdict="accepted",
        stage="audit",
        payload=payload,
        digest=digest_of(payload),
        pii_redacted=True,
    )
    return dataclasses.replace(base, **changes)


def make_span(start: int, end: int, type_: str = "PHONE", path: str = "/text", **changes: Any) -> PathSpan:
    return PathSpan(path=path, start=start, end=end, type=type_, rule=f"{type_.lower()}.basic", **changes)


def make_live(outcome: Outcome, *, of: int | None = None) -> OutcomeEntry:
    """What the recorder would have kept of ``outcome``."""
    spans: dict[str, tuple[str, ...]] = {}
    for span in outcome.spans:
        spans[span.path] = (*spans.get(span.path, ()), span.type)
    return OutcomeEntry(
        n=1000 + outcome.number,
        t=0,
        of=10 * outcome.number if of is None else of,
        conversation=outcome.conversation,
        seq=outcome.seq,
        event=outcome.event,
        stage=outcome.stage,
        verdict=outcome.verdict,
        reasons=tuple(outcome.reasons),
        spans=spans,
        grounding=grounding_facts(outcome.grounding) if outcome.grounding else None,
        budget=budget_facts(outcome.budget) if outcome.budget else None,
        deliverable=outcome.deliverable,
        pii_redacted=outcome.pii_redacted,
        digest=outcome.digest,
    )


def make_label(id_: str, kind: str, **changes: Any) -> Label:
    base: dict[str, Any] = {"conversation": CONVERSATION, "seq": 1, "path": "/text", "start": 0, "end": 0}
    return Label(id=id_, kind=kind, **(base | changes))  # type: ignore[arg-type]


SUMMARY = "Customer called from [PHONE_REDACTED]. A refund of 90 dollars was agreed."
"""The redacted form of a summary whose number was 12 characters long at offset 21."""


def make_summary(number: int, **changes: Any) -> Outcome:
    """A quarantined summary: its first sentence is grounded, its second is not."""
    claims = (
        ClaimVerdict(start=0, end=34, verdict="grounded", reason="supported", score=0.9),
        ClaimVerdict(
            start=35,
            end=70,
            verdict="ungrounded",
            reason="unsupported_number",
            score=0.1,
            evidence=RedactedText("A refund of 40 dollars is fine."),
        ),
    )
    fields: dict[str, Any] = {
        "event": "summary.completed",
        "verdict": "quarantined",
        "stage": "ground",
        "reasons": ("unsupported_number",),
        "deliverable": True,
        "payload": {"type": "summary.completed", "seq": number, "summary": SUMMARY},
        "spans": (make_span(21, 33, path="/summary"),),
        "grounding": Grounding(verdict="ungrounded", band="contradicted", score=0.1, claims=claims),
        "budget": Budget(tokens=18, kept=18, total=18),
    }
    return make_outcome(number, **(fields | changes))


def make_session(outcomes: list[Outcome] | None = None, **changes: Any) -> SessionResult:
    """Three utterances, a summary, a broken message; labelled, and equal to their live side."""
    if outcomes is None:
        outcomes = [
            make_outcome(1, spans=(make_span(10, 22),)),
            make_outcome(2),
            make_outcome(3, spans=(make_span(0, 9, "EMAIL"),)),
            make_summary(4),
            make_outcome(
                5,
                conversation="",
                seq=None,
                event="malformed",
                verdict="rejected",
                stage="decode",
                reasons=("not_json",),
            ),
        ]
    labels = [
        make_label("c:l1", "span", seq=1, start=10, end=22, label="PHONE"),
        make_label("c:l2", "span", seq=2, start=3, end=13, label="PERSON"),
        make_label("c:l3", "span", seq=4, path="/summary", start=21, end=33, label="PHONE"),
        make_label("c:l4", "sentence", seq=4, path="/summary", start=0, end=34, label="paraphrase", verdict="grounded"),
        make_label(
            "c:l5", "sentence", seq=4, path="/summary", start=35, end=70, label="number", verdict="hallucinated"
        ),
        make_label("c:m5", "message", seq=None, path="", start=None, end=None, label="not_json", verdict="rejected"),
    ]
    fields: dict[str, Any] = {
        "recording_id": "rec-1",
        "recording_path": "somewhere/telco-outage.rec.jsonl",
        "scenario": "telco-outage",
        "source": "synthetic",
        "outcomes": outcomes,
        "baseline": [make_live(outcome) for outcome in outcomes],
        "labels": labels,
        "label_source": "scenario",
        "substituted_spans": 3,
        "sha256": "sha256:" + "ab" * 32,
    }
    return SessionResult(**(fields | changes))


def make_run(*sessions: SessionResult, **changes: Any) -> RunResult:
    """A replayed run with 25 timed messages."""
    book = LatencyBook()
    for i in range(25):
        book.record("ground", 1_000_000 + i * 10_000)
        book.record("message", 2_000_000 + i * 50_000)
    fields: dict[str, Any] = {
        "name": "demo",
        "mode": "replay",
        "sessions": sessions or (make_session(),),
        "measurements": book,
        "policy_digest": "sha256:" + "cd" * 32,
        "tool": "mediation-harness 0.1.0",
        "seed": 7,
    }
    return RunResult(**(fields | changes))


@pytest.fixture
def make() -> SimpleNamespace:
    """The builders above, by name."""
    builders: dict[str, Callable[..., Any]] = {
        "outcome": make_outcome,
        "span": make_span,
        "live": make_live,
        "label": make_label,
        "summary": make_summary,
        "session": make_session,
        "run": make_run,
        "gap": GapFound,
    }
    return SimpleNamespace(conversation=CONVERSATION, **builders)
