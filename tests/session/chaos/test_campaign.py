"""The real client against faults: everything survived, and what cannot be played is refused."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path
from typing import Any

import pytest

from harness.clock import VirtualClock
from harness.errors import ConfigError, HarnessError
from harness.session.chaos import campaign
from harness.session.chaos.campaign import Campaign, plan_trials, play, run_campaign, shared_out
from harness.session.chaos.history import Findings
from harness.session.chaos.menu import MENU, Form
from harness.session.chaos.trial import Result, Trial
from harness.session.parts import Tools


def test_one_fault_of_every_kind(figure: Any) -> None:
    """All survived, nothing lost, duplicated, reordered or unrecorded."""
    done = run_campaign(len(MENU), 5)
    assert [(result.trial.words, result.problems) for result in done.results if not result.survived] == []
    figure("chaos", done.figures)


@pytest.mark.prove
def test_a_thousand_faults(figure: Any) -> None:
    """1,000 of 1,000 survived, of every kind."""
    done = run_campaign(1000, 5, workers=2)
    assert [(result.trial.words, result.problems) for result in done.results if not result.survived] == []
    assert done.figures["kinds"] == len(MENU) >= 28
    figure("chaos, 1,000 faults", done.figures)


def test_the_figures_add_up() -> None:
    """The keys of ``--json``, and a trial that was not survived counts with its faults and findings."""
    two = Trial(number=1, words=("gap", "drop"), forms=(MENU["gap"][0], MENU["drop"][0]))
    good = Result(trial=two, findings=Findings())
    bad = Result(trial=two, findings=Findings(lost=["seq 3"], unrecorded=["seq 4", "seq 5"]))
    assert Campaign(results=[good, bad], seconds=1.26).figures == {
        "faults": 4,
        "kinds": 2,
        "survived": 2,
        "lost": 1,
        "duplicated": 0,
        "reordered": 0,
        "unrecorded_gaps": 2,
        "seconds": 1.3,
    }


@pytest.mark.parametrize(
    "changes, words",
    [
        ({"error": "ConnectionLost"}, "ended with ConnectionLost instead of the end of the conversation"),
        ({"expected": ("AuthError",)}, "ended with the end of the conversation instead of AuthError"),
        ({"hung": True}, "hung: the session did not end"),
        ({"unplayed": ("gap",)}, "not played: gap"),
    ],
)
def test_another_end_is_not_survived(changes: dict[str, Any], words: str) -> None:
    """With a clean history too."""
    result = Result(trial=Trial(number=1, words=("gap",), forms=()), findings=Findings(), **changes)
    assert not result.survived
    assert result.problems == [words]


def test_a_client_that_is_wrong_is_found(tmp_path: Path, tools: Tools, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that does not resume, and one that gives no gap to the recorder: neither survives."""
    monkeypatch.setattr("harness.session.chaos.trial._PATIENCE_S", 1.0)
    monkeypatch.setattr("harness.pipeline.chain.Pipeline.resume_after", lambda *_: 10**6)
    drop = Form("drop:code=1011,at=type:utterance", "connection")
    (result,) = asyncio.run(play([Trial(number=1, words=(drop.words,), forms=(drop,))], tmp_path, tools))
    assert not result.survived
    monkeypatch.undo()
    monkeypatch.setattr("harness.recorder.recorder.Recorder.gap", lambda *_: None)
    gap = Form("gap:at=count:3", "message", short=True)
    (result,) = asyncio.run(play([Trial(number=2, words=(gap.words,), forms=(gap,))], tmp_path, tools))
    assert result.findings.unrecorded == ["seq 3"]


def test_an_end_in_clear_words_is_expected(tmp_path: Path, tools: Tools) -> None:
    """A conversation without an end that can be understood ends as a lost connection, and that is survived."""
    lost = Form("malformed_json:at=type:end", "message", short=True)
    (result,) = asyncio.run(play([Trial(number=1, words=(lost.words,), forms=(lost,))], tmp_path, tools))
    assert (result.error, result.expected, result.problems) == ("ConnectionLost", ("ConnectionLost",), [])


@pytest.mark.parametrize("faults, kinds", [(0, ()), (3, ("earthquake",))])
def test_what_cannot_be_played_is_refused(faults: int, kinds: tuple[str, ...]) -> None:
    """No fault at all, or one nobody knows."""
    with pytest.raises(ConfigError):
        plan_trials(faults, 1, kinds)


def test_nothing_is_judged_by_a_check_that_finds_what_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """If the undisturbed session is not clean, the run ends."""
    dirty = Result(trial=Trial(number=0, words=(), forms=()), findings=Findings(lost=["seq 1"]))
    monkeypatch.setattr(campaign, "_apart", lambda _: [dirty])
    with pytest.raises(HarnessError, match="lost: seq 1"):
        run_campaign(1, 1)


def test_a_large_run_uses_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Batches are handed out; progress counts faults."""
    monkeypatch.setattr(campaign, "_WORTH_A_PROCESS", 4)
    monkeypatch.setattr(campaign, "_BATCH", 2)
    told: list[tuple[int, int]] = []
    done = run_campaign(
        4, 1, kinds=["duplicate"], workers=2, progress=lambda *now: told.append(now), clock=VirtualClock()
    )
    assert done.figures["survived"] == 4
    assert (told[-1], done.seconds) == ((4, 4), 0.0)


def _waits(seconds: int) -> int:
    if seconds:
        signal.sigtimedwait([], seconds)
    return seconds


def test_nobody_waits_for_work_that_is_not_wanted() -> None:
    """Who leaves early ends the processes, though one of them would go on for a day; results keep their order."""
    results = shared_out(_waits, [0, 86_400, 86_400], 2)
    assert next(results) == 0
    results.close()  # type: ignore[attr-defined]
    assert list(shared_out(abs, [-1, -2, 3], 2)) == [1, 2, 3]
