"""The page as tables and findings."""

from __future__ import annotations

import dataclasses
from types import SimpleNamespace

from harness.metrics.latency import LatencyBook
from harness.report.model import RunResult, build_report
from harness.report.render.sections import build_view
from harness.report.render.view import Findings, Table, View
from harness.report.results import result_rows


def view_of(run: RunResult) -> View:
    return build_view(build_report(run), list(result_rows(run)), limit=20)


def table(view: View, title: str) -> Table:
    return next(b for s in view.sections for b in s.blocks if isinstance(b, Table) and b.title.startswith(title))


def test_rows_fit_their_columns(make: SimpleNamespace) -> None:
    """Every row is as wide as its head."""
    for section in view_of(make.run()).sections:
        for block in section.blocks:
            if isinstance(block, Table):
                assert {len(row) for row in block.rows} <= {len(block.columns)}


def test_divergences(make: SimpleNamespace) -> None:
    """Both sides of a difference in short codes; what is on one side only in words."""
    session = make.session()
    changed = [
        dataclasses.replace(session.outcomes[0], digest="sha256:" + "e" * 64, spans=(), reasons=("a", "b")),
        *session.outcomes[1:],
    ]
    one = dataclasses.replace(session, outcomes=changed, recording_id="1")
    two = dataclasses.replace(session, outcomes=session.outcomes[1:], recording_id="2")
    three = dataclasses.replace(session, baseline=list(session.baseline or ())[:-1], recording_id="3")
    rows = table(view_of(make.run(one, two, three)), "First divergence").rows
    assert "reasons: none → a b; spans: /text PHONE → none" in rows[0][3].text
    assert "eeeeeeeeeeee…" in rows[0][3].text
    assert [row[3].text for row in rows[1:]] == ["missing from the replay", "not in the recording"]


def test_stages_of_sessions(make: SimpleNamespace) -> None:
    """Sessions with their stages, the slowest session and the longest stage first; without times there is no table."""
    book = LatencyBook()
    for name, ms in (("quick", 1), ("slow", 9)):
        book.session(name).record("ground", ms * 1_000_000)
        book.session(name).record("message", 2 * ms * 1_000_000)
    run = dataclasses.replace(make.run(), measurements=book, virtual_time=False)
    rows = table(view_of(run), "Per stage and session").rows
    assert [(row[0].text, row[1].text, row[3].text) for row in rows] == [
        ("slow", "message", "18.000"),
        ("slow", "ground", "9.000"),
        ("quick", "message", "2.000"),
        ("quick", "ground", "1.000"),
    ]
    empty = dataclasses.replace(make.run(), measurements=LatencyBook(), virtual_time=False)
    titles = [block.title for section in view_of(empty).sections for block in section.blocks]
    assert not [title for title in titles if title.startswith("Per stage and session")]


def test_policy_change_is_told(make: SimpleNamespace) -> None:
    """Parity under other rules says so."""
    view = view_of(make.run(make.session(policy="sha256:old")))
    assert "The policy changed" in view.sections[0].intro


def test_every_label_source_has_its_tables(make: SimpleNamespace) -> None:
    """Two sources, two tables each."""
    other = make.session(recording_id="h", label_source="human gold", labels=())
    titles = [block.title for block in view_of(make.run(make.session(), other)).sections[1].blocks]
    assert titles == ["By type, labels: scenario", "By type, labels: human gold"]


def test_latency_without_messages(make: SimpleNamespace) -> None:
    """A stage was timed but no message from end to end: the rate says why it is missing."""
    book = LatencyBook()
    book.record("ground", 250_000_000)
    found = table(view_of(make.run(measurements=book)), "Per stage")
    assert "n/a, no message was timed" in found.note
    assert found.rows[0][2].text == "250"


def test_gaps_and_no_seed(make: SimpleNamespace) -> None:
    """Lost messages stand beside the gaps; no seed is said."""
    gap = make.gap(conversation="c", from_seq=2, to_seq=3, reason="timer")
    facts = dict(view_of(make.run(make.session(gaps=(gap,)), seed=None, tool="")).facts)
    assert facts["Gaps in the stream"] == "1 (2 messages lost)"
    assert (facts["Seed"], facts["Tool"]) == ("none", "unknown")


def test_claim_without_words(make: SimpleNamespace) -> None:
    """A claim whose words are uncertain is listed all the same."""
    run = make.run(make.session([make.summary(1, payload=None, reasons=())], baseline=None))
    lists = [b for s in view_of(run).sections for b in s.blocks if isinstance(b, Findings)]
    flagged = next(block for block in lists if block.title == "Claims")
    assert flagged.items[0].text.startswith("(not shown")
    rejected = next(block for block in lists if block.title == "Messages")
    assert rejected.items[0].reason == "none given"


def test_coverage_of_the_corpus(make: SimpleNamespace) -> None:
    """What was seen and what never was, where a report tells; else there is no such section."""
    report = build_report(make.run())
    report["verdicts"].pop("coverage", None)
    assert "coverage" not in {section.id for section in build_view(report, None, limit=5).sections}
    report["verdicts"]["coverage"] = {
        "ends": {"seen": {"1000": 3}, "never": ["1011", "abort"]},
        "other": {"seen": {}, "never": []},
    }
    section = next(one for one in build_view(report, None, limit=5).sections if one.id == "coverage")
    first, second = (block for block in section.blocks if isinstance(block, Table))
    assert (first.title, first.note) == ("Ends of connections", "Never seen: 1011, abort.")
    assert (second.title, second.rows, second.note) == ("other", [], "All that is known was seen.")


def test_what_was_detected_is_a_source_of_its_own(make: SimpleNamespace) -> None:
    """It has a table of redaction, apart from those of labels."""
    report = build_report(make.run())
    accuracy = report["verdicts"]["accuracy"]
    accuracy["as_detected"] = {"label_source": "as detected at record time", "redaction": accuracy["redaction"]}
    titles = [block.title for block in build_view(report, None, limit=5).sections[1].blocks]
    assert titles == ["By type, labels: scenario", "By type, labels: as detected at record time"]
