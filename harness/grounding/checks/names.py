"""Names: people, places, products.

1. A capitalised word inside a sentence, or a first word that is not known as a common word, is a name.
2. A name that nobody said is ``unsupported_name``.
3. Words of one closed class (gold, silver; sister, brother) exclude each other: see ``opposites.toml``.
"""

from __future__ import annotations

from harness.grounding.checks.base import BLOCK, Finding, Question
from harness.grounding.claims import Sentence
from harness.grounding.lexicon import cue, cue_stems
from harness.text.tokens import Token
from harness.text.units import unit_of

__all__ = ["check", "names_of"]


def names_of(claim: Sentence) -> list[Token]:
    """The words of a claim that are spelled as names."""
    return [token for index, token in enumerate(claim.tokens) if _is_name(claim, index, token)]


def _is_name(claim: Sentence, index: int, token: Token) -> bool:
    if not token.text[0].isupper():
        return False
    if token.is_stop or token.norm in cue("not_names") or token.stem in cue_stems("frame") or unit_of(token.norm):
        return False
    if any(map(str.isdigit, token.text)):
        return False
    return index > 0 and claim.text[token.start - 1] != "-" and len(token.norm) > 1


def check(question: Question) -> list[Finding]:
    """Findings on names that were never said."""
    evidence = question.evidence
    for token in names_of(question.claim):
        concepts = question.claim.concepts[question.claim.tokens.index(token)]
        if evidence.knows(token.norm) or evidence.knows(token.stem) or evidence.has(concepts):
            continue
        if not _is_initials(token, question):
            return [Finding("unsupported_name", BLOCK, question.best)]
    return []


def _is_initials(token: Token, question: Question) -> bool:
    """An abbreviation whose letters begin words that were said in a row is no new name."""
    if not token.text.isupper() or len(token.text) > 5:
        return False
    wanted = token.text.lower()
    return any(
        wanted in "".join(word.norm[0] for word in unit.sentence.tokens) for unit in question.evidence.units[:400]
    )
