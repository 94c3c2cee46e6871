"""The steps of a script, as typed values. Text fields take ``{{TYPE|value}}`` marks (``markup.py``).

1. Unknown fields are refused: a misspelt field must not be silently ignored.
2. Every step has ``at``, seconds since the subscription.
3. ``raw.text`` alone is taken verbatim: marks mean nothing in it.
"""

from __future__ import annotations

import base64
import binascii
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, InstanceOf, model_validator

from harness.scenario.markup import Marked, parse_markup

__all__ = [
    "Action",
    "Binary",
    "Closing",
    "ContextWindow",
    "Drop",
    "Duplicate",
    "End",
    "Entity",
    "Fault",
    "Heartbeat",
    "Model",
    "Raw",
    "Sentence",
    "Skip",
    "Step",
    "Summary",
    "Swap",
    "Text",
    "Utterance",
]

MAX_TEXT = 100_000


def _marked(value: Any) -> Marked:
    if isinstance(value, Marked):
        return value
    if not isinstance(value, str):
        raise ValueError("should be text")
    if not 0 < len(value) <= MAX_TEXT:
        raise ValueError(f"should have 1 to {MAX_TEXT} characters")
    if any("\ud800" <= c <= "\udfff" for c in value):
        raise ValueError("is not valid Unicode")
    return parse_markup(value)


def _base64(value: Any) -> bytes:
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, TypeError, ValueError):
        raise ValueError("is not base64") from None


Text = Annotated[InstanceOf[Marked], BeforeValidator(_marked)]
Seconds = Annotated[float, Field(ge=0, le=86_400, allow_inf_nan=False, strict=True)]
Name = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z][A-Za-z0-9_.-]*$")]
Small = Annotated[int, Field(ge=1, le=100_000, strict=True)]


class Model(BaseModel):
    """What every part of a scenario file is: closed, immutable, silent about its input."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class _At(Model):
    at: Seconds


class Utterance(_At):
    """Something said, final at ``at``; ``interim`` texts go out before it as revisions."""

    by: Literal["agent", "customer", "bot"]
    text: Text
    interim: tuple[Text, ...] = Field(default=(), max_length=50)
    duration: Seconds | None = None


class Heartbeat(_At):
    """The service's sign of life."""


class Sentence(Model):
    """A sentence of a summary and its truth; without ``label`` nothing is claimed about it."""

    text: Text
    label: Literal["grounded", "hallucinated"] | None = None
    reason: Annotated[str, Field(max_length=64, pattern=r"^[a-z][a-z0-9_]*$")] | None = None


class Entity(Model):
    type: Name
    text: Text
    confidence: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False, strict=True)]


class Summary(_At):
    """A summary; ``deliver: rest`` leaves it to the gateway, which the client asks after ``end``."""

    deliver: Literal["deltas", "whole", "rest", "flat"]
    pieces: tuple[Small, ...] = Field(default=(), max_length=10_000)
    sentences: tuple[Sentence, ...] = Field(min_length=1, max_length=1_000)
    entities: tuple[Entity, ...] = Field(default=(), max_length=1_000)
    reason: Text | None = None
    resolution: Text | None = None
    followups: tuple[Text, ...] = Field(default=(), max_length=100)
    error_type: Name | None = None
    origin: Literal["composed"] | None = None
    """``composed``: no person and no model wrote it (see ``extractive.py``)."""


class ContextWindow(_At):
    """Here the client must ask for an update of the context window."""

    retain_tokens: Annotated[int, Field(ge=0, le=1_000_000, strict=True)] = 512


class Raw(_At):
    """Sent verbatim, outside the order of ``seq``; ``expect`` = the reason code of its rejection."""

    text: Annotated[str, Field(max_length=1_500_000)] = Field(repr=False)
    expect: (
        Literal[
            "not_json",
            "not_object",
            "not_finite_number",
            "duplicate_keys",
            "too_deep",
            "too_large",
            "invalid_text",
            "schema",
        ]
        | None
    ) = None


class Binary(_At):
    """A binary message; such are always rejected."""

    base64: Annotated[bytes, BeforeValidator(_base64)] = Field(repr=False)


class Fault(_At):
    """The service's own ``error`` message."""

    code: Name
    message: Text
    retry_after_s: Annotated[float, Field(ge=0, le=86_400, allow_inf_nan=False, strict=True)] | None = None


class Duplicate(_At):
    """The message sent ``back`` messages ago goes out once more."""

    back: Small = 1


class Swap(_At):
    """The next two messages go out in the opposite order of their ``seq``."""


class Skip(_At):
    """One ``seq`` number is never sent."""


class Drop(_At):
    """The connection ends: 1006 = aborted, 1005 = a close without code, others = a close by the service."""

    code: Annotated[int, Field(ge=1000, le=4999, strict=True)]


class Closing(_At):
    """The service announces a drop."""

    grace_s: Annotated[float, Field(ge=0, le=3_600, allow_inf_nan=False, strict=True)]


class End(_At):
    reason: Literal["completed", "transferred", "error"]


Action = (
    Utterance
    | Heartbeat
    | Summary
    | ContextWindow
    | Raw
    | Binary
    | Fault
    | Duplicate
    | Swap
    | Skip
    | Drop
    | Closing
    | End
)


class Step(Model):
    """One step: exactly one of its fields is given."""

    utterance: Utterance | None = None
    heartbeat: Heartbeat | None = None
    summary: Summary | None = None
    context_window: ContextWindow | None = None
    raw: Raw | None = None
    binary: Binary | None = None
    error: Fault | None = None
    duplicate: Duplicate | None = None
    swap: Swap | None = None
    skip: Skip | None = None
    drop: Drop | None = None
    closing: Closing | None = None
    end: End | None = None

    @model_validator(mode="after")
    def _one(self) -> Step:
        if len(self._given()) != 1:
            raise ValueError(f"a step is exactly one of {', '.join(type(self).model_fields)}")
        return self

    def _given(self) -> list[Any]:
        return [value for name in type(self).model_fields if (value := getattr(self, name)) is not None]

    @property
    def action(self) -> Action:
        """What the step does."""
        action: Action = self._given()[0]
        return action
