"""What a message must be to count."""

from __future__ import annotations

import pytest

from harness.dialects.base import Event, Lifecycle, Malformed, Summary, Utterance
from harness.dialects.mediation_models import EntityExtractionDirective
from harness.pipeline.validate import drop_entities, fault, unwanted_entities


def summary(**fields: object) -> Summary:
    return Summary(**{"type": "summary.completed", "summary_id": "s", "summary": "Done.", **fields})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "event, expected",
    [
        (Malformed(reason="not_json", where="17"), ("decode", "not_json")),
        (Malformed(reason="schema", where="/entities/0/confidence"), ("validate", "schema:/entities/0/confidence")),
        (Malformed(reason="schema"), ("validate", "schema")),
        (summary(error_type="TIMEOUT"), ("validate", "service_error")),
        (summary(error_type=""), None),
        (summary(summary=" \n"), ("validate", "empty_summary")),
        (summary(), None),
        (Utterance(type="utterance", utterance_id="u", speaker="agent", text=""), None),
        (Lifecycle(type="heartbeat"), None),
    ],
)
def test_faults(event: Event, expected: tuple[str, str] | None) -> None:
    """Stage and reason of what is rejected, None for the rest."""
    assert fault(event) == expected


@pytest.mark.parametrize(
    "where",
    ["/4716647716842682", "/a/41529/90188", "/Orla Devane", "/x@y.com", "/" + "a" * 90, "/summary_matrix/415-299-0188"],
)
def test_a_place_that_could_be_text_is_not_told(where: str) -> None:
    """A reason never holds what a stranger may have written as a key."""
    assert fault(Malformed(reason="schema", where=where)) == ("validate", "schema")


def test_entities_not_asked_for_are_dropped() -> None:
    """By type, and by confidence; the threshold itself is enough."""
    entities = [
        {"type": "PERSON", "text": "a", "confidence": 0.9},
        {"type": "PERSON", "text": "b", "confidence": 0.89},
        {"type": "PLACE", "text": "c", "confidence": 1.0},
    ]
    directive = EntityExtractionDirective(entity_types=("PERSON",), confidence_threshold=0.9)
    assert unwanted_entities(summary(entities=entities), directive) == [1, 2]
    assert drop_entities({"summary": "x", "entities": entities}, [1, 2]) == {"summary": "x", "entities": entities[:1]}
    assert unwanted_entities(Lifecycle(type="heartbeat"), directive) == ()
