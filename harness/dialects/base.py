"""What a service says, freed of how it says it: canonical events and the ``Dialect`` protocol.

1. A dialect is pure: bytes in, events out; it opens nothing and waits for nothing.
2. A message that cannot be decoded is a :class:`Malformed` event, never an exception.
3. Every event keeps its ``payload`` (the decoded JSON object) so that unknown fields survive.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

__all__ = [
    "Dialect",
    "Directives",
    "Event",
    "LengthMatrix",
    "Lifecycle",
    "Malformed",
    "Other",
    "ServiceFault",
    "Summary",
    "SummaryDelta",
    "Utterance",
]


class LengthMatrix(Protocol):
    """Bounds of a summary in tokens, and its wanted share of the context's tokens."""

    @property
    def min_tokens(self) -> int: ...

    @property
    def max_tokens(self) -> int: ...

    @property
    def target_compression_ratio(self) -> float: ...


class Directives(Protocol):
    """Which entities are wanted, and from which confidence on."""

    @property
    def entity_types(self) -> Sequence[str]: ...

    @property
    def confidence_threshold(self) -> float: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _Base:
    """Facts every event has.

    Args:
        type: the wire type ("utterance", "summary.completed", ...).
        conversation: interaction id, '' where the message names none.
        seq: 1, 2, 3 ... per conversation; None where the dialect has no order (arrival order then).
        payload: the decoded JSON value.
    """

    type: str
    conversation: str = ""
    seq: int | None = None
    payload: Any = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Utterance(_Base):
    """Something that was said: ``text``, at ``text_path`` of the payload; it supports a claim only when ``is_final``."""

    utterance_id: str
    speaker: str
    text: str = field(repr=False)
    text_path: str = "/text"
    is_final: bool = True
    revision: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SummaryDelta(_Base):
    """A piece of a summary; a value may be split over any boundary."""

    summary_id: str
    index: int
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary(_Base):
    """A whole summary.

    ``self_context`` is the context the message brought along itself (the untyped message), None elsewhere; so is ``asked``:
    its own length matrix and directives.
    """

    summary_id: str
    summary: str = field(repr=False)
    entities: Sequence[Mapping[str, Any]] = field(default=(), repr=False)
    reason: str | None = field(default=None, repr=False)
    resolution: str | None = field(default=None, repr=False)
    followups: Sequence[str] = field(default=(), repr=False)
    error_type: str | None = None
    self_context: str | None = field(default=None, repr=False)
    asked: tuple[LengthMatrix, Directives] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifecycle(_Base):
    """subscribed, context_window.updated, heartbeat, closing, end: ``facts`` holds the type's own fields."""

    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceFault(_Base):
    """The service reports a fault on the stream."""

    code: str
    message: str = field(default="", repr=False)
    retry_after_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Other(_Base):
    """A type this version does not know: kept, counted, never fatal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Malformed(_Base):
    """A message that could not be decoded.

    Args:
        reason: not_json | not_object | not_finite_number | duplicate_keys | too_deep | binary | too_large |
            invalid_text | schema
        where: JSON path or byte offset of the fault, '' if none; never payload text.
    """

    type: str = "malformed"
    reason: str
    where: str = ""


Event = Utterance | SummaryDelta | Summary | Lifecycle | ServiceFault | Other | Malformed


class Dialect(Protocol):
    """What the rest of the harness asks of a service's language."""

    @property
    def name(self) -> str:
        """Name and version as recorded in headers: ``mediation/2``."""
        ...

    @property
    def needs_token(self) -> bool:
        """The service asks for an access token."""
        ...

    @property
    def ends_with_close(self) -> bool:
        """A normal close (1000) by the service is the end of the session, not a drop."""
        ...

    def decode(self, data: str | bytes) -> Event:
        """One message of the stream as one event."""
        ...

    def decode_rest(self, body: str) -> Event:
        """The body of a summary made over REST as one event."""
        ...

    def text_paths(self, event: Event) -> Mapping[str, str]:
        """JSON path -> stream name of every string that continues over messages ('' = stands alone)."""
        ...

    def exempt(self, event: Event, path: str) -> bool:
        """True for a path of ``event`` that holds an id, an enum or a counter the scan must leave alone."""
        ...

    def exempt_paths(self, event: Event) -> frozenset[str]:
        """All those paths, of keys none: :meth:`exempt` in one go."""
        ...

    def conversation_of(self, data: str) -> str | None:
        """The interaction id in a client message or a REST body, None if it has none."""
        ...

    def subscribe_text(self, subscription: Any, conversation: str, resume_after_seq: int | None) -> str | None:
        """What the client sends to hear of a conversation, None = nothing."""
        ...

    def unsubscribe_text(self, conversation: str) -> str | None:
        """What the client sends when it leaves, None = nothing."""
        ...
