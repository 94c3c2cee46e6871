"""A claim in figures, for the calibrated model: small integers in per mille, the same everywhere.

1. No figure depends on how long the claim is: shares, presence, or counts capped at two or three.
2. ``no:REASON`` says that a check found that reason; ``doubt:REASON`` that it asked for review.
3. Every figure that is not 0 is named; a name may be missing from a model, then it weighs nothing.
4. Outside service calls each figure is given once more, as ``talk:NAME``, and with those of ``talk.py``: so that a model
   weighs it there as in calls, but for what it learned otherwise.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from harness.grounding.alignment import GRADES, Aligned, align
from harness.grounding.checks.base import REVIEW, Finding, Question, answer, near
from harness.grounding.checks.names import names_of
from harness.grounding.claims import Sentence
from harness.grounding.course import course_figures
from harness.grounding.lexicon import cue, cue_stems
from harness.grounding.roles import doings
from harness.grounding.talk import word_figures
from harness.grounding.vocabulary import NOUNS
from harness.grounding.vocabulary import word as entry

__all__ = ["ONE", "features"]

ONE = 1000
_LAST_WORDS = 4
_UNSAID = ("novel", "sibling", "special")
_BESIDE = 4
_MAX_UNITS = 12


def features(question: Question, findings: Sequence[Finding]) -> dict[str, int]:
    """The figures of one claim."""
    aligned = align(question)
    found = _findings(findings)
    found.update(_grades(aligned))
    found.update(_places(question, aligned))
    found.update(_polarity(question))
    found.update(_openness(question))
    found.update(_values(question, findings))
    found.update(_roles(question))
    found.update(_names(question))
    found.update(_mood(question))
    found.update(_limits(question))
    found.update(_replaced(question, aligned))
    found.update(course_figures(question))
    if not question.is_call:
        talk = {"": ONE, **found, **word_figures(question, aligned)}
        found.update({f"talk:{name}": value for name, value in talk.items()})
    return {name: value for name, value in found.items() if value}


def _findings(findings: Sequence[Finding]) -> dict[str, int]:
    return {f"{'no' if finding.cap < REVIEW else 'doubt'}:{finding.reason}": ONE for finding in findings}


def _grades(aligned: Sequence[Aligned]) -> dict[str, int]:
    total = len(aligned) or 1
    found = {f"share:{grade}": sum(w.grade == grade for w in aligned) * ONE // total for grade in GRADES}
    missing = Counter(w.field for w in aligned if w.grade in ("novel", "sibling", "special"))
    found.update({f"missing:{name}": min(2, count) * ONE for name, count in missing.items()})
    found["rare"] = min(2, sum(w.grade != "said" and not w.listed for w in aligned)) * ONE
    found["opposed"] = min(2, sum(w.opposed for w in aligned)) * ONE
    found["sibling"] = min(2, sum(w.grade == "sibling" and w.field in NOUNS for w in aligned)) * ONE
    return found


def _places(question: Question, aligned: Sequence[Aligned]) -> dict[str, int]:
    """Whether the words were said in one place, and together."""
    windows = question.windows
    best = windows[0].share if windows else 0
    around: set[str] = set()
    for window in windows[:2]:
        around.update(*(unit.concepts for unit in near(question.evidence, window.unit)))
    words = question.words
    total = len(words) or 1
    held = sum(not concepts.isdisjoint(around) for _, concepts, _ in words)
    pairs = list(pairwise(words))
    together = sum(_together(question, left[1], right[1]) for left, right in pairs)
    return {
        "near": best,
        "around": held * ONE // total,
        "together": together * ONE // len(pairs) if pairs else ONE,
        "nothing": 0 if windows else ONE,
    }


def _together(question: Question, left: frozenset[str], right: frozenset[str]) -> bool:
    evidence = question.evidence
    places = set(evidence.saying(left))
    return any(number + shift in places for number in evidence.saying(right) for shift in (0, 1, -1))


def _polarity(question: Question) -> dict[str, int]:
    """Whether the claim denies and the nearest unit does not, or the other way round."""
    claim = any(question.claim.negated)
    soft = question.claim.denies
    unit = question.best
    if unit is None:
        return {"denies": ONE * claim}
    said = any(unit.sentence.negated)
    reply = answer(question.evidence, unit)
    said_soft = unit.sentence.denies or reply == "no"
    return {
        "denies": ONE * (claim and not said_soft),
        "denied": ONE * (said and not soft),
        "refused": ONE * (reply == "no" and not soft),
        "affirmed": ONE * (reply == "yes"),
    }


def _openness(question: Question) -> dict[str, int]:
    """Whether the claim is settled while what was said is open, or the other way round."""
    claim, unit = question.claim, question.best
    norms = claim.norms
    hedged = bool(norms & cue("claim_hedges")) or any(t.stem in cue_stems("claim_hedges") for t in claim.tokens)
    done = bool(norms & cue("done")) and not hedged
    if unit is None:
        return {"done": ONE * done}
    open_ = unit.sentence.question or bool(unit.sentence.hypothetical)
    return {
        "settled": ONE * (open_ and not hedged),
        "done": ONE * (open_ and done),
        "asked": ONE * unit.sentence.question,
    }


def _mood(question: Question) -> dict[str, int]:
    """Whether the claim tells of a good or a bad end or feeling, and the last words of the customer sound alike."""
    told = _tone(question.claim, "told_good", "told_bad")
    if not told:
        return {}
    units = [unit for unit in question.evidence.units if unit.role == "customer"][-_LAST_WORDS:]
    heard = sum(_tone(unit.sentence, "heard_good", "heard_bad") for unit in units)
    return {"mood:agrees": ONE * (told * heard > 0), "mood:differs": ONE * (told * heard < 0), "mood:told": ONE}


def _tone(sentence: Sentence, good: str, bad: str) -> int:
    """Good words less bad ones; a denied word counts for the other side."""
    tone = 0
    for at, token in enumerate(sentence.tokens):
        side = (token.norm in cue(good)) - (token.norm in cue(bad))
        tone += -side if sentence.negated[at] else side
    return tone


def _replaced(question: Question, aligned: Sequence[Aligned]) -> dict[str, int]:
    """Words nobody said that stand where another word of their field was said: beside the same word."""
    told = frozenset().union(*(concepts for _, concepts, _ in question.words))
    count: Counter[str] = Counter()
    for word in aligned:
        if word.grade in _UNSAID:
            field = word.field
            count[field] += _has_rival(question, word.index, field, told)
    return {f"instead:{name}": min(2, number) * ONE for name, number in count.items()}


def _has_rival(question: Question, index: int, field: str, told: frozenset[str]) -> bool:
    """Beside a neighbour of the word, something else of its field was said that the claim does not speak of."""
    neighbours = [found for at, found, _ in question.words if 0 < abs(at - index) <= _BESIDE]
    for concepts in neighbours:
        for number in question.evidence.saying(concepts)[:_MAX_UNITS]:
            sentence = question.evidence.units[number].sentence
            places = [at for at in sentence.content if not sentence.concepts[at].isdisjoint(concepts)]
            for at in sentence.content:
                if (
                    not sentence.concepts[at].isdisjoint(told)
                    or min(abs(at - place) for place in places or [99]) > _BESIDE
                ):
                    continue
                if entry(sentence.tokens[at].norm).field == field:
                    return True
    return False


def _limits(question: Question) -> dict[str, int]:
    """Whether the claim limits or turns round ("only", "without", "instead") where nothing near it does."""
    mine = question.claim.norms & cue("limits")
    if not mine:
        return {}
    units = [unit for window in question.windows[:3] for unit in near(question.evidence, window.unit)]
    heard = any(unit.sentence.norms & cue("limits") or unit.sentence.denies for unit in units)
    return {"limits": ONE, "limits:heard": ONE * heard}


def _roles(question: Question) -> dict[str, int]:
    """How much more was said for than against the doers, worst doer first."""
    found = {"role:for": 0, "role:against": 0, "role:own": 0, "role:other": 0, "role:spoke": 0, "role:heard": 0}
    for doing in doings(question):
        lead, voice = doing.told - doing.denied, doing.own - doing.others
        _raise(found, "role:for" if lead > 0 else "role:against", abs(lead))
        _raise(found, "role:own" if voice > 0 else "role:other", abs(voice))
        if doing.speaks or doing.asks:
            _raise(found, "role:spoke" if voice > 0 else "role:heard", abs(voice))
    return found


def _raise(found: dict[str, int], name: str, value: int) -> None:
    found[name] = max(found[name], value)


def _names(question: Question) -> dict[str, int]:
    """Whether the claim's words stand nearer to another name than to the one the claim gives."""
    mine = {token.stem for token in names_of(question.claim)} & question.evidence.names.keys()
    if not mine:
        return {}
    words = [concepts for index, concepts, _ in question.words if question.claim.tokens[index].stem not in mine]
    own = max(_nearness(question, name, words) for name in mine)
    others = [name for name in question.evidence.names if name not in mine]
    rival = max((_nearness(question, name, words) for name in others[:40]), default=0)
    return {"name:own": max(0, own - rival), "name:rival": max(0, rival - own)}


def _nearness(question: Question, name: str, words: Sequence[frozenset[str]]) -> int:
    """Best share of ``words`` in a sentence with the name."""
    units = [question.evidence.units[number] for number in question.evidence.names[name]]
    held = max((sum(not unit.concepts.isdisjoint(concepts) for concepts in words) for unit in units), default=0)
    return held * ONE // (len(words) or 1)


def _values(question: Question, findings: Sequence[Finding]) -> dict[str, int]:
    """Whether the claim has values and all of them stand."""
    values = [mention for mention in question.claim.mentions if not mention.weak]
    wrong = {"unsupported_number", "wrong_date", "number_binding_swap", "superseded_value"}
    stands = bool(values) and not any(finding.reason in wrong for finding in findings)
    return {"values": ONE * stands}
