"""From findings to a verdict per claim and per summary.

1. A claim is a sentence; a summary takes its worst claim's band and score.
2. Bands by score: >= .500 grounded, >= .400 review, below ungrounded; a claim with nothing to check is nothing_to_check.
3. Verdict: grounded for the bands grounded and nothing_to_check, else ungrounded.
4. All sums are integers in per mille; the float is made once, at the end.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from harness.grounding.checks import modality, names, polarity, speakers, support, values
from harness.grounding.checks.base import Finding, Question
from harness.grounding.claims import Sentence
from harness.grounding.evidence import Evidence

__all__ = ["Claim", "GroundingResult", "combine", "judge"]

_CHECKS = (values.check, names.check, polarity.check, speakers.check, modality.check, support.check)
GROUNDED_FROM, REVIEW_FROM = 500, 400
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


def judge(sentence: Sentence, evidence: Evidence) -> Claim:
    """The verdict on one sentence, against what was said so far."""
    question = Question.about(sentence, evidence)
    if not question.words and all(mention.weak for mention in sentence.mentions):
        return _claim(sentence, question, 500, "nothing_to_check", [])
    if evidence.verbatim(sentence):
        return _claim(sentence, question, 1000, "grounded", [])
    findings = [finding for check in _CHECKS for finding in check(question)]
    score = min([_support(question), *(finding.cap for finding in findings)])
    findings.sort(key=lambda finding: finding.cap)
    return _claim(sentence, question, score, _band(score), findings)


def _support(question: Question) -> int:
    """Per mille: how much of the claim was said, at all and in one place; never blocks by itself."""
    near = question.windows[0].share if question.windows else 1000
    return max(GROUNDED_FROM, (2 * support.coverage(question) + near) // 3)


def _band(score: int) -> str:
    if score >= GROUNDED_FROM:
        return "grounded"
    return "review" if score >= REVIEW_FROM else "ungrounded"


def _claim(sentence: Sentence, question: Question, score: int, band: str, findings: list[Finding]) -> Claim:
    unit = findings[0].unit if findings else question.best
    fallback = "nothing_to_check" if band == "nothing_to_check" else SUPPORTED
    return Claim(
        start=sentence.start,
        end=sentence.start + len(sentence.text),
        verdict="grounded" if band in ("grounded", "nothing_to_check") else "ungrounded",
        band=band,
        reason=findings[0].reason if findings else fallback,
        score=round(score / 1000, 6),
        evidence=unit.sentence.text if unit else "",
        turn=unit.turn if unit else None,
        reasons=tuple(dict.fromkeys(finding.reason for finding in findings)),
    )


def combine(claims: tuple[Claim, ...]) -> GroundingResult:
    """The worst claim decides; a summary without claims has nothing to check."""
    checked = [claim for claim in claims if claim.band != "nothing_to_check"]
    if not checked:
        return GroundingResult(verdict="grounded", band="nothing_to_check", score=0.5, claims=claims)
    worst = min(checked, key=lambda claim: (claim.score, _BANDS.index(claim.band)))
    return GroundingResult(verdict=worst.verdict, band=worst.band, score=worst.score, claims=claims)
