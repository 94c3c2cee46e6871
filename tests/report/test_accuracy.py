"""From labels and outcomes to accuracy."""

from __future__ import annotations

import random
from types import SimpleNamespace
from typing import Any

from harness.report.accuracy import accuracy
from harness.report.run import SessionResult


def measure(*sessions: SessionResult) -> dict[str, Any]:
    return accuracy(sessions, rng=random.Random(0))


def test_whole_session(make: SimpleNamespace) -> None:
    """Spans by type, sentences by overlap, messages by number."""
    found = measure(make.session())
    assert found["label_source"] == "scenario"
    assert (found["redaction"]["PHONE"]["tp"], found["redaction"]["PHONE"]["n"]) == (2, 2)
    assert (found["redaction"]["PERSON"]["recall"], found["redaction"]["PERSON"]["n"]) == (0, 1)
    assert found["redaction"]["EMAIL"]["fp"] == 1
    assert found["grounding"]["balanced_accuracy"] == 1
    assert found["grounding"]["summaries"]["confusion"]["tp"] == 1
    assert found["schema"]["hit"] == 1


def test_unlabelled(make: SimpleNamespace) -> None:
    """Without labels every part is n/a, with the reason."""
    found = measure(make.session(labels=(), label_source="none"))
    assert (found["label_source"], found["redaction"], found["schema"]) == ("n/a", "n/a", "n/a")
    assert "no recording" in found["why"]["grounding"]


def test_labelled_as_empty(make: SimpleNamespace) -> None:
    """A labelled session without a label says: whatever was found is false."""
    found = measure(make.session(labels=()))
    assert found["redaction"]["PHONE"]["fp"] == 2
    assert found["schema"]["unexpected"] == 1


def test_sources_are_not_mixed(make: SimpleNamespace) -> None:
    """Each label source has its own figures, that with most labels first."""
    human = make.session(recording_id="h", label_source="human gold", labels=make.session().labels[:2])
    found = measure(human, make.session())
    assert found["label_source"] == "scenario"
    assert [(other["label_source"], other["labels"]) for other in found["other_sources"]] == [("human gold", 2)]


def test_rest_summary_pairs_without_seq(make: SimpleNamespace) -> None:
    """A summary over REST meets its labels by conversation and path."""
    outcome = make.summary(4, seq=None)
    labels = [
        make.label("l1", "span", seq=None, path="/summary", start=21, end=33, label="PHONE"),
        make.label("l2", "sentence", seq=None, path="/summary", start=35, end=70, label="n", verdict="hallucinated"),
    ]
    found = measure(make.session([outcome], labels=labels))
    assert found["redaction"]["PHONE"]["tp"] == 1
    assert found["grounding"]["confusion"]["tp"] == 1


def test_split_value_is_one(make: SimpleNamespace) -> None:
    """Pieces over two deltas, labelled and found, are one value."""
    outcomes = [
        make.outcome(1, spans=(make.span(5, 9, value_id=3, last=False),)),
        make.outcome(2, spans=(make.span(0, 4, value_id=3),)),
    ]
    labels = [
        make.label("l1#0", "span", seq=1, start=5, end=9, label="PHONE"),
        make.label("l1#1", "span", seq=2, start=0, end=4, label="PHONE"),
        make.label("l2", "span", seq=2, start=8, end=8, label="PHONE"),
    ]
    row = measure(make.session(outcomes, labels=labels))["redaction"]["PHONE"]
    assert (row["n"], row["tp"], row["fp"]) == (1, 1, 0)


def test_unjudged_summary(make: SimpleNamespace) -> None:
    """Labels of a summary that never got a verdict are counted as unjudged."""
    found = measure(make.session([make.summary(4, grounding=None)]))["grounding"]
    assert (found["n"], found["unjudged"], found["summaries"]["unjudged"]) == (2, 2, 1)


def test_provisional_verdicts_do_not_count(make: SimpleNamespace) -> None:
    """A delta's grounding is not the summary's."""
    found = measure(make.session([make.summary(4, provisional=True)]))["grounding"]
    assert found["unjudged"] == 2


def test_sentence_without_claims(make: SimpleNamespace) -> None:
    """Nothing to check means not flagged."""
    labels = [make.label("l", "sentence", seq=4, path="/summary", start=70, end=90, label="x", verdict="hallucinated")]
    found = measure(make.session([make.summary(4)], labels=labels))["grounding"]
    assert found["confusion"]["fn"] == 1
