"""What comparing needs, by conversation."""

from __future__ import annotations

import dataclasses
from types import SimpleNamespace

from harness.report.sources import DETECTED, SCENARIO
from harness.report.units import corpus_facts, unit_rows

UNIT = "rec-1/telco-outage-0a1b2c3d"


def test_rows(make: SimpleNamespace) -> None:
    """Counts by type, sentences right or wrong, summaries, validation by recording, leaks by name."""
    found = unit_rows([make.session()])[SCENARIO]
    row = found["conversations"][UNIT]
    assert row["redaction"]["PHONE"] == {"tp": 2, "fp": 0, "fn": 0, "chars": 24, "leaked": 0}
    assert row["redaction"]["PERSON"] == {"tp": 0, "fp": 0, "fn": 1, "chars": 10, "leaked": 10}
    assert row["grounding"] == {"4|/summary|0|34": True, "4|/summary|35|70": True}
    assert row["summaries"] == {"4": {"hallucinated": True, "flagged": True}}
    assert found["schema"] == {"rec-1": {"n": 5, "right": 5}}
    assert found["leaks"] == {"rec-1": ["telco-outage-0a1b2c3d|2|/text|3|13|PERSON"]}


def test_unjudged_and_unlabelled(make: SimpleNamespace) -> None:
    """A summary never judged is null, not wrong; a conversation without labels and findings is an empty row."""
    session = make.session([make.outcome(1), make.summary(4, grounding=None)])
    row = unit_rows([session])[SCENARIO]["conversations"][UNIT]
    assert row["grounding"] == {"4|/summary|0|34": None, "4|/summary|35|70": None}
    assert unit_rows([make.session(labels=())])[SCENARIO]["leaks"] == {}
    assert unit_rows([make.session([make.outcome(1)], labels=())])[SCENARIO]["conversations"] == {UNIT: {}}


def test_detected_names_no_leak(make: SimpleNamespace) -> None:
    """What was detected at record time is no truth: counts of redaction only, and no leaks."""
    detected = [make.label("d1", "span", seq=2, start=0, end=4, label="PHONE")]
    found = unit_rows([make.session(labels=(), label_source="none", detected=detected)])
    assert found.keys() == {DETECTED}
    assert found[DETECTED].keys() == {"conversations"}
    assert found[DETECTED]["conversations"][UNIT]["redaction"]["PHONE"]["fn"] == 1


def test_rest_summary_has_no_seq_in_its_name(make: SimpleNamespace) -> None:
    """A leak in a summary over REST is named without a seq."""
    labels = [make.label("l1", "span", seq=None, path="/summary", start=40, end=44, label="DOB")]
    found = unit_rows([make.session([make.summary(1, seq=None)], labels=labels)])[SCENARIO]
    assert found["leaks"]["rec-1"] == ["telco-outage-0a1b2c3d||/summary|40|44|DOB"]


def test_corpus_is_named_by_content(make: SimpleNamespace) -> None:
    """Order, names of files and times of labels change no digest; bytes and labels do."""
    one, two = make.session(), make.session(recording_id="rec-2", sha256="sha256:" + "cd" * 32)
    digest = corpus_facts([one, two])["digest"]
    assert corpus_facts([two, one])["digest"] == digest
    assert corpus_facts([dataclasses.replace(one, recording_path="b.rec.jsonl"), two])["digest"] == digest
    assert corpus_facts([one])["digest"] != digest
    assert corpus_facts([dataclasses.replace(one, labels=one.labels[1:]), two])["digest"] != digest
    assert corpus_facts([dataclasses.replace(one, sha256=None)])["digest"] is None
    assert corpus_facts([dataclasses.replace(one, labels=(), label_source="none")])["recordings"][0]["labels"] is None


def test_outcomes_have_a_digest(make: SimpleNamespace) -> None:
    """One verdict more or less changes the digest of the outcomes, and not that of the corpus."""
    before = corpus_facts([make.session()])
    outcomes = [dataclasses.replace(one, verdict="rejected") for one in make.session().outcomes]
    after = corpus_facts([make.session(outcomes)])
    assert before["digest"] == after["digest"]
    assert before["recordings"][0]["outcomes"] != after["recordings"][0]["outcomes"]


def test_a_slash_in_an_id_parts_nothing(make: SimpleNamespace) -> None:
    """Whatever a recording or a conversation is called, its units and leaks are its own."""
    labels = [make.label("l1", "span", conversation="c/1", start=0, end=4, label="PHONE")]
    session = make.session([make.outcome(1, conversation="c/1")], labels=labels, recording_id="a/b%")
    found = unit_rows([session])[SCENARIO]
    assert found["conversations"].keys() == {"a%2Fb%25/c/1"}
    assert found["leaks"] == {"a/b%": ["c/1|1|/text|0|4|PHONE"]}


def test_an_id_may_hold_a_slash(make: SimpleNamespace) -> None:
    """A recording's id is its own word; its leaks stand under it all the same."""
    rows = unit_rows([make.session(recording_id="a/b")])
    assert list(rows["scenario"]["leaks"]) == ["a/b"]
