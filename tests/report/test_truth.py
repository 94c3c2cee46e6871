"""What labels say of each message."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

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
