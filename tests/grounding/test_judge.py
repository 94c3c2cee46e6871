"""What a judge's answer makes of a verdict."""

from dataclasses import replace

from harness.grounding import Checker
from harness.grounding.judge import refine, uncertain
from harness.grounding.verdict import Claim, combine


def claim(score: float, reason: str = "unsupported_claim", band: str = "review") -> Claim:
    """A claim of the given score."""
    verdict = "grounded" if score >= 0.5 else "ungrounded"
    return Claim(start=0, end=1, verdict=verdict, band=band, reason=reason, score=score)


def test_only_uncertain_claims_are_asked_about() -> None:
    """Neither the sure ones, nor those a rule decided, nor small talk."""
    claims = (
        claim(0.6, "supported", "grounded"),
        claim(0.95, "supported", "grounded"),
        claim(0.3),
        claim(0.3, "wrong_date"),
        claim(0.5, "nothing_to_check", "nothing_to_check"),
    )
    assert uncertain(combine(claims)) == [0, 2]


def test_the_judge_decides_what_it_scored() -> None:
    """Verdict, score and reason are the judge's; the worst claim decides the summary."""
    result = combine((claim(0.6, "supported", "grounded"), claim(0.3)))
    refined = refine(result, {0: 0.1, 1: 0.9}, "fake")
    assert [(c.verdict, c.reason) for c in refined.claims] == [("ungrounded", "judge:fake"), ("grounded", "judge:fake")]
    assert (refined.verdict, refined.score) == ("ungrounded", 0.1)
    assert refine(result, {}, "fake") == replace(result)


def test_a_real_result_can_be_refined() -> None:
    """The whole path, on a claim that nothing speaks for."""
    result = Checker().check("Customer: The tent leaks.", "Zebras dance at the opera.")
    assert refine(result, dict.fromkeys(uncertain(result), 1.0), "fake").verdict in ("grounded", "ungrounded")
