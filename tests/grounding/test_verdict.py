"""From findings to verdicts."""

from harness.grounding.claims import read
from harness.grounding.evidence import Evidence
from harness.grounding.model import default_model
from harness.grounding.verdict import Claim, combine, judge


def claim(band: str, score: float) -> Claim:
    """A claim of one band."""
    verdict = "grounded" if band in ("grounded", "nothing_to_check") else "ungrounded"
    return Claim(start=0, end=1, verdict=verdict, band=band, reason="x", score=score)


def test_the_worst_claim_decides() -> None:
    """Score first; claims with nothing to check do not count beside others."""
    result = combine((claim("grounded", 0.9), claim("review", 0.45), claim("nothing_to_check", 0.5)))
    assert (result.verdict, result.band, result.score) == ("ungrounded", "review", 0.45)
    assert combine((claim("grounded", 0.9), claim("nothing_to_check", 0.5))).band == "grounded"
    assert combine(()).band == "nothing_to_check"


def test_a_verbatim_claim_scores_full() -> None:
    """What was said word for word has the highest score and its turn."""
    evidence = Evidence()
    evidence.add("A", "If it rains, you may get 9 euros.")
    judged = judge(read("If it rains, you may get 9 euros."), evidence, default_model())
    assert (judged.score, judged.turn, judged.reason) == (0.993307, 0, "supported")


def test_evidence_is_not_in_the_repr() -> None:
    """Raw text stays out of logs."""
    assert "raw words" not in repr(Claim(start=0, end=1, verdict="grounded", band="grounded", reason="x", score=1.0, evidence="raw words"))  # fmt: skip
