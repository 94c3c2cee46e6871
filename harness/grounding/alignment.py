"""How each content word of a claim is supported by what was said.

1. From best to worst: said (the word or a synonym of the lexicons), meant (a dictionary synonym), general (a kind of
   what was said), special (said was only the kind above), sibling (another member of its kind was said), novel.
2. ``opposed`` is a word that was not said, while a contrary of it was said, or the word without its "un-", "in-" or the
   like, or with it.
3. A word known to no dictionary and spelled as a name is of the part ``x``.
"""

from __future__ import annotations

from dataclasses import dataclass

from harness.grounding.checks.base import Question
from harness.grounding.wordnet import word

__all__ = ["GRADES", "Aligned", "align"]

_PREFIXES = ("un", "in", "im", "ir", "il", "dis", "non", "mis")
GRADES = ("said", "meant", "general", "special", "sibling", "novel")


@dataclass(frozen=True, slots=True)
class Aligned:
    """One content word: its index, grade, part of speech, field, how common it is, and whether its contrary was said."""

    index: int
    grade: str
    part: str
    field: str
    common: int
    opposed: bool


def align(question: Question) -> list[Aligned]:
    """The content words of a claim in order."""
    found = []
    for index, concepts, _ in question.words:
        token = question.claim.tokens[index]
        entry = word(token.stem)
        grade = "said" if question.evidence.has(concepts) else _grade(question, token.stem)
        opposed = grade != "said" and (
            not entry.contraries.isdisjoint(question.evidence.vocabulary) or _turned(question, token.stem)
        )
        part = entry.parts[:1] or "x"
        found.append(Aligned(index, grade, part, entry.field, entry.common, opposed))
    return found


def _turned(question: Question, root: str) -> bool:
    vocabulary = question.evidence.vocabulary
    for prefix in _PREFIXES:
        if prefix + root in vocabulary and len(root) > 3:
            return True
        if root.startswith(prefix) and len(root) > len(prefix) + 3 and root[len(prefix) :] in vocabulary:
            return True
    return False


def _grade(question: Question, root: str) -> str:
    entry, evidence = word(root), question.evidence
    if root in evidence.vocabulary:
        return "said"
    if not entry.meanings.isdisjoint(evidence.meanings) or not entry.kin.isdisjoint(evidence.vocabulary):
        return "meant"
    if not entry.meanings.isdisjoint(evidence.general):
        return "general"
    if not entry.kinds.isdisjoint(evidence.meanings):
        return "special"
    return "novel" if entry.kinds.isdisjoint(evidence.kinds) else "sibling"
