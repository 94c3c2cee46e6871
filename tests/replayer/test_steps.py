"""Entries as steps."""

from __future__ import annotations

from typing import Any

import pytest

from harness.recording.entry import (
    AnyEntry,
    Gap,
    Play,
    Withheld,
    WsAbort,
    WsAccept,
    WsClose,
    WsControl,
    WsMessage,
    WsOpen,
    WsReject,
)
from harness.replayer.steps import Action, Step, payload_of, tracks_of, with_end


def steps_of(tape: Any) -> tuple[Step, ...]:
    (track,) = tracks_of("one", tape.entries)
    return tuple(track.steps)


def test_parents(tape: Any) -> None:
    """A message answers the last send before it, or what its ``re`` names on the same connection."""
    made = tape().opened().gets("hello").sends("a").gets("1").sends("b").gets("2").gets("3", re=4).gets("4", re=999)
    assert [step.parent for step in steps_of(made)] == [-1, -1, 1, 1, 3, 1, 3]


def test_an_optional_send_is_no_parent(tape: Any) -> None:
    """What may be left out must not hold up what follows."""
    made = tape().opened().sends("a").sends("b", play=Play(optional=True)).gets("1")
    assert [step.parent for step in steps_of(made)] == [-1, 0, 0]


def test_nothing_follows_the_end(tape: Any) -> None:
    """Entries after the close of their connection are not played."""
    assert [step.action for step in steps_of(tape().opened().closes(by="peer").gets("late"))] == [Action.CLOSE]


def test_a_connection_name_may_come_back(tape: Any) -> None:
    """Every open starts a track of its own, in order."""
    made = tape().opened(1).sends("a").closes(1006).opened(5).sends("b")
    first, second = tracks_of("one", made.entries)
    assert (first.n, second.n) == (1, 5)
    assert first.first_send is not None
    assert [step.data for step in second.steps] == ["b"]
    assert second.label == "one: connection w1 (entry 5)"


def test_attempts_without_an_answer_are_no_tracks() -> None:
    """A dial that was refused or timed out leaves nothing to play; neither do strays."""
    entries: list[AnyEntry] = [
        WsOpen(n=1, t=0, conn="w1", url="/s?x=1"),
        WsAbort(n=2, t=5, conn="w1", error="refused"),
        WsMessage(n=3, t=6, conn="w9", dir="in", text="stray"),
        Gap(n=4, t=7, from_seq=1, to_seq=2, reason="reconnect"),
    ]
    assert tracks_of("one", entries) == []


def test_a_refusal() -> None:
    """A rejected handshake is a track without steps."""
    reject = WsReject(n=2, t=9, conn="w1", re=1, status=503)
    (track,) = tracks_of("one", [WsOpen(n=1, t=0, conn="w1", url="/s?x=1"), reject])
    assert (track.refusal, track.path, track.t_us, track.steps, track.first_send) == (reject, "/s", 9, (), None)


@pytest.mark.parametrize(
    "entry, action, code, label",
    [
        (WsClose(n=3, t=0, conn="w", by="peer", code=4008), Action.CLOSE, 4008, "the service's close 4008 (entry 3)"),
        (WsClose(n=3, t=0, conn="w", by="peer"), Action.CLOSE, None, "the service's close 1005 (entry 3)"),
        (WsClose(n=3, t=0, conn="w", by="peer", code=1005), Action.CLOSE, None, "the service's close 1005 (entry 3)"),
        (WsClose(n=3, t=0, conn="w", by="peer", code=1006), Action.DROP, 1006, "the service's abort (entry 3)"),
        (WsAbort(n=3, t=0, conn="w", error="reset"), Action.DROP, 1006, "the service's abort (entry 3)"),
        (
            WsAbort(n=3, t=0, conn="w", error="connection reset"),
            Action.RESET,
            1006,
            "the service's abort (entry 3)",
        ),
        (WsAbort(n=3, t=0, conn="w", error="x", by="us"), Action.EXPECT_CLOSE, 1006, "the client's abort (entry 3)"),
        (
            WsClose(n=3, t=0, conn="w", by="us", code=1000),
            Action.EXPECT_CLOSE,
            1000,
            "the client's close 1000 (entry 3)",
        ),
        (WsControl(n=3, t=0, conn="w", dir="in", opcode="ping", base64="!"), Action.PING, None, "the ping of entry 3"),
        (
            Withheld(n=3, t=0, of_kind="ws.message", size=1, rule="x", conn="w", dir="out"),
            Action.EXPECT,
            None,
            "send #1 (entry 3)",
        ),
        (
            WsMessage(n=3, t=0, conn="w", dir="out", text='{"type":"Ann 4152990188"}'),
            Action.EXPECT,
            None,
            "send #1 (entry 3)",
        ),
        (
            WsMessage(n=3, t=0, conn="w", dir="out", text='{"type":"a.b"}'),
            Action.EXPECT,
            None,
            "send #1 (entry 3, a.b)",
        ),
        (WsMessage(n=3, t=0, conn="w", dir="in", text='{"type":"a"}'), Action.SEND, None, "the message of entry 3 a"),
        (WsMessage(n=3, t=0, conn="w", dir="in", text="[1]"), Action.SEND, None, "the message of entry 3"),
        (WsMessage(n=3, t=0, conn="w", dir="in", text="{"), Action.SEND, None, "the message of entry 3"),
    ],
)
def test_steps(entry: Any, action: Action, code: int | None, label: str) -> None:
    """Each kind of entry and its step, named without payload."""
    (track,) = tracks_of("one", [WsOpen(n=1, t=0, conn="w", url="/s"), WsAccept(n=2, t=0, conn="w", re=1), entry])
    (step,) = track.steps
    assert (step.action, step.code, step.label) == (action, code, label)


