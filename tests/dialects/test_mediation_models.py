"""The messages of the mediation dialect as models."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from harness.dialects.mediation_models import (
    INBOUND,
    FlatMessage,
    GatewaySummary,
    Subscription,
    SummaryLengthMatrix,
    make_subscription,
)
from harness.errors import ConfigError

SMALLEST: dict[str, dict[str, Any]] = {
    "subscribed": {},
    "utterance": {"utterance_id": "u", "speaker": "agent", "text": ""},
    "summary.delta": {"summary_id": "s", "index": 0, "text": ""},
    "summary.completed": {"summary_id": "s", "summary": ""},
    "context_window.updated": {"token_count": 0},
    "heartbeat": {},
    "error": {"code": "INTERNAL"},
    "closing": {},
    "end": {"reason": "completed"},
}
ENVELOPE = {"interaction_id": "i", "seq": 1}


def test_the_defaults_of_a_subscription() -> None:
    """Those of the specification."""
    assert make_subscription({}).model_dump(mode="json") == {
        "ai_gateway_version": "v2",
        "summary_matrix": {"min_tokens": 100, "max_tokens": 2048, "target_compression_ratio": 0.3},
        "extraction_directives": {
            "entity_types": ["PERSON", "ORGANIZATION", "PRODUCT"],
            "confidence_threshold": 0.85,
            "preserve_context_window": True,
        },
    }


@pytest.mark.parametrize(
    "fields, name",
    [
        ({"summary_matrix": {"min_tokens": 49}}, "subscription.summary_matrix.min_tokens"),
        ({"summary_matrix": {"min_tokens": 501}}, "subscription.summary_matrix.min_tokens"),
        ({"summary_matrix": {"max_tokens": 499}}, "subscription.summary_matrix.max_tokens"),
        ({"summary_matrix": {"max_tokens": 4097}}, "subscription.summary_matrix.max_tokens"),
        ({"summary_matrix": {"min_tokens": 500, "max_tokens": 500}}, "subscription.summary_matrix"),
        ({"summary_matrix": {"target_compression_ratio": 0}}, "subscription.summary_matrix.target_compression_ratio"),
        (
            {"summary_matrix": {"target_compression_ratio": 1.01}},
            "subscription.summary_matrix.target_compression_ratio",
        ),
        (
            {"extraction_directives": {"confidence_threshold": 1.1}},
            "subscription.extraction_directives.confidence_threshold",
        ),
        ({"extraction_directives": {"entity_types": [""]}}, "subscription.extraction_directives.entity_types.0"),
        ({"ai_gateway_version": ""}, "subscription.ai_gateway_version"),
        ({"speed": 1}, "subscription.speed"),
    ],
)
def test_a_bad_subscription_is_refused_before_it_is_sent(fields: dict[str, Any], name: str) -> None:
    """With the field and its bound."""
    with pytest.raises(ConfigError) as caught:
        make_subscription(fields)
    assert caught.value.name == name
    assert not caught.value.allowed.startswith("Value error")


@given(st.integers(0, 5000), st.integers(0, 5000), st.floats(-1, 2), st.floats(-1, 2))
def test_bounds_are_inclusive_and_nothing_else_passes(low: int, high: int, ratio: float, confidence: float) -> None:
    """min 50..500, max 500..4096, min < max, ratio (0,1], confidence 0..1."""
    fields = {
        "summary_matrix": {"min_tokens": low, "max_tokens": high, "target_compression_ratio": ratio},
        "extraction_directives": {"confidence_threshold": confidence},
    }
    good = 50 <= low <= 500 <= high <= 4096 and low < high and 0 < ratio <= 1 and 0 <= confidence <= 1
    try:
        make_subscription(fields)
    except ConfigError:
        assert not good
    else:
        assert good


@pytest.mark.parametrize("matrix", [(50, 500, 1.0), (499, 500, 0.01), (500, 4096, 0.3)])
def test_the_bounds_themselves_pass(matrix: tuple[int, int, float]) -> None:
    """Each end of each."""
    low, high, ratio = matrix
    assert SummaryLengthMatrix(min_tokens=low, max_tokens=high, target_compression_ratio=ratio).min_tokens == low


def test_a_subscription_does_not_change() -> None:
    """It is shared by sessions."""
    with pytest.raises(ValidationError):
        Subscription().ai_gateway_version = "v3"  # type: ignore[misc]


@pytest.mark.parametrize("kind", sorted(INBOUND))
def test_the_smallest_message_of_each_type_is_read(kind: str) -> None:
    """And so is one with fields this version does not know."""
    INBOUND[kind].model_validate({**ENVELOPE, **SMALLEST[kind]})
    more = INBOUND[kind].model_validate({**ENVELOPE, **SMALLEST[kind], "type": kind, "load": {"x": [1]}})
    assert more.model_extra == {"type": kind, "load": {"x": [1]}}


@pytest.mark.parametrize("kind", sorted(INBOUND))
def test_no_value_is_coerced(kind: str) -> None:
    """``"5"`` is not 5, 5.0 is not 5, 1 is not true."""
    for name, value in [
        ("seq", "5"),
        ("seq", 5.0),
        ("seq", True),
        ("seq", 0),
        ("seq", 2**53 + 1),
        ("interaction_id", 5),
    ]:
        with pytest.raises(ValidationError):
            INBOUND[kind].model_validate({**ENVELOPE, **SMALLEST[kind], name: value})
    for name, value in SMALLEST[kind].items():
        with pytest.raises(ValidationError):
            INBOUND[kind].model_validate({**ENVELOPE, **SMALLEST[kind], name: str(value) if value == 0 else [value]})


@pytest.mark.parametrize("kind", sorted(set(INBOUND) - {"heartbeat", "error", "closing"}))
def test_most_messages_belong_to_a_conversation(kind: str) -> None:
    """The others may be about the connection."""
    for name in ENVELOPE:
        fields = {**ENVELOPE, **SMALLEST[kind]}
        del fields[name]
        with pytest.raises(ValidationError):
            INBOUND[kind].model_validate(fields)
    for other in ("heartbeat", "error", "closing"):
        assert INBOUND[other].model_validate(SMALLEST[other]).model_extra == {}


FLAT: dict[str, Any] = {
    "interaction_id": "i",
    "summary_matrix": {},
    "extraction_directives": {"entity_types": ["PERSON"]},
    "summary": "Done.",
}


def test_a_flat_message_keeps_what_it_brings() -> None:
    """Unknown fields are never fatal, on any level."""
    fields = {**FLAT, "x": 1, "summary_matrix": {"max_tokens": 500, "y": 2}}
    message = FlatMessage.model_validate({**fields, "extraction_directives": {"z": 3}})
    assert message.summary_matrix.max_tokens == 500
    assert message.extraction_directives.entity_types == ("PERSON", "ORGANIZATION", "PRODUCT")
    assert FlatMessage.model_validate(FLAT).extraction_directives.entity_types == ("PERSON",)


@pytest.mark.parametrize(
    "change",
    [
        {"summary_matrix": {"min_tokens": "100"}},
        {"summary_matrix": {"min_tokens": 500, "max_tokens": 500}},
        {"extraction_directives": {"preserve_context_window": "yes"}},
        {"extraction_directives": {"entity_types": "PERSON"}},
        {"extraction_directives": {"entity_types": [5]}},
        {"interaction_id": ""},
        {"summary": None},
    ],
)
def test_a_flat_message_is_coerced_no_more_than_others(change: dict[str, Any]) -> None:
    """And its bounds are those of a subscription."""
    with pytest.raises(ValidationError):
        FlatMessage.model_validate({**FLAT, **change})


def test_a_summary_of_the_gateway() -> None:
    """Entities may be left out; a confidence is a share."""
    body = {"summary_id": "s", "interaction_id": "i", "summary": "Done.", "usage": {"tokens": 2}}
    assert GatewaySummary.model_validate(body).entities == []
    with pytest.raises(ValidationError):
        GatewaySummary.model_validate({**body, "entities": [{"type": "A", "text": "b", "confidence": 1.5}]})


@pytest.mark.parametrize("model", [*INBOUND.values(), FlatMessage, GatewaySummary, Subscription])
def test_errors_never_hold_the_input(model: Any) -> None:
    """What came over the wire may be anything."""
    with pytest.raises(ValidationError) as caught:
        model.model_validate(
            {"interaction_id": ["628-374-9920"], "seq": "628-374-9920", "summary_matrix": "628-374-9920"}
        )
    assert "628" not in str(caught.value)
