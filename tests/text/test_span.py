"""A typed stretch of text."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from harness.text.span import Span, merged

SPANS = st.lists(
    st.tuples(st.integers(0, 30), st.integers(1, 8), st.sampled_from(["A", "B"])).map(
        lambda parts: Span(parts[0], parts[0] + parts[1], parts[2])
    ),
    max_size=10,
)


def test_spans_are_values_in_order_of_place() -> None:
    """Equal by their fields, sorted by start, then end."""
    assert Span(1, 2, "PHONE") == Span(1, 2, "PHONE", "")
    assert sorted([Span(3, 4, "A"), Span(1, 5, "B"), Span(1, 2, "C")]) == [
        Span(1, 2, "C"),
        Span(1, 5, "B"),
        Span(3, 4, "A"),
    ]


def test_spans_that_overlap_become_one() -> None:
    """Of the first one's type; spans that touch stay two."""
    spans = [Span(4, 9, "B", "b"), Span(0, 5, "A", "a"), Span(9, 12, "C"), Span(10, 11, "D")]
    assert merged(spans) == [Span(0, 9, "A", "a"), Span(9, 12, "C")]
    assert merged([]) == []


@given(SPANS)
def test_merged_spans_cover_the_same_text_once(spans: list[Span]) -> None:
    """No place more, none less, none twice."""
    done = merged(spans)
    assert all(a.end <= b.start for a, b in pairwise(done))
    assert {i for span in spans for i in range(span.start, span.end)} == {
        i for span in done for i in range(span.start, span.end)
    }
