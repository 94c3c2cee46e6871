"""Is what the claim speaks of said at all?

1. Words that nobody said, in any form or synonym, count against a claim; when most are missing it is ``unsupported_claim``.
2. A cause ("because", "due to") whose words were not said is ``causal_fabrication``.
3. A feeling that nobody showed is ``sentiment_fabrication``.
"""

from __future__ import annotations

from harness.grounding.checks.base import BLOCK, DOUBT, Finding, Question
from harness.grounding.lexicon import cue

__all__ = ["check", "coverage"]

_FEW, _FEW_IN_CALLS = 250, 340


def coverage(question: Question) -> int:
    """Per mille of the claim's content words that were said at all; 1000 when it has none."""
    words = question.words
    said = sum(weight for _, concepts, weight in words if question.evidence.has(concepts))
    total = sum(weight for _, _, weight in words)
    return said * 1000 // total if total else 1000


def check(question: Question) -> list[Finding]:
    """Findings on unsupported content."""
    found = _feeling(question) + _cause(question)
    share = coverage(question)
    if len(question.words) >= 2 and share < (_FEW_IN_CALLS if question.is_call else _FEW):
        found.append(Finding("unsupported_claim", DOUBT, question.best))
    return found


def _feeling(question: Question) -> list[Finding]:
    for token in question.claim.tokens:
        if token.norm in cue("sentiment") and not question.evidence.has(
            question.claim.concepts[question.claim.tokens.index(token)]
        ):
            if not cue("sentiment_evidence") & question.evidence.vocabulary:
                return [Finding("sentiment_fabrication", BLOCK, question.best)]
            return []
    return []


def _cause(question: Question) -> list[Finding]:
    claim = question.claim
    for index, token in enumerate(claim.tokens):
        if token.norm not in cue("cause") or index == 0:
            continue
        words = [(found, weight) for at, found, weight in question.words if at > index]
        missing = sum(1 for found, _ in words if not question.evidence.has(found))
        if words and missing * 2 >= len(words):
            return [Finding("causal_fabrication", BLOCK, question.best)]
    return []
