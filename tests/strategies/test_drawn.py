"""The strategies: what they promise of their values, whatever the detector thinks of them."""

from __future__ import annotations

import importlib.metadata
import json
import random
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.dialects.base import Malformed
from harness.dialects.mediation import MediationDialect
from harness.errors import ConfigError
from harness.pii.rules import builtin_rules
from harness.pii.surrogate import is_surrogate
from harness.recording.health import examine
from harness.recording.writer import RecordingWriter
from harness.strategies import (
    InventedRecording,
    InventedSession,
    NearMiss,
    PiiText,
    Value,
    chunkings,
    malformed_messages,
    messages,
    near_misses,
    obfuscations,
    pii_texts,
    pii_values,
    recordings,
    sessions,
    soups,
    spoken_numbers,
)
from harness.strategies.hook import register
from harness.strategies.labelled import Seeded
from harness.strategies.values import TYPES, make


def test_every_type_with_rules_has_values() -> None:
    """No type of the built-in rules but names and addresses of people is left out."""
    assert {rule.type for rule in builtin_rules().rules} <= set(TYPES)


@pytest.mark.parametrize("type_", sorted(TYPES))
def test_values_lie_outside_the_surrogate_space(type_: str) -> None:
    """An invented value is never taken for a surrogate."""
    choose = Seeded(random.Random(3))
    made = [make(choose, type_) for _ in range(300)]
    assert not [value for value in made if is_surrogate(type_, value.text)]
    assert {value.type for value in made} == {type_}
    assert len({value.text for value in made}) > 30


@given(pii_texts())
def test_truth_is_known_by_construction(case: PiiText) -> None:
    """Spans are in order, apart, and each holds a whole value."""
    ends = [0, *(span.end for span in case.spans)]
    assert all(end <= span.start < span.end for end, span in zip(ends, case.spans, strict=False))
    assert 1 <= len(case.spans) <= 3
    assert sum(group == "form" for group, _ in case.labels) == len(case.spans)


@given(spoken_numbers())
def test_spoken_numbers_are_words(value: Value) -> None:
    """There is a word in each of them."""
    assert value.said
    assert any(char.isalpha() for char in value.text)


@given(pii_values("IBAN", "SSN"))
def test_types_can_be_named(value: Value) -> None:
    """Only those types come."""
    assert value.type in ("IBAN", "SSN")


@given(near_misses("money"))
def test_families_can_be_named(case: NearMiss) -> None:
    """Only that family comes."""
    assert case.family == "money"


def test_unknown_names_are_refused() -> None:
    """With what there is."""
    with pytest.raises(ConfigError, match="PHONE"):
        pii_values("TELEPHONE")
    with pytest.raises(ConfigError, match="money"):
        near_misses("gold")


@given(st.data())
def test_a_disguise_says_the_same(data: st.DataObject) -> None:
    """Folded by compatibility, and without invisible characters, the digits are the same."""
    text = "(628) 271-4432"
    shown = data.draw(obfuscations(text))
    assert [unicodedata.decimal(c) for c in shown if c.isdecimal()] == [int(c) for c in text if c.isdigit()]


@given(st.data())
def test_pieces_are_the_text(data: st.DataObject) -> None:
    """Whatever the cut."""
    text = data.draw(soups())
    assert "".join(data.draw(chunkings(text))) == text


@given(messages())
def test_messages_are_of_the_dialect(text: str) -> None:
    """The decoder takes them."""
    assert not isinstance(MediationDialect().decode(text), Malformed)


@given(malformed_messages())
def test_malformed_messages_are_not(data: str | bytes) -> None:
    """The decoder does not take them."""
    assert isinstance(MediationDialect().decode(data), Malformed)


@given(sessions())
def test_sessions_number_their_messages(session: InventedSession) -> None:
    """Sequence numbers count from 1, over lost connections too, and values are in the messages' texts."""
    read = [json.loads(text) for text in session.messages if text is not None]
    assert [message["seq"] for message in read] == list(range(1, len(read) + 1))
    assert session.values


@given(made=recordings())
def test_recordings_are_healthy(made: InventedRecording, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Written to disk, doctor finds nothing wrong with them."""
    path: Path = tmp_path_factory.mktemp("made") / "one.rec.jsonl"
    with RecordingWriter(path, made.header) as writer:
        writer.extend(made.entries)
        writer.seal("composed")
    assert examine(path).findings == ()


def test_types_are_known_to_hypothesis() -> None:
    """After the entry point ran, annotations are enough."""
    register()

    @given(...)
    def test(case: PiiText, near: NearMiss) -> None:
        assert case.spans
        assert near.text

    test()


def test_the_entry_point_names_the_hook(root: Path) -> None:
    """What hypothesis loads is what was tested above."""
    point = importlib.metadata.EntryPoint("harness", "harness.strategies.hook:register", "hypothesis")
    assert point.load() is register
    assert 'harness = "harness.strategies.hook:register"' in (root / "pyproject.toml").read_text(encoding="utf-8")
