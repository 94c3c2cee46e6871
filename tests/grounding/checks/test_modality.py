"""Asked, offered, possible, promised, done."""

from collections.abc import Callable

import pytest


@pytest.mark.parametrize(
    ("context", "summary", "reason"),
    [
        (
            "Agent: If the blue tent leaks, we could replace the door.",
            "The door of the tent was replaced.",
            "modality_shift",
        ),
        (
            "Agent: If the blue tent leaks, we could replace the door.",
            "The agent will replace the door of the blue tent.",
            "added_commitment",
        ),
        (
            "Agent: If the blue tent leaks, we could replace the door.",
            "The agent could replace the door of the blue tent.",
            "supported",
        ),
        (
            "Agent: We could replace the blue door.\nCustomer: Yes, please.",
            "The blue door was replaced.",
            "supported",
        ),
        (
            "Agent: We could replace the blue door.\nCustomer: Hm.\nAgent: I've done it now.",
            "The blue door was replaced.",
            "supported",
        ),
        (
            "Customer: Is the blue door locked?\nAgent: What did you say?",
            "The blue door was locked.",
            "modality_shift",
        ),
        (
            "Customer: Is the blue door new?\nAgent: Yes, it is.",
            "The blue door is new.",
            "supported",
        ),
        (
            "Customer: Why is the blue door new?\nAgent: It was painted.",
            "The blue door is new.",
            "supported",
        ),
        (
            "Agent: Engineers expect it fixed soon. A cable broke.",
            "The cable was fixed.",
            "modality_shift",
        ),
        (
            "Agent: If it rains you would get 9 euros.",
            "The customer got 9 euros.",
            "modality_shift",
        ),
        (
            "Agent: You get 9 euros. If it rains you would get 9 euros.",
            "The customer got 9 euros.",
            "supported",
        ),
        (
            "Customer: The tent leaks.\nAgent: I see.",
            "The agent recommended the tent.",
            "unsupported_claim",
        ),
        (
            "Customer: The tent leaks.\nAgent: I see.",
            "The agent apologized for the tent that leaks.",
            "unsupported_claim",
        ),
        (
            "Customer: The tent leaks.\nAgent: Sorry for that.",
            "The agent apologized for the tent that leaks.",
            "supported",
        ),
        (
            "Ann: Shall we paint the blue door?\nBo: Hm.",
            "Ann and Bo paint the blue door.",
            "supported",
        ),
    ],
)
def test_reasons(context: str, summary: str, reason: str, first_reason: Callable[[str, str], str]) -> None:
    """The worst claim carries this reason."""
    assert first_reason(context, summary) == reason
