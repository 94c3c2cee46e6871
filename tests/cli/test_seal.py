from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from harness.cli.seal import command
from harness.recording.entry import Header, Redaction, WsMessage
from harness.recording.reader import read_recording
from harness.recording.writer import RecordingWriter


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """A sealed recording of one message."""
    header = Header(id="r", created="c", tool="t", source="live", redaction=Redaction(state="surrogate"))
    with RecordingWriter(tmp_path / "a.rec.jsonl", header) as writer:
        writer.append(WsMessage(n=0, t=5, conn="w", dir="in", text="one word"))
    return writer.path


def test_a_hand_edit_is_repaired(recording: Path) -> None:
    """And said so; a second call leaves the file alone."""
    recording.write_bytes(recording.read_bytes().replace(b"one word", b"two words"))
    result = CliRunner().invoke(command, [str(recording)])
    assert (result.exit_code, result.stdout) == (0, "")
    assert "sealed (edited), 1 line repaired" in result.stderr
    assert read_recording(recording).header.source == "edited"
    assert "whole already, left alone" in CliRunner().invoke(command, [str(recording)]).stderr


def test_a_cut_off_file_is_closed(recording: Path) -> None:
    """The torn line is told of."""
    recording.write_bytes(recording.read_bytes()[:-20])
    result = CliRunner().invoke(command, [str(recording)])
    assert "sealed (recovered), 0 lines repaired, a torn last line left out" in result.stderr


def test_machines_get_one_object_per_file(recording: Path) -> None:
    """What was done, as JSON."""
    result = CliRunner().invoke(command, ["--json", str(recording), str(recording)])
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert rows == [{"path": str(recording), "changed": False, "repaired": 0, "reason": "closed", "torn": False}] * 2


def test_what_is_no_recording_is_refused(tmp_path: Path) -> None:
    """One line, exit code 4."""
    path = tmp_path / "x.rec.jsonl"
    path.write_text("hello\n")
    result = CliRunner().invoke(command, [str(path)])
    assert (result.exit_code, result.stderr.count("\n")) == (4, 1)


def test_a_sealed_recording_is_compressed(recording: Path) -> None:
    """FILE becomes FILE.gz; that one is left alone, and a damaged one is not repaired in place."""
    before = read_recording(recording)
    result = CliRunner().invoke(command, ["--gzip", str(recording)])
    small = recording.with_name(recording.name + ".gz")
    assert f"{small}: whole already" in result.stderr
    assert [p.name for p in recording.parent.iterdir()] == [small.name]
    assert read_recording(small).digest == before.digest
    assert CliRunner().invoke(command, ["--gzip", str(small)]).exit_code == 0
    small.write_bytes(small.read_bytes()[:-60])
    again = CliRunner().invoke(command, [str(small)])
    assert (again.exit_code, "harness recover" in again.stderr) == (4, True)
