"""Numbers, identifiers, dates and times: is the value said, and of the same thing?

1. A value that nobody said, and that does not follow from said ones, is ``unsupported_number`` or ``wrong_date``.
2. Derived values: the sum, difference or product of two said values of one unit, half or double of one.
3. A value said of something else, while another value of its kind is said of this, is ``number_binding_swap``
   (or ``wrong_date``).
4. A value that only stands where a correction took it back is ``superseded_value``.
"""

from __future__ import annotations

from itertools import combinations

from harness.grounding.checks.base import BLOCK, REVIEW, Finding, Question
from harness.grounding.claims import Sentence
from harness.grounding.evidence import Evidence, Unit
from harness.grounding.lexicon import cue, cue_stems
from harness.grounding.mentions import Mention, agree, rivals
from harness.text.units import MICRO

__all__ = ["check"]

_MARGIN = 4
_CLEAR = 8
_MAX_COMPARED = 24
_DERIVED_FROM = 24
_NEAR_TOKENS = 4


def check(question: Question) -> list[Finding]:
    """Findings on every value of the claim."""
    found: list[Finding] = []
    for number, mention in enumerate(question.claim.mentions):
        if not mention.weak:
            found.extend(_check_one(question, mention, compare=number < _MAX_COMPARED))
    return found


def _check_one(question: Question, mention: Mention, *, compare: bool) -> list[Finding]:
    evidence = question.evidence
    places = [place for place in evidence.mentions_of(mention) if agree(mention, evidence.mention(place))]
    if not places:
        if _is_loose(question, mention):
            return _binding(question, mention, [])
        if mention.kind == "quantity" and _is_derived(question, mention):
            return []
        if mention.kind == "ident" and _is_numbered_name(question, mention):
            return []
        if _is_unit_swap(evidence, mention):
            return [Finding("number_binding_swap", BLOCK, question.best)]
        return [Finding(_reason(mention), BLOCK, question.best)]
    live = [place for place in places if place not in evidence.superseded]
    if not live and not _speaks_of_the_past(question, mention):
        return [Finding("superseded_value", BLOCK, evidence.units[places[0][0]])]
    if not compare:  # whether it was said is always asked; of what, only for so many
        return []
    return (
        _charged_after_waiver(question, mention, places)
        or _direction(question, mention)
        or _binding(question, mention, live or places)
    )


def _is_loose(question: Question, mention: Mention) -> bool:
    """Small counts in words ("two friends"), "today" and list numbers need a rival to be wrong."""
    if mention.values == ("day:0",):
        return True
    spelling = question.claim.text[mention.start : mention.end]
    if mention.kind != "quantity" or mention.unit:
        return False
    listed = mention.first == 0 and question.claim.text[mention.end : mention.end + 1] == ")"
    return listed or (spelling.isalpha() and int(mention.values[0]) <= 4 * MICRO)


def _is_numbered_name(question: Question, mention: Mention) -> bool:
    """COVID-19, said as COVID: a known word with one or two digits behind it."""
    word, _, digits = question.claim.text[mention.start : mention.end].partition("-")
    return len(digits) <= 2 and digits.isdigit() and question.evidence.knows(word.lower())


def _is_small(mention: Mention) -> bool:
    """A bare count up to twelve, or a day."""
    return mention.kind == "date" or (not mention.unit and int(mention.values[0]) <= 12 * MICRO)


def _direction(question: Question, mention: Mention) -> list[Finding]:
    """Finds "from A to B", where it was "from B to A" or "to A instead of B"."""
    claim = question.claim
    if _role(claim, mention) != "from":
        return []
    for other in claim.mentions:
        if _role(claim, other) != "to" or not rivals(mention, other):
            continue
        for unit in question.windows[:3]:
            if _holds(unit.unit, mention, "to") and _holds(unit.unit, other, "from"):
                return [Finding("number_binding_swap", BLOCK, unit.unit)]
    return []


def _holds(unit: Unit, wanted: Mention, role: str) -> bool:
    sentence = unit.sentence
    return any(_role(sentence, said) == role and agree(wanted, said) for said in sentence.mentions)


def _role(sentence: Sentence, mention: Mention) -> str:
    before = [token.norm for token in sentence.tokens[max(0, mention.first - 2) : mention.first]]
    if before[-1:] == ["from"] or before == ["instead", "of"]:
        return "from"
    return "to" if before[-1:] == ["to"] or before == ["to", "the"] else ""


