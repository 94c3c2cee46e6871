"""Who plays which recorded connection."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from harness.dialects.mediation import MediationDialect
from harness.errors import UnexpectedMessage
from harness.recording.entry import Play, WsOpen, WsReject
from harness.replayer.match import Level
from harness.replayer.roster import STREAM_PATH, Opening, Roster
from harness.replayer.steps import tracks_of


def roster_of(*tapes: Any, **options: Any) -> Roster:
    tracks = [tracks_of(tape.name, tape.entries) for tape in tapes]
    return Roster(tracks, conversation_of=MediationDialect().conversation_of, **options)


def text(value: Any) -> str:
    import json

    return json.dumps(value)


def test_the_conversation_decides(tape: Any, sub: Callable[..., Any]) -> None:
    """Many recordings at once: each client gets its own, in whatever order they come."""
    roster = roster_of(*(tape(name).opened().sends(sub(name)) for name in ("a", "b", "c")))
    assert roster.open(STREAM_PATH) is Opening.ASK
    assert [roster.claim(STREAM_PATH, text(sub(name)))[0].recording for name in "cab"] == ["c", "a", "b"]
    assert roster.open(STREAM_PATH) is Opening.EXHAUSTED
    with pytest.raises(UnexpectedMessage, match="once per client"):
        roster.claim(STREAM_PATH, text(sub("a")))


def test_the_kth_takes_the_kth(tape: Any, sub: Callable[..., Any]) -> None:
    """Connections of one conversation are taken in the order recorded, those of another are apart."""
    made = tape().opened(conn="w1").sends(sub("a")).opened(conn="w2").sends(sub("a", resume_after_seq=4))
    made.opened(conn="w3").sends(sub("b"))
    roster = roster_of(made)
    assert roster.claim(STREAM_PATH, text(sub("b")))[0].conn == "w3"
    with pytest.raises(UnexpectedMessage):
        roster.claim(STREAM_PATH, text(sub("a", resume_after_seq=4)))
    assert roster.claim(STREAM_PATH, text(sub("a")))[0].conn == "w1"
    assert roster.claim(STREAM_PATH, text(sub("a", resume_after_seq=4)))[0].conn == "w2"
    assert roster.untaken() == []


def test_compare_first_then_take(tape: Any, sub: Callable[..., Any]) -> None:
    """A first message that fits nothing takes nothing and names the nearest."""
    roster = roster_of(tape("a").opened().sends(sub("a")), tape("b").opened().sends(sub("b")))
    with pytest.raises(UnexpectedMessage) as caught:
        roster.claim(STREAM_PATH, text(sub("b", resume_after_seq=4)))
    assert caught.value.nearest == "b: send #1 (entry 3, subscribe)"
    assert caught.value.differences == ("/resume_after_seq: not recorded",)
    assert len(roster.untaken()) == 2


def test_lenient_keeps_to_the_conversation(tape: Any, sub: Callable[..., Any]) -> None:
    """A differing message of the same conversation takes its track; one of another conversation none."""
    roster = roster_of(tape("a").opened().sends(sub("a")), tape("b").opened().sends(sub("b")), lenient=True)
    assert roster.claim(STREAM_PATH, text(sub("b", more=1)))[0].recording == "b"
    with pytest.raises(UnexpectedMessage):
        roster.claim(STREAM_PATH, text(sub("x")))
    assert roster.claim(STREAM_PATH, "no JSON")[0].recording == "a"


def test_ignoring_the_id_does_not_mix_conversations(tape: Any, sub: Callable[..., Any]) -> None:
    """A client of a conversation that was not recorded is not answered, even if the id is not compared."""
    made = tape().opened().sends(sub("a"), play=Play(ignore=("/interaction_id",)))
    with pytest.raises(UnexpectedMessage):
        roster_of(made).claim(STREAM_PATH, text(sub("x")))
    assert roster_of(made, level=Level.ANY).claim(STREAM_PATH, text(sub("x")))[0].recording == "one"


def test_bytes_have_no_conversation(tape: Any) -> None:
    """A track that begins without an id is found by its content."""
    made = tape().opened().sends("hello")
    with pytest.raises(UnexpectedMessage):
        roster_of(made).claim(STREAM_PATH, b"hello")
    assert roster_of(made).claim(STREAM_PATH, "hello")[0].recording == "one"


def test_a_service_that_speaks_first(tape: Any, sub: Callable[..., Any]) -> None:
    """Its track is taken at once: nobody will ask for it."""
    roster = roster_of(tape("a").opened().gets("hello"))
    taken = roster.open(STREAM_PATH)
    assert not isinstance(taken, Opening)
    assert taken.recording == "a"
    assert roster.open(STREAM_PATH) is Opening.EXHAUSTED


def test_refusals_come_in_their_turn(tape: Any, sub: Callable[..., Any]) -> None:
    """A recorded refusal meets the handshake after the connection before it."""
    made = tape().opened(conn="w1").sends(sub("a"))
    made.add(WsOpen(n=4, t=0, conn="w2", url=STREAM_PATH)).add(WsReject(n=5, t=0, conn="w2", re=4, status=503))
    made.opened(conn="w3").sends(sub("a"))
    roster = roster_of(made)
    assert roster.refusal(STREAM_PATH) is None
    assert roster.claim(STREAM_PATH, text(sub("a")))[0].conn == "w1"
    assert roster.open(STREAM_PATH) is Opening.EXHAUSTED
    refused = roster.refusal(STREAM_PATH)
    assert refused is not None
    assert refused.conn == "w2"
    assert roster.refusal(STREAM_PATH) is None
    assert roster.claim(STREAM_PATH, text(sub("a")))[0].conn == "w3"


def test_paths(tape: Any, sub: Callable[..., Any]) -> None:
    """A connection is found under its own path and under the standard one."""
    roster = roster_of(tape("a").opened(path="/live/stream?x=1").sends(sub("a")), tape("b").opened().sends(sub("b")))
    assert roster.known("/live/stream")
    assert roster.known(STREAM_PATH)
    assert not roster.known("/other")
    assert not roster_of().known(STREAM_PATH)
    with pytest.raises(UnexpectedMessage):
        roster.claim("/live/stream", text(sub("b")))
    assert roster.claim(STREAM_PATH, text(sub("a")))[0].recording == "a"


def test_the_longest_wait_for_a_first_message(tape: Any, sub: Callable[..., Any]) -> None:
    """The slowest candidate sets the patience."""
    slow, fast = tape("a").opened(0).sends(sub("a"), 70), tape("b").opened(0).sends(sub("b"), 5)
    assert roster_of(slow, fast, tape("c").opened().gets("x")).first_send_gap_us(STREAM_PATH) == 70_000
    assert roster_of().first_send_gap_us(STREAM_PATH) == 0
