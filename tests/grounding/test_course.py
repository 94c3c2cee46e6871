"""What became of a matter, and what a claim tells of its end."""

from __future__ import annotations

import pytest

from harness.grounding import Checker
from harness.grounding.claims import read
from harness.grounding.course import REACH, course_figures, course_of, end_of, state_of, told_end
from harness.grounding.verdict import examine

CALL = (
    "Customer: Could you add a spare key to my order?\n"
    "Agent: Let me check with the workshop.\n"
    "Agent: I've added it.\n"
    "Customer: And the engraving?\n"
    "Agent: I'm afraid we can't do that."
)


@pytest.mark.parametrize(
    ("said", "state"),
    [
        ("I'll think about it and ring you back.", "open"),
        ("No thanks, I'd rather not.", "refused"),
        ("I've just sent it.", "done"),
        ("Yes, that's fine.", "agreed"),
        ("Yes, but it's still waiting for the workshop.", "open"),
        ("Shall I do it?", ""),
        ("The workshop is in Elm Road.", ""),
    ],
)
def test_a_sentence_has_one_state(said: str, state: str) -> None:
    """What leaves open beats the rest; a question has no state."""
    assert state_of(read(said)) == state


def test_the_course_has_a_first_and_a_last_state() -> None:
    """From the sentence that asks, up to the reach."""
    evidence = Checker().conversation_of(CALL).evidence
    assert course_of(evidence, evidence.units[0]) == ("open", "refused")
    assert course_of(evidence, evidence.units[2]) == ("done", "refused")
    far = Checker().conversation_of("Customer: Hm.\n" * (REACH + 1) + "Agent: I've added it.").evidence
    assert course_of(far, far.units[0]) == ("", "")
    assert course_of(far, far.units[1]) == ("done", "done")


@pytest.mark.parametrize(
    ("claim", "end"),
    [
        ("The key has not been added yet.", "open"),
        ("The agent declined the engraving.", "refused"),
        ("No engraving was made.", "refused"),
        ("The key was added.", "done"),
        ("The customer wants a key.", ""),
    ],
)
def test_a_claim_tells_of_an_end(claim: str, end: str) -> None:
    """Open, refused, done, or none."""
    assert told_end(read(claim)) == end


def test_the_figures_name_what_was_heard_and_what_is_told() -> None:
    """In calls only, and only of ends."""
    call = Checker().conversation_of(CALL).evidence
    question, _ = examine(read("The spare key was added."), call)
    assert course_figures(question) == {"first:open:done": 1000, "last:refused:done": 1000, "end:refused:done": 1000}
    silent = Checker().conversation_of("Customer: The spare key is red.").evidence
    assert course_figures(examine(read("The spare key was added."), silent)[0]) == {}
    assert course_figures(examine(read("The spare key is red."), call)[0]) == {}
    assert course_figures(examine(read("A violin was added."), silent)[0]) == {"nothing:said:done": 1000}
    chat = Checker().conversation_of("Ann: Could you add a spare key?\nBo: I've added it.").evidence
    assert course_figures(examine(read("The spare key was added."), chat)[0]) == {}


def test_the_end_is_the_last_state_but_assent() -> None:
    """Thanks and goodbyes settle nothing; assent decides if nothing else was said."""
    assert end_of(Checker().conversation_of("Agent: I've added it.\nCustomer: Great, thanks.").evidence) == "done"
    assert end_of(Checker().conversation_of("Agent: Shall I?\nCustomer: Yes.").evidence) == "agreed"
    assert end_of(Checker().conversation_of("Agent: Hm.").evidence) == ""


def test_an_end_is_told_of_what_nobody_named() -> None:
    """ "The matter was solved" stands beside no sentence, but at the end of the call."""
    call = Checker().conversation_of("Customer: The lamp is dark.\nAgent: I've replaced it.").evidence
    figures = course_figures(examine(read("The problem was solved."), call)[0])
    assert figures == {"end:done:done": 1000, "nothing:said:done": 1000}
