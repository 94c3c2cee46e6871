"""The mediation dialect, version 2: bytes of the stream and of the AI gateway as canonical events.

``mediation.md`` beside this file is the specification.

1. A typed message is looked up by ``type``; an unknown type is :class:`Other`, never an error.
2. An object without ``type`` is the flat message of early clients: context and summary in one.
3. What is not decodable is a :class:`Malformed` with a reason of the closed list in ``base.py``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from harness.dialects import mediation_models as models
from harness.dialects.base import (
    Event,
    Lifecycle,
    Malformed,
    Other,
    ServiceFault,
    Summary,
    SummaryDelta,
    Utterance,
)
from harness.dialects.mediation_models import Subscription, make_subscription
from harness.dialects.quick_models import accepted
from harness.dialects.strict_json import StrictJsonError, loads

__all__ = [
    "MediationDialect",
    "Subscription",
    "context_window_update",
    "dump",
    "make_subscription",
    "subscribe_message",
    "summary_request",
    "unsubscribe_message",
    "validate_request",
]


def dump(value: Any) -> str:
    """JSON as this dialect writes it: compact, keys in the order given, no ASCII escapes."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def subscribe_message(
    subscription: Subscription, interaction_id: str, resume_after_seq: int | None = None
) -> dict[str, Any]:
    """``subscribe``; with ``resume_after_seq`` the service goes on after that message."""
    message: dict[str, Any] = {"type": "subscribe", "interaction_id": interaction_id, **_wire(subscription)}
    if resume_after_seq is not None:
        message["resume_after_seq"] = resume_after_seq
    return message


def unsubscribe_message(interaction_id: str) -> dict[str, Any]:
    """``unsubscribe``."""
    return {"type": "unsubscribe", "interaction_id": interaction_id}


def context_window_update(interaction_id: str, token_count: int, retain_tokens: int) -> dict[str, Any]:
    """``context_window.update``: the window is full, keep ``retain_tokens``."""
    return {
        "type": "context_window.update",
        "interaction_id": interaction_id,
        "token_count": token_count,
        "retain_tokens": retain_tokens,
    }


def summary_request(subscription: Subscription, interaction_id: str, context: list[dict[str, str]]) -> dict[str, Any]:
    """Body of ``POST {gateway}/summaries``; context = [{"speaker","text"}]."""
    return {"interaction_id": interaction_id, **_wire(subscription), "context": context}


def validate_request(interaction_id: str, summary: str, context: list[dict[str, str]]) -> dict[str, Any]:
    """Body of ``POST {gateway}/summaries/validate``."""
    return {"interaction_id": interaction_id, "summary": summary, "context": context}


def _wire(subscription: Subscription) -> dict[str, Any]:
    return subscription.model_dump(mode="json")


_LIFECYCLE = ("subscribed", "context_window.updated", "heartbeat", "closing", "end")
_ENVELOPE = ("type", "interaction_id", "seq")

_IDS = frozenset({"/type", "/interaction_id", "/seq", "/utterance_id", "/summary_id", "/ai_gateway_version"})
_EXEMPT: Mapping[str, frozenset[str]] = {
    "utterance": _IDS | {"/speaker", "/is_final", "/revision", "/offset_ms", "/duration_ms"},
    "summary.delta": _IDS | {"/index"},
    "context_window.updated": _IDS | {"/token_count"},
    "error": _IDS | {"/retry_after_s"},
    "closing": _IDS | {"/grace_s"},
}
_NOTHING: frozenset[str] = frozenset()


class MediationDialect:
    """Decodes ``mediation/2``; holds no state."""

    name = "mediation/2"
    needs_token = True
    heartbeats = True
    ends_with_close = False

    def decode(self, data: str | bytes) -> Event:
        """One stream message as one event; never raises for what the message holds."""
        if isinstance(data, bytes):
            return Malformed(reason="binary")
        try:
            value = loads(data)
        except StrictJsonError as error:
            return Malformed(reason=error.reason, where=error.where)
        if not isinstance(value, dict):
            return Malformed(reason="not_object", payload=value)
        if "type" not in value:
            return _checked(models.FlatMessage, value, _flat)
        return _typed(value)

    def decode_rest(self, body: str) -> Event:
        """The body of a summary made by the gateway as a :class:`Summary` without ``seq``."""
        try:
            value = loads(body)
        except StrictJsonError as error:
            return Malformed(reason=error.reason, where=error.where)
        if not isinstance(value, dict):
            return Malformed(reason="not_object", payload=value)
        return _checked(models.GatewaySummary, value, _gateway)

    def text_paths(self, event: Event) -> Mapping[str, str]:
        """The one string of an event that may continue in the next: a delta's text, a speaker's words."""
        match event:
            case SummaryDelta():
                return {"/text": f"summary/{event.summary_id}"}
            case Utterance():
                return {"/text": f"speaker/{event.speaker}"}
            case Malformed(payload={"type": "summary.delta"}):
                return {"/text": "summary/"}
            case _:
                return {}

    def exempt(self, event: Event, path: str) -> bool:
        """Ids, enums and counters of a well-formed message; nothing of a malformed one.

        A code or reason that the page does not name is not an enum: it could be anybody's text.
        """
        return path in self.exempt_paths(event)

    def exempt_paths(self, event: Event) -> frozenset[str]:
        """All of them."""
        match event:
            case Malformed() | Other():
                return _NOTHING
            case ServiceFault(code=code) if code in models.ERROR_CODES:
                return _EXEMPT["error"] | {"/code"}
            case Lifecycle(type="end", facts=facts) if facts["reason"] in models.END_REASONS:
                return _IDS | {"/reason"}
            case _:
                return _EXEMPT.get(event.type, _IDS)

    def conversation_of(self, data: str) -> str | None:
        """``interaction_id`` of a client message or a REST body."""
        try:
            value = loads(data)
        except StrictJsonError:
            return None
        found = value.get("interaction_id") if isinstance(value, dict) else None
        return found if isinstance(found, str) else None

    def subscribe_text(self, subscription: Subscription, conversation: str, resume_after_seq: int | None) -> str:
        """``subscribe``."""
        return dump(subscribe_message(subscription, conversation, resume_after_seq))

    def unsubscribe_text(self, conversation: str) -> str:
        """``unsubscribe``."""
        return dump(unsubscribe_message(conversation))


