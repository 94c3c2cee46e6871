"""What is so of the messages of a replay."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec

from harness.session.shrink.facts import contradicted
from harness.session.shrink.failing import Fact, Word, parse
from harness.session.shrink.files import open_material
from harness.session.shrink.material import Material
from harness.session.shrink.oracle import Oracle
from harness.settings import Settings


def n_of(material: Material, seq: int) -> int:
    return next(n for n, place in material.places.items() if place[1] == seq)


def test_a_sound_recording_has_no_leak(gift: Material) -> None:
    """Under the rules in force nothing leaks and the replay is as the live side; verdicts, rules and reasons are told."""
    facts = Oracle(gift, parse("leak"), Settings()).facts
    assert not {fact.kind for fact in facts} & {"leak", "labels", "parity"}
    assert Fact("rule", "phone.nanp", n_of(gift, 11)) in facts
    assert {fact.value for fact in facts if fact.kind == "verdict"} == {"accepted", "quarantined"}
    assert any(fact.kind == "ungrounded" and fact.value == "speaker_swap" for fact in facts)


def test_a_lost_format_is_a_leak_a_label_and_a_difference(gift: Material, broken: Settings) -> None:
    """A value that a rule change loses is told of by each of the three, at its message."""
    oracle = Oracle(gift, parse("leak"), broken)
    n = n_of(gift, 11)
    here = {(fact.kind, fact.value) for fact in oracle.facts if fact.n == n}
    assert {("leak", "PHONE"), ("labels", "missed"), ("parity", "redaction")} <= here
    (label,) = contradicted(oracle.entries, oracle.result, oracle.types, n)
    assert (label.label, label.annotator) == ("PHONE", "scenario")
    assert contradicted(oracle.entries, oracle.result, oracle.types, n_of(gift, 2)) == []


def test_without_labels_the_recorder_is_asked(gift: Material, broken: Settings) -> None:
    """Where no label lies beside, what was replaced at record time stands for it."""
    bare = Material(loaded=gift.loaded, dialect=gift.dialect)
    oracle = Oracle(bare, parse("leak"), broken)
    n = n_of(gift, 11)
    assert Fact("leak", "PHONE", n) in oracle.facts
    assert "labels" not in {fact.kind for fact in oracle.facts}
    (label,) = contradicted(oracle.entries, oracle.result, oracle.types, n)
    assert (label.label, label.annotator) == ("PHONE", "")


def test_what_the_second_scan_finds_is_a_leak(write_session: Callable[..., Path], broken: Settings) -> None:
    """Without labels and records of values, the scan tells of a value the rules left, with its type."""
    material = open_material(write_session(["Hello.", "Write to orla.finch@brackwater.net."]))
    facts = Oracle(material, parse("leak"), broken).facts
    assert {fact for fact in facts if fact.kind == "leak"} == {Fact("leak", "EMAIL", material.inbound[1].n)}


def test_names_leak_where_they_are_asked_for(gift: Material) -> None:
    """A name that is labelled and missed counts when its type is named, and only then."""
    labels = [one for one in gift.labels if one.label == "PERSON" and one.kind == "span"]
    assert labels
    missed = Material(
        loaded=gift.loaded,
        dialect=gift.dialect,
        labels=[msgspec.structs.replace(labels[0], seq=2, path="/text", start=0, end=2)],
    )
    assert not any(fact.kind == "leak" for fact in Oracle(missed, parse("leak"), Settings()).facts)
    named = parse("leak:PERSON")
    assert named.words == (Word("leak", "PERSON"),)
    assert any(fact.value == "PERSON" for fact in Oracle(missed, named, Settings()).facts if fact.kind == "leak")
