"""The index of a conversation."""

import pytest

from harness.grounding.claims import read
from harness.grounding.evidence import MAX_POSTINGS, Evidence, role_of
from harness.grounding.lexicon import concepts_of


def talk(*lines: str) -> Evidence:
    """Lines "Speaker: text" indexed."""
    evidence = Evidence()
    for line in lines:
        speaker, _, text = line.partition(": ")
        evidence.add(speaker, text)
    return evidence


@pytest.mark.parametrize(
    ("speaker", "role"), [("Customer", "customer"), ("caller", "customer"), ("Rep", "agent"), (" Ann ", "ann")]
)
def test_roles(speaker: str, role: str) -> None:
    """Words for customer and agent are one role each; names stay names."""
    assert role_of(speaker) == role


def test_units_know_turn_and_speaker() -> None:
    """A turn of two sentences is two units."""
    evidence = talk("Agent: Hello there. The lamp is here.", "Customer: Good lamp.")
    assert [(unit.turn, unit.role) for unit in evidence.units] == [(0, "agent"), (0, "agent"), (1, "customer")]
    assert evidence.saying(concepts_of("lamp")) == [1, 2]
    assert evidence.has(("lamp",))
    assert evidence.knows("lamp")
    assert not evidence.has(("tent",))


def test_windows_rank_by_weight_then_place() -> None:
    """The unit with most of the words comes first; equals keep their order."""
    evidence = talk("A: A red lamp.", "B: A red tent.", "A: A red lamp here.")
    windows = evidence.windows([(frozenset({"lamp"}), 2), (frozenset({"red"}), 2)])
    assert [window.unit.number for window in windows] == [0, 2, 1]
    assert [window.share for window in windows] == [1000, 1000, 500]
    assert evidence.windows([]) == []


@pytest.mark.parametrize("correction", ["Sorry, it is AB13.", "I mean AB13.", "No, it's AB13."])
def test_a_correction_supersedes(correction: str) -> None:
    """The value said before the cue no longer supports."""
    evidence = talk("Customer: It is AB12.", f"Customer: {correction}")
    assert evidence.superseded == {(0, 0)}


def test_another_kind_of_value_corrects_nothing() -> None:
    """A correction of the date leaves the price alone, and a plain repetition corrects nothing."""
    assert talk("A: It is 5 euros.", "A: Sorry, it is Monday.").superseded == set()
    assert talk("A: It is AB12.", "A: It is AB13.").superseded == set()


def test_verbatim() -> None:
    """The same words are found, unless they were taken back or asked."""
    evidence = talk("A: It is AB12. Is it red?", "A: Sorry, it is AB13.")
    assert evidence.verbatim(read("Sorry, it is AB13!")) is evidence.units[2]
    assert evidence.verbatim(read("It is AB12.")) is None
    assert evidence.verbatim(read("Is it red.")) is None


def test_postings_are_capped() -> None:
    """The oldest and the newest places of a common word are kept."""
    evidence = talk(*(["A: The lamp."] * (MAX_POSTINGS * 5)))
    found = evidence.saying(("lamp",))
    assert len(found) <= 2 * MAX_POSTINGS
    assert found[0] == 0
    assert found[-1] == MAX_POSTINGS * 5 - 1


def test_a_count_of_something_else_takes_nothing_back() -> None:
    """After "actually", ten lines still stand beside the second floor, but not beside twelve lines."""
    for said, gone in (("Actually it is on the 2 floor.", False), ("Actually we need 12 lines.", True)):
        evidence = Evidence()
        evidence.add("Customer", "We need 10 lines.")
        evidence.add("Customer", said)
        assert ((0, 0) in evidence.superseded) is gone
