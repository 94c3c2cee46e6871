"""A report checked against its recordings."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.errors import ConfigError, RecordingNotFound
from harness.pipeline.policy import PipelinePolicy
from harness.recording.edit import reseal
from harness.report.digest import report_digest
from harness.report.read import load_report
from harness.session.corpus import policies_of, replay_corpus, report_replay, rule_ids
from harness.session.parts import Tools
from harness.session.verify import Difference, verify_report


@pytest.fixture(scope="module")
def made(recorded: list[Path], tools: Tools, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report of two sessions, with their recordings in its folder."""
    folder = tmp_path_factory.mktemp("made")
    corpus = folder / "recordings"
    corpus.mkdir()
    for path in recorded[:2]:
        for beside in path.parent.glob(path.name.removesuffix(".rec.jsonl") + ".*"):
            shutil.copy(beside, corpus)
    results = asyncio.run(replay_corpus(sorted(corpus.glob("*.rec.jsonl")), tools=tools, policy=PipelinePolicy()))
    policies = policies_of(tools, PipelinePolicy())
    rules = rule_ids(tools)
    report_replay("made", results, folder, policies=policies, book=None, virtual_time=True, seed=7, rules=rules)
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    """The same, to spoil."""
    shutil.copytree(made, tmp_path / "report")
    return tmp_path / "report"


@pytest.fixture
def differences(tools: Tools) -> Callable[..., list[Difference]]:
    def found(folder: Path, report: dict[str, Any] | None = None, corpus: Path | None = None) -> list[Difference]:
        loaded = load_report(folder)
        return asyncio.run(
            verify_report(
                report or loaded.report,
                loaded.rows,
                corpus or folder / "recordings",
                tools=tools,
                policy=PipelinePolicy(),
            )
        )

    return found


def test_a_report_holds(made: Path, differences: Callable[..., list[Difference]], tmp_path: Path) -> None:
    """Nothing differs, in another folder neither, and with other recordings beside them neither."""
    assert differences(made) == []
    shutil.copytree(made / "recordings", tmp_path / "moved")
    (tmp_path / "moved" / "other.rec.jsonl").write_text("not even one\n")
    assert differences(made, corpus=tmp_path / "moved") == []


def test_a_changed_recording(folder: Path, differences: Callable[..., list[Difference]]) -> None:
    """One word of a recording was changed and its checksums repaired: the recording, its verdicts and its lines differ."""
    path = min((folder / "recordings").glob("*.rec.jsonl"))
    lines = path.read_text(encoding="utf-8").split("\n")
    place = next(i for i, line in enumerate(lines) if '\\"utterance\\"' in line and '"dir":"in"' in line)
    path.write_text(
        "\n".join([*lines[:place], lines[place].replace('\\"text\\":\\"', '\\"text\\":\\"Oh. '), *lines[place + 1 :]])
    )
    reseal(path)
    found = differences(folder)
    assert {difference.what for difference in found} == {"recording", "verdicts", "results"}
    assert Difference("recording", f"{path.name} is another one: its digest differs") in found
    assert Difference("verdicts", f"session {path.name}") in found
    assert [d.detail for d in found if d.what == "results"] == [f"{path.name}: message 2"]


def test_a_lost_recording(folder: Path, differences: Callable[..., list[Difference]]) -> None:
    """A recording that is not there is named; with none there is nothing to verify."""
    first, second = sorted((folder / "recordings").glob("*.rec.jsonl"))
    first.unlink()
    assert Difference("recording", f"{first.name} is not there") in differences(folder)
    second.rename(second.with_name("x.rec.jsonl"))
    with pytest.raises(RecordingNotFound, match="none of the report's"):
        differences(folder)


def test_rules_and_tool(made: Path, differences: Callable[..., list[Difference]]) -> None:
    """Another policy and another version are named; the verdicts hold all the same."""
    report = json.loads((made / "report.json").read_text())
    report["run"]["policies"]["redaction"] = "sha256:other"
    report["run"]["tool"] = ""
    found = differences(made, report)
    assert [difference.what for difference in found] == ["rules", "tool"]
    assert found[0].detail == "the digest of redaction differs" and found[1].detail.startswith("unknown then, ")


def test_forged_verdicts(made: Path, folder: Path, differences: Callable[..., list[Difference]]) -> None:
    """A figure and a line of results changed by hand, digest and all, do not stand."""
    report = json.loads((made / "report.json").read_text())
    report["verdicts"]["messages"] += 1
    report["parity"]["differing"] += 1
    report["digest"] = report_digest(report)
    lines = (folder / "results.jsonl").read_text().splitlines()
    (folder / "results.jsonl").write_text("\n".join(lines[:-1]) + "\n")
    found = differences(folder, report)
    assert found[:2] == [Difference("verdicts", "parity: differing"), Difference("verdicts", "verdicts: messages")]
    assert [difference.what for difference in found[2:]] == ["results"]
    (folder / "results.jsonl").unlink()
    assert [difference.what for difference in differences(folder, report)] == ["verdicts", "verdicts"]


def test_a_live_run_cannot_be_verified(made: Path, differences: Callable[..., list[Difference]]) -> None:
    """There is nothing to run again."""
    report = json.loads((made / "report.json").read_text())
    report["run"]["mode"] = "live"
    with pytest.raises(ConfigError, match="replay"):
        differences(made, report)
