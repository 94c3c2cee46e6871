"""The offline check can fail: every kind of violation, planted in a clean history, is found and named."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from harness.session.chaos.history import Delivered, Findings, History, Message, Told, examine

TYPES = ("subscribed", "utterance", "utterance", "summary.completed", "end")


def told(number: int, **changes: Any) -> Told:
    fields: dict[str, Any] = {
        "number": number,
        "place": 10 * number,
        "type": TYPES[number - 1],
        "seq": number,
        "verdict": "accepted",
        "deliverable": number == 4,
    }
    return Told(**{**fields, **changes})


def clean(**changes: Any) -> History:
    """Five messages, the fourth a summary that was delivered to two sinks."""
    wire = [Message(type_, seq) for seq, type_ in enumerate(TYPES, 1)]
    fields: dict[str, Any] = {
        "sent": wire,
        "received": wire,
        "recorded": [told(number) for number in range(1, 6)],
        "audited": [told(number, deliverable=False) for number in range(1, 6)],
        "delivered": [Delivered(sink=sink, key="i/s4/d", number=4, place=45) for sink in ("sqlite", "webhook")],
        "gaps": [],
    }
    return History(**{**fields, **changes})


def without(items: Any, *numbers: int) -> list[Any]:
    return [item for item in items if item.number not in numbers]


def test_a_clean_history_has_no_findings() -> None:
    """Nothing is found where nothing is wrong, and the end is seen."""
    assert examine(clean()).all == []
    assert clean().ended
    assert not clean(sent=[Message("end", None)]).ended


def planted() -> dict[str, tuple[History, str, list[str]]]:
    base = clean()
    wire, recorded, audited, sent_twice = base.sent, base.recorded, base.audited, base.delivered[0]
    third_refused = replace(told(3), verdict="rejected", reasons=("duplicate_seq",))
    swapped = [recorded[1], recorded[0], *recorded[2:]]
    return {
        "received and not processed": (
            clean(
                received=[m for m in wire if m.seq != 3],
                recorded=without(recorded, 3),
                audited=without(audited, 3),
                gaps=[(3, 3)],
            ),
            "lost",
            ["seq 3"],
        ),
        "an end nobody got": (
            clean(received=wire[:4], recorded=recorded[:4], audited=audited[:4]),
            "lost",
            ["seq 5"],
        ),
        "received without an outcome": (
            clean(recorded=without(recorded, 5), audited=without(audited, 5), error="AuthError"),
            "lost",
            ["seq 5", "1 received messages have no outcome"],
        ),
        "no audit record": (clean(audited=without(audited, 2)), "lost", ["message 2 has no audit record"]),
        "audited only": (
            clean(recorded=[*recorded[:4], replace(told(5), number=9)]),
            "lost",
            ["message 9 has no audit record", "message 5 has no outcome"],
        ),
        "not delivered to one sink": (
            clean(delivered=[sent_twice, replace(sent_twice, sink="webhook", number=2)]),
            "lost",
            ["message 4 was not delivered to webhook"],
        ),
        "delivered nowhere": (clean(delivered=[]), "lost", ["message 4 was not delivered to any sink"]),
        "processed twice": (
            clean(
                recorded=[*recorded, replace(told(5), number=6, place=60)],
                audited=[*audited, replace(told(5), number=6, place=60)],
            ),
            "duplicated",
            ["seq 5"],
        ),
        "audited twice": (
            clean(audited=[*audited, replace(told(5), deliverable=False)]),
            "duplicated",
            ["audit record of message 5"],
        ),
        "delivered twice": (
            clean(delivered=[*base.delivered, sent_twice]),
            "duplicated",
            ["delivery of i/s4/d to sqlite"],
        ),
        "outcomes out of order": (clean(recorded=swapped), "reordered", ["outcome of entry 10"]),
        "audited out of order": (
            clean(audited=[audited[1], audited[0], *audited[2:]]),
            "reordered",
            ["audit record of message 1"],
        ),
        "delivered out of order": (
            clean(
                recorded=[*recorded[:2], told(3, deliverable=True), *recorded[3:]],
                delivered=[sent_twice, Delivered(sink="sqlite", key="i/s3/d", number=3, place=46)],
            ),
            "reordered",
            ["delivery of message 3 to sqlite"],
        ),
        "a hole nobody recorded": (
            clean(
                sent=[m for m in wire if m.seq != 3],
                received=[m for m in wire if m.seq != 3],
                recorded=without(recorded, 3),
                audited=without(audited, 3),
            ),
            "unrecorded",
            ["seq 3"],
        ),
        "received and never sent": (
            clean(sent=wire[:4]),
            "contradictions",
            ["end 5 was received and never sent"],
        ),
        "a gap over what came": (clean(gaps=[(3, 3)]), "contradictions", ["seq 3 is in a gap and was processed"]),
        "the audit says otherwise": (
            clean(audited=[*audited[:2], replace(third_refused, deliverable=False), *audited[3:]]),
            "contradictions",
            ["the audit record of message 3 differs from its outcome"],
        ),
        "delivered before it was audited": (
            clean(delivered=[replace(sent_twice, place=39)]),
            "contradictions",
            ["message 4 was delivered before it was audited"],
        ),
        "delivered though it must not be": (
            clean(delivered=[sent_twice, Delivered(sink="sqlite", key="i/s5/d", number=5, place=59)]),
            "contradictions",
            ["message 5 was delivered to sqlite, which it must not be"],
        ),
    }


@pytest.mark.parametrize("what", planted())
def test_a_planted_violation_is_found(what: str) -> None:
    """Each is found under its own kind, by number or seq."""
    history, kind, words = planted()[what]
    found: Findings = examine(history)
    assert getattr(found, kind) == words
    assert any(line.endswith(words[0]) for line in found.all)


def test_a_refused_repetition_is_no_duplicate() -> None:
    """It has an outcome and an audit record of its own, and changes nothing."""
    base = clean()
    more = replace(told(3), number=6, place=60, verdict="rejected", reasons=("duplicate_seq",))
    repeated = Message("utterance", 3)
    history = clean(
        sent=[*base.sent, repeated],
        received=[*base.received, repeated],
        recorded=[*base.recorded, more],
        audited=[*base.audited, more],
    )
    assert examine(history).all == []


def test_a_recorded_gap_is_in_order() -> None:
    """What never came and lies in a recorded gap is neither lost nor unrecorded."""
    base = clean()
    history = clean(
        sent=[m for m in base.sent if m.seq != 3],
        received=[m for m in base.received if m.seq != 3],
        recorded=without(base.recorded, 3),
        audited=without(base.audited, 3),
        gaps=[(3, 3)],
    )
    assert examine(history).all == []


def test_a_session_that_failed_lost_only_what_it_had_received() -> None:
    """What was sent and not received by then is not lost; the error told of the end."""
    base = clean()
    history = clean(
        received=base.received[:2],
        recorded=base.recorded[:2],
        audited=base.audited[:2],
        delivered=[],
        error="AuthError",
    )
    assert examine(history).all == []
