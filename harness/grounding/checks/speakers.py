"""Who said it?

1. A claim that opens with a speaker and a verb of speech or action is compared with that speaker's turns and the others'.
2. Words that stand only in another's turns, and hardly in the speaker's own, make ``speaker_swap``.
"""

from __future__ import annotations

from harness.grounding.checks.base import BLOCK, REVIEW, Finding, Question
from harness.grounding.evidence import Unit, role_of
from harness.grounding.lexicon import cue_stems

__all__ = ["check"]

_MARGIN = 400
_LOW = 400
_LOW_STRONG = 600


def check(question: Question) -> list[Finding]:
    """Findings on the claim's opening speaker."""
    claim = question.claim
    subject = _subject(question)
    if subject is None:
        return []
    role, verb_at = subject
    words = [(concepts, weight) for index, concepts, weight in question.words if index > verb_at and claim.clause[index] <= claim.clause[verb_at] + 1]  # fmt: skip
    if len(words) < 2:
        return []
    own = _best(question, role, words, own=True)
    other = _best(question, role, words, own=False)
    strong = claim.tokens[verb_at].stem in cue_stems("strong_speech")
    if own[0] < (_LOW_STRONG if strong else _LOW) and other[0] >= own[0] + _MARGIN:
        return [Finding("speaker_swap", BLOCK if strong else REVIEW, other[1])]
    return []


def _subject(question: Question) -> tuple[str, int] | None:
    """The role or name that opens the claim and the index of its verb of speech."""
    tokens = question.claim.tokens
    at = 1 if tokens and tokens[0].norm in ("the", "a") else 0
    if at >= len(tokens):
        return None
    role = role_of(tokens[at].norm)
    if role not in question.evidence.roles or len(question.evidence.roles) < 2:
        return None
    speech = cue_stems("reporting") | cue_stems("strong_speech")
    for index in range(at + 1, min(at + 4, len(tokens))):
        if tokens[index].stem in speech:
            return None if question.claim.negated[index] else (role, index)
    return None


def _best(
    question: Question, role: str, words: list[tuple[frozenset[str], int]], *, own: bool
) -> tuple[int, Unit | None]:
    """Highest share (per mille) of ``words`` in one turn sentence of the role's, or of the others'."""
    best: tuple[int, Unit | None] = (0, None)
    for window in question.evidence.windows(words, limit=64):
        if (window.unit.role == role) is own and window.share > best[0]:
            best = (window.share, window.unit)
    return best
