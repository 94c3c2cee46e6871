"""The strip: pass, fail, look, n/a."""

from __future__ import annotations

import dataclasses
from types import SimpleNamespace

from harness.report.checks import checks, failed
from harness.report.model import RunResult, build_report

NAMES = ("parity", "clean", "scan", "redaction", "grounding", "schema", "latency")


def statuses(run: RunResult) -> dict[str, str]:
    return dict(zip(NAMES, (check.status for check in checks(build_report(run))), strict=True))


def test_usual(make: SimpleNamespace) -> None:
    """Uncovered labels ask for a look; the rest passes."""
    found = statuses(make.run())
    assert found.pop("redaction") == "look"
    assert set(found.values()) == {"pass"}
    assert not failed(build_report(make.run()))


def test_unlabelled_and_virtual(make: SimpleNamespace) -> None:
    """What was not measured on purpose is n/a."""
    run = make.run(make.session(labels=(), label_source="none", baseline=None), virtual_time=True)
    found = statuses(run)
    assert {found[name] for name in ("parity", "redaction", "grounding", "schema", "latency")} == {"n/a"}


def test_labelled_without_values(make: SimpleNamespace) -> None:
    """Labels without spans or sentences measure neither redaction nor grounding; a wrong refusal fails."""
    found = statuses(make.run(make.session(labels=())))
    assert (found["redaction"], found["grounding"], found["schema"]) == ("n/a", "n/a", "fail")


def test_failures(make: SimpleNamespace) -> None:
    """A difference, a problem, a leak, a missing measurement: each fails."""
    session = make.session([make.outcome(1, pii_redacted=False)], problems=("x",))
    changed = dataclasses.replace(session, baseline=[make.live(make.outcome(1))])
    run = make.run(changed, measurements=None)
    found = statuses(run)
    assert {found[name] for name in ("parity", "clean", "scan", "latency")} == {"fail"}
    assert failed(build_report(run))


def test_no_message_is_a_failure(make: SimpleNamespace) -> None:
    """A run that saw nothing did not pass a leak scan."""
    assert statuses(dataclasses.replace(make.run(), sessions=()))["scan"] == "fail"


def test_looks(make: SimpleNamespace) -> None:
    """A changed policy, an imperfect checker, a slow message: for a person to look at."""
    session = make.session()
    grounded = dataclasses.replace(session.outcomes[3].grounding, verdict="grounded", claims=())
    outcomes = [*session.outcomes[:3], make.summary(4, grounding=grounded), session.outcomes[4]]
    run = make.run(dataclasses.replace(session, outcomes=outcomes, policy="old"))
    assert run.measurements is not None
    run.measurements.record("message", 900_000_000)
    found = statuses(run)
    assert (found["parity"], found["grounding"], found["latency"]) == ("look", "look", "look")
    covered = make.session(labels=session.labels[:1])
    assert statuses(make.run(covered))["redaction"] == "pass"


def test_problems_under_another_policy(make: SimpleNamespace) -> None:
    """A replay that asked otherwise because the policy changed is to be looked at; under the same policy it failed."""
    for policy, status in (("sha256:old", "look"), ("", "fail")):
        report = build_report(make.run(make.session(problems=["unexpected POST request"], policy=policy)))
        (check,) = [one for one in checks(report) if one.name == "Sessions ran clean"]
        assert check.status == status
