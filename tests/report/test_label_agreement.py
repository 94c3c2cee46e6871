"""Annotators of the same recordings."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from harness.report.label_agreement import agreement
from harness.report.labels import Label


def rows(make: SimpleNamespace, annotator: str, *verdicts: str, **changes: object) -> list[tuple[str, Label]]:
    labels = [
        make.label(
            f"{annotator}:{i}",
            "sentence",
            start=10 * i,
            end=10 * i + 9,
            verdict=verdict,
            annotator=annotator,
            annotator_kind="HUMAN",
            **changes,
        )
        for i, verdict in enumerate(verdicts)
    ]
    return [("a.rec.jsonl", label) for label in labels]


def test_verdicts(make: SimpleNamespace) -> None:
    """Kappa of a pair, alpha of all, on the items they share."""
    one = rows(make, "ann", *["grounded"] * 25, *["hallucinated"] * 25)
    two = rows(make, "bob", *["grounded"] * 20, *["hallucinated"] * 5, *["grounded"] * 10, *["hallucinated"] * 15)
    found = agreement([*one, *two])
    assert found["annotators"] == {"ann (HUMAN)": 50, "bob (HUMAN)": 50}
    (pair,) = found["pairs"]
    assert pair["kappa"] == pytest.approx(0.4)
    assert found["alpha"] == pytest.approx(1 - 99 * 30 / (2 * 55 * 45), abs=1e-6)
    assert pair["span_f1_exact"] == "n/a"


def test_messages(make: SimpleNamespace) -> None:
    """Labels of whole messages are items too, by number."""
    labels = [
        ("a", make.label(f"{who}:m{number}", "message", annotator=who, verdict="rejected", label=reason))
        for who, number, reason in (("x", 1, "p"), ("y", 1, "p"), ("x", 2, "q"), ("y", 2, "p"))
    ]
    assert agreement(labels)["pairs"][0]["items"] == 2
    assert agreement(labels)["pairs"][0]["kappa"] == 0


def test_spans(make: SimpleNamespace) -> None:
    """Spans count in conversations both labelled; pieces of one value are one span."""

    def span(who: str, number: str, start: int, end: int, conversation: str = "c") -> tuple[str, Label]:
        fields = {"start": start, "end": end, "conversation": conversation, "label": "PHONE", "annotator": who}
        return "a", make.label(f"{who}{number}", "span", **fields)

    found = agreement(
        [
            *(span("x", "1", 0, 10), span("x", "2", 20, 30), span("x", "3#0", 40, 42), span("x", "3#1", 50, 52)),
            *(span("y", "1", 0, 10), span("y", "2", 22, 30), span("y", "9", 0, 5, "only y")),
        ]
    )
    (pair,) = found["pairs"]
    assert pair["spans"] == [3, 2]
    assert (pair["span_f1_exact"], pair["span_f1_overlap"]) == (0.4, 0.8)
    assert (pair["kappa"], found["alpha"]) == ("n/a", "n/a")


def test_own_corrections_only(make: SimpleNamespace) -> None:
    """A label is replaced by a later one of the same annotator, not by another's."""
    first = rows(make, "ann", "grounded", "grounded")
    own = make.label(
        "ann:9", "sentence", start=0, end=9, verdict="hallucinated", annotator="ann", annotator_kind="HUMAN"
    )
    other = make.label("bob:0", "sentence", start=10, end=19, verdict="hallucinated", annotator="bob")
    import msgspec

    own, other = (msgspec.structs.replace(label, supersedes=old) for label, old in ((own, "ann:0"), (other, "ann:1")))
    found = agreement([*first, ("a.rec.jsonl", own), ("a.rec.jsonl", other)])
    assert found["annotators"] == {"ann (HUMAN)": 2, "bob (no kind)": 1}
    assert found["pairs"][0]["items"] == 1
