"""Stage: is the message what the dialect allows, and are its entities what was asked for?

1. A message that could not be decoded is rejected here with the decoder's reason; the stream goes on.
2. A summary the service itself marks as failed, or an empty one, is rejected.
3. Entities under the confidence asked for, or of a type not asked for, are dropped and counted.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from harness.dialects.base import Directives, Event, Malformed, Summary

__all__ = ["drop_entities", "fault", "unwanted_entities"]

_PLAIN = re.compile(r"(?:/(?:[a-z][a-z_]*|[0-9]{1,4}))+")


def fault(event: Event) -> tuple[str, str] | None:
    """(stage, reason) of a message that must be rejected, None for a good one."""
    match event:
        case Malformed(reason="schema", where=where):
            return "validate", f"schema:{where}" if _is_plain(where) else "schema"
        case Malformed(reason=reason):
            return "decode", reason
        case Summary(error_type=str(kind)) if kind:
            return "validate", "service_error"
        case Summary(summary=text) if not text.strip():
            return "validate", "empty_summary"
        case _:
            return None


def _is_plain(where: str) -> bool:
    """Names as a dialect gives its fields, and indices: an unknown key could be anybody's text."""
    return len(where) <= 80 and _PLAIN.fullmatch(where) is not None


def unwanted_entities(event: Event, directive: Directives) -> Sequence[int]:
    """Indices of the entities to drop."""
    if not isinstance(event, Summary):
        return ()
    wanted = frozenset(directive.entity_types)
    return [
        index
        for index, entity in enumerate(event.entities)
        if entity["type"] not in wanted or entity["confidence"] < directive.confidence_threshold
    ]


def drop_entities(payload: Mapping[str, Any], indices: Sequence[int]) -> dict[str, Any]:
    """``payload`` without the entities at ``indices``."""
    dropped = frozenset(indices)
    kept = [entity for index, entity in enumerate(payload["entities"]) if index not in dropped]
    return {**payload, "entities": kept}
