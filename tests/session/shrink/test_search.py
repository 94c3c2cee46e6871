"""The search for the smallest recording that still fails."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.clock import VirtualClock
from harness.errors import RecordingNotFound
from harness.recording.health import examine
from harness.recording.reader import read_recording
from harness.session.leftovers import leaks_of
from harness.session.shrink.failing import Fact, parse
from harness.session.shrink.files import open_material, write_shrunk
from harness.session.shrink.material import Material
from harness.session.shrink.oracle import Oracle
from harness.session.shrink.search import Budget, Shrunk
from harness.settings import Settings

Write = Callable[..., Path]
Run = Callable[..., Shrunk]


def sound(material: Material, made: Shrunk, expression: str, target: Path, settings: Settings) -> set[Fact]:
    """The facts of the written recording, which is whole and free of leaks and replays without a problem."""
    write_shrunk(material, made, expression, target)
    assert examine(target, leaks=leaks_of).healthy
    again = open_material(target)
    oracle = Oracle(again, parse(expression), settings)
    assert oracle.result.problems == []
    assert read_recording(target).header.labels["shrunk"] == expression
    return parse(expression).meant(oracle.facts)


def long_session(write: Write) -> Path:
    """400 messages, one of them with a value that the broken rules lose."""
    texts = [f"Nothing of interest is said in sentence {number}." for number in range(398)]
    texts[211] = "Well, you may write to orla.finch@brackwater.net if the line drops."
    summary = (
        '{"type": "summary.completed", "interaction_id": "c-1", "seq": 399, "summary_id": "s1", "summary": "Nothing."}'
    )
    end = '{"type": "end", "interaction_id": "c-1", "seq": 400, "reason": "completed"}'
    return write([*texts, summary, end])


def test_a_leak_in_400_messages(
    write_session: Write, shrunk: Run, broken: Settings, tmp_path: Path, figure: Callable[[str, object], None]
) -> None:
    """A session of 400 messages with one leak shrinks to at most five messages with the same leak."""
    material = open_material(long_session(write_session))
    made = shrunk(material, "leak", broken)
    facts = sound(material, made, "leak", tmp_path / "small.rec.jsonl", broken)
    assert facts == made.facts == {Fact("leak", "EMAIL", material.inbound[211].n)}
    assert made.messages[1] == 400
    assert made.messages[0] <= 5
    assert not made.spent
    text = next(e for e in made.candidate.entries if e.n == material.inbound[211].n)
    assert "orla.finch@brackwater.net" in getattr(text, "text", "")
    assert "line drops" not in getattr(text, "text", "")
    figure("shrink, 400 messages with one leak: left, tries", f"{made.messages[0]}, {made.tries}")


@pytest.mark.parametrize(
    ("name", "expression", "most"),
    [
        pytest.param("retail-gift-return", "ungrounded:speaker_swap", 8, marks=pytest.mark.prove),
        ("telco-broken-stream", "verdict==rejected and verdict==quarantined", 5),
        ("telco-broken-stream", "schema:/interaction_id", 4),
        pytest.param("telco-roaming-bill", "ungrounded:antonym", 6, marks=pytest.mark.prove),
    ],
)
def test_committed_sessions(root: Path, shrunk: Run, tmp_path: Path, name: str, expression: str, most: int) -> None:
    """Real sessions shrink to a few messages, and what is left is whole, replays and fails as it did."""
    material = open_material(root / "recordings" / f"{name}.rec.jsonl")
    made = shrunk(material, expression)
    facts = sound(material, made, expression, tmp_path / "small.rec.jsonl", Settings())
    assert facts >= set(made.facts)
    assert made.messages[0] <= most


def test_a_difference_keeps_its_live_side(gift: Material, shrunk: Run, broken: Settings, tmp_path: Path) -> None:
    """Asked about parity, the live outcomes stay, and the message differs as it did."""
    made = shrunk(gift, "parity:redaction", broken)
    assert made.live
    assert made.messages[0] <= 3
    facts = sound(gift, made, "parity:redaction", tmp_path / "small.rec.jsonl", broken)
    assert facts == made.facts


def test_the_same_bytes_again(gift: Material, shrunk: Run, broken: Settings, tmp_path: Path) -> None:
    """Two searches write the same recording and the same labels."""
    for name in ("one", "two"):
        write_shrunk(gift, shrunk(gift, "leak", broken), "leak", tmp_path / f"{name}.rec.jsonl")
    assert (tmp_path / "one.rec.jsonl").read_bytes() == (tmp_path / "two.rec.jsonl").read_bytes()
    assert (tmp_path / "one.labels.jsonl").read_bytes() == (tmp_path / "two.labels.jsonl").read_bytes()


def test_a_used_up_budget_gives_the_best_so_far(gift: Material, shrunk: Run) -> None:
    """When the tries are used up, the smallest recording so far is the result, and says that it may get smaller."""
    told: list[Any] = []
    made = shrunk(gift, "ungrounded", budget=Budget(tries=30), tell=lambda *about: told.append(about))
    assert made.spent
    assert made.tries == 30
    assert made.messages[0] < made.messages[1]
    assert told[-1] == ("messages", 30, 30)


def test_no_time_at_all_is_told(gift: Material, shrunk: Run) -> None:
    """A budget that ends before the first try has no result, and says what to give."""
    clock = VirtualClock()
    with pytest.raises(RecordingNotFound, match="give it more"):
        shrunk(gift, "ungrounded", budget=Budget(seconds=1e-10), clock=clock)


def test_what_is_not_there_is_told_with_what_is(gift: Material, shrunk: Run) -> None:
    """A failure the recording does not have is refused, and what it has is named; so for one message."""
    with pytest.raises(RecordingNotFound, match=r"does not fail in that way: not_json .*ungrounded: speaker_swap"):
        shrunk(gift, "not_json")
    with pytest.raises(RecordingNotFound, match="the message in entry 10 has: verdict: accepted"):
        shrunk(gift, "ungrounded", only=10)


def test_a_fact_of_the_frame_is_kept(gift: Material, shrunk: Run) -> None:
    """What is asked of the first or last message of a conversation needs no other."""
    first = gift.inbound[0].n
    made = shrunk(gift, "verdict==accepted", only=first)
    assert made.messages[0] <= 2
    assert made.facts == {Fact("verdict", "accepted", first)}
