"""Validation measured against labels: was the bad refused, for the right reason, and nothing else?

1. A message with a "message" label must be rejected with the label's reason; every other message must not be.
   ``schema`` stands for every ``schema:<field>``.
2. A labelled message is found by its number in the session, else by conversation and seq, else by its reason
   among the rejected ones of the session that have no seq.
3. A message repeated or too late (reason ``duplicate_seq``, ``late_seq``) is a matter of order, not of schema: it counts
   on neither side unless it is labelled.
4. Quarantined is not rejected: the message was well formed.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from harness.metrics.missing import ratio, settle
from harness.metrics.stats import wilson

__all__ = ["Expected", "Received", "schema_acceptance"]

_ORDER_REASONS = frozenset({"duplicate_seq", "late_seq"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """A label: this message must be rejected for ``reason`` ('' = any); ``number`` is None where it is unknown."""

    session: str
    conversation: str
    seq: int | None
    reason: str
    number: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A message and what became of it; ``number`` counts the session's inbound ones from 1."""

    session: str
    number: int
    conversation: str
    seq: int | None
    rejected: bool
    reasons: Sequence[str] = ()


def schema_acceptance(received: Sequence[Received], expected: Sequence[Expected]) -> dict[str, Any]:
    """Counts of right and wrong decisions, per expected reason, with the share of right ones and its interval."""
    pairs = _pair(received, expected)
    taken = {index for index in pairs if index is not None}
    rest = [m for i, m in enumerate(received) if i not in taken and not _ORDER_REASONS & set(m.reasons)]
    unexpected = [m for m in rest if m.rejected]
    by_reason = _by_reason(received, expected, pairs)
    hits = sum(row["hit"] for row in by_reason.values())
    n = len(expected) + len(rest)
    right = hits + len(rest) - len(unexpected)
    figures = settle(
        {
            "n": n,
            "right": right,
            "rate": ratio(right, n, "no messages"),
            "expected": len(expected),
            "hit": hits,
            "other_reason": sum(row["other_reason"] for row in by_reason.values()),
            "missed": sum(row["missed"] for row in by_reason.values()),
            "unexpected": len(unexpected),
            "unexpected_reasons": dict(sorted(Counter((*m.reasons, "none")[0] for m in unexpected).items())),
            "interval": tuple(wilson(right, n) or ()),
        }
    )
    figures["by_reason"] = by_reason
    return figures


def _pair(received: Sequence[Received], expected: Sequence[Expected]) -> list[int | None]:
    """For each label the index of its message, each message once; None = not there."""
    of_session: dict[str, list[tuple[int, Received]]] = defaultdict(list)
    for index, message in enumerate(received):
        of_session[message.session].append((index, message))
    taken: set[int] = set()
    pairs: list[int | None] = []
    for label in expected:
        found = _find(of_session[label.session], label, taken)
        pairs.append(found)
        if found is not None:
            taken.add(found)
    return pairs


def _find(received: Sequence[tuple[int, Received]], label: Expected, taken: set[int]) -> int | None:
    """Rule 2, best match first."""

    def reason(m: Received) -> bool:
        return not label.reason or _says(m, label.reason)

    def own(m: Received) -> bool:
        return label.seq is not None and (m.conversation, m.seq) == (label.conversation, label.seq)

    def nameless(m: Received) -> bool:
        return m.seq is None and m.rejected

    wanted: tuple[Callable[[Received], bool], ...] = (
        lambda m: m.number == label.number,
        lambda m: own(m) and m.rejected and reason(m),
        lambda m: own(m) and m.rejected,
        own,
        lambda m: nameless(m) and reason(m),
    )
    for fits in wanted:
        for index, message in received:
            if index not in taken and fits(message):
                return index
    return None


def _by_reason(
    received: Sequence[Received], expected: Sequence[Expected], pairs: Sequence[int | None]
) -> dict[str, dict[str, int]]:
    table: dict[str, dict[str, int]] = {}
    for label, index in zip(expected, pairs, strict=True):
        row = table.setdefault(label.reason or "any", {"n": 0, "hit": 0, "other_reason": 0, "missed": 0})
        row["n"] += 1
        row[_result(received, label, index)] += 1
    return dict(sorted(table.items()))


def _result(received: Sequence[Received], label: Expected, index: int | None) -> str:
    if index is None or not received[index].rejected:
        return "missed"
    return "hit" if not label.reason or _says(received[index], label.reason) else "other_reason"


def _says(message: Received, reason: str) -> bool:
    return any(found == reason or found.startswith(f"{reason}:") for found in message.reasons)
