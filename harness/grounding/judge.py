"""Judges from outside: what they are asked, and what their answers make of a verdict. The asking is in ``harness/judges``.

1. A judge scores pairs (turns as lines ``Speaker: text``, one claim): 0..1, the probability that the claim is supported.
2. It is asked about *uncertain* claims only: those no rule decided and whose score lies between :data:`SURE` and its
   complement. What it says then decides the claim; the reason names the judge.
3. An answer that could not be had leaves the claim as it was; the judge is named in ``degraded`` by who asked.
"""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from harness.grounding.verdict import BLOCKING, Claim, GroundingResult, combine

__all__ = ["SURE", "Judge", "Pair", "refine", "uncertain"]

SURE = 0.8
Pair = tuple[Sequence[str], str]
"""Turns of the conversation as lines, and the claim."""


class Judge(Protocol):
    """Anything that scores claims.

    Attributes:
        name: names it in reasons and reports.
        version: of the model behind it; answers of another version are not reused.
        deterministic: whether the same pair always gets the same score.
        cost: of one pair, in the unit its owner counts in (0 = free).
    """

    name: str
    version: str
    deterministic: bool
    cost: float

    def score(self, pairs: Sequence[Pair]) -> Sequence[float] | Awaitable[Sequence[float]]:
        """Support of each pair, 0..1, in order."""
        ...


def uncertain(result: GroundingResult) -> list[int]:
    """Numbers of the claims a judge is asked about."""
    return [
        number
        for number, claim in enumerate(result.claims)
        if claim.band != "nothing_to_check" and 1 - SURE < claim.score < SURE and not _ruled(claim)
    ]


def _ruled(claim: Claim) -> bool:
    return claim.verdict == "ungrounded" and claim.reason in BLOCKING


def refine(result: GroundingResult, scores: Mapping[int, float], judge: str) -> GroundingResult:
    """The verdict with the claims that ``judge`` scored decided by it."""
    claims = [
        _decided(claim, scores[number], judge) if number in scores else claim
        for number, claim in enumerate(result.claims)
    ]
    return combine(tuple(claims))


def _decided(claim: Claim, score: float, judge: str) -> Claim:
    stands = score >= 0.5
    return replace(
        claim,
        verdict="grounded" if stands else "ungrounded",
        band="grounded" if stands else "ungrounded",
        score=round(score, 6),
        reason=f"judge:{judge}",
        reasons=(f"judge:{judge}", *claim.reasons),
    )
