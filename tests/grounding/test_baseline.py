"""The old rule, kept for comparison."""

from harness.grounding import rouge_l, token_overlap
from harness.grounding.baseline import OverlapChecker


def test_token_overlap() -> None:
    """Share of the summary's words in the context; 0.6 passes; nothing overlaps with nothing."""
    assert token_overlap("a b c", "A b x") == (True, 0.666667)
    assert token_overlap("a b c", "a x y") == (False, 0.333333)
    assert token_overlap("a", "") == (False, 0.0)


def test_rouge_l() -> None:
    """Share of the summary's words that the context holds in the same order."""
    assert rouge_l("the fee is six pounds", "the pounds fee six") == 0.75
    assert rouge_l("a", "") == 0.0


def test_the_baseline_can_take_the_place_of_the_check() -> None:
    """Turn by turn or at once: one claim, the whole summary, the same verdict as the function's."""
    turns = [{"speaker": "agent", "text": "the parcel arrives on Monday"}, {"speaker": "customer", "text": "thank you"}]
    checker = OverlapChecker()
    conversation = checker.conversation()
    for turn in turns:
        conversation.add(turn["speaker"], turn["text"])
    for summary in ("the parcel arrives on Monday", "the refund was denied", ""):
        grounded, score = token_overlap("the parcel arrives on Monday thank you", summary)
        result = conversation.check(summary)
        assert (result.verdict == "grounded", result.score) == (grounded, score)
        assert (
            checker.check(turns, summary) == result == checker.check("the parcel arrives on Monday thank you", summary)
        )
        (claim,) = result.claims
        assert (claim.start, claim.end, claim.verdict) == (0, len(summary), result.verdict)
    conversation.forget()
    assert conversation.check("parcel").verdict == "ungrounded"
    assert checker.policy_digest == "token_overlap/0.6"
