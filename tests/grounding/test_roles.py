"""Who does what, and what speaks for it."""

from __future__ import annotations

from harness.grounding import Checker
from harness.grounding.claims import read
from harness.grounding.roles import Doing, doings
from harness.grounding.verdict import examine

CALL = (
    "Customer: I returned the kettle on Monday.\n"
    "Agent: I can refund the kettle.\n"
    "Customer: Will you tell the warehouse?\n"
    "Agent: Yes, I'll write to the warehouse today."
)


def found(claim: str) -> list[Doing]:
    """The doers of a claim about the call."""
    return doings(examine(read(claim), Checker().conversation_of(CALL).evidence)[0])


def test_words_of_the_doer_speak_for_it() -> None:
    """Said by the doer of itself; not so of the other."""
    (customer,) = found("The customer returned the kettle.")
    assert (customer.role, customer.told > customer.denied) == ("customer", True)
    (agent,) = found("The agent returned the kettle.")
    assert (agent.role, agent.told < agent.denied) == ("agent", True)
    assert agent.unit is not None
    assert agent.unit.role == "customer"


def test_each_doer_has_its_own_words() -> None:
    """Up to the next doer; whom something is done by or to is none."""
    assert [
        doing.role for doing in found("The customer returned the kettle and the agent wrote to the warehouse.")
    ] == [
        "customer",
        "agent",
    ]
    assert found("The kettle was returned by the customer.") == []
    assert found("The customer's kettle was returned.") == []


def test_a_question_is_a_request_of_its_speaker() -> None:
    """ "Will you tell them?" speaks for who asks, though it says "you"."""
    (customer,) = found("The customer asked to tell the warehouse.")
    assert customer.asks
    assert customer.told == 1000


def test_who_did_not_do_it_is_no_doer() -> None:
    """Nobody need have spoken of what was not done."""
    assert found("The agent did not refund the kettle.") == []
