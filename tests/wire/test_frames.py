"""Frames as they come off a wire, and what a tap is told of them."""

from __future__ import annotations

from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.wire.frames import BINARY, CLOSE, CONT, PING, PONG, TEXT, ConnectionTeller
from harness.wire.tap import Direction, Opaque, Tap

Call = tuple[Any, ...]


class Heard:
    """A tap that notes every call."""

    def __init__(self) -> None:
        self.calls: list[Call] = []

    def __getattr__(self, name: str) -> Any:
        return lambda *arguments: self.calls.append((name, *arguments[1:]))


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def teller(heard: Heard) -> ConnectionTeller:
    made = ConnectionTeller("w1", cast(Tap, heard), 2)
    made.open("/s", [], 0)
    made.accept(101, [], 1000)
    heard.calls.clear()
    return made


def test_fragments_of_both_directions_do_not_mix(heard: Heard, teller: ConnectionTeller) -> None:
    """Each direction has its own message under way, and a control frame may stand between its pieces."""
    teller.frame("in", TEXT, False, b"a", 1_000)
    teller.frame("out", BINARY, False, b"x", 2_000)
    teller.frame("in", PING, True, b"p", 3_000)
    teller.frame("out", CONT, True, b"y", 4_000)
    teller.frame("in", CONT, True, b"b", 9_000)
    teller.frame("out", PONG, True, b"p", 9_500)
    assert heard.calls == [
        ("ws_control", "in", "ping", b"p", 3_000),
        ("ws_message", "out", b"xy", 4_000, ((0, 1), (2, 1))),
        ("ws_message", "in", "ab", 9_000, ((0, 1), (8, 1))),
        ("ws_control", "out", "pong", b"p", 9_500),
    ]
    assert [(told.data, told.at_ns) for told in teller.inbox] == [("ab", 9_000)]


def test_our_close_stands_behind_what_still_came(heard: Heard, teller: ConnectionTeller) -> None:
    """What crosses our close frame is told before the end, which keeps the time of the frame that began it."""
    teller.frame("out", CLOSE, True, b"\x03\xe8", 1_000)
    teller.frame("in", TEXT, True, b"late", 2_000)
    teller.frame("out", CLOSE, True, b"\x03\xe8", 2_500)
    teller.frame("in", CLOSE, True, b"\x03\xe8bye", 3_000)
    teller.frame("in", TEXT, True, b"too late", 4_000)
    teller.lost("peer", "gone", 5_000)
    assert heard.calls == [
        ("ws_message", "in", "late", 2_000),
        ("ws_close", "us", 1000, "", True, 1_000),
    ]


@pytest.mark.parametrize(("direction", "by"), [("in", "peer"), ("out", "us")])
def test_unanswered_close(heard: Heard, teller: ConnectionTeller, direction: Direction, by: str) -> None:
    """A close frame that nobody answered is the end all the same, and not a clean one."""
    teller.frame(direction, CLOSE, True, b"\x0f\xa8" + "später".encode(), 1_000)
    teller.lost("peer", "gone", 2_000)
    assert heard.calls == [("ws_close", by, 4008, "später", False, 1_000)]


def test_abort_with_a_message_under_way(heard: Heard, teller: ConnectionTeller) -> None:
    """Pieces without an end are told before the abort."""
    teller.frame("in", TEXT, False, b"ab", 1_000)
    teller.lost("peer", "gone", 2_000)
    assert heard.calls == [("ws_partial", "in", b"ab", ((0, 2),), 2_000), ("ws_abort", "peer", "gone", 2_000)]
    teller.lost("peer", "gone", 3_000)
    assert len(heard.calls) == 2


def test_frames_against_the_protocol(heard: Heard, teller: ConnectionTeller) -> None:
    """A continuation of nothing is nobody's message; a text that is not UTF-8 is opaque."""
    teller.frame("in", CONT, True, b"x", 1_000)
    teller.frame("in", TEXT, True, b"\xc3", 1_000)
    (call,) = heard.calls
    assert call[:3] == ("ws_message", "in", b"\xc3")
    assert isinstance(call[2], Opaque)
    assert call[2].rule == "bad_utf8"


def test_rejection_is_the_end(heard: Heard) -> None:
    """After a rejection nothing more is told; a redirect opens anew."""
    teller = ConnectionTeller("w1", cast(Tap, heard))
    teller.lost("peer", "never opened", 1)
    teller.open("/a", [], 1)
    teller.reject(302, [], b"", 2)
    teller.lost("peer", "gone", 3)
    teller.open("/b", [], 4)
    teller.lost("peer", "gone", 5)
    assert [call[0] for call in heard.calls] == ["ws_open", "ws_reject", "ws_open", "ws_abort"]


@given(st.text(min_size=1), st.lists(st.integers(0, 40), max_size=6))
def test_any_cut_is_one_text(text: str, cuts: list[int]) -> None:
    """However the bytes of a text are cut into frames, it is told as one text, and the pieces add up."""
    heard = Heard()
    teller = ConnectionTeller("w1", cast(Tap, heard))
    data = text.encode()
    ends = [*sorted(min(cut, len(data)) for cut in cuts), len(data)]
    at = 0
    for index, end in enumerate(ends):
        teller.frame("in", CONT if index else TEXT, index == len(ends) - 1, data[at:end], index * 1_000)
        at = end
    ((_, _, told, _, *fragments),) = heard.calls
    assert told == text
    assert [sum(size for _, size in one) for one in fragments] == [len(data)] * (len(ends) > 1)
