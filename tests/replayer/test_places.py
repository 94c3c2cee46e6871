"""Places, and what is done at them before playing."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from harness.errors import ConfigError
from harness.replayer.options import idle_cut, may_remain
from harness.replayer.places import parse_place, type_of
from harness.replayer.steps import tracks_of


@pytest.mark.parametrize(
    "place,entries",
    [
        ("entry:5", [5]),
        ("entry:3", []),
        ("type:end", [15]),
        ("time:0.06", [7]),
        ("time:60", []),
        ("count:2", [5]),
        ("count:99", []),
        ("conn:w1", list(range(4, 16))),
        ("conn:w2", []),
        ("path:/x", []),
    ],
)
def test_places(call: Any, place: str, entries: list[int]) -> None:
    """Each kind of place finds the messages of the service it names."""
    track = tracks_of("call", call().entries)[0]
    assert [track.steps[i].n for i in parse_place(place).find(track)] == entries


@pytest.mark.parametrize("text", ["", "entry", "entry:0", "entry:x", "time:-1", "type:", "colour:red"])
def test_places_that_are_none(text: str) -> None:
    """What cannot be read is refused with the list of kinds."""
    with pytest.raises(ConfigError, match="entry:N"):
        parse_place(text)


def test_types() -> None:
    """Only a JSON object with a text as its type has one."""
    assert [type_of(data) for data in ('{"type":"a"}', '{"type":1}', "[]", "no", b"x", None)] == ["a", *[""] * 5]


def test_idle_time_is_cut(call: Any) -> None:
    """No pause is longer than the cap; order stays."""
    cut = idle_cut(call().entries, 0.01)
    times = [entry.t for entry in cut]
    assert max(b - a for a, b in itertools.pairwise(times)) == 10_000
    assert idle_cut(call().entries, None) == call().entries
    with pytest.raises(ConfigError):
        idle_cut([], -1)


def test_what_may_remain(call: Any) -> None:
    """Messages at the places are optional, the others are not."""
    shelf = [tracks_of("call", call().entries)]
    (track,) = may_remain(shelf, ["type:utterance"])[0]
    assert sum(step.optional for step in track.steps) == 6
    assert may_remain(shelf, []) == shelf
