"""The checks of a recording: each gives its findings as words, empty when all is well.

1. ``file``: the file is what it claims to be (what ``harness doctor`` calls damage, leaks aside).
2. ``parity``: the replay ran clean and every message came out as it did live. Under rules or thresholds other than the
   recorded ones a difference is what was asked about; then only a loss is a finding: a message that is missing, one that
   passes now and did not, a value no longer found (where there are labels, at a place that has one).
3. ``leaks``: the independent scan finds nothing in the stored text, and nothing that the rules left in an outcome.
4. ``labels``: every labelled value of a type that rules look for is covered (names and addresses are found by cues only), no summary with a sentence labelled
   hallucinated is delivered, every message labelled as broken is rejected for that reason.
5. ``baseline``: every message came out as in an earlier report.
6. A finding names message, place, type and rule; never the value.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.pii import scan
from harness.pii.rules import builtin_rules
from harness.pipeline.outcome import Outcome
from harness.pipeline.shown import shown_path
from harness.pytest_plugin.play import Played
from harness.recording.health import examine
from harness.report.disagree import BY_CUE, Disagreement, disagreements
from harness.report.labels import Label
from harness.report.parity import Difference, compare
from harness.report.render.escape import visible
from harness.report.results import result_rows
from harness.report.run import RunResult
from harness.session.leftovers import leftovers, spoken

__all__ = ["HEADS", "Reference", "baseline", "file", "labels", "leaks", "parity"]

HEADS = {
    "file": "{n} kinds of damage",
    "parity": "the replay differs from what was recorded live, findings: {n}",
    "leaks": "personal data is left, findings: {n}",
    "labels": "labels and outcomes disagree, findings: {n}",
    "baseline": "the replay differs from the baseline, findings: {n}",
}

Rows = Mapping[int, Mapping[str, Any]]


class Reference:
    """Knows which rule finds, or found, a value that is missed.

    Args:
        played: the replay.
        rows: of an earlier report, by number.
    """

    def __init__(self, played: Played, rows: Rows) -> None:
        self._played = played
        self.rows = rows

    def rule_of(self, number: int, path: str, type_: str, start: int | None = None, end: int | None = None) -> str:
        """In words: the rule for a value of ``type_`` at ``path`` of a message."""
        for span in self.rows.get(number, {}).get("spans", ()):
            if (span["path"], span["type"]) == (path, type_) and _meet(span["start"], span["end"], start, end):
                return f"rule {span['rule']} found it in the baseline; {self._now(span['rule'])}"
        for outcome in (one for one in self._played.builtin if one.number == number):
            for span in outcome.spans:
                if (span.path, span.type) == (path, type_) and _meet(span.start, span.end, start, end):
                    return f"the built-in rule {span.rule} finds it; {self._now(span.rule)}"
        names = ", ".join(rule.id for rule in self._played.rules if rule.type == type_)
        return f"no rule in force finds it; rules of that type: {names or 'none'}"

    def _now(self, rule: str) -> str:
        if rule in self._played.replaced:
            return "a rule of yours has taken its place"
        in_force = any(one.id == rule for one in self._played.rules)
        return "it is in force, and finds it no more" if in_force else "it is not in force"


def _meet(start: int, end: int, other_start: int | None, other_end: int | None) -> bool:
    return other_start is None or other_end is None or (start < other_end and end > other_start)


# File


def file(path: Path) -> list[str]:
    """Rule 1.

    Raises:
        RecordingNotFound: no such file.
    """
    found = [one for one in examine(path).findings if one.severity == "damage"]
    return [f"{f'line {one.line}: ' if one.line else ''}{one.kind}: {visible(one.detail)}" for one in found]


# Parity


def parity(played: Played, reference: Reference) -> tuple[list[str], list[str]]:
    """Rule 2: findings, and notes that fail nothing."""
    result = played.result
    differences = [] if result.baseline is None else compare(result.baseline, result.outcomes)[1]
    if not differences or not played.policy_changed:
        problems = [visible(problem) for problem in result.problems]
        return problems + [_difference(one, reference) for one in differences], []
    found = [_difference(one, reference) for one in differences if _is_loss(one, played)]
    note = f"recorded under other rules: {len(differences)} messages differ, {len(found)} lose something"
    return found, [note]


def _is_loss(difference: Difference, played: Played) -> bool:
    if difference.side != "both":
        return difference.side == "live"
    verdict = difference.fields.get("verdict", ("", ""))
    if verdict[0] != "accepted" and verdict[1] == "accepted":
        return True
    if difference.fields.get("pii_redacted") == (True, False):
        return True
    lost = _lost(difference)
    if not played.result.labelled:
        return bool(lost)
    labelled = {one.path for one in played.result.labels if one.kind == "span" and _is_at(one, difference)}
    return any(path in labelled for path, _ in lost)


def _is_at(label: Label, difference: Difference) -> bool:
    return (label.conversation, label.seq) == (difference.conversation, difference.seq)


def _lost(difference: Difference, *, back: bool = False) -> list[tuple[str, str]]:
    """(path, type) of every value found live and not in the replay; ``back``: the other way."""
    live, new = difference.fields.get("spans", ({}, {}))
    live, new = (new, live) if back else (live, new)
    return [(path, type_) for path in live for type_ in Counter(live[path]) - Counter(new.get(path, ()))]


def _difference(difference: Difference, reference: Reference) -> str:
    where = _place(difference.number, difference.seq, difference.event)
    if difference.side != "both":
        return f"{where}: " + ("missing from the replay" if difference.side == "live" else "not recorded live")
    lines = [f"{where}: {difference.cls} differs"]
    for path, type_ in _lost(difference):
        rule = reference.rule_of(difference.number, path, type_)
        lines.append(f"{type_} at {_path(path)} is no longer found: {rule}")
    lines += [f"{type_} at {_path(path)} was not found live" for path, type_ in _lost(difference, back=True)]
    for name, (live, new) in sorted(difference.fields.items()):
        if name == "digest":
            lines.append("the redacted text differs")
        elif name != "spans":
            lines.append(f"{name}: {_changed(live, new)}")
    return "\n  ".join(lines)


def _changed(live: Any, new: Any) -> str:
    """Both sides in words; of two objects only the members that differ."""
    if isinstance(live, dict) and isinstance(new, dict):
        members = [(key, live[key], new[key]) for key in live if key in new and live[key] != new[key]]
        return ", ".join(f"{key} {_changed(one, other)}" for key, one, other in members)
    return f"{visible(str(live))} live, {visible(str(new))} replayed"


# Leaks


def leaks(played: Played) -> list[str]:
    """Rule 3."""
    recording = played.recording
    found = []
    if recording.header.redaction.state != "fictional":
        left = leftovers(recording.entries, spoken(recording.header))
        found += [f"entry {one.n} at {_path(one.path)}: {one.type} is left in the stored text" for one in left]
    masked = [outcome for outcome in played.result.outcomes if not outcome.pii_redacted]
    what = "the second scan found what the rules left; it was masked and not delivered"
    found += [f"{_where(outcome)}: {what}" for outcome in masked]
    return found


# Labels


def labels(played: Played, reference: Reference) -> list[str]:
    """Rule 4."""
    types = {rule.type for rule in (*builtin_rules().rules, *played.rules)} - BY_CUE
    found = disagreements(played.result.labels, played.result.outcomes, types)
    return [_WORDS[one.kind](one, reference) for one in found]


def _missed(found: Disagreement, reference: Reference) -> str:
    label, outcome = found.label, found.outcome
    if outcome is None:
        return f"the message with seq {label.seq}, labelled {label.label} at {_path(label.path)}, did not come"
    start, end = label.start or 0, label.end or 0
    path = shown_path(outcome.spans)(label.path)
    rule = reference.rule_of(outcome.number, label.path, label.label, start, end)
    what = f"{label.label} of {end - start} characters from {start} on is missed"
    part = "" if found.left == end - start else f", {found.left} of them in clear"
    return f"{_where(outcome)} at {_path(path)}: {what}{part}\n  {rule}"


def _delivered(found: Disagreement, _: Reference) -> str:
    label = found.label
    what = f"a sentence labelled hallucinated ({visible(label.label)}), characters {label.start}-{label.end}"
    return f"{_shown_at(found)}: the summary was accepted with {what}"


def _let_through(found: Disagreement, _: Reference) -> str:
    return f"{_shown_at(found)}: labelled as broken ({visible(found.label.label)}), and not rejected for that"


_WORDS = {"missed": _missed, "delivered": _delivered, "let_through": _let_through}


# Baseline


_COMPARED = ("event", "verdict", "stage", "reasons", "deliverable", "pii_redacted", "digest")


def baseline(played: Played, reference: Reference) -> list[str]:
    """Rule 5; a recording that was made anew since has nothing to be compared with, and says so."""
    if not reference.rows:
        return ["the baseline holds another recording under this name; make it anew with --harness-report"]
    now = {row["number"]: row for row in result_rows(RunResult(name="", mode="replay", sessions=[played.result]))}
    found = []
    for number in sorted({*now, *reference.rows}):
        old, new = reference.rows.get(number), now.get(number)
        if old is None or new is None:
            row = old or new or {}
            which = "missing now" if new is None else "not in the baseline"
            found.append(f"{_place(number, row.get('seq'), row.get('event', ''))}: {which}")
        else:
            found += _row(old, new, reference)
    return found


def _row(old: Mapping[str, Any], new: Mapping[str, Any], reference: Reference) -> list[str]:
    before, after = (Counter((s["path"], s["type"], s["start"], s["end"]) for s in row["spans"]) for row in (old, new))
    fields = [name for name in _COMPARED if old.get(name) != new[name]]
    if before == after and not fields:
        return []
    number = int(new["number"])
    lines = [f"{_place(number, new['seq'], new['event'])}:"]
    for path, type_, start, end in before - after:
        rule = reference.rule_of(number, path, type_, start, end)
        lines.append(f"{type_} at {_path(path)} is no longer found: {rule}")
    lines += [f"{type_} at {_path(path)} was not found before" for path, type_, _, _ in after - before]
    for name in fields:
        shown = f"{name}: {visible(str(old.get(name)))} before, {visible(str(new[name]))} now"
        lines.append("the redacted text differs" if name == "digest" else shown)
    return ["\n  ".join(lines)]


# Words


def _shown_at(found: Disagreement) -> str:
    return f"the message with seq {found.label.seq}" if found.outcome is None else _where(found.outcome)


def _where(outcome: Outcome) -> str:
    return _place(outcome.number, outcome.seq, outcome.event)


def _place(number: int, seq: int | None, event: str) -> str:
    named = [] if seq is None else [f"seq {seq}"]
    return f"message {number} ({', '.join([*named, visible(event)])})"


def _path(path: str) -> str:
    """A pointer as it may be shown: not where a key holds what the scan knows."""
    if not path:
        return "the whole text"
    return "a key that is not shown" if scan.leaks(path) else visible(path)
