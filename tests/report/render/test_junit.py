"""junit.xml: a case per recording and check."""

from __future__ import annotations

import dataclasses
from types import SimpleNamespace
from xml.etree import ElementTree as ET

from harness.report.model import RunResult, build_report
from harness.report.render.junit import CHECKS, render_junit
from harness.report.results import result_rows


def statuses(run: RunResult, *, rows: bool = True) -> dict[str, str]:
    root = ET.fromstring(render_junit(build_report(run), list(result_rows(run)) if rows else None))
    cases = root.findall("testsuite/testcase")
    assert root.attrib["tests"] == str(len(cases))
    return {case.attrib["name"]: case[0].tag if len(case) else "pass" for case in cases}


def test_clean_but_for_what_has_no_threshold(make: SimpleNamespace) -> None:
    """Missed values and flagged claims are told, and fail nothing."""
    found = statuses(make.run())
    assert tuple(found) == CHECKS
    assert list(found.values()) == ["pass", "pass", "pass", "system-out", "system-out"]


def test_failures(make: SimpleNamespace) -> None:
    """A difference, a problem and what the scan found fail."""
    session = make.session(problems=("not played: x",))
    outcomes = [dataclasses.replace(session.outcomes[0], digest="d", pii_redacted=False), *session.outcomes[1:]]
    found = statuses(make.run(dataclasses.replace(session, outcomes=outcomes)))
    assert [found[name] for name in CHECKS[:3]] == ["failure"] * 3
    changed = dataclasses.replace(session, outcomes=outcomes, policy="sha256:old")
    assert statuses(make.run(changed))["parity"] == "system-out"


def test_not_measured(make: SimpleNamespace) -> None:
    """What could not be checked is skipped with its reason, never passed."""
    bare = make.session(baseline=None, labels=(), label_source="none")
    found = statuses(make.run(bare))
    assert (found["parity"], found["labelled values"]) == ("skipped", "skipped")
    assert set(list(statuses(make.run(), rows=False).values())[2:]) == {"skipped"}
    empty = make.session([], baseline=None, labels=())
    assert statuses(make.run(empty))["leak scan"] == "pass"


def test_no_character_xml_refuses(make: SimpleNamespace) -> None:
    """Nulls, halves and non-characters are escapes."""
    session = make.session(recording_path="a\x00\ufffe\ud800]]>.rec.jsonl")
    text = render_junit(build_report(make.run(session)), [])
    assert "a\\u0000\\ufffe\\ud800]]&gt;.rec.jsonl" in text
    ET.fromstring(text)
