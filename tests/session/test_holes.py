"""When a hole is given up in a replay: as recorded, or as a live client's timer would have."""

from __future__ import annotations

from typing import Any

from harness.dialects.mediation import MediationDialect
from harness.pipeline.policy import PipelinePolicy
from harness.recording.entry import (
    AnyEntry,
    Gap,
    HttpRequest,
    HttpResponse,
    OutcomeEntry,
    WsAccept,
    WsClose,
    WsMessage,
    WsOpen,
)
from harness.session.holes import given_up

S = 1_000_000


def found(entries: list[AnyEntry], **policy: Any) -> dict[int, list[str]]:
    return given_up(entries, MediationDialect(), PipelinePolicy(**policy))


def accepted(t: int = 0) -> list[AnyEntry]:
    return [WsOpen(n=1, t=t, conn="w1", url="/x"), WsAccept(n=2, t=t, conn="w1", re=1)]


def came(seq: int, t: int, kind: str = "utterance", conversation: str = "i-1") -> WsMessage:
    said = ',"text":"hello","speaker":"agent","is_final":true' if kind == "utterance" else ""
    text = f'{{"type":"{kind}","interaction_id":"{conversation}","seq":{seq}{said}}}'
    return WsMessage(n=seq + 10, t=t, conn="w1", dir="in", text=text)


def test_what_was_decided_live() -> None:
    """Recorded gaps of the timer count; those of the window are the client's own again."""
    outcome = OutcomeEntry(
        n=9, t=0, of=3, service="stream", conversation="i-1", seq=1, event="utterance", stage="audit",
        verdict="accepted", digest="d",
    )  # fmt: skip
    timer = Gap(n=7, t=0, conversation="i-1", from_seq=2, to_seq=2, after=4, reason="timer")
    window = Gap(n=8, t=0, conversation="i-1", from_seq=5, to_seq=5, after=9, reason="window")
    entries = [*accepted(), came(1, 0), came(3, 0), outcome, came(4, 90 * S), timer, window]
    assert found(entries) == {4: ["i-1"]}


def test_after_the_time_out() -> None:
    """Without a live side the hole is given up when five recorded seconds have brought nothing to fill it."""
    first = [*accepted(), came(1, 0), came(3, S), came(4, 3 * S)]
    assert found([*first, came(5, 6 * S), came(6, 7 * S)]) == {3: ["i-1"]}
    assert found([*first, came(2, 5 * S), came(5, 8 * S)]) == {}


def test_progress_begins_the_wait_anew() -> None:
    """A hole that was filled and another one behind it are two holes."""
    entries = [*accepted(), came(1, 0), came(3, S), came(6, 2 * S), came(2, 5 * S), came(7, 9 * S)]
    assert found([*entries, came(8, 9 * S + S // 2)]) == {6: ["i-1"]}
    assert found([*entries, came(8, 11 * S)]) == {5: ["i-1"]}


def test_no_connection_no_wait() -> None:
    """The time without a connection does not count: the service sends what is missing when it is back."""
    dropped = WsClose(n=50, t=2 * S, conn="w1", by="peer", code=1011)
    entries = [*accepted(), came(1, 0), came(3, S), dropped, *accepted(60 * S), came(2, 61 * S), came(4, 99 * S)]
    assert found(entries) == {}


def test_at_the_end_of_the_recording() -> None:
    """What still waits there is given up after the last message; another conversation has nothing to give up."""
    entries = [*accepted(), came(1, 0), came(1, 0, conversation="i-2"), came(3, S, "end")]
    assert found(entries) == {3: ["i-1"]}


def test_summaries_over_rest_count() -> None:
    """A summary made over REST is an inbound message too; a refused one and a validation are none."""
    base = "/api/v2/ai-gateway/summaries"
    asked: list[AnyEntry] = []
    for n, url, status in ((70, base, 201), (72, base, 429), (74, base + "/validate", 200)):
        asked.append(HttpRequest(n=n, t=S, service="gateway", conn="h", method="POST", url=url))
        asked.append(HttpResponse(n=n + 1, t=S, conn="h", re=n, status=status))
    assert found([*accepted(), came(1, 0), *asked, came(3, S)]) == {3: ["i-1"]}


def test_other_messages_have_no_order() -> None:
    """Binary, malformed and unnumbered messages, and a late beginning, open no hole."""
    binary = WsMessage(n=90, t=0, conn="w1", dir="in", base64="AAE=")
    bad = WsMessage(n=91, t=0, conn="w1", dir="in", text='{"type": NaN')
    entries = [*accepted(), binary, bad, came(7, 0, "subscribed"), came(8, 9 * S), came(9, 30 * S)]
    assert found(entries) == {}


def test_the_window_gives_up_by_itself() -> None:
    """More messages than the window behind a hole: the pipeline gives up, no timer is needed."""
    entries = [*accepted(), came(1, 0), *(came(seq, 0) for seq in range(3, 8)), came(8, 20 * S)]
    assert found(entries, reorder_window=4) == {}
