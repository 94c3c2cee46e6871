"""Negation, outcomes and contraries.

1. A claim that denies what was only affirmed, or affirms what was only denied, is ``negation_flip``.
2. A word whose contrary was said, while the word itself was not, is ``outcome_flip``, ``antonym`` or ``entity_swap``.
3. A word that implies a negation ("declined", "waived", "unable") needs one, or itself, in the evidence.
"""

from __future__ import annotations

from harness.grounding.checks.base import BLOCK, CERTAIN, DOUBT, REVIEW, Finding, Question, answer, near
from harness.grounding.claims import Sentence
from harness.grounding.evidence import Unit
from harness.grounding.lexicon import cue, cue_stems, opposites_of
from harness.grounding.mentions import agree

__all__ = ["check"]

_OUTCOMES = frozenset(("declin", "refus", "reject", "deni"))


def check(question: Question) -> list[Finding]:
    """Findings on every content word of the claim."""
    found = _denials(question)
    for index, concepts, _ in question.words:
        finding = (
            _contrary(question, index) or _outcome(question, index, concepts) or _negation(question, index, concepts)
        )
        if finding:
            found.append(finding)
    return found


def _contrary(question: Question, index: int) -> Finding | None:
    """Rule 2."""
    root = question.claim.tokens[index].stem
    oppositions = opposites_of(root)
    if not oppositions or root in question.evidence.vocabulary:
        return None
    if question.claim.negated[index]:
        return None
    for reason, contraries in oppositions:
        if reason != "entity_swap" and question.evidence.has(question.claim.concepts[index]):
            continue
        for window in question.windows[:3]:
            for unit in near(question.evidence, window.unit):
                if _states(unit, contraries):
                    return Finding(reason, BLOCK, unit)
    return None


def _states(unit: Unit, stems: frozenset[str]) -> bool:
    sentence = unit.sentence
    return any(token.stem in stems and not sentence.negated[at] for at, token in enumerate(sentence.tokens))


def _outcome(question: Question, index: int, concepts: frozenset[str]) -> Finding | None:
    """Rule 3."""
    root = question.claim.tokens[index].stem
    if root not in _OUTCOMES or question.evidence.has((root,)) or question.claim.negated[index]:
        return None
    for window in question.windows[:3]:
        if any(unit.sentence.denies for unit in near(question.evidence, window.unit, 2)):
            return None
    return Finding("outcome_flip", BLOCK, question.best)


def _denials(question: Question) -> list[Finding]:
    """Rule 1, for each clause that denies: somebody must have denied one of its words."""
    claim, evidence = question.claim, question.evidence
    denied: dict[int, list[int]] = {}
    for index, _, _ in question.words:
        if claim.negated[index]:
            denied.setdefault(claim.clause[index], []).append(index)
    found = []
    for clause, indexes in denied.items():
        saying = [evidence.units[number] for index in indexes for number in _saying(question, index)]
        share = max((window.share for window in evidence.windows(question.clause_words(clause), limit=1)), default=0)
        if saying and share >= 300 and not any(_denied_near(question, unit) for unit in saying):
            stated = any(_says_so(unit, claim.tokens[index].norm) for unit in saying for index in indexes)
            absent = _is_absence(claim, clause) and not stated
            cap = DOUBT if absent else REVIEW if share < 500 else CERTAIN if stated else BLOCK
            found.append(Finding("negation_flip", cap, saying[-1]))
    return found


def _says_so(unit: Unit, norm: str) -> bool:
    """The unit states the very form, without a doubt: "I bought it", not "I want to buy it" (an s aside)."""
    sentence = unit.sentence
    return not sentence.question and any(
        token.norm.removesuffix("s") == norm.removesuffix("s")
        and not sentence.negated[at]
        and sentence.clause[at] not in sentence.hypothetical
        for at, token in enumerate(sentence.tokens)
    )


def _is_absence(claim: Sentence, clause: int) -> bool:
    """The clause says that something was not done (yet): nobody need have denied it."""
    at = [index for index in range(len(claim.tokens)) if claim.clause[index] == clause]
    done = any(claim.negated[index] and claim.tokens[index].norm in cue("done") for index in at)
    return done or any(claim.tokens[index].norm in cue("absence") for index in at)


def _saying(question: Question, index: int) -> list[int]:
    """Units that hold the word itself or, if none does, one that means the same."""
    literal = question.evidence.saying((question.claim.tokens[index].stem,))
    return literal or question.evidence.saying(question.claim.concepts[index])


def _negation(question: Question, index: int, concepts: frozenset[str]) -> Finding | None:
    """Rule 1, for one word."""
    claim, evidence = question.claim, question.evidence
    saying = [evidence.units[number] for number in _saying(question, index)]
    if not saying:
        return None
    if claim.negated[index] or _denies_in(claim, claim.clause[index]):
        return None
    return _affirmed(question, index, concepts, saying)


def _denies_in(claim: Sentence, clause: int) -> bool:
    return any(
        claim.negated[at] or token.stem in cue_stems("soft_negators")
        for at, token in enumerate(claim.tokens)
        if claim.clause[at] == clause
    )


def _denied_near(question: Question, unit: Unit) -> bool:
    """The unit or the reply to it denies something."""
    if unit.sentence.denies:
        return True
    return any(
        other.sentence.tokens and (other.sentence.tokens[0].norm in cue("refuse") or any(other.sentence.negated))
        for other in question.evidence.units[unit.number + 1 : unit.number + 3]
    )


def _affirmed(question: Question, index: int, concepts: frozenset[str], saying: list[Unit]) -> Finding | None:
    """The word is affirmed in the claim and denied wherever it was said of the same thing."""
    clause = question.claim.clause[index]
    rest = question.clause_words(clause, without=index)
    values = [mention for mention in question.claim.mentions if question.claim.clause[mention.first] == clause]
    total = sum(weight for _, weight in rest) + 2 * len(values)
    if total < (2 if question.is_call else 4):  # friends contradict themselves in passing
        return None
    denied = None
    for unit in saying:
        held = sum(weight for other, weight in rest if not unit.concepts.isdisjoint(other))
        held += 2 * sum(any(agree(value, said) for said in unit.sentence.mentions) for value in values)
        at = [i for i, found in enumerate(unit.sentence.concepts) if not found.isdisjoint(concepts)]
        refused = unit.sentence.question and answer(question.evidence, unit) == "no"
        if not refused and not all(unit.sentence.negated[i] for i in at):
            return None
        if held * 2 >= total and (refused or not unit.sentence.question):
            denied = unit
    return Finding("negation_flip", BLOCK, denied) if denied else None
