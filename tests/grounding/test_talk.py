"""Figures of claims outside service calls."""

from harness.grounding import Checker
from harness.grounding.claims import read
from harness.grounding.features import features
from harness.grounding.verdict import examine

TALK = "Ann: We need butter.\nBo: The engine is noisy.\nAnn: Petra likes trains.\nBo: The harbour is far away, I hear."


def figures(claim: str, context: str = TALK) -> dict[str, int]:
    """Those of a claim about a chat."""
    return features(*examine(read(claim), Checker().conversation_of(context).evidence))


def test_words_count_by_grade_and_field() -> None:
    """Another member of a kind, a contrary, a word for the same, a name nobody said."""
    found = figures("They require milk and a quiet motor, says Olga.")
    assert found["talk:word:sibling:thing"] == 1000
    assert found["talk:word:opposed:novel"] == 1000
    assert found["talk:word:name"] == 1000
    assert figures("He stresses it.", "Ann: He emphasised it.")["talk:word:meant"] == 1000


def test_said_words_count_by_their_company() -> None:
    """Two words said far from each other are alone; one beside its own and a strange one is parted."""
    assert figures("butter harbour")["talk:word:alone"] == 2000
    assert figures("noisy engine butter harbour")["talk:word:parted"] == 1000
    assert "talk:word:alone" not in figures("noisy engine")


def test_calls_have_no_such_figures() -> None:
    """They are for what the rules of calls do not know."""
    assert not any(name.startswith("talk:") for name in figures("The fee is high.", "Agent: The fee is high."))
