"""Two reports over one corpus."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from harness.errors import ConfigError
from harness.report.compare import Side, compare_sides, overall, pooled, side_of
from harness.report.model import build_report
from harness.report.run import SessionResult

Sessions = Callable[..., list[SessionResult]]


@pytest.fixture
def sessions(make: SimpleNamespace) -> Sessions:
    """``n`` sessions of one labelled value each; of the first ``missed`` it is not found."""

    def build(n: int, missed: int = 0, **changes: Any) -> list[SessionResult]:
        found = []
        for i in range(n):
            spans = () if i < missed else (make.span(2, 14),)
            labels = [make.label("l1", "span", start=2, end=14, label="PHONE")]
            outcomes = [make.outcome(1, spans=spans, conversation=f"c{i}")]
            labels = [make.label(f"c{i}:l1", "span", conversation=f"c{i}", start=2, end=14, label="PHONE")]
            fields = {"recording_id": f"r{i}", "recording_path": f"{i}.rec.jsonl", "sha256": f"sha256:{i}"}
            found.append(make.session(outcomes, baseline=None, labels=labels, **{**fields, **changes}))
        return found

    return build


@pytest.fixture
def side(make: SimpleNamespace) -> Callable[..., Side]:
    """The side of a run of sessions; ``times`` are its conversations' medians, ms."""

    def build(sessions: list[SessionResult], times: dict[str, dict[str, float]] | None = None) -> Side:
        return side_of(build_report(make.run(*sessions, measurements=None)))._replace(times=times)

    return build


def figure(found: dict[str, Any], name: str) -> dict[str, Any]:
    return next(row for row in found["figures"] if row["figure"].startswith(name))


def test_identical(sessions: Sessions, side: Callable[..., Side]) -> None:
    """Equal outcomes are fine, however few."""
    found = compare_sides(side(sessions(3)), side(sessions(3)))
    assert (found["verdict"], found["identical"], found["leaks"]["new"], found["changed"]) == ("ok", True, [], [])


def test_one_new_leak_is_fatal(sessions: Sessions, side: Callable[..., Side]) -> None:
    """One value of a hundred in clear: no test is significant, and the comparison fails by name."""
    found = compare_sides(side(sessions(100)), side(sessions(100, missed=1)))
    assert figure(found, "redaction.recall")["verdict"] != "regressed"
    assert found["verdict"] == "regressed"
    assert found["leaks"]["new"] == ["c0|1|/text|2|14|PHONE"]
    assert found["changed"] == ["r0/c0"]


def test_an_old_leak_is_not_new(sessions: Sessions, side: Callable[..., Side]) -> None:
    """A leak that was there before is no alarm; one that is gone is told."""
    assert compare_sides(side(sessions(3, missed=1)), side(sessions(3, missed=1)))["verdict"] == "ok"
    found = compare_sides(side(sessions(300, missed=1)), side(sessions(300)))
    assert (found["leaks"]["new"], len(found["leaks"]["gone"]), found["verdict"]) == ([], 1, "ok")


def test_opinions_are_no_truth(make: SimpleNamespace, sessions: Sessions, side: Callable[..., Side]) -> None:
    """Labels of a language model, or what was detected at record time, decide nothing and name no leak."""

    def of_model(group: list[SessionResult]) -> list[SessionResult]:
        return [dataclasses.replace(one, label_source="model labels", detected=one.labels) for one in group]

    found = compare_sides(side(of_model(sessions(9))), side(of_model(sessions(9, missed=9))))
    assert (found["figures"], found["leaks"]["new"], found["verdict"]) == ([], [], "ok")
    assert len(found["changed"]) == 9


def test_regressed_by_statistics(sessions: Sessions, side: Callable[..., Side]) -> None:
    """Twelve of a hundred conversations worse is a regression of recall."""
    found = compare_sides(side(sessions(100)), side(sessions(100, missed=12)))
    assert figure(found, "redaction.recall")["verdict"] == "regressed"


