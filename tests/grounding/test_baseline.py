"""The old rule, kept for comparison."""

from harness.grounding import rouge_l, token_overlap


def test_token_overlap() -> None:
    """Share of the summary's words in the context; 0.6 passes; nothing overlaps with nothing."""
    assert token_overlap("a b c", "A b x") == (True, 0.666667)
    assert token_overlap("a b c", "a x y") == (False, 0.333333)
    assert token_overlap("a", "") == (False, 0.0)


def test_rouge_l() -> None:
    """Share of the summary's words that the context holds in the same order."""
    assert rouge_l("the fee is six pounds", "the pounds fee six") == 0.75
    assert rouge_l("a", "") == 0.0
