"""results.jsonl: one line per outcome, and a claim's own words from the redacted summary."""

from __future__ import annotations

import dataclasses
import json
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.pipeline.outcome import PathSpan
from harness.report.results import redacted_slice, result_rows
from harness.text.placeholder import placeholder


def test_one_line_per_outcome(make: SimpleNamespace) -> None:
    """By session and number, JSON all through."""
    run = make.run(make.session(), make.session(recording_id="a", recording_path="a.rec.jsonl"))
    rows = list(result_rows(run))
    assert [(row["session"], row["number"]) for row in rows] == [(s, n) for s in ("a", "rec-1") for n in range(1, 6)]
    assert json.loads(json.dumps(rows)) == rows


def test_words_of_claims(make: SimpleNamespace) -> None:
    """Offsets in the summary as received become words of the redacted one."""
    row = next(row for row in result_rows(make.run()) if row["grounding"])
    assert [claim["text"] for claim in row["grounding"]["claims"]] == [
        "Customer called from [PHONE_REDACTED].",
        "A refund of 90 dollars was agreed.",
    ]
    assert row["budget"]["tokens"] == 18


@pytest.mark.parametrize(
    "payload", [None, "text", {"summary": 3}, {"summary": "Something else [X] altogether, it is."}]
)
def test_no_words_without_certainty(make: SimpleNamespace, payload: object) -> None:
    """A payload without summary, or with other placeholders, gives no words."""
    run = make.run(make.session([make.summary(1, payload=payload)], baseline=None))
    assert {claim["text"] for claim in next(result_rows(run))["grounding"]["claims"]} == {None}


def test_differences_are_marked(make: SimpleNamespace) -> None:
    """A line tells how its message differs from its live side; one missing from the replay has no line."""
    session = make.session()
    outcomes = [dataclasses.replace(session.outcomes[0], digest="d"), *session.outcomes[2:]]
    rows = list(result_rows(make.run(dataclasses.replace(session, outcomes=outcomes))))
    assert [row["parity"] and row["parity"]["class"] for row in rows] == ["text", None, None, None]


def test_cut_through_a_placeholder() -> None:
    """A value cut by an end is shown as its whole placeholder."""
    spans = [PathSpan(path="/summary", start=2, end=6, type="SSN", rule="r")]
    redacted = "ab[SSN_REDACTED]cd"
    assert redacted_slice(redacted, spans, 3, 7) == "[SSN_REDACTED]c"
    assert redacted_slice(redacted, spans, 0, 4) == "ab[SSN_REDACTED]"
    assert redacted_slice("ab", spans, 6, 8) is None


words = st.lists(st.tuples(st.text("abc ", min_size=1, max_size=5), st.sampled_from([None, "SSN", "CREDIT_CARD"])))


@given(words, st.integers(0, 30), st.integers(0, 30))
def test_slice_is_what_a_redactor_would_make(parts: list[tuple[str, str | None]], a: int, b: int) -> None:
    """Between the values' edges, the slice of the redacted text is the redaction of the slice."""
    raw, redacted, edges, spans = "", "", [(0, 0)], []
    for text, type_ in parts:
        if type_:
            spans.append(PathSpan(path="/summary", start=len(raw), end=len(raw) + len(text), type=type_, rule="r"))
        raw += text
        redacted += placeholder(type_) if type_ else text
        edges.append((len(raw), len(redacted)))
    (start, new_start), (end, new_end) = sorted((edges[a % len(edges)], edges[b % len(edges)]))
    assert (redacted_slice(redacted, spans, start, end) or "") == redacted[new_start:new_end]
