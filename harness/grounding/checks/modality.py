"""Asked, offered, possible, promised, done: does the claim say more than was said?

1. A clause without any hedge, whose nearest evidence is only conditional, possible, planned or a question that nobody
   affirmed, is ``modality_shift``; with a promise word in it ("will", "guaranteed") it is ``added_commitment``.
2. A word of completion ("fixed", "refunded") that was only ever expected, asked or offered is ``modality_shift``.
3. A word of completion soon after, or assent in reply to a question or an offer, lifts the doubt.
4. Rules 1 and 2 are for service calls (an agent or a customer speaks); friends settle plans without words.
5. "Recommended", "promised", "apologised" need words that recommend, promise or apologise.
"""

from __future__ import annotations

from harness.grounding.checks.base import BLOCK, REVIEW, Finding, Question, answer
from harness.grounding.claims import Sentence
from harness.grounding.evidence import Unit
from harness.grounding.lexicon import cue, cue_stems
from harness.grounding.mentions import agree
from harness.text.tokens import stem

__all__ = ["check"]

_NEAR_ENOUGH = 500
_DONE_REACH = 3
_MAX_CLAUSES = 12
_MAX_VALUES = 24
_SPEECH = {
    stem(verb): (name, reason)
    for name, reason, verbs in (
        ("speech_recommend", "unsupported_claim", ("recommend", "suggest")),
        ("speech_promise", "added_commitment", ("promise", "guarantee", "assure")),
        ("speech_apologize", "unsupported_claim", ("apologize", "apologise")),
    )
    for verb in verbs
}


def check(question: Question) -> list[Finding]:
    """Findings on each clause of the claim."""
    claim = question.claim
    found = _speech(question)
    if not question.is_call:
        return found
    for clause in sorted(set(claim.clause))[:_MAX_CLAUSES]:
        if not _is_hedged(claim, clause) and not _denies(claim, clause):
            settled = _settles(claim, clause)
            found.extend((settled and _clause(question, clause)) or _completion(question, clause))
            found.extend(_value(question, clause) if settled and not found else [])
    return found


def _is_hedged(claim: Sentence, clause: int) -> bool:
    hedges, spelled = cue_stems("claim_hedges"), cue("claim_hedges")
    return any(
        token.stem in hedges or token.norm in spelled
        for index, token in enumerate(claim.tokens)
        if clause - 1 <= claim.clause[index] <= clause + 1
    )


def _settles(claim: Sentence, clause: int) -> bool:
    """The clause says that something was done or is certain to come."""
    told = enumerate(claim.tokens[1:], 1)  # "Booked in advance it costs 35" settles nothing
    norms = {token.norm for index, token in told if claim.clause[index] == clause}
    return not norms.isdisjoint(cue("done") | cue("commitment"))


def _denies(claim: Sentence, clause: int) -> bool:
    return any(claim.negated[index] for index in range(len(claim.tokens)) if claim.clause[index] == clause)


def _clause(question: Question, clause: int) -> list[Finding]:
    """Rule 1."""
    words = question.clause_words(clause)
    if len(words) < 2:
        return []
    windows = [window for window in question.evidence.windows(words) if window.share >= _NEAR_ENOUGH]
    if not windows:
        return []
    units = [window.unit for window in windows if window.share * 10 >= windows[0].share * 7]
    concepts = frozenset().union(*(found for found, _ in words))
    if not all(_is_open(question, unit, concepts) for unit in units):
        return []
    return [Finding(_reason(question.claim, clause), BLOCK, units[0])]


def _reason(claim: Sentence, clause: int) -> str:
    norms = {token.norm for index, token in enumerate(claim.tokens) if claim.clause[index] == clause}
    return "added_commitment" if norms & cue("commitment") else "modality_shift"


