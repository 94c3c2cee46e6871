"""A run as one plain dict: ``report.json``.

1. Everything but ``measurements`` and ``judges`` (what a judge cost, and who is asked for it, differs) is the same for the same input, byte for byte; ``digest`` is over ``verdicts``
   and ``parity``.
2. Under a virtual clock latency is n/a: a simulated time must not pass for a measured one.
3. A changed policy is a comparison of rules: parity says ``policy_changed``, not "differs".
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from harness.metrics.latency import FROM_INTENDED, SLO_MS
from harness.metrics.missing import NA, Missing, settle
from harness.metrics.stats import quantile
from harness.pipeline.outcome import Outcome
from harness.report.accuracy import UNGROUNDED, accuracy
from harness.report.coverage import coverage
from harness.report.digest import report_digest
from harness.report.parity import CLASSES, Difference, compare
from harness.report.run import RunResult, SessionResult
from harness.report.units import corpus_facts, unit_rows

__all__ = ["FORMAT", "VERSION", "Report", "RunResult", "SessionResult", "build_report"]

FORMAT = "mediation-report"
VERSION = 1

Report = dict[str, Any]
"""What ``report.json`` holds."""

Compared = dict[int, tuple[int, list[Difference]]]
"""Index of a session -> messages compared and their differences; sessions without a live side are not in it."""


def build_report(run: RunResult) -> Report:
    """The report of ``run``; pure: the same run gives the same report."""
    sessions = run.in_order()
    compared = {i: compare(s.baseline, s.outcomes) for i, s in enumerate(sessions) if s.baseline is not None}
    report: Report = {
        "format": FORMAT,
        "version": VERSION,
        "run": _about(run, sessions),
        "parity": _parity(run, sessions, compared),
        "verdicts": _verdicts(run, sessions, compared),
        "measurements": _measurements(run),
    }
    if run.judges:
        report["judges"] = [dict(row) for row in run.judges]
    return {**report, "digest": report_digest(report)}


def _about(run: RunResult, sessions: Sequence[SessionResult]) -> dict[str, Any]:
    recordings = [
        {"id": s.recording_id, "file": s.file, "sha256": s.sha256, "scenario": s.scenario, "source": s.source}
        for s in sessions
    ]
    return {
        "name": run.name,
        "mode": run.mode,
        "tool": run.tool,
        "seed": run.seed,
        "virtual_time": run.virtual_time,
        "policies": run.policies(),
        "recordings": recordings,
    }


# -- parity ----------------------------------------------------------------------------------------------------


def _parity(run: RunResult, sessions: Sequence[SessionResult], compared: Compared) -> dict[str, Any]:
    changed = _policy_changed(run, sessions)
    differences = [(sessions[i], found) for i, (_, found) in compared.items() if found]
    first = [{"recording": s.recording_id, "file": s.file, **found[0].as_json()} for s, found in differences]
    classes = Counter(difference.cls for _, found in differences for difference in found)
    sides = Counter(difference.side for _, found in differences for difference in found)
    messages = sum(count for count, _ in compared.values())
    status = "n/a" if not messages else "policy_changed" if classes and changed else "differs" if classes else "equal"
    table = {
        "status": status,
        "messages": messages,
        "differing": classes.total(),
        "sessions_compared": len(compared),
        "sessions_differing": len(differences),
        "missing": sides["live"],
        "extra": sides["replayed"],
        "substituted_spans": sum(s.substituted_spans for s in sessions),
        "first_divergence": first[0] if first else None,
        "first_by_session": first,
        "by_class": {cls: classes[cls] for cls in CLASSES},
        "problems": [f"{s.file}: {problem}" for s in sessions for problem in s.problems],
        "policy_changed": changed,
    }
    if status == "n/a":
        table["why"] = {"status": "no recording of this run holds a live side to compare with"}
    return table


def _policy_changed(run: RunResult, sessions: Iterable[SessionResult]) -> bool:
    now = set(run.policies().values())
    return bool(now) and any(s.baseline is not None and s.policy and s.policy not in now for s in sessions)


# -- verdicts --------------------------------------------------------------------------------------------------


def _verdicts(run: RunResult, sessions: Sequence[SessionResult], compared: Compared) -> dict[str, Any]:
    outcomes = [outcome for session in sessions for outcome in session.outcomes]
    summaries = [outcome for outcome in outcomes if outcome.deliverable]
    rng = random.Random(0 if run.seed is None else run.seed)
    return {
        "sessions": len(sessions),
        "conversations": len(
            {(i, o.conversation) for i, s in enumerate(sessions) for o in s.outcomes if o.conversation}
        ),
        "messages": len(outcomes),
        "by_verdict": _counted((o.verdict for o in outcomes), ("accepted", "rejected", "quarantined")),
        "by_event": _counted(o.event for o in outcomes),
        "by_stage": _counted(o.stage for o in outcomes),
        "reasons": _counted(reason for o in outcomes for reason in o.reasons),
        "summaries": {
            "n": len(summaries),
            **_counted((o.verdict for o in summaries), ("accepted", "rejected", "quarantined")),
            "truncated": sum(o.budget is not None and o.budget.truncated for o in summaries),
            "flagged": sum(o.grounding is not None and o.grounding.verdict == UNGROUNDED for o in summaries),
        },
        "spans_by_type": _counted(span.type for o in outcomes for span in o.spans if span.last),
        "hallucinations_flagged": sum(map(_flagged, outcomes)),
        "entities_dropped": sum(o.entities_dropped for o in outcomes),
        "pii_scan_failures": sum(not o.pii_redacted for o in outcomes),
        "gaps": sum(len(session.gaps) for session in sessions),
        "messages_lost": sum(gap.to_seq - gap.from_seq + 1 for session in sessions for gap in session.gaps),
        "per_session": [_session_row(session, compared.get(i)) for i, session in enumerate(sessions)],
        "accuracy": accuracy(sessions, rng=rng),
        "coverage": coverage(sessions, run.rules),
        "corpus": corpus_facts(sessions),
        "units": unit_rows(sessions),
    }


def _counted(names: Iterable[str], always: Sequence[str] = ()) -> dict[str, int]:
    """How often each name occurs, sorted; those in ``always`` also when they do not."""
    return dict(sorted({**dict.fromkeys(always, 0), **Counter(names)}.items()))


def _flagged(outcome: Outcome) -> int:
    """Ungrounded claims of a whole summary; deltas are provisional and not counted twice."""
    if outcome.grounding is None or outcome.provisional:
        return 0
    return sum(claim.verdict == UNGROUNDED for claim in outcome.grounding.claims)


def _session_row(session: SessionResult, compared: tuple[int, list[Difference]] | None) -> dict[str, Any]:
    outcomes = session.outcomes
    why = Missing("no live side in the recording")
    return settle(
        {
            "id": session.recording_id,
            "file": session.file,
            "scenario": session.scenario,
            "source": session.source,
            "messages": len(outcomes),
            "rejected": sum(o.verdict == "rejected" for o in outcomes),
            "quarantined": sum(o.verdict == "quarantined" for o in outcomes),
            "summaries": sum(o.deliverable for o in outcomes),
            "spans": sum(span.last for o in outcomes for span in o.spans),
            "hallucinations_flagged": sum(map(_flagged, outcomes)),
            "gaps": len(session.gaps),
            "label_source": session.label_source,
            "compared": why if compared is None else compared[0],
            "differing": why if compared is None else len(compared[1]),
        }
    )


# -- measurements ----------------------------------------------------------------------------------------------


def _measurements(run: RunResult) -> dict[str, Any]:
    held = {"held_back": _held_back(run)}
    if run.virtual_time or run.measurements is None:
        virtual = "times are simulated (virtual clock)"
        missing = Missing(virtual if run.virtual_time else "nothing was timed")
        return settle({"latency": missing, "latency_slo_rate": missing, "latency_slo_ms": SLO_MS, **held})
    figures, more = run.measurements.slo_figures(), settle(held)
    why = {**figures.pop("why", {}), **more.pop("why", {})}
    peaks, stages = run.measurements.peaks(), run.measurements.summary()
    if FROM_INTENDED not in stages:
        why["intended"] = _UNKNOWN[run.mode == "live"]
    timed = {
        "latency": stages,
        "intended": "known" if FROM_INTENDED in stages else NA,
        "by_session": run.measurements.by_session(),
        "by_conversation": run.measurements.by_conversation(),
        **({"depth_max": peaks} if peaks else {}),
    }
    return {**timed, **figures, **more, **({"why": why} if why else {})}


_UNKNOWN = {
    True: "when a live service meant to send is not known",
    False: "no recording was played on a schedule",
}


def _held_back(run: RunResult) -> dict[str, Any] | Missing:
    """Characters of a summary held back after each of its pieces."""
    held = sorted(o.held for session in run.sessions for o in session.outcomes if o.held is not None)
    if not held:
        return Missing("no summary came in pieces")
    mean = round(sum(held) / len(held), 6)
    return {"n": len(held), "mean": mean, "p95": round(quantile(held, 0.95), 6), "max": held[-1]}
