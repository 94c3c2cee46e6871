"""How far a track is, and when its next step is due."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from harness.recording.entry import Play
from harness.replayer.plan import Plan
from harness.replayer.progress import Progress
from harness.replayer.steps import tracks_of

MS = 1_000_000


@pytest.fixture
def progress(tape: Any) -> Callable[..., Progress]:
    """The progress of: two sends, the first of which may be left out, three messages, the client's end."""

    def made(speed: float | None = 1, hold_us: int = 0) -> Progress:
        built = tape().opened().sends("o", 50, play=Play(optional=True)).sends("a", 100)
        (track,) = tracks_of("one", built.gets("1", 200).gets("2", 300).gets("3", 400).closes(1000, 500).entries)
        steps = tuple(replace(step, hold_us=hold_us) if step.data == "2" else step for step in track.steps)
        found = Progress(Plan(replace(track, steps=steps)), speed)
        found.note(-1, 0)
        return found

    return made


def test_the_client_first(progress: Callable[..., Progress]) -> None:
    """What must come is waited for at its recorded distance; what may be left out is not."""
    one = progress()
    assert (one.due_ns(), one.waited_for) == (None, 1)
    assert one.late_ns() == 50 * MS  # recorded 50 ms after the optional one
    assert one.expected is not None and one.expected.optional
    one.advance_to(1, 70 * MS)
    assert (one.got, one.sends_done, one.late_ns()) == (2, 2, None)
    assert one.last_expected is not None and one.last_expected.data == "a"


def test_due_times_count_from_the_live_parent(progress: Callable[..., Progress]) -> None:
    """Distances are those to the parent, divided by the speed, and do not add up lateness."""
    for speed, first_ns, second_ns in ((1, 170 * MS, 270 * MS), (10, 80 * MS, 90 * MS), (None, 70 * MS, 70 * MS)):
        one = progress(speed)
        one.advance_to(1, 70 * MS)
        assert one.due_ns() == first_ns
        one.played(first_ns + 33 * MS)
        assert one.due_ns() == second_ns


def test_a_hold(progress: Callable[..., Progress]) -> None:
    """It is waited for at any speed, from the step before."""
    one = progress(None, hold_us=2000)
    one.advance_to(1, 0)
    one.played(5 * MS)
    assert one.due_ns() == 7 * MS


def test_runs_and_taking_back(progress: Callable[..., Progress]) -> None:
    """A run is played at once; what could not be sent is unplayed again."""
    one = progress(None)
    one.advance_to(1, 0)
    one.played_run(3, 9 * MS)
    assert (one.sent, one.latest_ns, one.next_ours) == (3, 9 * MS, None)
    assert not one.done
    one.not_played_from(1)
    assert [label.split(": ")[1] for label in one.unplayed()] == [
        "the message of entry 6",
        "the message of entry 7",
        "the client's close 1000 (entry 8)",
    ]


def test_what_the_client_has_is_left_out(progress: Callable[..., Progress]) -> None:
    """Only of what is still to be sent."""
    one = progress()
    one.advance_to(1, 0)
    one.played(0)
    one.leave_out(lambda step: step.data in ("1", "2"))
    assert [one.plan.track.steps[i].data for i in one.ours] == ["1", "3"]
    one.skip_optional()
    assert [step.label for step in one.left()] == ["the client's close 1000 (entry 8)"]
