"""What the labels say of each message."""

from __future__ import annotations

from types import SimpleNamespace

import msgspec

from harness.report.truth import Truth


def test_people_speak_before_scenarios(make: SimpleNamespace) -> None:
    """Where both labelled a session, the marks are those of people, and their source is named."""
    session = make.session()
    one, two, *_ = session.labels
    labels = [msgspec.structs.replace(one, annotator_kind="CODE"), msgspec.structs.replace(two, annotator_kind="HUMAN")]
    truth = Truth(make.session(labels=labels, detected=labels))
    assert truth.source == "human gold"
    first = session.outcomes[0]
    assert truth.of_span(first, first.spans[0]) == "fp"
    assert [missed.type for missed in truth.missed(session.outcomes[1])] == ["PERSON"]


def test_one_source_alone(make: SimpleNamespace) -> None:
    """A scenario's labels, or a model's, speak where no one else does; without labels nothing is said."""
    session = make.session()
    first = session.outcomes[0]
    assert Truth(session).of_span(first, first.spans[0]) == "tp"
    assert Truth(make.session(label_source="model labels")).source == "model labels"
    silent = Truth(make.session(labels=(), label_source="none"))
    assert (silent.source, silent.of_span(first, first.spans[0]), silent.missed(first)) == (None, None, [])
