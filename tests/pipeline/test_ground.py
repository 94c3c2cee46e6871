"""Claims are held against what was said, and what leaves is redacted."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from harness.dialects.base import Summary, Utterance
from harness.grounding import Checker
from harness.pii import Redactor, SurrogateVault
from harness.pii.book import NameBook
from harness.pii.operators import apply
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


CLAIMS = (
    "{n} called about a router.",
    "{l}'s router stopped working.",
    "The customer's name is {n}.",
    "The agent is {n}.",
    "Bettina Kroll called about a router.",
    "{f} Kroll called about a router.",
    "The router stopped on Monday, {f} said.",
    "{f} lives at 1482 Larkmoor Street.",
    "The customer lives at 1483 Larkmoor Street.",
)


@given(
    st.sampled_from(["Tobias Renner", "Ilse Vandermeer", "Priya Desai", "Tom Lee"]),
    st.lists(st.sampled_from(CLAIMS), min_size=1, max_size=3),
    st.binary(min_size=16, max_size=16),
)
def test_names_are_read_alike_live_and_replayed(name: str, claims: list[str], key: bytes) -> None:
    """The verdict on a summary is that on the summary with surrogates, for the context with surrogates."""
    first, last = name.split()
    talk = [f"My name is {name}, I live at 1482 Larkmoor Street.", "My router stopped working on Monday."]
    text = " ".join(claims).format(n=name, f=first, l=last)
    live, replayed, vault, names = stage(), stage(), SurrogateVault(key, "k"), NameBook()
    for line in talk:
        live.hear(said(line))
        replayed.hear(said(apply(line, REDACTOR.detect(line, names), vault.surrogate)))
    fake = apply(text, REDACTOR.detect(text, names), vault.surrogate)
    one, two = live.check(summary(text)), replayed.check(summary(fake))
    assert one.verdict == two.verdict
    assert [claim.verdict for claim in one.claims] == [claim.verdict for claim in two.claims]
    assert [claim.evidence for claim in one.claims] == [claim.evidence for claim in two.claims]


def test_a_name_nobody_said_is_refused() -> None:
    """Names are compared as they are; the evidence leaves without them."""
    one = stage()
    one.hear(said("My name is Tobias Renner and my router stopped working."))
    assert one.check(summary("Bettina Kroll's router stopped working.")).verdict == "ungrounded"
    result = one.check(summary("Tobias Renner's router stopped working."))
    assert result.verdict == "grounded"
    assert result.claims[0].evidence == "My name is [PERSON_REDACTED] and my router stopped working."
