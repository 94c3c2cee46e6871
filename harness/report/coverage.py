"""What the corpus exercised, and what it never did.

1. A figure over a corpus holds for what is in it. Each table has what was ``seen``, with counts, and what ``never`` was, of what
   is known beforehand.
2. Lengths are of the redacted payload as canonical JSON, characters, up to and including the bound.
3. Nothing here passes or fails.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from harness.pipeline.outcome import Outcome
from harness.pipeline.policy import LENGTH_REASONS
from harness.report.digest import canonical_json
from harness.report.run import SessionResult

__all__ = ["ENDS", "EVENTS", "REASONS", "coverage"]

EVENTS = (
    *("utterance", "summary.delta", "summary.completed", "gateway.summary", "subscribed", "context_window.updated"),
    *("heartbeat", "error", "closing", "end", "flat", "malformed"),
)
"""What a service of the mediation dialect may say."""

ENDS = ("1000", "1001", "1008", "1011", "1012", "1013", "abort", "refused")
"""How a connection may end: RFC 6455 codes a service or a proxy sends, no close frame at all, no connection at all."""

REASONS = (
    *(
        "not_json",
        "not_object",
        "not_finite_number",
        "duplicate_keys",
        "too_deep",
        "binary",
        "too_large",
        "invalid_text",
    ),
    *("schema", "duplicate_seq", "late_seq", *LENGTH_REASONS),
)
"""Error paths before the hallucination check; ``schema`` stands for every ``schema:<field>``."""

_LENGTHS = (64, 256, 1024, 4096, 16_384, 65_536)


def coverage(sessions: Sequence[SessionResult], rules: Iterable[str] = ()) -> dict[str, Any]:
    """The tables: ``events``, ``ends``, ``reasons``, ``rules``, ``lengths``.

    Args:
        sessions: of the run.
        rules: ids of the rules in force.
    """
    outcomes = [outcome for session in sessions for outcome in session.outcomes]
    return {
        "events": _table((outcome.event for outcome in outcomes), EVENTS),
        "ends": _table((end for session in sessions for end in session.ends), ENDS),
        "reasons": _table((_path(reason) for outcome in outcomes for reason in outcome.reasons), REASONS),
        "rules": _table((span.rule for outcome in outcomes for span in outcome.spans), rules),
        "lengths": _lengths(outcomes),
    }


def _table(seen: Iterable[str], known: Iterable[str]) -> dict[str, Any]:
    counts = Counter(seen)
    return {"seen": dict(sorted(counts.items())), "never": sorted(set(known) - counts.keys())}


def _path(reason: str) -> str:
    return reason.partition(":")[0]


def _lengths(outcomes: Iterable[Outcome]) -> dict[str, Any]:
    names = [*(f"<= {bound}" for bound in _LENGTHS), f"> {_LENGTHS[-1]}"]
    counts = Counter(_bin(len(canonical_json(outcome.payload)), names) for outcome in outcomes)
    return {
        "seen": {name: counts[name] for name in names if counts[name]},
        "never": [n for n in names if not counts[n]],
    }


def _bin(length: int, names: Sequence[str]) -> str:
    return next((name for name, bound in zip(names, _LENGTHS, strict=False) if length <= bound), names[-1])
