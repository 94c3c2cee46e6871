"""Judges in a session: asked live, played back in a replay, told of in the report."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from harness.clock import SystemClock
from harness.dialects.mediation import MediationDialect
from harness.errors import ConfigError
from harness.grounding.judge import Pair
from harness.judges import FakeJudge
from harness.pii.scan import leaks
from harness.pipeline.outcome import JudgeRequest
from harness.recording.reader import read_recording
from harness.replayer.service import ReplayService
from harness.report.render.sections import build_view
from harness.session import judging
from harness.session.judging import Judging, judging_of
from harness.session.live import Job, run_live
from harness.session.parts import Credentials, Tools, policy_of
from harness.session.replay import conversations_of, subscription_of
from harness.session.runs import run_on_recordings
from harness.session.session import SessionRun
from harness.session.setup import live_run
from harness.settings import Settings, load_settings


class Listening(FakeJudge):
    """Keeps what it was asked."""

    def __init__(self, default: float) -> None:
        super().__init__(default=default)
        self.heard: list[Pair] = []

    def score(self, pairs: Sequence[Pair]) -> list[float]:
        """As the fake one."""
        self.heard += pairs
        return super().score(pairs)


class Silent(FakeJudge):
    """Must not be asked."""

    def score(self, pairs: Sequence[Pair]) -> list[float]:
        """Fails."""
        raise AssertionError("asked")


def hire(monkeypatch: pytest.MonkeyPatch, judge: FakeJudge) -> FakeJudge:
    """Have every setting name this judge."""
    monkeypatch.setattr(judging, "load_judge", lambda *_args, **_kwargs: judge)
    return judge


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """One judge, its answers kept."""
    kept = tmp_path / "kept" / "answers.jsonl"
    return load_settings(judges={"second": "acme"}, judge_answers=kept, client_id="id", client_secret=SecretStr("none"))


async def _record(path: Path, tools: Tools, settings: Settings, out: Path) -> tuple[SessionRun, list[dict[str, Any]]]:
    source = read_recording(path)
    asked = judging_of(settings, clock=SystemClock())
    assert asked is not None
    service = ReplayService([source], dialect=MediationDialect(), clock=SystemClock(), lenient=True)
    async with service:
        live = replace(
            live_run(settings.model_copy(update={"endpoint": service.endpoint}), record_to=out, seed=7, judging=asked),
            credentials=Credentials(service.client_id, SecretStr(service.client_secret)),
            tools=tools,
        )
        policy = replace(policy_of(settings), subscription=subscription_of(source))
        runs = await run_live(live, [Job(name="one", conversations=conversations_of(source), policy=policy)])
    return runs[0], asked.rows()


def _report(settings: Settings, file: Path, folder: Path) -> dict[str, Any]:
    return asyncio.run(run_on_recordings(settings, [file], folder, speed=None, progress=lambda *_: None))


@pytest.mark.parametrize(("score", "verdict"), [(0.9, "agreed"), (0.1, "overruled")])
def test_a_replay_plays_the_judge_back(
    composed: list[Path],
    tools: Tools,
    settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    score: float,
    verdict: str,
) -> None:
    """Live the judge decides, on redacted text; the replay comes to the same verdicts without asking anybody."""
    judge = hire(monkeypatch, Listening(score))
    run, rows = asyncio.run(_record(composed[0], tools, settings, tmp_path / "recorded"))
    assert run.error is None
    assert isinstance(judge, Listening)
    assert judge.heard
    assert not any(leaks(text) for turns, claim in judge.heard for text in (*turns, claim))
    (row,) = rows
    assert row["asked"] == row["decided"] == row[verdict] == len(judge.heard)
    assert row["cost"] == row["asked"]
    refused = [outcome for outcome in run.outcomes if "second:unsupported" in outcome.reasons]
    assert len(refused) == row["overruled"]
    assert all((outcome.verdict, outcome.stage) == ("quarantined", "judge") for outcome in refused)
    hire(monkeypatch, Silent())
    assert run.recording is not None
    report = _report(settings, run.recording, tmp_path / "reports" / "again")
    assert report["parity"]["status"] == "equal"
    (replayed,) = report["judges"]
    assert replayed == {**row, "cached": row["asked"], "cost": 0.0}
    assert "text" not in (tmp_path / "kept" / "answers.jsonl").read_text()


def test_without_answers_the_judge_is_degraded(
    composed: list[Path], settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A replay without a file of answers asks nobody; the report and the page say so."""
    hire(monkeypatch, Silent())
    folder = tmp_path / "reports" / "bare"
    report = _report(settings, composed[0], folder)
    (row,) = report["judges"]
    assert row["degraded"] == row["asked"] > 0
    assert report["verdicts"]["reasons"]["degraded:second"] == row["asked"]
    section = next(one for one in build_view(report, None, limit=3).sections if one.id == "judges")
    assert section.blocks
    assert "second" in (folder / "report.html").read_text()
    assert json.loads((folder / "report.json").read_text())["judges"] == report["judges"]


def test_without_judges_the_report_has_no_such_section(composed: list[Path], tmp_path: Path) -> None:
    """Nothing changes for who has none."""
    report = _report(load_settings(), composed[0], tmp_path / "reports" / "none")
    assert "judges" not in report
    assert judging_of(load_settings(), clock=SystemClock()) is None


def test_names_of_judges(settings: Settings) -> None:
    """The gateway's name is taken; an unknown judge is refused; a name is a plain code."""
    with pytest.raises(ConfigError, match="gateway"):
        judging_of(load_settings(judges={"gateway": "acme"}), clock=SystemClock())
    with pytest.raises(ConfigError):
        judging_of(settings, clock=SystemClock())
    with pytest.raises(ConfigError):
        load_settings(judges={"a b": "acme"})


def test_a_judge_nobody_knows_gives_no_answer() -> None:
    """It is degraded, and not counted."""
    asked = Judging({"second": FakeJudge()})
    answer = asyncio.run(asked.ask(JudgeRequest(id="x/1", judge="x", conversation="c")))
    assert answer.valid is None
    assert asked.rows()[0]["asked"] == 0
