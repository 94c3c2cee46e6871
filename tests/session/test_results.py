"""Sessions as results: labels by source, and what was detected at record time."""

from __future__ import annotations

import asyncio
import dataclasses
import shutil
from pathlib import Path

import msgspec

from harness.pipeline.policy import PipelinePolicy
from harness.recording.entry import AnyEntry, WsAbort, WsClose, WsReject
from harness.recording.reader import read_recording
from harness.report.labels import labels_path, read_labels
from harness.report.model import build_report
from harness.report.run import RunResult
from harness.session.label_shift import write_labels
from harness.session.parts import Tools
from harness.session.replay import replay_recording
from harness.session.results import detected_of, ends_of, labels_of, replayed_result


def test_labels_of(root: Path, tmp_path: Path) -> None:
    """The source is named by the annotators' kinds; without a file there is none."""
    source = root / "recordings" / "bank-lost-card.rec.jsonl"
    assert labels_of(source)[1] == "scenario"
    copy = Path(shutil.copy(source, tmp_path))
    assert labels_of(copy) == ([], "none")
    labels = [msgspec.structs.replace(one, annotator_kind="HUMAN") for one in read_labels(labels_path(source))]
    labels_path(copy).write_bytes(write_labels(labels))
    assert labels_of(copy)[1] == "human gold"


def test_detected_again(recorded: list[Path], tools: Tools) -> None:
    """Under the same rules every surrogate is found again, as the type it was at record time."""
    results = []
    for path in recorded:
        recording = read_recording(path)
        replayed = asyncio.run(replay_recording(recording, tools=tools, policy=PipelinePolicy()))
        results.append(replayed_result(recording, replayed))
    report = build_report(RunResult(name="x", mode="replay", sessions=results, virtual_time=True))
    detected = report["verdicts"]["accuracy"]["as_detected"]
    assert detected["labels"] > 10
    assert {(row["fn"], row["chars_leaked"]) for row in detected["redaction"].values()} == {(0, 0)}
    assert report["verdicts"]["accuracy"]["label_source"] == "scenario"


def test_invented_data_was_never_detected(composed: list[Path]) -> None:
    """A composed recording replaced nothing, and so tells nothing."""
    assert detected_of(read_recording(composed[0])) is None


def test_ends_of(root: Path) -> None:
    """Connections end by a code, without one, by an abort, or before they begin."""
    recordings = [read_recording(path) for path in sorted((root / "recordings").glob("*.rec.jsonl"))]
    found = {end for recording in recordings for end in ends_of(recording)}
    assert "1000" in found
    entries: list[AnyEntry] = [
        WsClose(n=2, t=0, conn="w1", by="peer", code=None),
        WsAbort(n=3, t=0, conn="w2", error="reset"),
        WsReject(n=4, t=0, conn="w3", re=1, status=503),
    ]
    made = dataclasses.replace(recordings[0], entries=entries)
    assert ends_of(made) == ["no code", "abort", "refused"]
