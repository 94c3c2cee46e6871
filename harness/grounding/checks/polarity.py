"""Negation, outcomes and contraries.

1. A claim that denies what was only affirmed, or affirms what was only denied, is ``negation_flip``.
2. A word whose contrary was said, while the word itself was not, is ``outcome_flip``, ``antonym`` or ``entity_swap``.
3. The same where the word was said of other things: beside the claim's word stood nothing but its contrary. In a service
   call of qualities only: what is locked there gets unlocked.
4. A word that implies a negation ("declined", "waived", "unable") needs one, or itself, in the evidence.
"""

from __future__ import annotations

from functools import lru_cache

from harness.grounding.checks.base import BLOCK, CERTAIN, DOUBT, REVIEW, Finding, Question, answer, near
from harness.grounding.claims import Sentence
from harness.grounding.evidence import Unit
from harness.grounding.lexicon import cue, cue_stems, opposites_of
from harness.grounding.mentions import agree
from harness.grounding.vocabulary import word
from harness.text.tokens import STOP_WORDS, Token, stem
from harness.text.units import unit_of

__all__ = ["check"]

_NEXT = 2
_MAX_UNITS = 12
_SMALL = STOP_WORDS | {stem(small) for small in STOP_WORDS} | {"there", "ther", "her", "sever", "several", "present"}
_QUALITIES = frozenset(("quality", "degree", "manner"))
_OUTCOMES = frozenset(("declin", "refus", "reject", "deni"))


def check(question: Question) -> list[Finding]:
    """Findings on every content word of the claim."""
    found = _denials(question) + _unheard(question) + _beside(question)
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
                if _states(unit, contraries) and not _is_denied_question(question, unit):
                    return Finding(reason, BLOCK, unit)
    return None


def _is_denied_question(question: Question, unit: Unit) -> bool:
    return unit.sentence.question and answer(question.evidence, unit) == "no"


def _states(unit: Unit, stems: frozenset[str]) -> bool:
    sentence = unit.sentence
    return any(token.stem in stems and not sentence.negated[at] for at, token in enumerate(sentence.tokens))


def _beside(question: Question) -> list[Finding]:
    """Rule 3."""
    claim = question.claim
    valued = {at for mention in claim.mentions for at in range(mention.first, mention.last + 1)}
    for index, token in enumerate(claim.tokens):
        contraries = _contraries(token.norm)
        if not contraries or index in valued or claim.negated[index] or (question.is_call and _is_deed(token)):
            continue
        against: Unit | None = None
        for at, concepts, _ in question.words:
            if unit_of(claim.tokens[at].norm) or claim.clause[at] != claim.clause[index]:
                continue  # "before the day" turns no day round
            if 0 < abs(at - index) <= _NEXT:
                own, other = _sides(question, concepts, claim.concepts[index] | {token.stem}, contraries)
                if own:
                    against = None
                    break
                against = against or other
        if against:
            return [Finding("antonym", BLOCK, against)]
    return []


def _is_deed(token: Token) -> bool:
    return token.norm.endswith(("ed", "ing")) or word(token.norm).field not in _QUALITIES


@lru_cache(maxsize=1 << 13)
def _contraries(norm: str) -> frozenset[str]:
    """Those of our lists, small words aside."""
    root = stem(norm)
    found = frozenset().union(*(stems for reason, stems in opposites_of(root) if reason == "antonym"))
    return found | (word(norm).contraries - _SMALL if root not in _SMALL else frozenset())


def _sides(
    question: Question, beside: frozenset[str], own: frozenset[str], contraries: frozenset[str]
) -> tuple[bool, Unit | None]:
    """Whether the word, and a unit where its contrary, stands next to one of the concepts ``beside``."""
    against = None
    for number in question.evidence.saying(beside)[:_MAX_UNITS]:
        unit = question.evidence.units[number]
        sentence = unit.sentence
        for place, concepts in enumerate(sentence.concepts):
            if concepts.isdisjoint(beside):
                continue
            for at in range(max(0, place - _NEXT - 1), min(len(sentence.tokens), place + _NEXT + 2)):
                if not own.isdisjoint(sentence.concepts[at]):
                    return True, None
                if sentence.tokens[at].stem in contraries and not sentence.negated[at]:
                    against = unit
    return False, against


def _outcome(question: Question, index: int, concepts: frozenset[str]) -> Finding | None:
    """Rule 4."""
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


def _unheard(question: Question) -> list[Finding]:
    """Rule 1 for a denied word that was said, together with others of its clause, and never where anybody denied.

    "No fee" needs no other word, where the fee was said to be so and so much.
    """
    claim = question.claim
    for index, _, _ in question.words:
        if not claim.negated[index]:
            continue
        saying = [question.evidence.units[number] for number in _saying(question, index)]
        if any(_denies(unit) or answer(question.evidence, unit) == "no" for unit in saying):
            continue
        rest = [concepts for concepts, _ in question.clause_words(claim.clause[index], without=index)]
        flatly = claim.tokens[index - 1].norm in ("no", "without")
        for unit in saying:
            if flatly and _has_value(unit, claim.tokens[index].stem):
                return [Finding("negation_flip", CERTAIN, unit)]
            shared = sum(not unit.concepts.isdisjoint(concepts) for concepts in rest)
            if shared > question.is_call:  # agents tell what was not done without anybody's denying it
                return [Finding("negation_flip", CERTAIN, unit)]
    return []


def _has_value(unit: Unit, root: str) -> bool:
    """The unit states a quantity with a unit in the clause of the word, beyond doubt."""
    sentence = unit.sentence
    clauses = {sentence.clause[at] for at, token in enumerate(sentence.tokens) if token.stem == root}
    return not sentence.question and any(
        mention.kind == "quantity" and mention.unit and mention.values[0] != "0"
        for mention in sentence.mentions
        if sentence.clause[mention.first] in clauses - sentence.hypothetical
    )


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


def _denies(unit: Unit) -> bool:
    """The unit denies something or tells of a trouble: what crashes does not work."""
    return unit.sentence.denies or any(token.stem in cue_stems("troubles") for token in unit.sentence.tokens)


def _denied_near(question: Question, unit: Unit) -> bool:
    """The unit or the reply to it denies something."""
    if _denies(unit):
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
