"""Failures that can be mended: expected, nearest, differences, and the way out."""

from __future__ import annotations

from typing import Any

import pytest

from harness.errors import UnexpectedMessage
from harness.replayer.failures import another_end, left_early, misfit, named, stalled
from harness.replayer.match import Level
from harness.replayer.rules import Bound, Rules
from harness.replayer.steps import Step, Track, tracks_of


@pytest.fixture
def track(tape: Any) -> Track:
    """Three sends of the client, then it leaves."""
    made = tape().opened().sends({"type": "a", "x": 1}).sends({"type": "b", "x": 2}).sends({"type": "c", "id": "r"})
    (found,) = tracks_of("one", made.closes().entries)
    return found


def failed(track: Track, data: str, expected: Step | None, bound: Bound | None = None) -> UnexpectedMessage:
    return misfit(
        track,
        data,
        number=1,
        expected=expected,
        left=track.steps,
        level=Level.STRICT,
        rules=Rules(bind=["/id"]),
        bound=bound or Bound(),
    )


def test_the_expected_one_is_the_nearest(track: Track) -> None:
    """Then only what differs is told, and the comparison may be widened."""
    error = failed(track, '{"type":"a","x":9}', track.steps[0])
    assert error.what == "send #1 on one: connection w1 (entry 1)"
    assert (error.nearest, error.differences) == ("send #1 (entry 3, a)", ("/x: another number",))
    assert "widen the comparison" in error.fix


def test_another_one_is_nearer(track: Track) -> None:
    """The differences are those of the nearest, and what was expected is named beside it."""
    error = failed(track, '{"type":"b","x":9}', track.steps[0])
    assert error.what.endswith("where send #1 (entry 3, a) was expected")
    assert (error.nearest, error.differences) == ("send #2 (entry 4, b)", ("/x: another number",))


def test_one_was_left_out(track: Track) -> None:
    """A send that equals a later one says which was left out; nothing is captured by looking."""
    bound = Bound()
    error = failed(track, '{"type":"c","id":"live"}', track.steps[0], bound)
    assert (error.nearest, error.differences) == ("send #3 (entry 5, c)", ())
    assert error.fix == "the client left out send #1 (entry 3, a), or sent it later"
    assert bound.live == {}


def test_nothing_was_expected(track: Track) -> None:
    """One send too many has another way out."""
    assert "expects nothing more" in failed(track, "x", None).fix


def test_the_other_failures(track: Track) -> None:
    """A wait names what is waited for and its shape; an early or another end what was recorded."""
    late = stalled(track, track.steps[0], 5_500_000_000)
    assert str(late).startswith("stalled for 5.5 s, waiting for one: send #1 (entry 3, a) like {type: a, x: number}")
    assert stalled(track, track.steps[3], 0).waiting_for == named(track, track.steps[3])
    assert "drain" in left_early(["one: send #1"]).fix
    other = another_end(track, track.steps[3], 1001)
    assert str(other).startswith("unexpected close 1001 by the client; nearest recorded: one: the client's close 1000")
    assert other.fix
