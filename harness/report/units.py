"""What comparing needs: one row per conversation, in counts, and the leaks by name.

1. ``corpus`` names what was run: each recording by the digest of its bytes and of its labels. Two reports compare only
   where both are the same. Beside them stands the digest of its outcomes: where that is equal nothing has changed.
2. A row is a conversation of a recording: counts by type of redaction, right and wrong by labelled item of grounding.
   Decisions of validation stand by the recording: a message that cannot be read has no conversation.
3. A leak is a labelled character in clear. Its name is ``conversation|seq|path|start|end|type``, never its value, and only
   labels that are the truth give it one (``sources.py``).
4. All of it is part of the verdicts: the same input, the same bytes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from harness.metrics.acceptance import schema_acceptance
from harness.metrics.accuracy import Mention, Tally, leaked_mentions, redaction_tallies
from harness.pipeline.outcome import Outcome
from harness.report.accuracy import (
    expected_messages,
    found_mentions,
    judged_sentences,
    judged_summaries,
    labelled_mentions,
    received_messages,
    unit_of,
    unit_prefix,
)
from harness.report.digest import digest_of
from harness.report.run import SessionResult
from harness.report.sources import DETECTED, TRUTH, by_source

__all__ = ["corpus_facts", "leak_identity", "unit_rows"]


def corpus_facts(sessions: Sequence[SessionResult]) -> dict[str, Any]:
    """Rule 1; the digest is None where a session was not recorded."""
    recordings = [
        {
            "id": s.recording_id,
            "file": s.file,
            "sha256": s.sha256,
            "labels": _labels_digest(s),
            "outcomes": digest_of([_facts(outcome) for outcome in sorted(s.outcomes, key=lambda o: o.number)]),
        }
        for s in sessions
    ]
    known = all(one["sha256"] for one in recordings) and bool(recordings)
    parts = sorted((one["id"], one["sha256"] or "", one["labels"] or "") for one in recordings)
    return {"digest": digest_of(parts) if known else None, "recordings": recordings}


def _facts(outcome: Outcome) -> list[Any]:
    """What makes an outcome another one; ids of values are numbered by the session and say nothing."""
    claims = (
        [] if outcome.grounding is None else [(c.start, c.end, c.verdict, c.reason) for c in outcome.grounding.claims]
    )
    spans = [(span.path, span.start, span.end, span.type, span.rule) for span in outcome.spans]
    return [outcome.number, outcome.digest, outcome.verdict, outcome.stage, list(outcome.reasons), spans, claims]


def _labels_digest(session: SessionResult) -> str | None:
    if not session.labelled:
        return None
    named = (
        (one.conversation, str(one.seq), one.path, one.kind, str(one.start), str(one.end), one.label, str(one.verdict))
        for one in session.labels
    )
    return digest_of(sorted((*fields, one.annotator_kind) for fields, one in zip(named, session.labels, strict=True)))


def leak_identity(mention: Mention) -> str:
    """Rule 3; a value in several pieces is named by its first."""
    place, start, end = min(mention.pieces, key=lambda piece: (piece.place.seq or 0, piece.place.path, piece.start))
    conversation = place.unit.partition("/")[2]
    return f"{conversation}|{'' if place.seq is None else place.seq}|{place.path}|{start}|{end}|{mention.type}"


def unit_rows(sessions: Sequence[SessionResult]) -> dict[str, Any]:
    """Source -> ``conversations`` (rule 2), ``schema`` by recording, ``leaks`` (rule 3)."""
    return {source: _of_source(source, group) for source, group in by_source(sessions).items()}


def _of_source(source: str, sessions: Sequence[SessionResult]) -> dict[str, Any]:
    labelled, found = labelled_mentions(sessions), found_mentions(sessions)
    rows: dict[str, dict[str, Any]] = {unit: {} for s in sessions for unit in _units(s)}
    for type_, units in redaction_tallies(labelled, found).items():
        for unit, tally in units.items():
            rows.setdefault(unit, {}).setdefault("redaction", {})[type_] = _counts(tally)
    if source != DETECTED:
        for unit, items in _judged(sessions).items():
            rows.setdefault(unit, {})["grounding"] = items
        for unit, summaries in _summaries(sessions).items():
            rows.setdefault(unit, {})["summaries"] = summaries
    table: dict[str, Any] = {"conversations": dict(sorted(rows.items()))}
    if source != DETECTED:
        table["schema"] = {s.recording_id: _schema(s) for s in sessions}
    if source in TRUTH:
        leaks: dict[str, list[str]] = defaultdict(list)
        recordings = {unit_prefix(s.recording_id): s.recording_id for s in sessions}
        for mention, _ in leaked_mentions(labelled, found):
            leaks[recordings[mention.unit[: mention.unit.index("/") + 1]]].append(leak_identity(mention))
        table["leaks"] = {recording: sorted(names) for recording, names in sorted(leaks.items())}
    return table


def _units(session: SessionResult) -> set[str]:
    return {unit_of(session, outcome.conversation) for outcome in session.outcomes if outcome.conversation}


def _counts(tally: Tally) -> dict[str, int]:
    return tally._asdict()


def _judged(sessions: Sequence[SessionResult]) -> dict[str, dict[str, bool | None]]:
    """Unit -> labelled sentence -> right, wrong (None: never judged)."""
    units: dict[str, dict[str, bool | None]] = defaultdict(dict)
    for label, item in judged_sentences(sessions):
        name = f"{'' if label.seq is None else label.seq}|{label.path}|{label.start}|{label.end}"
        units[item.unit][name] = None if item.flagged is None else item.flagged == item.hallucinated
    return {unit: dict(sorted(items.items())) for unit, items in units.items()}


def _summaries(sessions: Sequence[SessionResult]) -> dict[str, dict[str, dict[str, bool | None]]]:
    """Unit -> seq of a labelled summary -> what it is and what the check said."""
    units: dict[str, dict[str, dict[str, bool | None]]] = defaultdict(dict)
    for seq, item in judged_summaries(sessions):
        facts = {"hallucinated": item.hallucinated, "flagged": item.flagged}
        units[item.unit]["" if seq is None else str(seq)] = facts
    return units


def _schema(session: SessionResult) -> Mapping[str, int]:
    figures = schema_acceptance(received_messages([session]), expected_messages([session]))
    return {"n": figures["n"], "right": figures["right"]}
