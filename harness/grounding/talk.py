"""Figures of a claim about a chat, a meeting or a sales talk, where no rule of service calls helps: word by word.

1. A word nobody said counts by its grade (``alignment.py``) and by what it speaks of; a name by itself.
2. A word that was said counts when none, or not each, of its neighbours in the claim was said near it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from harness.grounding.alignment import Aligned
from harness.grounding.checks.base import Question
from harness.grounding.checks.names import names_of

__all__ = ["word_figures"]

ONE = 1000
_MOST = 2
_MOST_MEANT = 3
_UNHEARD = ("novel", "special")


def word_figures(question: Question, aligned: Sequence[Aligned]) -> dict[str, int]:
    """Counts in per mille, each capped."""
    names = {token.start for token in names_of(question.claim)}
    count: Counter[str] = Counter()
    for at, word in enumerate(aligned):
        if question.claim.tokens[word.index].start in names:
            count["word:name"] += word.grade != "said"
        elif word.grade == "said":
            count[_company(question, at)] += 1
        else:
            grade = "unheard" if word.grade in _UNHEARD else word.grade
            count[f"word:{grade}:{word.field}"] += 1
            count["word:meant"] += word.grade == "meant"
            count[f"word:opposed:{word.grade}"] += word.opposed
    del count[""]
    return {name: min(_MOST_MEANT if name == "word:meant" else _MOST, number) * ONE for name, number in count.items()}


def _company(question: Question, at: int) -> str:
    """How many of the neighbours were said in the same sentence or the one before or after; see rule 2."""
    words, evidence = question.words, question.evidence
    near = {number + shift for number in evidence.saying(words[at][1]) for shift in (-1, 0, 1)}
    beside = [words[other][1] for other in (at - 1, at + 1) if 0 <= other < len(words)]
    met = [not near.isdisjoint(evidence.saying(concepts)) for concepts in beside if evidence.has(concepts)]
    if not met or all(met):
        return ""
    return "word:parted" if any(met) else "word:alone"
