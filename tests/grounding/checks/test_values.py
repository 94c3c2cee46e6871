"""Numbers, dates and times: said at all, and of the same thing?"""

from collections.abc import Callable

import pytest


@pytest.mark.parametrize(
    ("context", "summary", "reason"),
    [
        ("Agent: I take ten percent off the 1,290 dollars.", "The price is now 1,161 dollars.", "supported"),
        ("Agent: The plan pays 80 percent of the bill.", "The customer pays 20 percent of the bill.", "supported"),
        ("Agent: You get two vouchers of 20 dollars each.", "The two vouchers are 40 dollars in total.", "supported"),
        ("Agent: We closed because of COVID.", "They closed because of COVID-19.", "supported"),
        (
            "Agent: The lamp costs 40 euros.",
            "The lamp costs 45 euros.",
            "unsupported_number",
        ),
        (
            "Agent: The lamp costs 40 euros.",
            "The lamp costs 40 dollars.",
            "number_binding_swap",
        ),
        (
            "Agent: The lamp costs 40 euros. The tent costs 90 euros.",
            "The lamp costs 90 euros.",
            "number_binding_swap",
        ),
        (
            "Agent: The lamp costs 40 euros and the tent costs 90 euros.",
            "The lamp costs 90 euros, the tent costs 40 euros.",
            "number_binding_swap",
        ),
        (
            "Agent: The lamp costs 40 euros. The tent costs 90 euros.",
            "The total is 130 euros for the lamp and the tent.",
            "supported",
        ),
        (
            "Agent: The lamp costs 40 euros.",
            "Half of the lamp's price is 20 euros.",
            "supported",
        ),
        (
            "Agent: The lamp costs 40 euros.",
            "The lamp costs 20 euros.",
            "unsupported_number",
        ),
        (
            "Agent: There is a 60 euro fee.\nCustomer: But I am a member.\nAgent: Right, the fee is waived.",
            "The customer paid 60 euros.",
            "superseded_value",
        ),
        (
            "Agent: There is a 60 euro fee.\nCustomer: But I am a member.\nAgent: Right, the fee is waived.",
            "A 60 euro fee was first quoted and then waived.",
            "supported",
        ),
        (
            "Agent: There is a 60 euro fee.\nCustomer: All right.\nAgent: I have charged it.",
            "The customer paid 60 euros.",
            "supported",
        ),
        (
            "Customer: My code is AB12.\nCustomer: Sorry, my code is AB13.",
            "The customer's code is AB12.",
            "superseded_value",
        ),
        (
            "Customer: My code is AB12.\nCustomer: Sorry, my code is AB13.",
            "The customer first said code AB12.",
            "supported",
        ),
        (
            "Customer: I moved the visit from Monday to Friday.",
            "The visit was moved from Friday to Monday.",
            "number_binding_swap",
        ),
        (
            "Customer: I moved the visit from Monday to Friday.",
            "The visit was moved from Monday to Friday.",
            "supported",
        ),
        (
            "Agent: The lamp is in the shop.",
            "Two lamps are in the shop.",
            "supported",
        ),
        (
            "Agent: Three lamps are in the shop.",
            "Two lamps are in the shop.",
            "number_binding_swap",
        ),
        (
            "Agent: The visit is on Friday.",
            "1) The visit is on Friday.",
            "supported",
        ),
        (
            "Agent: The visit is on Friday.",
            "The visit is on Thursday.",
            "wrong_date",
        ),
        (
            "Agent: The visit is at 3 pm.",
            "The visit is at 4 pm.",
            "wrong_date",
        ),
        (
            "Agent: The visit was planned.",
            "The customer called today about the visit.",
            "supported",
        ),
        (
            "Agent: The visit is tomorrow.",
            "The visit is today.",
            "wrong_date",
        ),
        (
            "Agent: Ask for seat 14. The code is AB12.",
            "The code is AB12 and the seat is 14.",
            "supported",
        ),
    ],
)
def test_reasons(context: str, summary: str, reason: str, first_reason: Callable[[str, str], str]) -> None:
    """The worst claim carries this reason."""
    assert first_reason(context, summary) == reason
