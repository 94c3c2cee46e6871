"""What is so of the messages of a replayed recording: the facts that expressions speak of.

1. ``leak``: the independent scan found what the rules had left; or a value that is labelled, or that was replaced when it
   was recorded, is not wholly covered. Names and addresses count as leaks only where they are asked for by type.
2. ``labels``: a label beside the recording is not borne out (``report/disagree.py``).
3. ``parity``: a message came out otherwise than it did live; ``ungrounded``, ``verdict``, ``rule`` and ``reason`` are what
   its outcome says.
4. A fact names the entry of its message, so that it can be found again in a smaller recording.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from harness.dialects.base import Dialect
from harness.pii.rules import Rule, builtin_rules
from harness.pipeline.outcome import Outcome
from harness.recording.entry import AnyEntry
from harness.report.disagree import BY_CUE, disagreements
from harness.report.labels import Label
from harness.report.parity import compare
from harness.report.run import SessionResult
from harness.session.leftovers import leftovers
from harness.session.shrink.failing import Fact, Word

__all__ = ["contradicted", "entry_of", "facts_of", "types_of"]

_HEADER_LINES = 1


def entry_of(entries: Sequence[AnyEntry], result: SessionResult) -> Mapping[int, AnyEntry]:
    """Number of a message -> the entry it came in."""
    return {number: entries[place.line - 1 - _HEADER_LINES] for number, place in result.places.items()}


def facts_of(
    entries: Sequence[AnyEntry],
    result: SessionResult,
    *,
    dialect: Dialect,
    types: Collection[str],
    words: Iterable[Word] = (),
) -> set[Fact]:
    """Every fact of a replay.

    Args:
        entries: of the recording that was replayed, in order.
        result: of the replay; its labels are those that apply.
        types: that rules look for.
        words: of the expression; a type they name is looked at in any case.
    """
    at = {number: entry.n for number, entry in entry_of(entries, result).items()}
    asked = (set(types) - BY_CUE) | {word.value for word in words if word.kind == "leak" and word.value}
    found = {fact for outcome in result.outcomes for fact in _of_outcome(outcome, at.get(outcome.number, 0))}
    found |= set(_masked(entries, result, at, dialect))
    found |= {Fact("leak", label.label, n) for label, n in _missed(result, at, asked)}
    for one in disagreements(result.labels, result.outcomes, set(types) - BY_CUE):
        found.add(Fact("labels", one.kind, at.get(one.outcome.number, 0) if one.outcome else 0))
    return found | set(_differences(result, at))


def contradicted(entries: Sequence[AnyEntry], result: SessionResult, types: Collection[str], n: int) -> list[Label]:
    """What is known of the message in entry ``n`` and not borne out: labels beside the recording; where none of them is
    contradicted, what was detected when it was recorded.
    """
    at = {number: entry.n for number, entry in entry_of(entries, result).items()}
    for labels in (result.labels, [label for label in result.detected or () if label.kind == "span"]):
        wrong = disagreements(labels, result.outcomes, types)
        found = [one.label for one in wrong if one.outcome is not None and at.get(one.outcome.number) == n]
        if found:
            return found
    return []


def types_of(rules: Iterable[Rule]) -> set[str]:
    """The types that the package's rules, or ``rules``, look for."""
    return {rule.type for rule in (*builtin_rules().rules, *rules)}


def _of_outcome(outcome: Outcome, n: int) -> Iterator[Fact]:
    yield Fact("verdict", outcome.verdict, n)
    for reason in outcome.reasons:
        yield Fact("reason", reason, n)
    for span in outcome.spans:
        yield Fact("rule", span.rule, n)
    grounding = outcome.grounding
    if grounding is not None and grounding.verdict == "ungrounded":
        for claim in grounding.claims:
            if claim.verdict == "ungrounded":
                yield Fact("ungrounded", claim.reason, n)


def _masked(
    entries: Sequence[AnyEntry], result: SessionResult, at: Mapping[int, int], dialect: Dialect
) -> Iterator[Fact]:
    """What the second scan found and the rules did not."""
    by_n = {entry.n: entry for entry in entries}
    for outcome in result.outcomes:
        if outcome.pii_redacted:
            continue
        n = at.get(outcome.number, 0)
        found = leftovers([by_n[n]] if n in by_n else [], dialect)
        left = [
            one.type
            for one in found
            if not any(s.path == one.path and s.start < one.end and s.end > one.start for s in outcome.spans)
        ]
        yield from (Fact("leak", type_, n) for type_ in left or [""])


def _missed(result: SessionResult, at: Mapping[int, int], types: Collection[str]) -> Iterator[tuple[Label, int]]:
    spans = [label for label in (*result.labels, *(result.detected or ())) if label.kind == "span"]
    for one in disagreements(spans, result.outcomes, types):
        if one.outcome is not None:
            yield one.label, at.get(one.outcome.number, 0)


def _differences(result: SessionResult, at: Mapping[int, int]) -> Iterator[Fact]:
    if result.baseline is None:
        return
    live = {(entry.conversation, entry.seq, entry.event): entry.of for entry in reversed(result.baseline)}
    for one in compare(result.baseline, result.outcomes)[1]:
        there = at.get(one.number, 0)
        n = live.get((one.conversation, one.seq, one.event), there) if one.side == "live" else there
        yield Fact("parity", one.cls, n)
