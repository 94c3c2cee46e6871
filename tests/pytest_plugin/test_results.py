"""Results that processes keep, and the report made of them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from harness.errors import RecordingWriteError
from harness.pytest_plugin.play import Played, play
from harness.pytest_plugin.results import append, write_merged
from harness.settings import Settings


@pytest.fixture(scope="module")
def broken(root: Path) -> Played:
    """The recording with every kind of broken message, a gap and labels."""
    return play(root / "recordings" / "telco-broken-stream.rec.jsonl", Settings())


def test_merging(broken: Played, root: Path, tmp_path: Path) -> None:
    """A replay counts once whoever kept it; other rules are named beside; a cut line is told of; no lines, no report."""
    kept, out = tmp_path / "kept", tmp_path / "out"
    kept.mkdir()
    assert write_merged(kept, out) == ([], True)
    assert not out.exists()
    for name in ("gw0", "gw1"):
        append(kept / f"{name}.jsonl", broken.result, broken.policies, root=root)
    told, well = write_merged(kept, out)
    assert well
    report = json.loads((out / "report.json").read_text())
    assert report["digest"] in told[0]
    assert report["verdicts"]["sessions"] == 1
    assert report["run"]["policies"] == broken.policies
    append(kept / "gw1.jsonl", replace(broken.result, recording_id="another"), {"policy": "p"}, root=root)
    with (kept / "gw1.jsonl").open("ab") as file:
        file.write(b'{"policies":')
    told, well = write_merged(kept, out)
    assert not well
    assert told[1] == "1 results were cut off with their worker and are not in the report"
    policies = json.loads((out / "report.json").read_text())["run"]["policies"]
    assert len(policies) == len(broken.policies) + 1
    assert {*policies.values()} == {*broken.policies.values(), "p"}


def test_a_disk_that_refuses(broken: Played, root: Path, tmp_path: Path) -> None:
    """A line that cannot be written is an error of its file."""
    with pytest.raises(RecordingWriteError, match="absent"):
        append(tmp_path / "absent" / "gw0.jsonl", broken.result, {}, root=root)