def _reason(mention: Mention) -> str:
    return "wrong_date" if mention.kind in ("date", "time") else "unsupported_number"


def _is_unit_swap(evidence: Evidence, mention: Mention) -> bool:
    """The figure was said, in another unit."""
    return mention.kind == "quantity" and any(
        evidence.mention(place).kind == "quantity" and set(mention.values) & set(evidence.mention(place).values)
        for place in evidence.mentions_of(mention)
    )


def _is_derived(question: Question, mention: Mention) -> bool:
    """See rule 2; values that were taken back do not count."""
    evidence = question.evidence
    said: list[int] = []
    for place in evidence.mentions_like(mention)[-_DERIVED_FROM:]:
        other = evidence.mention(place)
        if (
            place not in evidence.superseded
            and not _waiver_of(evidence, place)
            and not other.weak
            and (other.unit == mention.unit or not other.unit)
        ):
            said.extend(int(value) for value in other.values[:1])
    targets = {int(value) for value in mention.values}
    norms = question.claim.norms
    if norms & cue("portion") and any(targets & {value // 2, value * 2} for value in said):
        return True
    if any(targets & _percent(value, share) for value in said for share in _shares(question)):
        return True
    if mention.unit == "%" and targets & {100 * MICRO - share for share in _shares(question)}:
        return True
    quantities = [other for other in question.claim.mentions if other is not mention and other.kind == "quantity"]
    own = {int(value) for other in quantities for value in other.values[:1]}
    counts = [
        int(other.values[0]) // MICRO for other in quantities if not other.unit and int(other.values[0]) % MICRO == 0
    ]
    if norms & (cue("totals") | cue("portion")) and any(
        targets & {value * n for n in counts if n < 100} for value in said
    ):
        return True
    return any(
        targets & {a + b, abs(a - b)} and (norms & cue("totals") or (own & {a, b} and mention.unit))
        for a, b in combinations(said, 2)
    )


def _shares(question: Question) -> list[int]:
    """The percentages that were said, in millionths of a percent."""
    evidence = question.evidence
    places = evidence.mentions_of_kind("quantity")[-_DERIVED_FROM:]
    found = [evidence.mention(place) for place in places]
    found.extend(mention for mention in question.claim.mentions if mention.kind == "quantity")
    return [int(value) for mention in found if mention.unit == "%" for value in mention.values]


def _percent(value: int, share: int) -> set[int]:
    """A share of a value, and what is left or comes of it."""
    part = value * share // (100 * MICRO)
    return {part, value - part, value + part}


def _speaks_of_the_past(question: Question, mention: Mention) -> bool:
    """The claim itself says that the value no longer holds."""
    clause = question.claim.clause[mention.first]
    near = {
        token.norm
        for index, token in enumerate(question.claim.tokens)
        if abs(question.claim.clause[index] - clause) <= 1
    }
    return bool(near & cue("former"))


def _charged_after_waiver(question: Question, mention: Mention, places: list[tuple[int, int]]) -> list[Finding]:
    """Finds "paid 60 dollars", where the 60 dollar fee was taken back later."""
    if mention.kind != "quantity" or not question.claim.norms & cue("charge") or _speaks_of_the_past(question, mention):
        return []
    takers = [_waiver_of(question.evidence, place) for place in places]
    if not all(takers):
        return []
    return [Finding("superseded_value", BLOCK, takers[0])]


def _waiver_of(evidence: Evidence, place: tuple[int, int]) -> Unit | None:
    """The later unit that takes the value's fee back, if any."""
    unit = evidence.units[place[0]]
    heads = _heads(unit, unit.sentence.mentions[place[1]])
    if not heads:
        return None
    for other in evidence.units[unit.number + 1 : unit.number + 41]:
        sentence = other.sentence
        spoken = [at for at, token in enumerate(sentence.tokens) if token.stem in heads]
        if spoken and not sentence.question and (_waived(other) or any(sentence.negated[at] for at in spoken)):
            return other
    return None


def _waived(unit: Unit) -> bool:
    return bool({token.stem for token in unit.sentence.tokens} & {"waiv", "remov", "cancel"})


def _heads(unit: Unit, mention: Mention) -> set[str]:
    """Stems of the two words behind a value: the thing it is the price of."""
    return {
        token.stem
        for token in unit.sentence.tokens[mention.last + 1 : mention.last + 3]
        if token.stem in cue_stems("charge") | {"fee", "charg", "penalti", "deposit", "surcharg", "premium"}
    }


def _binding(question: Question, mention: Mention, places: list[tuple[int, int]]) -> list[Finding]:
    """Compare how close the claim's words stand to this value and to its rivals."""
    anchors = _anchors(question, mention)
    if not anchors or mention.kind == "ident":
        return []
    evidence = question.evidence
    own = max((_affinity(evidence, place, anchors) for place in places[-24:]), default=0)
    crossed = _crossed(question, mention, places, anchors, own)
    if crossed:
        return crossed
    in_claim = [other for other in question.claim.mentions if other is not mention]
    best, decider = 0, None
    for place in evidence.mentions_like(mention):
        other = evidence.mention(place)
        if place in evidence.superseded or not rivals(mention, other) or any(agree(said, other) for said in in_claim):
            continue
        if not places and not _is_small(other):
            continue
        affinity = _affinity(evidence, place, anchors)
        if affinity > best:
            best, decider = affinity, evidence.units[place[0]]
    beside = decider is not None and any(place[0] == decider.number for place in places)
    lead = best - own - _MARGIN * (1 + beside)
    if decider is None or lead < 0:
        return []
    cap = BLOCK if beside or lead >= _CLEAR or mention.kind in ("date", "time") else REVIEW
    return [Finding("wrong_date" if mention.kind in ("date", "time") else "number_binding_swap", cap, decider)]


def _crossed(
    question: Question,
    mention: Mention,
    places: list[tuple[int, int]],
    anchors: list[tuple[frozenset[str], int]],
    own: int,
) -> list[Finding]:
    """Two values of the claim, each of which fits the other's words better."""
    evidence, claim = question.evidence, question.claim
    for other in claim.mentions:
        if claim.clause[other.first] == claim.clause[mention.first] or not rivals(mention, other):
            continue
        theirs = [place for place in evidence.mentions_of(other) if agree(other, evidence.mention(place))][-24:]
        if not theirs or not places:
            continue
        back = _anchors(question, other)
        straight = own + max(_affinity(evidence, place, back) for place in theirs)
        cross = max(_affinity(evidence, place, anchors) for place in theirs)
        cross += max(_affinity(evidence, place, back) for place in places[-24:])
        if cross >= straight + _MARGIN:
            return [Finding("number_binding_swap", BLOCK, evidence.units[theirs[-1][0]])]
    return []


def _anchors(question: Question, mention: Mention) -> list[tuple[frozenset[str], int]]:
    """Concepts of the content words of the value's clause; those beside it weigh double."""
    claim = question.claim
    clause = claim.clause[mention.first]
    return [
        (concepts, 2 if min(abs(index - mention.first), abs(index - mention.last)) <= _NEAR_TOKENS - 1 else 1)
        for index, concepts, _ in question.words
        if claim.clause[index] == clause
    ]


def _affinity(evidence: Evidence, place: tuple[int, int], anchors: list[tuple[frozenset[str], int]]) -> int:
    """How strongly the anchors cling to the value at ``place``: beside it 4, in its clause 3, its sentence 2, next door 1."""
    unit = evidence.units[place[0]]
    mention = unit.sentence.mentions[place[1]]
    around = frozenset().union(*(other.concepts for other in evidence.units[max(0, unit.number - 1) : unit.number + 2]))
    return sum(weight * _closeness(unit, mention, concepts, around) for concepts, weight in anchors)


def _closeness(unit: Unit, mention: Mention, concepts: frozenset[str], around: frozenset[str]) -> int:
    if unit.concepts.isdisjoint(concepts):
        return 0 if around.isdisjoint(concepts) else 1
    sentence = unit.sentence
    best = 2
    for index, found in enumerate(sentence.concepts):
        if found.isdisjoint(concepts):
            continue
        if sentence.clause[index] == sentence.clause[mention.first]:
            return 4 if min(abs(index - mention.first), abs(index - mention.last)) <= _NEAR_TOKENS else 3
    return best
