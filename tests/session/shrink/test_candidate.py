"""Smaller recordings made of parts of a larger one."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from harness.recording.entry import AnyEntry, Gap, HttpRequest, OutcomeEntry, Withheld, WsClose, WsMessage
from harness.session.shrink.candidate import Plan, build, can_renumber
from harness.session.shrink.material import Material


def values(entries: list[AnyEntry]) -> list[dict[str, Any]]:
    return [json.loads(e.text) for e in entries if isinstance(e, WsMessage) and e.dir == "in" and e.text]


def at_seq(material: Material, seq: int) -> int:
    return next(n for n, place in material.places.items() if place[1] == seq)


def test_seq_closes_up(gift: Material) -> None:
    """Messages behind those taken out get the numbers that follow; their lines change, others keep their bytes."""
    made = build(gift, Plan(units=(at_seq(gift, 11), at_seq(gift, 19))))
    assert [value["seq"] for value in values(made.entries)] == [1, 2, 3, 4]
    before = {entry.n: line for entry, line in gift.loaded.lines}
    assert [e.n for e, line in made.lines if before[e.n] != line] == [at_seq(gift, seq) for seq in (11, 19, 48)]
    assert not any(isinstance(e, OutcomeEntry) for e in made.entries)


def test_spans_and_sizes_are_those_of_the_new_text(gift: Material) -> None:
    """Words that go take no span along but their own; spans behind them move, and the size is the new one."""
    n = at_seq(gift, 11)
    text = gift.events[n].payload["text"]
    start = text.index("636")
    made = build(gift, Plan(units=(n,), cuts={(n, "/text"): [(0, start)]}))
    (entry,) = (e for e in made.entries if e.n == n)
    assert isinstance(entry, WsMessage)
    assert [(one.start, one.end) for one in entry.pii] == [(0, 12)]
    assert entry.size == len((entry.text or "").encode())
    spans = [label for label in made.labels if label.kind == "span"]
    assert [(one.seq, one.start, one.end) for one in spans] == [(2, 0, 12)]
    gone = build(gift, Plan(units=(n,), cuts={(n, "/text"): [(0, len(text))]}))
    assert not any(label.kind == "span" for label in gone.labels)


def test_with_its_live_side_nothing_is_renumbered(gift: Material) -> None:
    """With live outcomes every seq stays, and a gap says what is missing before the message behind it."""
    made = build(gift, Plan(units=(at_seq(gift, 11),), live=True, renumber=False))
    gaps = [(e.from_seq, e.to_seq, e.after) for e in made.entries if isinstance(e, Gap)]
    assert gaps == [(2, 10, 2), (12, 47, 3)]
    assert [value["seq"] for value in values(made.entries)] == [1, 11, 48]
    assert [e.n for e in made.entries] == sorted({e.n for e in made.entries})
    assert sum(isinstance(e, OutcomeEntry) for e in made.entries) == 3


def test_without_its_end_nothing_of_the_leaving_stays(gift: Material) -> None:
    """A session that stops behind its last message has no end, and no close or farewell of the client."""
    made = build(gift, Plan(units=(at_seq(gift, 11),), ended=False))
    assert [value["type"] for value in values(made.entries)] == ["subscribed", "utterance"]
    assert not any(isinstance(e, WsClose) for e in made.entries)
    assert [e.dir for e in made.entries if isinstance(e, WsMessage)] == ["out", "in", "in"]


def test_what_follows_from_what_is_gone_is_not_compared(gift: Material, roaming: Material) -> None:
    """Requests to the gateway and token counts are marked as not compared."""
    asked = next(e.n for e in gift.entries if isinstance(e, HttpRequest) and e.service == "gateway")
    (request,) = (e for e in build(gift, Plan(units=(asked,))).entries if e.n == asked)
    assert isinstance(request, HttpRequest)
    assert request.play is not None
    assert "/context" in request.play.ignore
    made = build(roaming, Plan(units=tuple(roaming.units)))
    sent = next(e for e in made.entries if isinstance(e, WsMessage) and "token_count" in (e.text or ""))
    assert sent.play is not None
    assert "/token_count" in sent.play.ignore


def test_a_withheld_message_cannot_be_renumbered(gift: Material) -> None:
    """Where a message's text is not there, its seq cannot change, and nobody's does."""
    assert can_renumber(gift)
    held = Withheld(n=10, t=0, of_kind="ws.message", size=9, rule="x", dir="in", conversation="c", seq=2)
    lines = [(held if e.n == 10 else e, line) for e, line in gift.loaded.lines]
    assert not can_renumber(Material(loaded=replace(gift.loaded, lines=lines), dialect=gift.dialect))