@pytest.mark.parametrize(
    "entry",
    [
        WsControl(n=3, t=0, conn="w", dir="out", opcode="ping"),
        WsControl(n=3, t=0, conn="w", dir="in", opcode="pong"),
    ],
)
def test_no_steps(entry: Any) -> None:
    """The library answers pings itself, and unknown content cannot be sent."""
    (track,) = tracks_of("one", [WsOpen(n=1, t=0, conn="w", url="/s"), WsAccept(n=2, t=0, conn="w", re=1), entry])
    assert track.steps == ()


def test_withheld_binary_keeps_its_size() -> None:
    """A message without content is played as so many zero bytes."""
    entry = WsMessage(n=3, t=0, conn="w", dir="in", size=7, digest="x")
    (track,) = tracks_of("one", [WsOpen(n=1, t=0, conn="w", url="/s"), WsAccept(n=2, t=0, conn="w", re=1), entry])
    assert track.steps[0].data == bytes(7)


def test_payload_of() -> None:
    """Text, bytes, or nothing where nothing sound was stored."""
    assert payload_of("x", None) == "x"
    assert payload_of(None, "AAEC") == b"\x00\x01\x02"
    assert payload_of(None, "A") is None
    assert payload_of(None, None) is None


@pytest.mark.parametrize(
    ("rule", "fields", "data"),
    [
        ("binary", {}, b"\0\0\0"),
        ("leak:PHONE", {"conversation": "i-1", "seq": 4}, '{"type":"withheld","interaction_id":"i-1","seq":4}'),
        ("leak:PHONE", {}, '{"type":"withheld"}'),
    ],
)
def test_stand_in(rule: str, fields: dict[str, Any], data: str | bytes) -> None:
    """What could not be stored is played as a stand-in that keeps its size or its place in the order."""
    entry = Withheld(n=3, t=0, of_kind="ws.message", size=3, rule=rule, conn="w", dir="in", **fields)
    (track,) = tracks_of("one", [WsOpen(n=1, t=0, conn="w", url="/s"), WsAccept(n=2, t=0, conn="w", re=1), entry])
    assert [step.data for step in track.steps] == [data]


def test_with_end() -> None:
    """A connection that is open where its recording ends is dropped there; one that ended is left as it is."""
    opening: list[AnyEntry] = [WsOpen(n=1, t=0, conn="w", url="/s"), WsAccept(n=2, t=5, conn="w", re=1)]
    send = WsMessage(n=3, t=9, conn="w", dir="out", text="hello")
    (bare,) = tracks_of("one", opening)
    assert [(step.action, step.parent, step.t_us) for step in with_end(bare).steps] == [(Action.DROP, -1, 5)]
    (cut,) = tracks_of("one", [*opening, send])
    assert [(step.action, step.parent) for step in with_end(cut).steps] == [(Action.EXPECT, -1), (Action.DROP, 0)]
    (whole,) = tracks_of("one", [*opening, WsClose(n=3, t=9, conn="w", by="peer", code=1000)])
    assert with_end(whole) is whole
