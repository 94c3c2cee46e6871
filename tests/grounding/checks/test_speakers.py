"""Who said it?"""

from collections.abc import Callable

import pytest


@pytest.mark.parametrize(
    ("context", "summary", "reason"),
    [
        (
            "Customer: I can offer you my old bike for the blue tent.\nAgent: That is nice.",
            "The agent offered an old bike for the blue tent.",
            "speaker_swap",
        ),
        (
            "Customer: I can offer you my old bike for the blue tent.\nAgent: That is nice.",
            "The customer offered an old bike for the blue tent.",
            "supported",
        ),
        (
            "Customer: My blue tent leaks at the door.\nAgent: I see.",
            "The agent said that the blue tent leaks at the door.",
            "speaker_swap",
        ),
        (
            "Customer: My blue tent leaks at the door.\nAgent: I see.",
            "The agent said it leaks.",
            "supported",
        ),
        (
            "Ann: My blue tent leaks.\nBo: Pity.",
            "Ann said that her blue tent leaks.",
            "supported",
        ),
        (
            "Customer: My blue tent leaks.",
            "The customer said that the blue tent leaks.",
            "supported",
        ),
    ],
)
def test_reasons(context: str, summary: str, reason: str, first_reason: Callable[[str, str], str]) -> None:
    """The worst claim carries this reason."""
    assert first_reason(context, summary) == reason