def test_too_small(make: SimpleNamespace, side: Callable[..., Side]) -> None:
    """A changed run of one conversation is inconclusive, and says how many more would do."""
    before = make.session()
    changed = [dataclasses.replace(one, reasons=("noted",)) for one in before.outcomes]
    found = compare_sides(side([before]), side([make.session(changed)]))
    assert (found["verdict"], found["identical"]) == ("inconclusive", False)
    more = {row["figure"]: row["more_conversations"] for row in found["figures"]}
    assert more["redaction.recall (scenario)"] > 50
    assert more["validation.right (scenario)"] > 0


@pytest.mark.parametrize(
    "changes,words",
    [
        ({"sha256": "sha256:other"}, "differ in sha256"),
        ({"label_source": "none"}, "differ in labels"),
        ({"recording_id": "new"}, "in one run only"),
    ],
)
def test_other_corpus(sessions: Sessions, side: Callable[..., Side], changes: dict[str, str], words: str) -> None:
    """Other bytes, other labels or other recordings are refused, with the way out."""
    before, after = side(sessions(1)), side(sessions(1, **changes))
    with pytest.raises(ConfigError, match=words) as caught:
        compare_sides(before, after)
    assert caught.value.fix


def test_live_run_has_no_corpus(make: SimpleNamespace, sessions: Sessions) -> None:
    """A live session that was not recorded, and a report of an older version, cannot be compared."""
    report = build_report(make.run(*sessions(1, sha256=None)))
    with pytest.raises(ConfigError, match="a run of recordings"):
        side_of(report)
    del report["verdicts"]["units"]
    with pytest.raises(ConfigError, match="holds units"):
        side_of(report)


def test_latency(sessions: Sessions, side: Callable[..., Side]) -> None:
    """Times pair by conversation; a tail is compared where both runs have it."""
    before = {f"c{i}": {"n": 30, "p50_ms": 10.0 + i, **({"p95_ms": 40.0} if i < 25 else {})} for i in range(30)}
    after = {
        name: {key: value * (1.5 if key != "n" else 1) for key, value in row.items()} for name, row in before.items()
    }
    found = compare_sides(side(sessions(2), before), side(sessions(2), after))
    assert figure(found, "latency.p50")["verdict"] == "regressed"
    assert (figure(found, "latency.p50")["n"], figure(found, "latency.p95")["n"]) == (30, 25)
    assert figure(found, "latency.p50")["ratio"] == pytest.approx(1.5)
    assert found["verdict"] == "regressed"


def test_missing_times_fail(sessions: Sessions, side: Callable[..., Side]) -> None:
    """What was measured before and is not now is a failure; what never was is not."""
    times = {"c0": {"n": 1, "p50_ms": 3.0}}
    found = compare_sides(side(sessions(2), times), side(sessions(2)))
    assert (figure(found, "latency")["verdict"], found["verdict"]) == ("missing", "regressed")
    assert compare_sides(side(sessions(2)), side(sessions(2), times))["verdict"] == "ok"


def test_overall() -> None:
    """The worst verdict is the whole's; a leak outdoes all."""
    assert overall([{"verdict": "ok"}, {"verdict": "inconclusive"}], []) == "inconclusive"
    assert overall([{"verdict": "ok"}], ["x"]) == "regressed"
    assert overall([], []) == "ok"


def test_pooled(sessions: Sessions, side: Callable[..., Side]) -> None:
    """Rates over all conversations, by source; what has no n is not there."""
    found = pooled(side(sessions(4, missed=1)).units)
    assert found["redaction.recall (scenario)"] == 0.75
    assert "grounding.right (scenario)" not in found
    assert pooled({}) == {}


def test_measured_times_reach_the_side(make: SimpleNamespace) -> None:
    """A report of a timed run brings its conversations' quantiles."""
    run = make.run()
    for i in range(12):
        run.measurements.record("message", 1_000_000 * (i + 1), conversation="c1")
    times = side_of(build_report(run)).times
    assert times is not None
    assert times["c1"] == {"n": 12, "max_ms": 12.0, "p50_ms": 6.5, "p90_ms": 10.9}
