"""What all stages together say, and what judges make of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from harness.pipeline.outcome import ClaimVerdict, Grounding, JudgeAnswer, JudgeRequest, Outcome
from harness.pipeline.verdict import decide, judge_requests, settle

GROUNDED = Grounding(verdict="grounded", band="grounded", score=1.0)
DECIDE: dict[str, Any] = {"fault": None, "clean": True, "fatal_lengths": (), "grounding": None, "notes": ()}
YES, NO, NONE = JudgeAnswer(valid=True), JudgeAnswer(valid=False), JudgeAnswer(valid=None)


def ungrounded(*reasons: str) -> Grounding:
    claims = [ClaimVerdict(start=0, end=1, verdict="ungrounded", reason=reason, score=0.1) for reason in reasons]
    fine = ClaimVerdict(start=0, end=1, verdict="grounded", reason="supported", score=0.9)
    return Grounding(verdict="ungrounded", band="ungrounded", score=0.1, claims=(fine, *claims))


@pytest.mark.parametrize(
    "facts, expected",
    [
        ({}, ("accepted", "audit", ())),
        ({"notes": ["below_min_tokens", "truncated"]}, ("accepted", "audit", ("below_min_tokens", "truncated"))),
        ({"fault": ("decode", "not_json")}, ("rejected", "decode", ("not_json",))),
        ({"fault": ("decode", "not_json"), "clean": False}, ("rejected", "decode", ("not_json", "leak"))),
        ({"clean": False, "notes": ["truncated"]}, ("quarantined", "audit", ("leak", "truncated"))),
        ({"clean": False, "grounding": ungrounded("antonym")}, ("quarantined", "audit", ("leak", "antonym"))),
        ({"grounding": GROUNDED}, ("accepted", "audit", ())),
        ({"grounding": ungrounded("a", "b", "a")}, ("quarantined", "ground", ("a", "b"))),
        ({"grounding": ungrounded("")}, ("quarantined", "ground", ("unsupported_claim",))),
        (
            {"fatal_lengths": ("above_max_tokens",), "notes": ["below_min_tokens", "above_max_tokens"]},
            ("rejected", "validate", ("above_max_tokens", "below_min_tokens")),
        ),
        (
            {"fatal_lengths": ("x",), "notes": ["x"], "grounding": ungrounded("antonym")},
            ("rejected", "validate", ("x", "antonym")),
        ),
    ],
)
def test_the_gravest_finding_decides(facts: dict[str, Any], expected: tuple[str, str, tuple[str, ...]]) -> None:
    """The others add their reasons, each once."""
    assert decide(**{**DECIDE, **facts}) == expected


def outcome(**fields: Any) -> Outcome:
    basic = {"number": 7, "conversation": "c", "seq": 2, "event": "summary.completed", "verdict": "accepted"}
    payload = {"summary": "Done."}
    more = {"stage": "audit", "deliverable": True, "pii_redacted": True, "grounding": GROUNDED, "payload": payload}
    return Outcome(**{**basic, **more, **fields})


def asked(**fields: Any) -> Outcome:
    base = outcome(**fields)
    return replace(base, judge_requests=judge_requests(base, ("gateway", "local"), [{"speaker": "a", "text": "b"}]))


def test_only_a_summary_that_would_be_accepted_is_put_to_judges() -> None:
    """One question to each, with redacted text."""
    requests = asked().judge_requests
    context = ({"speaker": "a", "text": "b"},)
    assert requests == tuple(
        JudgeRequest(id=f"{name}/7", judge=name, conversation="c", context=context, summary=requests[0].summary)
        for name in ("gateway", "local")
    )
    assert requests[0].summary == "Done."
    assert asked(verdict="quarantined").judge_requests == ()
    assert asked(deliverable=False).judge_requests == ()


def test_what_needs_no_answer_is_settled() -> None:
    """It is the same value."""
    plain = outcome()
    assert settle(plain, {}) is plain


@pytest.mark.parametrize("answers", [{}, {"gateway/7": NONE}, {"gateway/7": NONE, "local/7": NONE, "other/1": NO}])
def test_an_answer_that_cannot_be_had_is_degraded(answers: dict[str, JudgeAnswer]) -> None:
    """Not a pass: governance says that it was not checked."""
    done = settle(asked(), answers)
    assert (done.verdict, done.reasons) == ("accepted", ("degraded:gateway", "degraded:local"))
    assert done.grounding is not None
    assert done.grounding.degraded == ("gateway", "local")
    assert done.governance["status"] == "not_checked"
    assert done.judge_requests == ()


def test_good_answers_accept() -> None:
    """Nothing is added."""
    done = settle(asked(reasons=("compression_ratio",)), {"gateway/7": YES, "local/7": YES})
    assert (done.verdict, done.stage, done.reasons) == ("accepted", "audit", ("compression_ratio",))
    assert done.governance == {"status": "compliant"}


def test_one_refusal_quarantines() -> None:
    """With the judge's codes, each once; what another judge did not answer is still told."""
    refusal = JudgeAnswer(valid=False, violations=("TOO_VAGUE", "E102", "TOO_VAGUE"))
    done = settle(asked(reasons=("truncated",)), {"gateway/7": refusal})
    assert (done.verdict, done.stage) == ("quarantined", "judge")
    assert done.reasons == ("truncated", "gateway:TOO_VAGUE", "gateway:E102", "degraded:local")
    assert done.governance == {"status": "non_compliant", "failing": "judge"}


@pytest.mark.parametrize(
    "code", ["call 628", "628-374-9920", "x6283749920", "a@peatmoor-mail.com", "E" * 65, "", "p.6.2.8.3.7.4.9"]
)
def test_a_code_that_could_be_text_is_not_repeated(code: str) -> None:
    """Nor is a refusal without a code."""
    done = settle(asked(), {"gateway/7": JudgeAnswer(valid=False, violations=(code,)), "local/7": NO})
    assert done.reasons == ("gateway:invalid", "local:invalid")


def test_without_grounding_nothing_is_degraded_in_it() -> None:
    """The reason says it alone."""
    done = settle(asked(grounding=None), {"gateway/7": YES})
    assert (done.grounding, done.reasons) == (None, ("degraded:local",))
