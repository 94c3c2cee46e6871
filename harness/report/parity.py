"""Live against replayed, message by message.

1. The live side is what the recorder's pipeline said (outcome entries), in order of the inbound entry; the
   replayed side is what this run's pipeline said, in order of the message's number. Bodies of the gateway come after
   the stream on both sides: which of two services answers first is no matter of the recording.
2. Messages pair by position while both sides name the same message (conversation, seq, event); where they do
   not, the longest common runs pair and the rest is missing or extra.
3. A pair differs in fields; its class is the first of: wire, order, schema, budget, redaction, grounding, text.
   What comes later in that list is often only a consequence.
4. Facts are codes, counts, types and digests: never text.
5. A session without a live side is not compared, and nothing compared is not "equal".
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from harness.pipeline.outcome import Budget, Grounding, Outcome
from harness.pipeline.shown import shown_path
from harness.recording.entry import OutcomeEntry

__all__ = ["CLASSES", "Difference", "budget_facts", "compare", "grounding_facts", "live_facts", "replayed_facts"]

CLASSES = ("wire", "order", "schema", "budget", "redaction", "grounding", "text")
"""Classes of divergence, the most upstream first."""

_STAGE_CLASS = {
    "decode": "schema",
    "validate": "schema",
    "ground": "grounding",
    "judge": "grounding",
    "redact": "redaction",
    "audit": "redaction",
    "budget": "budget",
}
_FIELDS = ("event", "conversation", "seq", "verdict", "stage", "reasons", "deliverable")
_DECISION = frozenset({"verdict", "stage", "reasons", "deliverable"})

Facts = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One message that came out otherwise.

    Args:
        number: its position in the session, from 1 (on the replayed side where it is there).
        cls: one of :data:`CLASSES`.
        fields: name -> (live, replayed); empty when the message is on one side only.
        side: "both", "live" (missing from the replay) or "replayed" (extra).
    """

    number: int
    conversation: str
    seq: int | None
    event: str
    cls: str
    fields: Mapping[str, tuple[Any, Any]]
    side: str = "both"

    def as_json(self) -> dict[str, Any]:
        """For report.json."""
        fields = [{"field": name, "live": live, "replayed": new} for name, (live, new) in sorted(self.fields.items())]
        return {
            "number": self.number,
            "conversation": self.conversation,
            "seq": self.seq,
            "event": self.event,
            "class": self.cls,
            "side": self.side,
            "fields": fields,
        }


def grounding_facts(grounding: Grounding) -> dict[str, Any]:
    """What parity compares of a grounding, and what a recording should keep of it."""
    return {
        "verdict": grounding.verdict,
        "band": grounding.band,
        "reasons": [claim.reason for claim in grounding.claims],
    }


def budget_facts(budget: Budget) -> dict[str, Any]:
    """What parity compares of a budget. Not the running total: one changed word would change it in all that follows."""
    return {"tokens": budget.tokens, "kept": budget.kept, "truncated": budget.truncated}


def replayed_facts(outcome: Outcome) -> Facts:
    """The comparable side of an outcome."""
    spans: dict[str, list[str]] = defaultdict(list)
    shown = shown_path(outcome.spans)
    for span in outcome.spans:
        spans[shown(span.path)].append(span.type)
    return {
        **{name: getattr(outcome, name) for name in _FIELDS},
        "reasons": list(outcome.reasons),
        "spans": dict(spans),
        "grounding": grounding_facts(outcome.grounding) if outcome.grounding else None,
        "budget": budget_facts(outcome.budget) if outcome.budget else None,
        "pii_redacted": outcome.pii_redacted,
        "digest": outcome.digest,
    }


