"""What labels say of each message."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from harness.report.results import result_rows
from harness.report.truth import Truth


def rows_of(make: SimpleNamespace, **changes: Any) -> list[dict[str, Any]]:
    return list(result_rows(make.run(make.session(**changes))))


def test_values(make: SimpleNamespace) -> None:
    """A value is right or a false alarm, a labelled one is missed at its place; offsets are those shown."""
    rows = rows_of(make)
    assert [[span["label"] for span in row["spans"]] for row in rows] == [["tp"], [], ["fp"], ["tp"], []]
    assert rows[1]["missed"] == [
        {"path": "/text", "start": 3, "end": 13, "type": "PERSON", "covered": False, "at": [3, 7]}
    ]
    assert rows[3]["spans"][0]["at"] == [21, 37]
    assert {row["labels"] for row in rows} == {"scenario"}


def test_without_labels(make: SimpleNamespace) -> None:
    """Nothing is said, and the source is null."""
    rows = rows_of(make, label_source="none")
    assert [(row["labels"], row["missed"]) for row in rows] == [(None, [])] * 5
    assert {span["label"] for row in rows for span in row["spans"]} == {None}
    assert {claim["label"] for claim in rows[3]["grounding"]["claims"]} == {None}


@pytest.mark.parametrize("start,end,covered", [(10, 22, True), (9, 22, False), (12, 20, True), (20, 30, False)])
def test_hidden_by_another_type(make: SimpleNamespace, start: int, end: int, covered: bool) -> None:
    """A missed value that other types hide as a whole is told from one in clear; adjoining spans count together."""
    spans = (make.span(10, 15, "SSN"), make.span(15, 22, "IP"))
    labels = [make.label("l", "span", start=start, end=end, label="PERSON")]
    session = make.session([make.outcome(1, spans=spans)], labels=labels)
    assert [missed.covered for missed in Truth(session).missed(session.outcomes[0])] == [covered]


@pytest.mark.parametrize(
    "verdicts,expected",
    [
        ({"grounded": "grounded", "ungrounded": "hallucinated"}, ["tn", "tp"]),
        ({"grounded": "hallucinated", "ungrounded": "grounded"}, ["fn", "fp"]),
        ({}, [None, None]),
    ],
)
def test_claims(make: SimpleNamespace, verdicts: dict[str, str], expected: list[str | None]) -> None:
    """A claim is judged by the sentences it overlaps, and by nothing where there is none."""
    places = {"grounded": (0, 34), "ungrounded": (35, 70)}
    labels = [
        make.label(name, "sentence", seq=4, path="/summary", start=start, end=end, verdict=verdicts[name])
        for name, (start, end) in places.items()
        if name in verdicts
    ]
    rows = rows_of(make, labels=labels)
    assert [claim["label"] for claim in rows[3]["grounding"]["claims"]] == expected


def test_people_speak_before_scenarios(make: SimpleNamespace) -> None:
    """Where both labelled a session, the marks are those of people, and their source is named."""
    session = make.session()
    one, two, *_ = session.labels
    labels = [msgspec.structs.replace(one, annotator_kind="CODE"), msgspec.structs.replace(two, annotator_kind="HUMAN")]
    truth = Truth(make.session(labels=labels, detected=labels))
    assert truth.source == "human gold"
    first = session.outcomes[0]
    assert truth.of_span(first, first.spans[0]) == "fp"
    assert [missed.type for missed in truth.missed(session.outcomes[1])] == ["PERSON"]


def test_one_source_alone(make: SimpleNamespace) -> None:
    """A scenario's labels, or a model's, speak where no one else does; without labels nothing is said."""
    session = make.session()
    first = session.outcomes[0]
    assert Truth(session).of_span(first, first.spans[0]) == "tp"
    assert Truth(make.session(label_source="model labels")).source == "model labels"
    silent = Truth(make.session(labels=(), label_source="none"))
    assert (silent.source, silent.of_span(first, first.spans[0]), silent.missed(first)) == (None, None, [])
