"""Claims are held against what was said, and what leaves is redacted."""

from __future__ import annotations

from typing import Any

from harness.dialects.base import Summary, Utterance
from harness.grounding import Checker
from harness.pii import Redactor
from harness.pipeline.ground import GroundStage

CHECKER, REDACTOR = Checker(), Redactor()
PHONE, OTHER = "628-374-9920", "628-374-9921"


def stage() -> GroundStage:
    return GroundStage(CHECKER, REDACTOR)


def said(text: str, speaker: str = "customer", **fields: Any) -> Utterance:
    return Utterance(type="utterance", utterance_id="u", speaker=speaker, text=text, **fields)


def summary(text: str, context: str | None = None) -> Summary:
    return Summary(type="summary.completed", summary_id="s", summary=text, self_context=context)


def test_a_claim_is_supported_by_what_was_said_before() -> None:
    """The claim points at its evidence."""
    one = stage()
    one.hear(said("My router stopped working on Monday."))
    result = one.check(summary("The customer's router stopped working on Monday."))
    assert (result.verdict, result.context) == ("grounded", "stream")
    assert [claim.evidence for claim in result.claims] == ["My router stopped working on Monday."]


def test_words_not_final_support_nothing() -> None:
    """They may still be revised."""
    one = stage()
    one.hear(said("My router stopped working on Monday.", is_final=False))
    assert one.check(summary("The customer's router stopped working on Monday.")).verdict == "ungrounded"


def test_evidence_leaves_redacted() -> None:
    """And the offsets of claims are those of the summary as it came."""
    one = stage()
    one.hear(said(f"Please call me back on {PHONE}."))
    text = f"The customer asked to be called back on {PHONE}."
    result = one.check(summary(text))
    assert result.verdict == "grounded"
    assert [(claim.start, claim.end) for claim in result.claims] == [(0, len(text))]
    assert [claim.evidence for claim in result.claims] == ["Please call me back on [PHONE_REDACTED]."]


def test_another_value_is_no_support() -> None:
    """Redaction hides values; it does not make them the same."""
    one = stage()
    one.hear(said(f"Please call me back on {PHONE}."))
    assert one.check(summary(f"The customer asked to be called back on {OTHER}.")).verdict == "ungrounded"


def test_the_own_context_of_a_message_counts_where_nothing_was_heard() -> None:
    """It is labelled as such; once something was heard, that counts instead."""
    one = stage()
    flat = summary("The customer's router stopped working.", "Customer: My router stopped working.")
    assert (one.check(flat).verdict, one.check(flat).context) == ("grounded", "self_supplied")
    one.hear(said("I would like to book a flight to Oslo."))
    assert (one.check(flat).verdict, one.check(flat).context) == ("ungrounded", "stream")


def test_what_is_forgotten_supports_nothing() -> None:
    """After an update that keeps no context."""
    one = stage()
    one.hear(said("My router stopped working on Monday."))
    one.forget()
    assert one.check(summary("The customer's router stopped working on Monday.")).verdict == "ungrounded"
    flat = summary("The customer's router stopped working.", "Customer: My router stopped working.")
    assert one.check(flat).context == "self_supplied"


def test_a_claim_that_became_true_later_is_premature() -> None:
    """What is said afterwards changes no verdict given; it is told apart from what never became true."""
    one = stage()
    one.hear(said("Could you waive the fee of 20 dollars?"))
    text = "The agent added a credit of 15 dollars. The refund is 99 dollars."
    first = one.check(summary(text), 7)
    assert [claim.verdict for claim in first.claims] == ["ungrounded", "ungrounded"]
    assert one.premature() == []
    one.hear(said("I have added a credit of 15 dollars.", speaker="agent"))
    assert one.premature() == [(7, 0, 39)]
    assert one.check(summary(text)).claims[0].verdict == "grounded"
    one.forget()
    assert one.premature() == []
