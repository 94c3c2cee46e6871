"""Names that were or were not said."""

from collections.abc import Callable

import pytest


@pytest.mark.parametrize(
    ("context", "summary", "reason"),
    [
        (
            "Customer: I am Oduya from Kestrin.",
            "The customer is Oduya from Kestrin.",
            "supported",
        ),
        (
            "Customer: I am Oduya from Kestrin.",
            "The customer is Malviya from Kestrin.",
            "unsupported_name",
        ),
        (
            "Customer: I called the customer help desk of the north about a lamp.",
            "The customer called the CHD about a lamp.",
            "supported",
        ),
        (
            "Customer: I called about a lamp.",
            "The customer called XQZ about a lamp.",
            "unsupported_name",
        ),
        (
            "Customer: I called about a lamp.",
            "The customer called ABCDEFG about a lamp.",
            "unsupported_name",
        ),
        (
            "Customer: I have a gold card and a lamp.",
            "The customer has a Silver card and a lamp.",
            "unsupported_name",
        ),
        (
            "Customer: My code for the lamp is AB12.",
            "The code of the lamp is AB12 and USD or GBP are fine.",
            "supported",
        ),
    ],
)
def test_reasons(context: str, summary: str, reason: str, first_reason: Callable[[str, str], str]) -> None:
    """The worst claim carries this reason."""
    assert first_reason(context, summary) == reason
