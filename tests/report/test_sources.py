"""Where labels come from, and what each source sees."""

from __future__ import annotations

from types import SimpleNamespace

import msgspec
import pytest

from harness.report.labels import Label, in_force
from harness.report.sources import DETECTED, HUMAN, MODEL, SCENARIO, by_source, source_of


def of_kind(label: Label, kind: str, **changes: object) -> Label:
    return msgspec.structs.replace(label, annotator_kind=kind, **changes)


@pytest.mark.parametrize(
    "kinds,source",
    [
        ((), SCENARIO),
        (("HUMAN",), HUMAN),
        (("CODE", "CODE"), SCENARIO),
        (("LLM",), MODEL),
        (("HUMAN", "CODE"), f"{HUMAN} + {SCENARIO}"),
        (("",), SCENARIO),
    ],
)
def test_source_of(make: SimpleNamespace, kinds: tuple[str, ...], source: str) -> None:
    """The annotators' kinds name the sources of a file."""
    labels = [make.label(f"l{i}", "span", annotator_kind=kind) for i, kind in enumerate(kinds)]
    assert source_of(labels, SCENARIO) == source


def test_kinds_are_kept_apart(make: SimpleNamespace) -> None:
    """One file with labels of a person and of a scenario is two sources, each with its own labels."""
    one, two, *_ = make.session().labels
    found = by_source([make.session(labels=[of_kind(one, "HUMAN"), of_kind(two, "CODE")])])
    assert {source: [label.id for label in views[0].labels] for source, views in found.items()} == {
        HUMAN: [one.id],
        SCENARIO: [two.id],
    }


def test_people_answer_for_what_they_labelled(make: SimpleNamespace) -> None:
    """Of a session with two conversations a person's labels judge the one that was labelled; a scenario's judge both."""
    outcomes = [make.outcome(1), make.outcome(2, conversation="other")]
    labels = [make.label("l1", "span", end=4, label="PHONE", annotator_kind="HUMAN")]
    found = by_source([make.session(outcomes, labels=labels)])
    assert [outcome.number for outcome in found[HUMAN][0].outcomes] == [1]
    found = by_source([make.session(outcomes, labels=[of_kind(labels[0], "CODE")])])
    assert [outcome.number for outcome in found[SCENARIO][0].outcomes] == [1, 2]


def test_nothing_labelled(make: SimpleNamespace) -> None:
    """Without labels no source; labelled as holding nothing is a source without labels."""
    assert by_source([make.session(labels=(), label_source="none")]) == {}
    assert by_source([make.session(labels=())])[SCENARIO][0].labels == []


def test_detected_is_compared_by_piece(make: SimpleNamespace) -> None:
    """What was replaced at record time is a source of its own; values there are not joined over messages."""
    outcomes = [make.outcome(1, spans=(make.span(0, 4, value_id=3, last=False),)), make.outcome(2)]
    (view,) = by_source([make.session(outcomes, labels=(), label_source="none", detected=())])[DETECTED]
    assert [span.value_id for outcome in view.outcomes for span in outcome.spans] == [0]


def test_superseding_stays_within_a_source(make: SimpleNamespace) -> None:
    """A person's correction replaces a scenario's label for readers, but not in what the scenario said."""
    old = make.label("l1", "span", annotator_kind="CODE")
    new = make.label("l2", "span", annotator_kind="HUMAN", supersedes="l1")
    newer = make.label("l3", "span", annotator_kind="HUMAN", supersedes="l2")
    assert [label.id for label in in_force([old, new, newer])] == ["l3"]
    assert [label.id for label in in_force([old, new, newer], each_source=True)] == ["l1", "l3"]
