"""Marks are taken out, spans cover what they marked."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.scenario.markup import Marked, MarkupError, join, parse_markup
from harness.text.span import Span


def test_plain_text_is_itself() -> None:
    """Text without marks comes back as it is, without spans."""
    assert parse_markup("a {b} c | d }}") == Marked("a {b} c | d }}")


def test_spans_cover_the_values() -> None:
    """Two marks give two spans at the places their values have in the plain text."""
    marked = parse_markup("call {{PHONE|415-299-0188}} or {{EMAIL|a@b.co}}.")
    assert marked.text == "call 415-299-0188 or a@b.co."
    assert [(s.type, marked.text[s.start : s.end]) for s in marked.spans] == [
        ("PHONE", "415-299-0188"),
        ("EMAIL", "a@b.co"),
    ]


@pytest.mark.parametrize(
    "source", ["{{", "{{PHONE|}}", "{{phone|1}}", "{{PHONE|1}", "x {{A|b {{C|d}} }}", "{{A|b}} {{"]
)
def test_half_a_mark_is_refused(source: str) -> None:
    """What looks like a mark and is none is an error that does not show the text."""
    with pytest.raises(MarkupError, match=r"character \d+"):
        parse_markup(source)


def test_a_mark_may_span_lines_and_stand_at_the_end() -> None:
    """A value may hold a line break, and nothing has to follow it."""
    assert parse_markup("{{ADDRESS|1 Elm\nSt}}") == Marked("1 Elm\nSt", (Span(0, 8, "ADDRESS"),))


def test_join_moves_spans_along() -> None:
    """Spans of later parts move by the length of the earlier ones."""
    joined = join([parse_markup("{{A|xy}}."), parse_markup("and {{B|z}}")])
    assert joined.text == "xy. and z"
    assert [joined.text[s.start : s.end] for s in joined.spans] == ["xy", "z"]


def test_pieces_name_the_span_they_are_of() -> None:
    """A cut holds its part of each span and says which span it is."""
    marked = parse_markup("ab{{A|cdef}}{{B|gh}}")
    assert marked.pieces(4, 7) == [(0, Span(0, 2, "A")), (1, Span(2, 3, "B"))]
    assert marked.cut(0, 2) == Marked("ab")


@given(
    st.lists(
        st.tuples(
            st.text(st.characters(exclude_characters="{}")), st.text(st.characters(exclude_characters="{}"), min_size=1)
        )
    ),
)
def test_markup_round_trips(parts: list[tuple[str, str]]) -> None:
    """Whatever was marked is what the spans cover, in order, and the rest is unchanged."""
    marked = parse_markup("".join(f"{plain}{{{{T|{value}}}}}" for plain, value in parts))
    assert marked.text == "".join(plain + value for plain, value in parts)
    assert [marked.text[s.start : s.end] for s in marked.spans] == [value for _, value in parts]
