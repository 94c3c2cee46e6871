from __future__ import annotations

from collections.abc import Sequence

import pytest

from harness.recording.entry import (
    AnyEntry,
    Checkpoint,
    Gap,
    HttpChunk,
    HttpRequest,
    HttpResponse,
    OutcomeEntry,
    WsAccept,
    WsClose,
    WsMessage,
    WsOpen,
)
from harness.recording.select import closure, of_conversation, within


def exchange(n: int, conn: str, service: str, body: str = "") -> list[AnyEntry]:
    return [
        HttpRequest(n=n, t=n, service=service, conn=conn, method="POST", url="/x", body=body),  # type: ignore[arg-type]
        HttpResponse(n=n + 1, t=n + 1, conn=conn, re=n, status=200),
        HttpChunk(n=n + 2, t=n + 2, conn=conn, re=n, text="{}", final=True),
    ]


def message(n: int, direction: str, text: str, conn: str = "w1", re: int | None = None) -> WsMessage:
    return WsMessage(n=n, t=n, conn=conn, dir=direction, text=text, re=re)  # type: ignore[arg-type]


SESSION: Sequence[AnyEntry] = [
    *exchange(1, "h1", "token"),
    WsOpen(n=4, t=4, conn="w1", url="/s"),
    WsAccept(n=5, t=5, conn="w1", re=4),
    message(6, "out", "A subscribe"),
    message(7, "in", "A one", re=6),
    message(8, "in", "A two", re=6),
    OutcomeEntry(n=9, t=9, of=7, conversation="A", event="e", stage="s", verdict="accepted"),
    OutcomeEntry(n=10, t=10, of=8, conversation="A", event="e", stage="s", verdict="accepted"),
    Checkpoint(n=11, t=11, sha256=""),
    message(12, "out", "A update"),
    message(13, "in", "A updated", re=12),
    *exchange(14, "h2", "gateway", "A"),
    message(17, "out", "A unsubscribe"),
    WsClose(n=18, t=18, conn="w1", by="us", code=1000),
    *exchange(19, "h3", "token"),
    WsOpen(n=22, t=22, conn="w2", url="/s"),
    WsAccept(n=23, t=23, conn="w2", re=22),
    message(24, "out", "B subscribe", conn="w2"),
    message(25, "in", "?", conn="w2", re=24),
    message(26, "in", "A again", conn="w3"),
    Gap(n=27, t=27, conversation="B", from_seq=1, to_seq=2, reason="hole"),
    Gap(n=28, t=28, from_seq=1, to_seq=2, reason="hole"),
    WsClose(n=29, t=29, conn="w2", by="peer", code=1000),
]

FRAME = {1, 2, 3, 4, 5, 6, 8, 10, 12, 13, 17, 18}
"""The token, the connection's dial, answer and end, and what led the client to end it."""


def named(entry: AnyEntry) -> str:
    text = getattr(entry, "text", None) or getattr(entry, "body", None) or ""
    return str(getattr(entry, "conversation", "")) or (text[0] if text[:1] in ("A", "B") else "")


def test_ranges_have_both_ends() -> None:
    """By number and by time; without ends everything."""
    assert within(SESSION, first=2, last=4) == {2, 3, 4}
    assert within(SESSION, after_us=27) == {27, 28, 29}
    assert within(SESSION, before_us=2, first=2) == {2}
    assert len(within(SESSION)) == len(SESSION)


@pytest.mark.parametrize(
    "wanted, kept",
    [
        ({7}, FRAME | {7, 9}),
        ({13}, FRAME),
        ({15}, {1, 2, 3, 14, 15, 16}),
        ({9, 11}, set[int]()),
        ({2}, {1, 2, 3}),
        ({23}, {19, 20, 21, 22, 23, 29}),
        ({25}, {19, 20, 21, 22, 23, 24, 25, 29}),
        ({27}, {27}),
        (set[int](), set[int]()),
    ],
)
def test_what_is_kept_can_be_played(wanted: set[int], kept: set[int]) -> None:
    """Whole exchanges, dial and end, what it answers, the last token before it, and the outcomes of what is kept."""
    assert closure(SESSION, wanted) == kept


def test_conversations_are_told_apart() -> None:
    """An entry that names none goes with its connection, a connection that names none with all; tokens by need."""
    b = of_conversation(SESSION, "B", named)
    assert b == {22, 23, 24, 25, 27, 28, 29}
    a = of_conversation(SESSION, "A", named)
    assert a == {4, 5, 6, 7, 8, 9, 10, 12, 13, 14, 15, 16, 17, 18, 26, 28}
    assert closure(SESSION, b) == b | {19, 20, 21}
