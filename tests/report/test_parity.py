"""Parity: what pairs, what differs, and what class it is."""

from __future__ import annotations

import dataclasses
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from harness.pipeline.outcome import Budget, Grounding, Outcome
from harness.report.parity import CLASSES, compare


def three(make: SimpleNamespace) -> list[Outcome]:
    return [
        make.outcome(1),
        make.outcome(2, spans=(make.span(3, 9),)),
        make.summary(3, verdict="accepted", stage="audit"),
    ]


def test_equal(make: SimpleNamespace) -> None:
    """The same outcomes: nothing differs, in whatever order they are handed in."""
    outcomes = three(make)
    live = [make.live(outcome) for outcome in outcomes]
    assert compare(live, outcomes) == (3, [])
    assert compare(live[::-1], outcomes[::-1]) == (3, [])
    assert compare([], []) == (0, [])


GROUNDING = Grounding(verdict="ungrounded", band="contradicted", score=0.2)


@pytest.mark.parametrize(
    "changes,cls,fields",
    [
        ({"event": "other"}, "wire", {"event"}),
        ({"seq": 99}, "wire", {"seq"}),
        ({"verdict": "rejected", "stage": "validate", "reasons": ("x",)}, "schema", {"verdict", "stage", "reasons"}),
        ({"verdict": "rejected", "stage": "decode", "digest": "d"}, "schema", {"verdict", "stage", "digest"}),
        ({"budget": Budget(tokens=19, kept=19, total=19), "digest": "d"}, "budget", {"budget", "digest"}),
        ({"budget": None}, "budget", {"budget"}),
        ({"verdict": "quarantined", "stage": "budget"}, "budget", {"verdict", "stage"}),
        ({"spans": (), "digest": "d"}, "redaction", {"spans", "digest"}),
        ({"pii_redacted": False}, "redaction", {"pii_redacted"}),
        ({"verdict": "quarantined", "reasons": ("leak",)}, "redaction", {"verdict", "reasons"}),
        ({"grounding": GROUNDING}, "grounding", {"grounding"}),
        ({"grounding": None}, "grounding", {"grounding"}),
        ({"verdict": "quarantined", "stage": "judge"}, "grounding", {"verdict", "stage"}),
        ({"reasons": ("compression_ratio",)}, "schema", {"reasons"}),
        ({"deliverable": False}, "schema", {"deliverable"}),
        ({"digest": "d"}, "text", {"digest"}),
    ],
)
def test_classes(make: SimpleNamespace, changes: dict[str, Any], cls: str, fields: set[str]) -> None:
    """One changed message is one difference, named after what is most upstream."""
    outcomes = three(make)
    live = [make.live(outcome) for outcome in outcomes]
    count, (found,) = compare(live, [*outcomes[:2], dataclasses.replace(outcomes[2], **changes)])
    assert count == 3
    assert (found.cls, set(found.fields), found.number, found.side) == (cls, fields, 3, "both")
    assert cls in CLASSES


def test_order_of_spans_and_type_matters(make: SimpleNamespace) -> None:
    """Types per path are compared in order."""
    one = make.outcome(1, spans=(make.span(0, 4), make.span(6, 9, "EMAIL")))
    other = make.outcome(1, spans=(make.span(0, 4, "EMAIL"), make.span(6, 9)))
    assert compare([make.live(one)], [other])[1][0].cls == "redaction"


def test_older_recordings_keep_fewer_figures(make: SimpleNamespace) -> None:
    """A grounding or budget is compared on what both sides have; claims give their reasons."""
    outcome = make.summary(1)
    claims = [{"reason": "supported"}, {"reason": "unsupported_number"}]
    kept = msgspec.structs.replace(
        make.live(outcome), grounding={"verdict": "ungrounded", "claims": claims}, budget={"tokens": 18}
    )
    assert compare([kept], [outcome]) == (1, [])
    claims[1] = {}
    assert compare([kept], [outcome])[1][0].cls == "grounding"


def test_missing_message(make: SimpleNamespace) -> None:
    """A message lost in the middle is one difference, not a shift of all that follow."""
    outcomes = three(make)
    live = [make.live(outcome) for outcome in outcomes]
    count, (found,) = compare(live, [outcomes[0], outcomes[2]])
    assert (count, found.cls, found.side, found.number, found.fields) == (3, "wire", "live", 2, {})


def test_extra_message(make: SimpleNamespace) -> None:
    """A message more is one difference."""
    outcomes = three(make)
    live = [make.live(outcome) for outcome in outcomes[:2]]
    count, (found,) = compare(live, outcomes)
    assert (count, found.cls, found.side, found.number) == (3, "wire", "replayed", 3)


def test_swapped_messages(make: SimpleNamespace) -> None:
    """The same messages in another order are of class order."""
    first, second = make.outcome(1), make.outcome(2)
    live = [make.live(first), make.live(second)]
    swapped = [dataclasses.replace(second, number=1), dataclasses.replace(first, number=2)]
    assert {found.cls for found in compare(live, swapped)[1]} == {"order"}


def test_as_json(make: SimpleNamespace) -> None:
    """A difference is told in codes, both sides side by side."""
    outcome = make.outcome(1)
    found = compare([make.live(outcome)], [dataclasses.replace(outcome, digest="d")])[1][0].as_json()
    assert found["fields"] == [{"field": "digest", "live": outcome.digest, "replayed": "d"}]
    assert found["class"] == "text"


def test_gateway_and_stream_do_not_race(make: SimpleNamespace) -> None:
    """Which of two services answered first is no difference: a body and a message may have changed places."""
    message, body = make.outcome(1), make.summary(2, seq=None)
    body = dataclasses.replace(body, service="gateway")
    live = [make.live(message), msgspec.structs.replace(make.live(body), service="gateway")]
    later = [dataclasses.replace(message, number=2), dataclasses.replace(body, number=1)]
    assert compare(live, later) == (2, [])
    assert compare(live[::-1], later) == (2, [])
