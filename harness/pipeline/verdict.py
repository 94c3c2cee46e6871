"""What all stages together say of a message, and what a judge's answer makes of it.

1. The gravest finding decides: broken or refused, a leak, a fatal length, an unsupported claim. The others add their
   reasons behind it.
2. Only a summary that would be accepted is put to a judge.
3. An answer that cannot be had is ``degraded``, neither a pass nor a failure.
4. A judge's codes come from outside: one that is not plainly a code becomes ``invalid``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from harness.pii.extra import failed_detectors
from harness.pii.scan import leaks
from harness.pipeline.audit import governance
from harness.pipeline.outcome import Grounding, JudgeAnswer, JudgeRequest, Outcome, PathSpan, Verdict
from harness.text.span import RedactedText

__all__ = ["Finding", "decide", "degraded", "judge_requests", "settle"]

Finding = tuple[Verdict, str, Sequence[str]]
"""(verdict, stage, reasons)"""

_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}")
_MANY_DIGITS = re.compile(r"(?:[0-9][_.-]?){7}")


def decide(
    *,
    fault: tuple[str, str] | None,
    clean: bool,
    fatal_lengths: Sequence[str],
    grounding: Grounding | None,
    notes: Sequence[str],
) -> Finding:
    """Verdict, the stage that decided, and all reasons, each once.

    Args:
        fault: stage and reason of a message that is rejected.
        clean: the independent scan found nothing.
        fatal_lengths: which of ``notes`` reject.
        grounding: of a summary.
        notes: reasons that decide nothing.
    """
    if fault is None and clean and not notes and (grounding is None or grounding.verdict != "ungrounded"):
        return "accepted", "audit", ()
    found: list[Finding] = []
    if fault is not None:
        found.append(("rejected", fault[0], [fault[1]]))
    if not clean:
        found.append(("quarantined", "audit", ["leak"]))
    fatal = [note for note in notes if note in fatal_lengths]
    if fatal:
        found.append(("rejected", "validate", fatal))
    if grounding is not None and grounding.verdict == "ungrounded":
        found.append(("quarantined", "ground", _claim_reasons(grounding)))
    verdict, stage, _ = found[0] if found else ("accepted", "audit", ())
    reasons = [reason for finding in found for reason in finding[2]]
    return verdict, stage, tuple(dict.fromkeys([*reasons, *notes]))


def _claim_reasons(grounding: Grounding) -> Sequence[str]:
    reasons = [claim.reason for claim in grounding.claims if claim.verdict == "ungrounded" and claim.reason]
    return reasons or ["unsupported_claim"]


def degraded(spans: Iterable[PathSpan]) -> list[str]:
    """A reason for every detector that failed on a part of the message; that part is masked."""
    return [f"degraded:{name}" for name in failed_detectors((span.type, span.rule) for span in spans)]


def judge_requests(
    outcome: Outcome, judges: Sequence[str], context: Sequence[Mapping[str, str]]
) -> tuple[JudgeRequest, ...]:
    """One question to each of ``judges`` about an accepted summary; none about anything else."""
    if not (outcome.deliverable and outcome.verdict == "accepted"):
        return ()
    return tuple(
        JudgeRequest(
            id=f"{name}/{outcome.number}",
            judge=name,
            conversation=outcome.conversation,
            context=tuple(context),
            summary=RedactedText(outcome.payload["summary"]),
        )
        for name in judges
    )


def settle(outcome: Outcome, answers: Mapping[str, JudgeAnswer]) -> Outcome:
    """``outcome`` with its judge requests answered, by request id."""
    if not outcome.judge_requests:
        return outcome
    given = [(request.judge, answers.get(request.id)) for request in outcome.judge_requests]
    degraded = [judge for judge, answer in given if answer is None or answer.valid is None]
    refused = [code for judge, answer in given if answer is not None for code in _codes(judge, answer)]
    grounding = outcome.grounding
    if grounding is not None and degraded:
        grounding = replace(grounding, degraded=(*grounding.degraded, *degraded))
    settled = replace(
        outcome,
        judge_requests=(),
        grounding=grounding,
        reasons=(*outcome.reasons, *refused, *(f"degraded:{judge}" for judge in degraded)),
        verdict="quarantined" if refused else outcome.verdict,
        stage="judge" if refused else outcome.stage,
    )
    return replace(settled, governance=governance(settled))


def _codes(judge: str, answer: JudgeAnswer) -> Iterator[str]:
    if answer.valid is False:
        for code in dict.fromkeys(_plain(code) for code in answer.violations or ("invalid",)):
            yield f"{judge}:{code}"


def _plain(code: str) -> str:
    return code if _CODE.fullmatch(code) and not _MANY_DIGITS.search(code) and not leaks(code) else "invalid"