def _typed(value: dict[str, Any]) -> Event:
    kind = value["type"]
    if not isinstance(kind, str):
        return Malformed(reason="schema", where="/type", payload=value, conversation=_id_in(value))
    model = models.INBOUND.get(kind)
    if model is None:
        return Other(type=kind, conversation=_id_in(value), seq=_seq_in(value), payload=value)
    return _checked(model, value, _BUILD[kind])


def _checked(model: type[BaseModel], value: dict[str, Any], build: Callable[[Any, dict[str, Any]], Event]) -> Event:
    message = accepted(model, value) if model in _QUICKLY else None
    if message is None:
        try:
            message = model.model_validate(value)
        except ValidationError as error:
            return _explain(error, value)
    return build(message, value)


def _explain(error: ValidationError, value: dict[str, Any]) -> Malformed:
    """The first fault, plus what can still be trusted: its conversation and its place in the order."""
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    return Malformed(
        reason="schema",
        where="".join(f"/{part}" for part in first["loc"]),
        conversation=_id_in(value),
        seq=_seq_in(value),
        payload=value,
    )


def _id_in(value: dict[str, Any]) -> str:
    found = value.get("interaction_id")
    return found if isinstance(found, str) and 0 < len(found) <= 512 else ""


def _seq_in(value: dict[str, Any]) -> int | None:
    """``seq`` where it can be trusted: it counts within a conversation."""
    seq = value.get("seq")
    in_range = isinstance(seq, int) and not isinstance(seq, bool) and 1 <= seq <= 2**53
    return seq if in_range and _id_in(value) else None


def _envelope(message: Any, value: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": value["type"],
        "conversation": message.interaction_id or "",
        "seq": message.seq if message.interaction_id else None,
        "payload": value,
    }


def _utterance(message: models.UtteranceMessage, value: dict[str, Any]) -> Event:
    return Utterance(
        **_envelope(message, value),
        utterance_id=message.utterance_id,
        speaker=message.speaker,
        text=message.text,
        is_final=message.is_final,
        revision=message.revision,
    )


def _delta(message: models.SummaryDeltaMessage, value: dict[str, Any]) -> Event:
    return SummaryDelta(
        **_envelope(message, value), summary_id=message.summary_id, index=message.index, text=message.text
    )


def _completed(message: models.SummaryCompleted, value: dict[str, Any]) -> Event:
    return Summary(
        **_envelope(message, value),
        summary_id=message.summary_id,
        summary=message.summary,
        entities=value.get("entities", []),
        reason=message.reason,
        resolution=message.resolution,
        followups=tuple(message.followups),
        error_type=message.error_type,
    )


def _fault(message: models.ErrorMessage, value: dict[str, Any]) -> Event:
    return ServiceFault(
        **_envelope(message, value), code=message.code, message=message.message, retry_after_s=message.retry_after_s
    )


def _lifecycle(message: Any, value: dict[str, Any]) -> Event:
    facts = {key: item for key, item in value.items() if key not in _ENVELOPE}
    if isinstance(message, models.Subscribed):
        facts["limits"] = message.limits.model_dump()
    return Lifecycle(**_envelope(message, value), facts=facts)


def _flat(message: models.FlatMessage, value: dict[str, Any]) -> Event:
    return Summary(
        type="flat",
        conversation=message.interaction_id,
        payload=value,
        summary_id=f"{message.interaction_id}/flat",
        summary=message.summary,
        self_context=message.conversation_context or "",
        asked=(message.summary_matrix, message.extraction_directives),
    )


def _gateway(message: models.GatewaySummary, value: dict[str, Any]) -> Event:
    return Summary(
        type="gateway.summary",
        conversation=message.interaction_id,
        payload=value,
        summary_id=message.summary_id,
        summary=message.summary,
        entities=value.get("entities", []),
    )


_BUILD: Mapping[str, Callable[[Any, dict[str, Any]], Event]] = {
    "utterance": _utterance,
    "summary.delta": _delta,
    "summary.completed": _completed,
    "error": _fault,
    **dict.fromkeys(_LIFECYCLE, _lifecycle),
}

_QUICKLY = frozenset(
    {
        models.UtteranceMessage,
        models.SummaryDeltaMessage,
        models.SummaryCompleted,
        models.FlatMessage,
        models.GatewaySummary,
    }
)
"""What comes often enough to be worth a struct."""
