"""What every check shares."""

import pytest

from harness.grounding.checks.base import Question, answer, content_words, near
from harness.grounding.claims import read
from harness.grounding.evidence import Evidence


def talk(*turns: tuple[str, str]) -> Evidence:
    """Indexed turns."""
    evidence = Evidence()
    for speaker, text in turns:
        evidence.add(speaker, text)
    return evidence


@pytest.mark.parametrize(
    ("reply", "expected"), [("No, it isn't.", "no"), ("Yes.", "yes"), ("That is right.", "yes"), ("Perhaps later.", "")]
)
def test_answers(reply: str, expected: str) -> None:
    """The next speaker's first words answer."""
    evidence = talk(("A", "Is it red?"), ("B", reply))
    assert answer(evidence, evidence.units[0]) == expected


def test_nobody_answers_himself() -> None:
    """The same turn going on, or no turn at all, is no answer."""
    evidence = talk(("A", "Is it red? Yes it is."))
    assert answer(evidence, evidence.units[0]) == ""
    assert answer(evidence, evidence.units[1]) == ""


def test_reporting_words_and_placeholders_weigh_nothing() -> None:
    """Only the words that carry the claim are asked for."""
    claim = read("The customer said that [PERSON_REDACTED] bought lamps.")
    assert [claim.tokens[index].norm for index, _, _ in content_words(claim)] == ["bought", "lamps"]


def test_a_question_without_evidence() -> None:
    """Nothing said: no best unit, and no call."""
    question = Question.about(read("x"), Evidence())
    assert question.best is None
    assert not question.is_call


def test_neighbours() -> None:
    """One unit on either side."""
    evidence = talk(("A", "One. Two. Three. Four."))
    assert [unit.number for unit in near(evidence, evidence.units[1])] == [0, 1, 2]
