"""Validation against labels."""

from __future__ import annotations

from typing import Any

import pytest

from harness.metrics.acceptance import Expected, Received, schema_acceptance


def received(number: int, *reasons: str, **changes: Any) -> Received:
    fields: dict[str, Any] = {
        "session": "s",
        "number": number,
        "conversation": "c",
        "seq": number,
        "rejected": bool(reasons),
        "reasons": reasons,
    }
    return Received(**(fields | changes))


def expected(reason: str, **changes: Any) -> Expected:
    fields: dict[str, Any] = {"session": "s", "conversation": "c", "seq": None, "reason": reason}
    return Expected(**(fields | changes))


def test_found_by_number() -> None:
    """A label with a number is about exactly that message."""
    found = schema_acceptance(
        [received(1), received(2, "not_json", seq=None), received(3, "not_json", seq=None)],
        [expected("not_json", number=3)],
    )
    assert (found["hit"], found["unexpected"]) == (1, 1)
    assert found["unexpected_reasons"] == {"not_json": 1}


@pytest.mark.parametrize(
    "label,result",
    [
        (expected("schema", seq=2), "hit"),
        (expected("", seq=2), "hit"),
        (expected("binary", seq=2), "other_reason"),
        (expected("schema", seq=1), "missed"),
        (expected("schema", number=1), "missed"),
        (expected("not_json"), "hit"),
        (expected("binary"), "missed"),
        (expected("not_json", session="other"), "missed"),
    ],
)
def test_results(label: Expected, result: str) -> None:
    """By seq, by number, by reason among the nameless."""
    messages = [received(1), received(2, "schema"), received(3, "not_json", seq=None, conversation="")]
    found = schema_acceptance(messages, [label])
    assert found[result] == 1
    assert found["by_reason"][label.reason or "any"][result] == 1


def test_duplicates_are_not_schema() -> None:
    """A repeated or late message counts on neither side."""
    found = schema_acceptance([received(1), received(2, "duplicate_seq"), received(3, "late_seq")], [])
    assert (found["n"], found["right"], found["unexpected"]) == (1, 1, 0)


def test_repeated_seq_prefers_the_right_reason() -> None:
    """Of two messages with one seq the label takes the rejected one."""
    found = schema_acceptance([received(1), received(2, "schema", seq=1)], [expected("schema", seq=1)])
    assert found["hit"] == 1


def test_nothing() -> None:
    """No messages: the rate is n/a."""
    found = schema_acceptance([], [])
    assert (found["rate"], found["interval"]) == ("n/a", [])


def test_a_reason_stands_for_its_places() -> None:
    """``schema`` is met by ``schema:/seq``, and not by a reason that only begins alike."""
    labels = [expected("schema", number=number) for number in (1, 2)]
    found = schema_acceptance([received(1, "schema:/seq"), received(2, "schematic")], labels)
    assert (found["hit"], found["other_reason"]) == (1, 1)
