"""report.json: what it holds, and that it is the same for the same input."""

from __future__ import annotations

import dataclasses
import json
from types import SimpleNamespace

from harness.metrics.latency import FROM_INTENDED, LatencyBook
from harness.report.digest import report_digest
from harness.report.model import build_report


def test_layout(make: SimpleNamespace) -> None:
    """The parts of the format, the counts, a digest that fits."""
    report = build_report(make.run())
    assert (report["format"], report["version"]) == ("mediation-report", 1)
    assert report["digest"] == report_digest(report)
    assert report["parity"]["status"] == "equal"
    assert (report["parity"]["messages"], report["parity"]["differing"]) == (5, 0)
    assert report["parity"]["substituted_spans"] == 3
    verdicts = report["verdicts"]
    assert verdicts["by_verdict"] == {"accepted": 3, "quarantined": 1, "rejected": 1}
    assert verdicts["spans_by_type"] == {"EMAIL": 1, "PHONE": 2}
    assert verdicts["hallucinations_flagged"] == 1
    assert verdicts["summaries"]["flagged"] == 1
    assert report["run"]["recordings"][0]["file"] == "telco-outage.rec.jsonl"
    assert json.loads(json.dumps(report)) == report


def test_same_bytes(make: SimpleNamespace) -> None:
    """Order of sessions, folder and times change nothing but measurements."""
    one = make.session()
    two = make.session(recording_id="rec-2", recording_path="bank.rec.jsonl")
    first = build_report(make.run(one, two))
    moved = dataclasses.replace(two, recording_path="elsewhere/bank.rec.jsonl")
    second = build_report(make.run(moved, one, measurements=None))
    del first["measurements"], second["measurements"]
    assert json.dumps(first) == json.dumps(second)


def test_one_changed_message(make: SimpleNamespace) -> None:
    """One difference: counted, classed, and the first of its session told."""
    session = make.session()
    outcomes = [session.outcomes[0], dataclasses.replace(session.outcomes[1], digest="d"), *session.outcomes[2:]]
    parity = build_report(make.run(dataclasses.replace(session, outcomes=outcomes)))["parity"]
    assert (parity["status"], parity["differing"], parity["by_class"]["text"]) == ("differs", 1, 1)
    assert parity["first_divergence"]["number"] == 2
    assert parity["first_divergence"]["recording"] == "rec-1"
    assert parity["sessions_differing"] == 1


def test_lost_and_extra(make: SimpleNamespace) -> None:
    """Messages on one side only are counted as such, and as differing."""
    session = make.session()
    short = dataclasses.replace(session, outcomes=session.outcomes[:-1])
    assert build_report(make.run(short))["parity"]["missing"] == 1
    long = dataclasses.replace(session, baseline=list(session.baseline or ())[:-1])
    assert build_report(make.run(long))["parity"]["extra"] == 1


def test_nothing_to_compare(make: SimpleNamespace) -> None:
    """Without a live side parity is n/a, which is not equal."""
    report = build_report(make.run(make.session(baseline=None)))
    assert (report["parity"]["status"], report["parity"]["messages"]) == ("n/a", 0)
    assert report["verdicts"]["per_session"][0]["differing"] == "n/a"


def test_changed_policy(make: SimpleNamespace) -> None:
    """Other rules are a comparison, not a failure; an unknown or equal policy is no change."""
    session = make.session()
    other = [dataclasses.replace(session.outcomes[0], digest="d"), *session.outcomes[1:]]
    old = dataclasses.replace(session, outcomes=other, policy="sha256:old")
    assert build_report(make.run(old))["parity"]["status"] == "policy_changed"
    assert build_report(make.run(dataclasses.replace(session, policy="sha256:old")))["parity"]["status"] == "equal"
    same = dataclasses.replace(old, policy="sha256:" + "cd" * 32)
    assert build_report(make.run(same))["parity"]["status"] == "differs"
    assert not build_report(make.run(old, policy_digest=""))["parity"]["policy_changed"]


def test_measurements(make: SimpleNamespace) -> None:
    """Times are measured, or n/a with the reason: simulated, or never taken."""
    assert build_report(make.run())["measurements"]["latency"]["message"]["n"] == 25
    virtual = build_report(make.run(virtual_time=True))["measurements"]
    assert (virtual["latency"], virtual["latency_slo_rate"]) == ("n/a", "n/a")
    assert "simulated" in virtual["why"]["latency"]
    assert "nothing" in build_report(make.run(measurements=None))["measurements"]["why"]["latency"]


def test_the_intended_time(make: SimpleNamespace) -> None:
    """Where no schedule is known that is said, with the reason; it is no figure."""
    book = LatencyBook()
    book.record("message", 1_000_000)
    run = dataclasses.replace(make.run(), measurements=book, virtual_time=False)
    for mode, words in (("live", "live service"), ("replay", "on a schedule")):
        measured = build_report(dataclasses.replace(run, mode=mode))["measurements"]
        assert measured["intended"] == "n/a" and words in measured["why"]["intended"]
    book.record(FROM_INTENDED, 2_000_000)
    measured = build_report(run)["measurements"]
    assert measured["intended"] == "known" and "intended" not in measured.get("why", {})


def test_gaps_problems_and_leaks(make: SimpleNamespace) -> None:
    """Gaps count events and messages; problems name their file; a failed scan is counted."""
    gap = make.gap(conversation="c", from_seq=5, to_seq=7, reason="timer")
    session = make.session([make.outcome(1, pii_redacted=False)], gaps=(gap,), problems=("it stalled",))
    report = build_report(make.run(session, seed=None))
    assert (report["verdicts"]["gaps"], report["verdicts"]["messages_lost"]) == (1, 3)
    assert report["parity"]["problems"] == ["telco-outage.rec.jsonl: it stalled"]
    assert report["verdicts"]["pii_scan_failures"] == 1


def test_empty_run(make: SimpleNamespace) -> None:
    """A run without sessions is reportable, and nothing in it is equal or perfect."""
    report = build_report(dataclasses.replace(make.run(), sessions=()))
    assert report["parity"]["status"] == "n/a"
    assert report["verdicts"]["accuracy"]["label_source"] == "n/a"


def test_split_value_counts_once(make: SimpleNamespace) -> None:
    """Pieces of one value are one value among those redacted; deltas flag nothing."""
    outcomes = [
        make.outcome(1, spans=(make.span(0, 4, last=False, value_id=1),)),
        make.outcome(2, spans=(make.span(0, 4, value_id=1),)),
        make.summary(3, provisional=True),
    ]
    verdicts = build_report(make.run(make.session(outcomes)))["verdicts"]
    assert verdicts["spans_by_type"] == {"PHONE": 2}
    assert verdicts["hallucinations_flagged"] == 0


def test_held_back(make: SimpleNamespace) -> None:
    """Characters held back after each piece of a summary, under any clock; n/a where no summary came in pieces."""
    session = make.session()
    pieces = [
        dataclasses.replace(outcome, held=held) for outcome, held in zip(session.outcomes, (0, 30, 6), strict=False)
    ]
    for changes in ({}, {"virtual_time": True}):
        run = make.run(dataclasses.replace(session, outcomes=pieces), **changes)
        assert build_report(run)["measurements"]["held_back"] == {"n": 3, "mean": 12.0, "p95": 27.6, "max": 30}
    assert build_report(make.run())["measurements"]["held_back"] == "n/a"
