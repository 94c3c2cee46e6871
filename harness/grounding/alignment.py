"""How each content word of a claim is supported by what was said.

1. From best to worst: said (the word or a synonym of the lexicons), meant (a word that may mean the same, or of its
   family), general (the kind of what was said), special (said was only its kind), sibling (another member of its kind
   was said), novel.
2. ``opposed`` is a word that was not said, while a contrary of it was said, or the word without its "un-", "in-" or the
   like, or with it.
"""

from __future__ import annotations

from dataclasses import dataclass

from harness.grounding.checks.base import Question
from harness.grounding.vocabulary import word
from harness.text.tokens import Token

__all__ = ["GRADES", "Aligned", "align"]

_PREFIXES = ("un", "in", "im", "ir", "il", "dis", "non", "mis")
GRADES = ("said", "meant", "general", "special", "sibling", "novel")


@dataclass(frozen=True, slots=True)
class Aligned:
    """One content word: its index, grade, field, whether our lists know it, and whether its contrary was said."""

    index: int
    grade: str
    field: str
    listed: bool
    opposed: bool


def align(question: Question) -> list[Aligned]:
    """The content words of a claim in order."""
    found = []
    for index, concepts, _ in question.words:
        token = question.claim.tokens[index]
        entry = word(token.norm)
        grade = "said" if question.evidence.has(concepts) else _grade(question, token)
        opposed = grade != "said" and (
            not entry.contraries.isdisjoint(question.evidence.vocabulary) or _turned(question, token.stem)
        )
        found.append(Aligned(index, grade, entry.field, entry.listed, opposed))
    return found


def _turned(question: Question, root: str) -> bool:
    vocabulary = question.evidence.vocabulary
    for prefix in _PREFIXES:
        if prefix + root in vocabulary and len(root) > 3:
            return True
        if root.startswith(prefix) and len(root) > len(prefix) + 3 and root[len(prefix) :] in vocabulary:
            return True
    return False


def _grade(question: Question, token: Token) -> str:
    entry, evidence = word(token.norm), question.evidence
    if token.stem in evidence.vocabulary:
        return "said"
    if not entry.meanings.isdisjoint(evidence.meanings) or entry.family in evidence.families:
        return "meant"
    if token.stem in evidence.kinds:
        return "general"
    if not entry.kinds.isdisjoint(evidence.vocabulary):
        return "special"
    return "novel" if entry.kinds.isdisjoint(evidence.kinds) else "sibling"
