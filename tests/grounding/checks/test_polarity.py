"""Negation, outcomes and contraries."""

from collections.abc import Callable

import pytest


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
