"""A claim in figures."""

from harness.grounding import Checker
from harness.grounding.alignment import align
from harness.grounding.claims import read
from harness.grounding.features import features
from harness.grounding.roles import doings
from harness.grounding.verdict import examine

CALL = "Customer: I lost my jacket on the flight. Is it there?\nAgent: Your jacket was not found, Ms. Orrin."


def figures(summary: str, context: str = CALL) -> dict[str, int]:
    """The figures of a claim about a call."""
    return features(*examine(read(summary), Checker().conversation_of(context).evidence))


def test_who_did_it() -> None:
    """What the customer said of himself speaks for the customer, and against the agent."""
    assert figures("The customer lost a jacket.")["role:for"] > 0
    assert figures("The agent lost a jacket.")["role:against"] > 0


def test_doers() -> None:
    """Owners and those behind a preposition do nothing; an empty call has nobody."""
    evidence = Checker().conversation_of(CALL).evidence
    question, _ = examine(read("The customer's jacket was sought by the agent."), evidence)
    assert doings(question) == []
    question, _ = examine(read("The customer asked about the jacket and the agent missed a flight."), evidence)
    assert [(doing.role, doing.asks) for doing in doings(question)] == [("customer", True), ("agent", False)]


def test_words_are_graded() -> None:
    """Said, meant, of the family, the kind of what was said, said as its kind only, a sibling, unheard of."""
    said = "Agent: The brother bought a car and a jacket. The dog arrived with a vegetable."
    evidence = Checker().conversation_of(said).evidence
    claim = "jacket, automobile, arrival, clothing, carrot, sister, zzyzx."
    question, _ = examine(read(claim), evidence)
    grades = ["said", "said", "meant", "general", "special", "sibling", "novel"]
    assert [word.grade for word in align(question)] == grades


def test_words_are_opposed() -> None:
    """A contrary was said, or the word without its prefix."""
    evidence = Checker().conversation_of("Agent: The noisy engine is reliable, and a diesel.").evidence
    question, _ = examine(read("A quiet, unreliable, blue engine."), evidence)
    assert [word.opposed for word in align(question)] == [True, True, False, False]


def test_without_any_evidence() -> None:
    """Nothing was said: there is no nearest sentence."""
    found = figures("The fee was not refunded.", "")
    assert found["nothing"] == 1000
    assert "near" not in found


def test_names_compete() -> None:
    """The words of the claim stand by another name."""
    context = "Agent: We booked Marta on the early flight.\nCustomer: And we booked Petra on the late ferry."
    assert figures("They booked Petra on the early flight.", context)["name:rival"] > 0
    assert figures("They booked Marta on the early flight.", context)["name:own"] > 0
