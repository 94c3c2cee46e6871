"""The old rule, kept for comparison."""

from harness.grounding import token_overlap


def test_token_overlap() -> None:
    """Share of the summary's words in the context; 0.6 passes; nothing overlaps with nothing."""
    assert token_overlap("a b c", "A b x") == (True, 0.666667)
    assert token_overlap("a b c", "a x y") == (False, 0.333333)
    assert token_overlap("a", "") == (False, 0.0)
