"""Is it said at all?"""

from collections.abc import Callable

import pytest


@pytest.mark.parametrize(
    ("context", "summary", "reason"),
    [
        (
            "Customer: The tent leaks.",
            "Zebras dance at the opera.",
            "unsupported_claim",
        ),
        (
            "Customer: The tent leaks. My dog was outside.",
            "The tent leaks because a bear slept nearby.",
            "causal_fabrication",
        ),
        (
            "Customer: The tent leaks because of the storm.",
            "The tent leaks because of the storm.",
            "supported",
        ),
        (
            "Customer: The tent leaks.",
            "The customer was furious that the tent leaks.",
            "sentiment_fabrication",
        ),
        (
            "Customer: The tent leaks, this is ridiculous.",
            "The customer was angry that the tent leaks.",
            "supported",
        ),
        (
            "Ann: The tent leaks.\nBo: Pity.",
            "Because of the storm the tent leaks.",
            "supported",
        ),
    ],
)
def test_reasons(context: str, summary: str, reason: str, first_reason: Callable[[str, str], str]) -> None:
    """The worst claim carries this reason."""
    assert first_reason(context, summary) == reason
