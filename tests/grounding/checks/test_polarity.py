"""Negation, outcomes and contraries."""

from collections.abc import Callable

import pytest

from harness.grounding import Checker


@pytest.mark.parametrize(
    ("context", "summary", "reason"),
    [
        (
            "Agent: Your request for the loan was approved.",
            "The request for the loan was denied.",
            "outcome_flip",
        ),
        (
            "Agent: Your request for the loan was approved.",
            "The request for the loan was approved.",
            "supported",
        ),
        (
            "Agent: Your request for the loan was not approved.",
            "The request for the loan was approved.",
            "negation_flip",
        ),
        (
            "Agent: Your request for the loan was approved.",
            "The request for the loan was not approved.",
            "negation_flip",
        ),
        (
            "Agent: Your request for the loan was not approved.",
            "The request for the loan was denied.",
            "supported",
        ),
        (
            "Customer: I have a gold card.",
            "The customer has a silver card.",
            "entity_swap",
        ),
        (
            "Agent: The price of the tent has increased.",
            "The price of the tent has decreased.",
            "antonym",
        ),
        (
            "Customer: Send me updates by text, please.",
            "The customer refused updates by text.",
            "outcome_flip",
        ),
        (
            "Customer: Don't send me updates by text, please.",
            "The customer refused updates by text.",
            "supported",
        ),
        (
            "Customer: Is the tent waterproof?\nAgent: No, it isn't.",
            "The tent is waterproof.",
            "negation_flip",
        ),
        (
            "Customer: Is the red tent waterproof in winter?\nAgent: No, it isn't.",
            "The red tent is waterproof in winter and the agent may say so.",
            "negation_flip",
        ),
        (
            "Customer: Is the tent waterproof?\nAgent: No, it isn't.",
            "The tent is not waterproof.",
            "supported",
        ),
        (
            "Agent: The lamp is here. Rain is expected on the hill.",
            "The lamp and a long dark winter coat of nobody is not lamp blue green.",
            "unsupported_claim",
        ),
    ],
)
def test_reasons(context: str, summary: str, reason: str, first_reason: Callable[[str, str], str]) -> None:
    """The worst claim carries this reason."""
    assert first_reason(context, summary) == reason


CHAT = (
    "Ann: The kitchen is big, but the bath is small.\nBo: Do you take care of the cake for the party?\n"
    "Ann: I bake the cake on Friday.\nBo: And I buy the drinks.\nAnn: The plan is reasonable."
)


@pytest.mark.parametrize(
    ("claim", "reason"),
    [
        ("The flat has a small kitchen.", "antonym"),
        ("The kitchen is big and the bath is small.", ""),
        ("Ann will not bake the cake on Friday.", "negation_flip"),
        ("Ann bakes the cake on Friday.", ""),
        ("They find the plan unreasonable.", "antonym"),
    ],
)
def test_what_stands_beside_decides(claim: str, reason: str) -> None:
    """A contrary beside the same word, and a denial of what nobody denied, reject by themselves."""
    found = [claim.reason for claim in Checker().check(CHAT, claim).claims if claim.verdict == "ungrounded"]
    assert found == ([reason] if reason else [])


def test_what_was_locked_gets_unlocked() -> None:
    """In a service call a deed turns a state round without contradicting it; a quality does not."""
    call = "Customer: My mailbox is locked.\nAgent: I'll unlock your mailbox. The line is fast."
    assert Checker().check(call, "The agent will unlock the mailbox.").verdict == "grounded"
    assert Checker().check(call, "The line is slow.").claims[0].reason in {"antonym", "outcome_flip"}


@pytest.mark.parametrize(("more", "flips"), [("", True), ("\nAgent: Since you are new, there is no fee today.", False)])
def test_a_fee_with_a_price_is_no_absent_fee(more: str, flips: bool) -> None:
    """Flatly denied, where its amount was told and nobody let it go."""
    context = "Customer: I send the money to my sister.\nAgent: Sent. The fee is 6 pounds."
    found = Checker().check(context + more, "The customer sent the money with no fee.").claims[0]
    assert ("negation_flip" in found.reasons) is flips