def live_facts(entry: OutcomeEntry) -> Facts:
    """The comparable side of a recorded outcome; a grounding kept with its claims gives their reasons."""
    grounding = None if entry.grounding is None else dict(entry.grounding)
    if grounding is not None and "claims" in grounding:
        grounding["reasons"] = [claim.get("reason", "") for claim in grounding.pop("claims")]
    return {
        **{name: getattr(entry, name) for name in _FIELDS},
        "reasons": list(entry.reasons),
        "spans": {path: list(types) for path, types in entry.spans.items() if types},
        "grounding": grounding,
        "budget": None if entry.budget is None else dict(entry.budget),
        "pii_redacted": entry.pii_redacted,
        "digest": entry.digest,
    }


def compare(live: Sequence[OutcomeEntry], replayed: Sequence[Outcome]) -> tuple[int, list[Difference]]:
    """Messages compared (those on one side only included) and the differences, in order."""
    old = [live_facts(entry) for entry in sorted(live, key=lambda entry: (entry.service != "stream", entry.of))]
    numbered = sorted(replayed, key=lambda outcome: (outcome.service != "stream", outcome.number))
    new = [replayed_facts(outcome) for outcome in numbered]
    pairs = _pair(old, new)
    moved = Counter(map(_name, old)) & Counter(map(_name, new))
    differences = []
    for i, j in pairs:
        found = _difference(
            None if i is None else old[i],
            None if j is None else new[j],
            number=i + 1 if j is None and i is not None else numbered[j or 0].number,
            moved=moved,
        )
        if found is not None:
            differences.append(found)
    return len(pairs), differences


def _name(facts: Facts) -> tuple[Any, ...]:
    return (facts["conversation"], facts["seq"], facts["event"])


def _pair(old: Sequence[Facts], new: Sequence[Facts]) -> list[tuple[int | None, int | None]]:
    """Rule 2, as indices."""
    a, b = list(map(_name, old)), list(map(_name, new))
    if a == b:
        return [(i, i) for i in range(len(a))]
    pairs: list[tuple[int | None, int | None]] = []
    for _, i1, i2, j1, j2 in SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        both = min(i2 - i1, j2 - j1)
        pairs += [(i1 + k, j1 + k) for k in range(both)]
        pairs += [(i, None) for i in range(i1 + both, i2)]
        pairs += [(None, j) for j in range(j1 + both, j2)]
    return pairs


def _difference(
    old: Facts | None, new: Facts | None, *, number: int, moved: Counter[tuple[Any, ...]]
) -> Difference | None:
    known = old if new is None else new
    assert known is not None
    about = {"number": number, "conversation": known["conversation"], "seq": known["seq"], "event": known["event"]}
    if old is None or new is None:
        side = "live" if new is None else "replayed"
        cls = "order" if _name(known) in moved else "wire"
        return Difference(**about, cls=cls, fields={}, side=side)
    fields = {name: (old[name], new[name]) for name in new if not _same(name, old[name], new[name])}
    if not fields:
        return None
    return Difference(**about, cls=_class_of(fields, old, new, moved), fields=fields)


def _same(name: str, old: Any, new: Any) -> bool:
    """Equality; of a grounding or a budget only the figures both have (another version may keep fewer)."""
    if name in ("grounding", "budget") and old is not None and new is not None:
        return all(old[figure] == new[figure] for figure in old.keys() & new.keys())
    return bool(old == new)


def _class_of(fields: Mapping[str, tuple[Any, Any]], old: Facts, new: Facts, moved: Counter[tuple[Any, ...]]) -> str:
    """Rule 3."""
    if {"event", "conversation", "seq"} & fields.keys():
        return "order" if _name(old) in moved and _name(new) in moved else "wire"
    refusing = [side for side in (old, new) if side["verdict"] != "accepted"]
    blamed = {_STAGE_CLASS.get(side["stage"]) for side in refusing} if _DECISION & fields.keys() else set()
    told = {
        "schema": "schema" in blamed,
        "budget": "budget" in fields or "budget" in blamed,
        "redaction": bool({"spans", "pii_redacted"} & fields.keys()) or "redaction" in blamed,
        "grounding": "grounding" in fields or "grounding" in blamed,
    }
    for cls, guilty in told.items():
        if guilty:
            return cls
    return "schema" if _DECISION & fields.keys() else "text"
