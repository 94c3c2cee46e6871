"""Terms are explained once."""

from __future__ import annotations

from harness.report.render.terms import TERMS


def test_terms() -> None:
    """Each has a name of its own and a sentence."""
    names = [name for name, _ in TERMS]
    assert len(names) == len(set(names))
    assert all(meaning.endswith(".") for _, meaning in TERMS)
