"""What each check finds, and what it does not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from harness.pipeline.outcome import Outcome
from harness.pytest_plugin import checks
from harness.pytest_plugin.play import Played, play
from harness.recorder.outcomes import outcome_entry
from harness.recording.entry import WsMessage
from harness.report.labels import Label
from harness.report.results import result_rows
from harness.report.run import RunResult
from harness.settings import Settings

Change = Callable[..., Played]


@pytest.fixture(scope="module")
def gift(root: Path) -> Played:
    """A replay, as if it had been recorded under the rules in force."""
    played = play(root / "recordings" / "retail-gift-return.rec.jsonl", Settings())
    live = [outcome_entry(o, n=o.number, t=0, of=o.number, digest=o.digest) for o in played.result.outcomes]
    return replace(played, result=replace(played.result, baseline=live, policy=played.policies["policy"]))


@pytest.fixture
def with_outcome(gift: Played) -> Change:
    """``gift`` with one outcome changed; keywords other than ``number`` are of the outcome, ``of`` of the result."""

    def change(number: int, *, of: dict[str, Any] | None = None, **changes: Any) -> Played:
        outcomes = [replace(o, **changes) if o.number == number else o for o in gift.result.outcomes]
        return replace(gift, result=replace(gift.result, outcomes=outcomes, **(of or {})))

    return change


def _reference(played: Played, rows: Sequence[dict[str, Any]] = ()) -> checks.Reference:
    return checks.Reference(played, {row["number"]: row for row in rows})


def _rows(played: Played) -> list[dict[str, Any]]:
    return list(result_rows(RunResult(name="", mode="replay", sessions=[played.result])))


def _parity(played: Played) -> tuple[list[str], list[str]]:
    return checks.parity(played, _reference(played))


def _label(**fields: Any) -> Label:
    about = {"id": "x", "conversation": "retail-gift-return-3b6f52b2", "seq": 11, "path": "/text", "kind": "span"}
    return Label(**{**about, "start": 0, "end": 4, "label": "PHONE", **fields})


def test_all_is_well(gift: Played) -> None:
    """A committed recording has no findings in any check."""
    reference = _reference(gift, _rows(gift))
    assert checks.file(gift.recording.path) == []
    assert _parity(gift) == ([], [])
    assert checks.leaks(gift) == checks.labels(gift, reference) == checks.baseline(gift, reference) == []


def test_parity_of_the_same_rules(gift: Played, with_outcome: Change) -> None:
    """Under the recorded rules every difference and every problem is a finding; the rules of the type are named."""
    first = gift.result.outcomes[10]
    assert [span.type for span in first.spans] == ["PHONE"]
    found, notes = _parity(with_outcome(11, spans=(), of={"problems": ["stalled \u202e"]}))
    assert notes == []
    assert found[0] == "stalled \\u202e"
    assert found[1].startswith("message 11 (seq 11, utterance): redaction differs\n")
    assert "PHONE at /text is no longer found: no rule in force finds it; rules of that type: phone." in found[1]
    missing, _ = _parity(replace(gift, result=replace(gift.result, outcomes=gift.result.outcomes[:-1])))
    assert missing == ["message 48 (seq 48, end): missing from the replay"]
    more, _ = _parity(replace(gift, result=replace(gift.result, baseline=(gift.result.baseline or [])[:-1])))
    assert more == ["message 48 (seq 48, end): not recorded live"]


def test_parity_names_what_changed(gift: Played, with_outcome: Change) -> None:
    """Other fields are told of by their two sides, of objects by the members that differ."""
    spans = gift.result.outcomes[10].spans
    found, _ = _parity(with_outcome(11, verdict="rejected", spans=(*spans, *spans), digest="0"))
    assert found[0].splitlines()[1:] == [
        "  PHONE at /text was not found live",
        "  the redacted text differs",
        "  verdict: accepted live, rejected replayed",
    ]
    budgeted = next(o for o in gift.result.outcomes if o.budget)
    assert budgeted.budget is not None
    found, _ = _parity(with_outcome(budgeted.number, budget=replace(budgeted.budget, kept=1)))
    assert found[0].splitlines()[1:] == [f"  budget: kept {budgeted.budget.kept} live, 1 replayed"]


def test_parity_of_other_rules(gift: Played, with_outcome: Change) -> None:
    """Under other rules only a loss is a finding; where there are labels, at a labelled place only."""

    def findings(played: Played) -> int:
        found, (note,) = _parity(replace(played, policies={"policy": "another"}))
        assert note == f"recorded under other rules: 1 messages differ, {len(found)} lose something"
        return len(found)

    assert findings(with_outcome(11, spans=())) == 1
    assert findings(with_outcome(11, digest="0")) == 0
    assert findings(with_outcome(11, pii_redacted=False)) == 1
    assert findings(with_outcome(11, verdict="rejected")) == 0
    assert findings(with_outcome(11, spans=(), of={"labels": ()})) == 0
    assert findings(with_outcome(11, spans=(), of={"labels": (), "label_source": "none"})) == 1
    refused = [msgspec.structs.replace(e, verdict="rejected") if e.seq == 11 else e for e in gift.result.baseline or ()]
    assert findings(replace(gift, result=replace(gift.result, baseline=refused))) == 1
    assert findings(replace(gift, result=replace(gift.result, outcomes=gift.result.outcomes[:-1]))) == 1


def test_leaks_stored_and_left(gift: Played, with_outcome: Change) -> None:
    """What the scan finds in stored text, and what it found in an outcome; a key that holds a value is not shown."""
    assert checks.leaks(with_outcome(11, pii_redacted=False)) == [
        "message 11 (seq 11, utterance): the second scan found what the rules left; it was masked and not delivered"
    ]
    at = next(
        e.n
        for e in gift.recording.entries
        if isinstance(e, WsMessage) and e.dir == "in" and "utterance" in (e.text or "")
    )
    bad = '{"type":"note","text":"dial 628-232-7719","628-232-7719":"or 628-232-7718"}'
    entries = [msgspec.structs.replace(entry, text=bad) if entry.n == at else entry for entry in gift.recording.entries]
    found = checks.leaks(replace(gift, recording=replace(gift.recording, entries=entries)))
    assert f"entry {at} at /text: PHONE is left in the stored text" in found
    assert f"entry {at} at a key that is not shown: PHONE is left in the stored text" in found
    assert "628" not in "".join(found)


def test_labels_of_spans(gift: Played) -> None:
    """A labelled value that no span covers, covers in part, or whose message did not come; types without rules are let be."""

    def findings(*labels: Label) -> list[str]:
        played = replace(gift, result=replace(gift.result, labels=labels))
        return checks.labels(played, _reference(played))

    span = gift.result.outcomes[10].spans[0]
    assert findings(_label(start=span.start, end=span.end)) == []
    assert findings(_label(label="PERSON")) == []
    (missed,) = findings(_label())
    assert missed.startswith("message 11 (seq 11, utterance) at /text: PHONE of 4 characters from 0 on is missed\n")
    (part,) = findings(_label(start=span.start - 1, end=span.end))
    assert ", 1 of them in clear\n" in part
    assert findings(_label(seq=999)) == ["the message with seq 999, labelled PHONE at /text, did not come"]
    (whole,) = findings(_label(path=""))
    assert " at the whole text: " in whole


def test_labels_of_sentences_and_messages(gift: Played) -> None:
    """A hallucinated sentence that is delivered, and a broken message that is not rejected for its reason."""

    def findings(*labels: Label, outcomes: Sequence[Outcome] = gift.result.outcomes) -> list[str]:
        played = replace(gift, result=replace(gift.result, labels=labels, outcomes=outcomes))
        return checks.labels(played, _reference(played))

    summary = next(o for o in gift.result.outcomes if o.deliverable and o.verdict == "accepted")
    sentence = _label(kind="sentence", verdict="hallucinated", label="unsupported_number", seq=summary.seq)
    where = f"message {summary.number} (seq {summary.seq}, summary.completed)"
    what = "a sentence labelled hallucinated (unsupported_number), characters 0-4"
    assert findings(sentence) == [f"{where}: the summary was accepted with {what}"]
    assert findings(msgspec.structs.replace(sentence, verdict="grounded")) == []
    assert findings(msgspec.structs.replace(sentence, seq=11)) == []
    broken = _label(kind="message", label="schema", id="x:m11", start=None, end=None)
    assert findings(broken) == [
        "message 11 (seq 11, utterance): labelled as broken (schema), and not rejected for that"
    ]
    rejected = [replace(o, verdict="rejected", reasons=["schema:/text"]) for o in gift.result.outcomes]
    assert findings(broken, outcomes=rejected) == []
    assert findings(msgspec.structs.replace(broken, id="x", seq=999, label="")) == [
        "the message with seq 999: labelled as broken (), and not rejected for that"
    ]


def test_baseline(gift: Played, with_outcome: Change) -> None:
    """Lost and new values, other fields, missing and new messages; another recording under the name is said to be one."""
    rows = _rows(gift)
    lost = checks.baseline(with_outcome(11, spans=(), digest="0", stage="validate"), _reference(gift, rows))
    rule = gift.result.outcomes[10].spans[0].rule
    stage = gift.result.outcomes[10].stage
    assert lost == [
        "message 11 (seq 11, utterance):\n"
        f"  PHONE at /text is no longer found: rule {rule} found it in the baseline; it is in force, and finds it no more\n"
        f"  stage: {stage} before, validate now\n"
        "  the redacted text differs"
    ]
    before = [{**row, "spans": []} if row["number"] == 11 else row for row in rows]
    assert checks.baseline(gift, _reference(gift, before)) == [
        "message 11 (seq 11, utterance):\n  PHONE at /text was not found before"
    ]
    assert checks.baseline(gift, _reference(gift, rows[:-1])) == ["message 48 (seq 48, end): not in the baseline"]
    extra = {**rows[-1], "number": 49}
    assert checks.baseline(gift, _reference(gift, [*rows, extra])) == ["message 49 (seq 48, end): missing now"]
    assert "holds another recording" in checks.baseline(gift, _reference(gift))[0]


def test_a_rule_that_is_gone(gift: Played) -> None:
    """A rule the baseline names and nobody has any more is not in force."""
    rows = _rows(gift)
    rows[10]["spans"][0]["rule"] = "phone.gone"
    words = _reference(gift, rows).rule_of(11, "/text", "PHONE")
    assert words == "rule phone.gone found it in the baseline; it is not in force"
    assert _reference(gift).rule_of(11, "/text", "SHOE_SIZE").endswith("rules of that type: none")
