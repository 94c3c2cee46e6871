"""junit.xml: a case per recording and check."""

from __future__ import annotations

import dataclasses
from types import SimpleNamespace
from xml.etree import ElementTree as ET

import msgspec

from harness.report.labels import Label
from harness.report.model import RunResult, build_report
from harness.report.render.junit import CHECKS, CORPUS, render_junit
from harness.report.results import result_rows


def statuses(run: RunResult, *, rows: bool = True) -> dict[str, str]:
    root = ET.fromstring(render_junit(build_report(run), list(result_rows(run)) if rows else None))
    cases = root.findall("testsuite/testcase")
    assert root.attrib["tests"] == str(len(cases))
    of_corpus = {case.attrib["name"] for case in root.findall(f"testsuite[@name='{CORPUS}']/testcase")}
    assert of_corpus == {"events", "ends", "reasons", "rules", "lengths"}
    found = {case.attrib["name"]: case[0].tag if len(case) else "pass" for case in cases}
    return {name: status for name, status in found.items() if name not in of_corpus}


def test_clean_but_for_what_has_no_threshold(make: SimpleNamespace) -> None:
    """Missed values and flagged claims are told, and fail nothing."""
    found = statuses(make.run())
    assert tuple(found) == CHECKS
    assert list(found.values()) == ["pass", "pass", "pass", "system-out", "system-out", "skipped"]


def test_coverage(make: SimpleNamespace) -> None:
    """What the corpus never exercised is told by name, and fails nothing."""
    root = ET.fromstring(render_junit(build_report(make.run()), None))
    (suite,) = root.findall(f"testsuite[@name='{CORPUS}']")
    assert suite.attrib["failures"] == "0"
    (ends,) = suite.findall("testcase[@name='ends']/system-out")
    assert ends.text is not None and "never seen: 1000, 1001" in ends.text


def test_as_detected(make: SimpleNamespace) -> None:
    """A value that was replaced at record time and is not now is told; the same values pass."""
    session = make.session()
    spans = [(o, s) for o in session.outcomes for s in o.spans]
    then = [
        Label(
            id=f"d{number}", conversation=outcome.conversation, seq=outcome.seq, path=span.path, kind="span",
            start=span.start, end=span.end, label=span.type,
        )
        for number, (outcome, span) in enumerate(spans)
    ]  # fmt: skip
    same = statuses(make.run(dataclasses.replace(session, detected=then)))
    assert same["as detected"] == "pass"
    more = [*then, msgspec.structs.replace(then[0], id="more", start=0, end=3, label="EMAIL")]
    found = statuses(make.run(dataclasses.replace(session, detected=more)))
    assert found["as detected"] == "system-out"


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
