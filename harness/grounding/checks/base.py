"""What a check is asked and what it answers.

1. A finding speaks against a claim: ``cap`` is the highest score (per mille) the claim may still have.
2. ``cap`` below 400 blocks by itself (:data:`BLOCK`); 400 to 499 asks for review (:data:`REVIEW`); from 500 on it only
   weighs in the model (:data:`DOUBT`).
3. :data:`CERTAIN` blocks whatever the reason.
4. A check reads the question and the evidence and changes neither.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from harness.grounding.claims import Sentence
from harness.grounding.evidence import Evidence, Unit, Window
from harness.grounding.lexicon import cue, cue_stems

__all__ = ["BLOCK", "CERTAIN", "DOUBT", "REVIEW", "Finding", "Question", "answer", "content_words", "near"]

CERTAIN = 50
BLOCK = 100
REVIEW = 450
DOUBT = 600


@dataclass(frozen=True, slots=True)
class Finding:
    """One reason against a claim, with the unit that decides it (None = nothing said comes near)."""

    reason: str
    cap: int
    unit: Unit | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """A claim, its content words (index, concepts, weight) and what was said nearest to it."""

    claim: Sentence
    evidence: Evidence
    words: list[tuple[int, frozenset[str], int]] = field(default_factory=list)
    windows: list[Window] = field(default_factory=list)

    @classmethod
    def about(cls, claim: Sentence, evidence: Evidence) -> Question:
        """The question whether ``evidence`` supports ``claim``."""
        words = content_words(claim)
        return cls(claim, evidence, words, evidence.windows((found, weight) for _, found, weight in words))

    @property
    def best(self) -> Unit | None:
        """The unit nearest to the claim."""
        return self.windows[0].unit if self.windows else None

    @property
    def is_call(self) -> bool:
        """A service call; see :attr:`Evidence.is_call`."""
        return self.evidence.is_call

    def clause_words(self, clause: int, without: int = -1) -> list[tuple[frozenset[str], int]]:
        """Concepts and weight of the content words of one clause, but for the word at ``without``."""
        return [
            (concepts, weight)
            for index, concepts, weight in self.words
            if self.claim.clause[index] == clause and index != without
        ]


def content_words(claim: Sentence) -> list[tuple[int, frozenset[str], int]]:
    """Index, concepts and weight of the words of a claim that must be supported; reporting words weigh nothing."""
    frame = cue_stems("frame")
    return [
        (index, claim.concepts[index], 2)
        for index in claim.content
        if claim.tokens[index].stem not in frame and not claim.tokens[index].text.startswith("[")
    ]


def answer(evidence: Evidence, unit: Unit) -> str:
    """How a yes-or-no question was answered by the next speaker: ``yes``, ``no`` or ''."""
    for other in evidence.units[unit.number + 1 : unit.number + 2]:
        opening = [token.norm for token in other.sentence.tokens[:3]]
        if other.turn == unit.turn:
            return ""
        if cue("refuse") & set(opening[:1]):
            return "no"
        return "yes" if cue("affirm") & set(opening) else ""
    return ""


def near(evidence: Evidence, unit: Unit, reach: int = 1) -> list[Unit]:
    """``unit`` and its neighbours."""
    return evidence.units[max(0, unit.number - reach) : unit.number + reach + 1]