def _completion(question: Question, clause: int) -> list[Finding]:
    """Rule 2."""
    claim, evidence = question.claim, question.evidence
    for index, token in enumerate(claim.tokens):
        if not index or claim.clause[index] != clause or token.norm not in cue("done") or claim.negated[index]:
            continue
        said = evidence.saying((token.stem,)) or evidence.saying(claim.concepts[index])
        units = [unit for unit in (evidence.units[number] for number in said) if _tells_a_deed(unit, claim, index)]
        if units and all(_is_open(question, unit, claim.concepts[index]) for unit in units):
            return [Finding(_reason(claim, clause), BLOCK, units[-1])]
    return []


def _tells_a_deed(unit: Unit, claim: Sentence, index: int) -> bool:
    """The unit holds the claim's word, or one that means the same and is no price: "paid" is no "price"."""
    root, concepts = claim.tokens[index].stem, claim.concepts[index]
    return any(
        token.stem == root or (token.stem not in cue_stems("prices") and not concepts.isdisjoint(found))
        for token, found in zip(unit.sentence.tokens, unit.sentence.concepts, strict=True)
    )


def _value(question: Question, clause: int) -> list[Finding]:
    """Rule 1 for a value that stands in nothing but conditions."""
    claim, evidence = question.claim, question.evidence
    for mention in claim.mentions[:_MAX_VALUES]:
        if claim.clause[mention.first] != clause or mention.weak or mention.kind in ("ident", "placeholder"):
            continue
        places = [place for place in evidence.mentions_of(mention) if agree(mention, evidence.mention(place))]
        if places and all(_is_open_value(question, place) for place in places[-12:]):
            return [Finding(_reason(claim, clause), BLOCK, evidence.units[places[-1][0]])]
    return []


def _is_open_value(question: Question, place: tuple[int, int]) -> bool:
    unit = question.evidence.units[place[0]]
    clause = unit.sentence.clause[unit.sentence.mentions[place[1]].first]
    if clause not in unit.sentence.hypothetical:
        return False
    return not _is_settled(question, unit, "if" not in unit.sentence.norms, _DONE_REACH)


def _is_open(question: Question, unit: Unit, concepts: frozenset[str]) -> bool:
    """The unit leaves it open, and nothing after it settles it."""
    sentence = unit.sentence
    at = {sentence.clause[i] for i, found in enumerate(sentence.concepts) if not found.isdisjoint(concepts)}
    asked = _asks(sentence)
    if asked and answer(question.evidence, unit) == "yes":
        return False
    if not asked and not (at and at <= sentence.hypothetical):
        return False
    return not _is_settled(question, unit, asked or "if" not in sentence.norms, _DONE_REACH + 1)


def _asks(sentence: Sentence) -> bool:
    """A yes-or-no question."""
    if not sentence.question:
        return False
    last = sentence.clause[-1] if sentence.clause else 0
    opening = {sentence.clause.index(clause) for clause in (0, last) if clause in sentence.clause}
    return any(sentence.tokens[index].norm in cue("aux") for index in opening)


def _is_settled(question: Question, unit: Unit, may_be_affirmed: bool, reach: int) -> bool:
    following = question.evidence.units[unit.number + 1 : unit.number + 1 + reach]
    for other in following:
        norms = [token.norm for token in other.sentence.tokens]
        if other.sentence.question or not norms:
            continue
        if (
            may_be_affirmed
            and other.speaker != unit.speaker
            and other.turn <= unit.turn + 1
            and cue("affirm") & set(norms[:3])
        ):
            return True
        if cue("completion") & set(norms):
            return True
    return False


def _speech(question: Question) -> list[Finding]:
    """Rule 5."""
    claim, evidence = question.claim, question.evidence
    for index, token in enumerate(claim.tokens):
        if token.stem not in _SPEECH or claim.negated[index] or token.stem in evidence.vocabulary:
            continue
        name, reason = _SPEECH[token.stem]
        if not cue(name) & evidence.vocabulary:
            return [Finding(reason, REVIEW, question.best)]
    return []
