"""The quick struct of a model against the model itself: the slow one is the judge."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from harness.dialects import mediation_models as models
from harness.dialects.quick_models import accepted, struct_of

MODELS = (
    models.UtteranceMessage,
    models.SummaryDeltaMessage,
    models.SummaryCompleted,
    models.FlatMessage,
    models.GatewaySummary,
)
NUMBERS = [0, 1, 5, -1, 49, 50, 500, 501, 4096, 0.0, 0.3, 1.0, 5.0, 1.5, 2**53, 2**53 + 1, 2**70]
STRINGS = ["", "5", "é", "x" * 64, "x" * 65, "x" * 512, "x" * 513, "agent", "robot"]
ODD = st.sampled_from([None, True, False, *NUMBERS, *STRINGS, [], {}, [1], ["a"], [[]], {"text": "x"}])
GOOD: Mapping[str, Any] = {
    "interaction_id": "i-1",
    "seq": 3,
    "utterance_id": "u",
    "speaker": "bot",
    "text": "hello",
    "summary_id": "s",
    "index": 0,
    "summary": "they spoke",
    "entities": [{"type": "PERSON", "text": "x", "confidence": 0.9, "more": 1}],
    "followups": ["call"],
    "summary_matrix": {"min_tokens": 50, "max_tokens": 600, "target_compression_ratio": 1},
    "extraction_directives": {"entity_types": ["A"], "confidence_threshold": 0.5, "preserve_context_window": True},
    "conversation_context": "hello",
}


@st.composite
def bodies(draw: st.DrawFn) -> dict[str, Any]:
    """A good message with some members gone, odd, or unknown."""
    value = dict(GOOD)
    names = [*GOOD, "is_final", "revision", "reason", "resolution", "error_type", "ai_gateway_version", "unknown"]
    for name in draw(st.lists(st.sampled_from(names), max_size=3)):
        value.pop(name, None)
        if draw(st.booleans()):
            value[name] = draw(ODD)
    for outer in ("summary_matrix", "extraction_directives"):
        inner = value.get(outer)
        if isinstance(inner, dict) and inner and draw(st.booleans()):
            value[outer] = {**inner, draw(st.sampled_from([*inner, "unknown"])): draw(ODD)}
    if value.get("entities") == GOOD["entities"] and draw(st.booleans()):
        value["entities"] = [{**GOOD["entities"][0], draw(st.sampled_from(["type", "text", "confidence"])): draw(ODD)}]
    return value


def plain(value: Any) -> Any:
    """A model or a struct, with all in it, as the fields the model declares."""
    if isinstance(value, BaseModel):
        return {name: plain(getattr(value, name)) for name in type(value).model_fields}
    if hasattr(value, "__struct_fields__"):
        return {name: plain(getattr(value, name)) for name in value.__struct_fields__}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return (type(value).__name__, value)


@pytest.mark.parametrize("model", MODELS)
@given(body=bodies())
def test_what_the_struct_accepts_the_model_accepts_alike(model: type[BaseModel], body: dict[str, Any]) -> None:
    """And of these kinds of bodies it refuses none that the model accepts."""
    quick = accepted(model, body)
    try:
        slow = model.model_validate(body)
    except ValidationError:
        assert quick is None
    else:
        assert plain(quick) == plain(slow)


@pytest.mark.parametrize("model", MODELS)
def test_a_good_message_is_accepted(model: type[BaseModel]) -> None:
    """Otherwise the law above says nothing."""
    assert accepted(model, dict(GOOD)) is not None


def test_fields_that_bound_each_other_do_so_here_too() -> None:
    """``check`` is the model's."""
    body = {**GOOD, "summary_matrix": {"min_tokens": 500, "max_tokens": 500}}
    assert accepted(models.FlatMessage, body) is None


def test_defaults_are_the_models() -> None:
    """Those that are models themselves too."""
    quick = accepted(models.Subscribed, {"interaction_id": "i", "seq": 1})
    assert plain(quick) == plain(models.Subscribed(interaction_id="i", seq=1))


def test_a_field_no_struct_has_is_refused() -> None:
    """Aloud, when the struct is made."""

    class Odd(BaseModel):
        model_config = ConfigDict(arbitrary_types_allowed=True)
        name: Annotated[object, Field()]

    with pytest.raises(TypeError, match="no struct"):
        struct_of(Odd)
