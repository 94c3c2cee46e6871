"""What timers had a recorded client say: found in the recording, said again in the replay."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from harness.client.options import TimedSend
from harness.dialects.generic import GenericDialect
from harness.dialects.mediation import MediationDialect, Subscription
from harness.recording.entry import HttpRequest, HttpResponse, Withheld, WsMessage, WsOpen
from harness.session.said import timed_sends

CAPTIONS = """
name = "captions/1"
[paths]
conversation = "$.call"
seq = "$.no"
text = "$.words"
[client]
subscribe = '{"listen":"{conversation}","from":{after}}'
unsubscribe = '{"leave":"{conversation}"}'
"""


def said(value: Any, conn: str = "w1") -> WsMessage:
    return WsMessage(n=1, t=0, conn=conn, dir="out", text=value if isinstance(value, str) else json.dumps(value))


def came(type_: str, seq: int, conn: str = "w1", **more: Any) -> WsMessage:
    text = json.dumps({"type": type_, "interaction_id": "i-1", "seq": seq, **more})
    return WsMessage(n=1, t=0, conn=conn, dir="in", text=text)


def asks(after: int | None = None) -> dict[str, Any]:
    return {"type": "subscribe", "interaction_id": "i-1"} | ({} if after is None else {"resume_after_seq": after})


UPDATE = {"type": "context_window.update", "interaction_id": "i-1", "token_count": 24, "retain_tokens": 4}


def found(entries: Sequence[Any]) -> dict[int, list[TimedSend]]:
    return timed_sends(entries, MediationDialect(), Subscription())


def test_messages_that_were_asked_for_again() -> None:
    """A subscription is no timer's on a new connection, nor after leaving; on the same one it is."""
    again = asks(2)
    leaves = {"type": "unsubscribe", "interaction_id": "i-1"}
    entries: list[Any] = [
        said(asks()),
        came("heartbeat", 1),
        came("heartbeat", 4),
        said(again),
        came("heartbeat", 3),
    ]
    more: list[Any] = [
        WsOpen(n=1, t=0, conn="w1", url="/x"),
        said(asks(4)),
        said(leaves),
        said(asks(4)),
        said(again),
        said("]"),
    ]
    assert found([*entries, *more]) == {
        2: [TimedSend(1, json.dumps(again))],
        3: [TimedSend(2, json.dumps(again))],
    }


def test_an_update_without_an_answer() -> None:
    """An update while another one waits for its answer is a repetition, one after the answer is a crossing of its own."""
    entries: list[Any] = [
        said(asks()),
        came("heartbeat", 1),
        said(UPDATE),
        said(asks(1), "w2"),
        said(UPDATE, "w2"),
    ]
    answer = came("context_window.updated", 2, "w2", token_count=4)
    assert found([*entries, answer, said(UPDATE, "w2")]) == {1: [TimedSend(2, json.dumps(UPDATE))]}


def test_what_counts() -> None:
    """Messages nobody could store and summaries made over REST have their number too."""
    rest = HttpRequest(n=7, t=0, conn="h1", service="gateway", method="POST", url="/api/summaries", body="{}")
    made = HttpResponse(n=8, t=0, conn="h1", re=7, status=201)
    held = Withheld(n=9, t=0, dir="in", of_kind="ws.message", conn="w1", size=3, rule="binary")
    entries: list[Any] = [said(asks()), came("heartbeat", 1), rest, made, held, said(asks(1))]
    assert list(found(entries)) == [3]


def test_another_dialect() -> None:
    """Where a description says how to subscribe, what it would say is what is looked for."""
    listens, later = '{"listen":"c","from":0}', '{"listen":"c","from":17}'
    entries: list[Any] = [
        said(listens),
        came("x", 1),
        said(later),
        said('{"leave":"c"}'),
        said(listens),
        said('{"other":"c"}'),
    ]
    assert timed_sends(entries, GenericDialect(CAPTIONS), None) == {1: [TimedSend(1, later)]}
