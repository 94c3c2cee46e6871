"""Where labels and outcomes disagree."""

from __future__ import annotations

from typing import Any

import pytest

from harness.pipeline.outcome import Outcome, PathSpan
from harness.report.disagree import disagreements
from harness.report.labels import Label


def outcome(**changes: Any) -> Outcome:
    fields: dict[str, Any] = {
        "number": 1,
        "conversation": "c",
        "seq": 4,
        "event": "utterance",
        "verdict": "accepted",
        "stage": "audit",
        "spans": (PathSpan(path="/text", start=0, end=6, type="PHONE", rule="r"),),
    }
    return Outcome(**{**fields, **changes})


def label(**fields: Any) -> Label:
    about: dict[str, Any] = {
        "id": "x",
        "conversation": "c",
        "seq": 4,
        "path": "/text",
        "kind": "span",
        "label": "PHONE",
    }
    return Label(**{**about, **fields})


def found(one: Label, *outcomes: Outcome) -> list[tuple[str, int]]:
    return [(d.kind, d.left) for d in disagreements([one], outcomes, {"PHONE"})]


@pytest.mark.parametrize(("one", "left"), [((0, 6), []), ((2, 8), [("missed", 2)]), ((8, 12), [("missed", 4)])])
def test_values(one: tuple[int, int], left: list[tuple[str, int]]) -> None:
    """A value is missed by the characters that no span covers; other types are not looked at."""
    assert found(label(start=one[0], end=one[1]), outcome()) == left
    assert found(label(start=one[0], end=one[1], label="PERSON"), outcome()) == []


def test_a_message_that_did_not_come() -> None:
    """Its value is missed, and no outcome is named."""
    (one,) = disagreements([label(seq=9, start=0, end=3)], [outcome()], {"PHONE"})
    assert one.outcome is None


def test_hallucinations() -> None:
    """A summary that is labelled hallucinated must not be accepted and delivered."""
    wrong = label(kind="sentence", verdict="hallucinated", start=0, end=9)
    assert found(wrong, outcome(deliverable=True)) == [("delivered", 0)]
    assert found(wrong, outcome(deliverable=True, verdict="quarantined")) == []
    assert found(label(kind="sentence", verdict="grounded", start=0, end=9), outcome(deliverable=True)) == []


def test_broken_messages() -> None:
    """A message labelled as broken is rejected, for its reason, wherever it stands."""
    broken = label(kind="message", label="schema")
    assert found(broken, outcome()) == [("let_through", 0)]
    assert found(broken, outcome(verdict="rejected", reasons=("schema:seq",))) == []
    assert found(broken, outcome(verdict="rejected", reasons=("not_json",))) == [("let_through", 0)]
    numbered = label(id="x:m2", kind="message", seq=None, label="")
    assert found(numbered, outcome(), outcome(number=2, verdict="rejected", seq=None)) == []
    (one,) = disagreements([numbered], [outcome()], ())
    assert one.outcome is None
