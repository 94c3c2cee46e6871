"""From findings to a verdict per claim and per summary.

1. A claim is a sentence; a summary takes its worst claim's band and score.
2. A sentence that somebody said word for word, and nobody took back, stands. Of the others the model decides
   (``model.py``), but the findings of :data:`BLOCKING` rules reject by themselves.
3. Bands by score: >= .500 grounded, >= .400 review, below ungrounded; a claim with nothing to check is nothing_to_check.
4. Verdict: grounded for the bands grounded and nothing_to_check, else ungrounded.
5. In a summary of n sentences one wrong sentence is taken to be as likely as in a summary of one: each sentence starts
   with more credit the more there are (:func:`credit`). Not so in service calls, where every sentence is a claim to act
   on: there each stands for itself.
6. All sums are integers; the float is made once, at the end.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from harness.grounding.checks import modality, names, polarity, speakers, support, values
from harness.grounding.checks.base import CERTAIN, Finding, Question
from harness.grounding.claims import Sentence
from harness.grounding.evidence import Evidence
from harness.grounding.features import features
from harness.grounding.model import Model, score_of
from harness.grounding.roles import doings

__all__ = ["BLOCKING", "Claim", "GroundingResult", "combine", "credit", "examine", "has_nothing_to_check", "judge"]

_CHECKS = (values.check, names.check, polarity.check, speakers.check, modality.check, support.check)
REVIEW_FROM = 400
MAX_CREDITED = 8
BLOCKING = frozenset(
    (
        *("unsupported_number", "wrong_date", "number_binding_swap", "superseded_value", "unsupported_name"),
        *("entity_swap", "antonym", "outcome_flip", "modality_shift", "added_commitment"),
    )
)
"""Rules that reject by themselves; the others only weigh."""
_IN_CALLS = frozenset(("unsupported_number", "wrong_date", "outcome_flip"))
"""Of these, rules that outside service calls are too often wrong to reject by themselves."""
_TALK = 300
"""Credit outside service calls: the model is fitted there on means, from which a sentence strays further than a summary."""
_SAID, _BLOCKED, _REVIEW = 5_000, -2_000, -405
_BANDS = ("ungrounded", "review", "grounded", "nothing_to_check")
SUPPORTED = "supported"
"""Reason of a claim that stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """The verdict on one sentence of a summary.

    Args:
        start: first code point in the summary; ``end`` is one past the last.
        verdict: grounded | ungrounded.
        band: grounded | review | ungrounded | nothing_to_check.
        reason: a reason code, ``supported`` or ``nothing_to_check``.
        score: 0..1, rounded to 1e-6.
        evidence: what was said, raw: redact before it leaves the process.
        turn: number of the turn the evidence is from, from 0, or None.
        reasons: every reason found, the deciding one first.
    """

    start: int
    end: int
    verdict: str
    band: str
    reason: str
    score: float
    evidence: str = field(default="", repr=False)
    turn: int | None = None
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GroundingResult:
    """The verdict on a summary and on each of its claims; see the module's rules."""

    verdict: str
    band: str
    score: float
    claims: tuple[Claim, ...] = ()


def examine(sentence: Sentence, evidence: Evidence) -> tuple[Question, list[Finding]]:
    """The claim as a question and what speaks against it."""
    question = Question.about(sentence, evidence)
    return question, [finding for check in _CHECKS for finding in check(question)]


def has_nothing_to_check(question: Question) -> bool:
    """No words of content and no values."""
    return not question.words and all(mention.weak for mention in question.claim.mentions)


def credit(claims: int, evidence: Evidence) -> int:
    """1/1000 logit that each of so many claims starts with."""
    if evidence.is_call:
        return 0
    return _TALK + round(1000 * math.log(2 * max(1, min(claims, MAX_CREDITED)) - 1))


def judge(sentence: Sentence, evidence: Evidence, model: Model, *, bonus: int = 0) -> Claim:
    """The verdict on one sentence, against what was said so far; ``bonus`` is its :func:`credit`."""
    question, findings = examine(sentence, evidence)
    if has_nothing_to_check(question):
        return _claim(sentence, question, 0, "nothing_to_check", [])
    if evidence.verbatim(sentence):
        return _claim(sentence, question, _SAID, "grounded", [])
    logit = model.logit(features(question, findings)) + bonus
    if any(_rejects(finding, call=question.is_call) for finding in findings):
        logit = min(logit, _BLOCKED)
    findings.sort(key=lambda finding: (finding.cap, finding.reason not in BLOCKING))
    return _claim(sentence, question, logit, _band(logit), findings)


def _rejects(finding: Finding, *, call: bool) -> bool:
    if finding.cap <= CERTAIN:
        return True
    return finding.cap < REVIEW_FROM and finding.reason in BLOCKING and (call or finding.reason not in _IN_CALLS)


def _band(logit: int) -> str:
    if logit >= 0:
        return "grounded"
    return "review" if logit >= _REVIEW else "ungrounded"


def _claim(sentence: Sentence, question: Question, logit: int, band: str, findings: list[Finding]) -> Claim:
    stands = band in ("grounded", "nothing_to_check")
    unit = findings[0].unit if findings and not stands else question.best
    reasons = tuple(dict.fromkeys(finding.reason for finding in findings))
    if stands:
        reason = "nothing_to_check" if band == "nothing_to_check" else SUPPORTED
    else:
        reason = _reason(question, reasons)
    return Claim(
        start=sentence.start,
        end=sentence.start + len(sentence.text),
        verdict="grounded" if stands else "ungrounded",
        band=band,
        reason=reason,
        score=score_of(logit),
        evidence=unit.sentence.text if unit else "",
        turn=unit.turn if unit else None,
        reasons=reasons,
    )


def _reason(question: Question, reasons: tuple[str, ...]) -> str:
    """The first reason a check gave, or what the figures say when only the model objects."""
    if reasons:
        return reasons[0]
    against = [doing for doing in doings(question) if doing.denied > doing.told or doing.others > doing.own]
    return "speaker_swap" if against else "unsupported_claim"


def combine(claims: tuple[Claim, ...]) -> GroundingResult:
    """The worst claim decides; a summary without claims has nothing to check."""
    checked = [claim for claim in claims if claim.band != "nothing_to_check"]
    if not checked:
        return GroundingResult(verdict="grounded", band="nothing_to_check", score=0.5, claims=claims)
    worst = min(checked, key=lambda claim: (claim.score, _BANDS.index(claim.band)))
    return GroundingResult(verdict=worst.verdict, band=worst.band, score=worst.score, claims=claims)
