"""Operators."""

from __future__ import annotations

from harness.pii.operators import apply, drop, hashed, mask, replace
from harness.text.span import Span

TEXT = "ssn 536-22-1478 ok"
SPANS = [Span(4, 15, "SSN", "r")]


def test_each_operator() -> None:
    """Placeholder, mask, nothing, keyed digest."""
    assert apply(TEXT, SPANS, replace) == "ssn [SSN_REDACTED] ok"
    assert apply(TEXT, SPANS, mask) == "ssn ***-**-**** ok"
    assert apply(TEXT, SPANS, drop) == "ssn  ok"
    one, two = apply(TEXT, SPANS, hashed(b"a")), apply(TEXT, SPANS, hashed(b"b"))
    assert one != two
    assert one == apply(TEXT, SPANS, hashed(b"a"))
    assert "1478" not in one


def test_base_shifts_the_spans() -> None:
    """Offsets may count from an earlier text."""
    assert apply(TEXT, [Span(104, 115, "SSN")], base=100) == "ssn [SSN_REDACTED] ok"
