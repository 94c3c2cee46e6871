"""The mediation dialect's messages as models; ``mediation.md`` beside this file is the specification.

1. Outbound models forbid unknown fields: we never send what we do not know.
2. Inbound models, the flat message's parts among them, keep unknown fields and coerce nothing: "5" is not 5.
3. Validation errors carry fields and bounds, never the input.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from harness.errors import ConfigError

__all__ = [
    "CONTEXT_WINDOW_THRESHOLD",
    "END_REASONS",
    "ERROR_CODES",
    "INBOUND",
    "MAX_STREAMING_TOKENS",
    "EntityExtractionDirective",
    "FlatDirective",
    "FlatMatrix",
    "FlatMessage",
    "GatewaySummary",
    "Limits",
    "Subscription",
    "SummaryLengthMatrix",
    "make_subscription",
]

MAX_STREAMING_TOKENS = 4096
CONTEXT_WINDOW_THRESHOLD = 3500
ERROR_CODES = frozenset({"RATE_LIMITED", "CONVERSATION_TOO_LONG", "CONVERSATION_TOO_SHORT", "INTERNAL"})
END_REASONS = frozenset({"completed", "transferred", "error"})


class _Outbound(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class _Inbound(BaseModel):
    model_config = ConfigDict(frozen=True, extra="allow", strict=True, hide_input_in_errors=True)


class SummaryLengthMatrix(_Outbound):
    """Bounds of a summary in tokens, and its wanted share of the context's tokens."""

    min_tokens: int = Field(default=100, ge=50, le=500)
    max_tokens: int = Field(default=2048, ge=500, le=4096)
    target_compression_ratio: float = Field(default=0.3, gt=0.0, le=1.0)

    def check(self) -> None:
        """Hold the bounds against each other.

        Raises:
            ValueError: there is nothing between them.
        """
        if self.min_tokens >= self.max_tokens:
            raise ValueError("min_tokens must be less than max_tokens")

    @model_validator(mode="after")
    def _ordered(self) -> SummaryLengthMatrix:
        self.check()
        return self


class EntityExtractionDirective(_Outbound):
    """Which entities to return, from which confidence on, and whether an update keeps the context."""

    entity_types: tuple[Annotated[str, Field(min_length=1, max_length=64)], ...] = Field(
        default=("PERSON", "ORGANIZATION", "PRODUCT"), max_length=64
    )
    confidence_threshold: float = Field(default=0.85, ge=0.0, le=1.0)
    preserve_context_window: bool = True


class Subscription(_Outbound):
    """What a client asks for when it subscribes to a conversation."""

    ai_gateway_version: str = Field(default="v2", min_length=1, max_length=16)
    summary_matrix: SummaryLengthMatrix = SummaryLengthMatrix()
    extraction_directives: EntityExtractionDirective = EntityExtractionDirective()


def make_subscription(fields: Mapping[str, Any]) -> Subscription:
    """A checked :class:`Subscription`.

    Raises:
        ConfigError: naming the first bad field and its bound; nothing was sent.
    """
    try:
        return Subscription.model_validate(dict(fields))
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        name = "subscription." + ".".join(str(part) for part in first["loc"]) if first["loc"] else "subscription"
        raise ConfigError(name, first.get("input"), first["msg"].removeprefix("Value error, ")) from None


Seq = Annotated[int, Field(ge=1, le=2**53)]
Id = Annotated[str, Field(min_length=1, max_length=512)]
Count = Annotated[int, Field(ge=0, le=2**53)]


class _Sequenced(_Inbound):
    interaction_id: Id
    seq: Seq


class _PerhapsSequenced(_Inbound):
    """Messages about the connection itself may name no conversation."""

    interaction_id: Id | None = None
    seq: Seq | None = None


class Limits(_Inbound):
    """The service's token limits; absent ones are the documented ones."""

    max_streaming_tokens: Annotated[int, Field(ge=1, le=2**31)] = MAX_STREAMING_TOKENS
    context_window_threshold: Annotated[int, Field(ge=1, le=2**31)] = CONTEXT_WINDOW_THRESHOLD


class Subscribed(_Sequenced):
    limits: Limits = Limits()


class UtteranceMessage(_Sequenced):
    utterance_id: Id
    speaker: Literal["agent", "customer", "bot"]
    text: str
    is_final: bool = True
    revision: Count = 0
    offset_ms: Count = 0
    duration_ms: Count = 0


class SummaryDeltaMessage(_Sequenced):
    summary_id: Id
    index: Count
    text: str


class Entity(_Inbound):
    type: str
    text: str
    confidence: Annotated[float, Field(ge=0.0, le=1.0)]


class SummaryCompleted(_Sequenced):
    summary_id: Id
    summary: str
    entities: list[Entity] = []
    reason: str | None = None
    resolution: str | None = None
    followups: list[str] = []
    error_type: str | None = None


class ContextWindowUpdated(_Sequenced):
    token_count: Count


class Heartbeat(_PerhapsSequenced):
    pass


class ErrorMessage(_PerhapsSequenced):
    code: Annotated[str, Field(min_length=1, max_length=64)]
    message: str = ""
    retry_after_s: Annotated[float, Field(ge=0.0, le=86400.0)] | None = None


class Closing(_PerhapsSequenced):
    grace_s: Annotated[float, Field(ge=0.0, le=3600.0)] = 0.0


class End(_Sequenced):
    reason: Annotated[str, Field(min_length=1, max_length=64)]


INBOUND: Mapping[str, type[_Inbound]] = {
    "subscribed": Subscribed,
    "utterance": UtteranceMessage,
    "summary.delta": SummaryDeltaMessage,
    "summary.completed": SummaryCompleted,
    "context_window.updated": ContextWindowUpdated,
    "heartbeat": Heartbeat,
    "error": ErrorMessage,
    "closing": Closing,
    "end": End,
}
"""Wire type -> model, for every message the service may send."""


class FlatMatrix(SummaryLengthMatrix):
    """The length matrix as a flat message brings it along (rule 2)."""

    model_config = _Inbound.model_config


class FlatDirective(EntityExtractionDirective):
    """The directives as a flat message brings them along (rule 2)."""

    model_config = _Inbound.model_config

    entity_types: tuple[Annotated[str, Field(min_length=1, max_length=64)], ...] = Field(
        default=("PERSON", "ORGANIZATION", "PRODUCT"), max_length=64, strict=False
    )


class FlatMessage(_Inbound):
    """The untyped message: the Subscription's fields, a summary, perhaps its own context."""

    interaction_id: Id
    summary_matrix: FlatMatrix
    extraction_directives: FlatDirective
    ai_gateway_version: str = "v2"
    summary: str
    conversation_context: str | None = None


class GatewaySummary(_Inbound):
    """The body of ``201`` from ``POST /summaries``."""

    summary_id: Id
    interaction_id: Id
    summary: str
    entities: list[Entity] = []
