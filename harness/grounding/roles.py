"""Who does what: for each role a claim names as the doer, was it said by, or to, that role?

1. A doer is ``agent`` or ``customer`` (or a synonym) with a verb behind it; its words are those behind it up to the next
   doer.
2. A sentence speaks for its speaker when it says "I" or "we", and for the other when it says "you".
3. ``for`` is the best share of the doer's words in a sentence that speaks for the doer, ``against`` in one that speaks
   for somebody else; both in per mille.
"""

from __future__ import annotations

from typing import NamedTuple

from harness.grounding.checks.base import Question
from harness.grounding.claims import Sentence
from harness.grounding.evidence import Unit, role_of
from harness.grounding.lexicon import cue, cue_stems

__all__ = ["Doing", "doings"]

_ROLES = ("agent", "customer")
_MAX_DOERS = 4
_VERB_REACH = 5
_PASSIVE = frozenset(("by", "to", "for", "with", "from"))


class Doing(NamedTuple):
    """One doer of a claim and what speaks for and against it.

    Args:
        role: the doer.
        speaks: it is said to ask, tell, offer or the like.
        asks: it is said to ask.
        own: best share of its words in sentences of its own speaking, whoever they are about.
        others: best share in sentences of others.
        told: as ``own``, of sentences that speak for the doer.
        denied: as ``others``, of sentences that speak for somebody else.
        unit: the sentence behind ``denied``.
    """

    role: str
    speaks: bool
    asks: bool
    own: int
    others: int
    told: int
    denied: int
    unit: Unit | None


def doings(question: Question) -> list[Doing]:
    """The doers of a claim in order."""
    claim = question.claim
    places = [
        at
        for at, token in enumerate(claim.tokens)
        if role_of(token.norm) in _ROLES and _before(claim, at) not in _PASSIVE
    ]
    places = [at for at in places if not claim.tokens[at].text.endswith(("'s", "’s"))][:_MAX_DOERS]
    found = []
    for number, at in enumerate(places):
        end = places[number + 1] if number + 1 < len(places) else len(claim.tokens)
        begin = at if number else 0
        reach = range(claim.clause[at], claim.clause[at] + 2)
        if any(claim.negated[at + 1 : min(end, at + _VERB_REACH)]):  # who did not do it need not have spoken of it
            continue
        words = [
            (concepts, weight)
            for index, concepts, weight in question.words
            if begin <= index < end and claim.clause[index] in reach
        ]
        if words:
            found.append(_doing(question, role_of(claim.tokens[at].norm), at, end, words))
    return found


def _before(claim: Sentence, at: int) -> str:
    """The word before, articles aside."""
    words = [token.norm for token in claim.tokens[max(0, at - 2) : at] if token.norm not in ("the", "a")]
    return words[-1] if words else ""


def _doing(question: Question, role: str, at: int, end: int, words: list[tuple[frozenset[str], int]]) -> Doing:
    stems = {token.stem for token in question.claim.tokens[at + 1 : min(end, at + _VERB_REACH)]}
    asks = bool(stems & cue_stems("asking"))
    best = {"own": 0, "others": 0, "told": 0, "denied": 0}
    unit: Unit | None = None
    for window in question.evidence.windows(words, limit=12):
        own = window.unit.role == role
        first, second = _persons(window.unit)
        if asks and window.unit.sentence.question:  # "will you tell them?" is the speaker's request
            first, second = True, False
        sides = ["own" if own else "others"]
        if (own and (first or not second)) or (not own and second):
            sides.append("told")
        if (own and second and not first) or (not own and (first or not second)):
            sides.append("denied")
        for side in sides:
            if window.share > best[side]:
                best[side] = window.share
                unit = window.unit if side == "denied" else unit
    return Doing(role, bool(stems & cue_stems("reporting")), asks, **best, unit=unit)


def _persons(unit: Unit) -> tuple[bool, bool]:
    norms = unit.sentence.norms
    return bool(norms & cue("first_person")), bool(norms & cue("second_person"))
