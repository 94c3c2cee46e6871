"""Exchanges that make hallucinations."""

import random

from harness.grounding.corrupt import exchange, exchanges

CONTEXT = "Agent: The fee is 6 pounds and Marta gets 20 pounds.\nCustomer: Good. Tell Petra."


def test_exchange_is_its_own_inverse() -> None:
    """Whole values only."""
    assert exchange("6 and 66 and 20", "6", "20") == "20 and 66 and 6"
    assert exchange(exchange(CONTEXT, "6", "20"), "6", "20") == CONTEXT


def test_values_names_and_roles() -> None:
    """Four cases each, two of them true."""
    case = {"id": "x", "context": CONTEXT, "summary": "The agent said that Marta gets 20 pounds.", "reason": "verbatim"}
    found = list(exchanges(case, random.Random(1)))
    assert sorted({c["reason"] for c in found}) == ["entity_swap", "number_binding_swap", "speaker_swap", "verbatim"]
    assert len(found) == 12
    assert sum(c["label"] == "grounded" for c in found) == 6
    assert "The customer said" in found[-1]["summary"]


def test_nothing_to_exchange() -> None:
    """Gives nothing."""
    assert list(exchanges({"id": "x", "context": "Ann: Hi.", "summary": "It went well."}, random.Random(1))) == []
