from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from harness.cli.recover import command
from harness.recording.entry import Header, Redaction, WsMessage
from harness.recording.reader import read_recording
from harness.recording.writer import RecordingWriter


@pytest.fixture
def damaged(tmp_path: Path) -> Path:
    """A flipped byte, a repeated line, and a torn end."""
    header = Header(id="r", created="c", tool="t", source="synthetic", redaction=Redaction(state="fictional"))
    with RecordingWriter(tmp_path / "a.rec.jsonl", header) as writer:
        writer.extend(WsMessage(n=0, t=t, conn="w", dir="in", text=f"message {t}") for t in range(4))
    head, *lines = writer.path.read_bytes().splitlines(keepends=True)
    data = head + lines[0] + lines[0] + lines[1].replace(b"message", b"massage") + lines[2] + lines[3][:-9]
    writer.path.write_bytes(data)
    return writer.path


def test_what_is_whole_gets_a_file_of_its_own(damaged: Path) -> None:
    """Beside the damaged one, which stays; a second time the name is taken."""
    before = damaged.read_bytes()
    result = CliRunner().invoke(command, [str(damaged)])
    out = damaged.with_name("a.recovered.rec.jsonl")
    assert (result.exit_code, result.stdout) == (0, f"{out}\n")
    assert (
        "2 entries kept, 1 notes in the place of what was damaged or missing, the torn end cut, 1 rep" in result.stderr
    )
    assert len(read_recording(out).entries) == 3
    assert damaged.read_bytes() == before
    again = CliRunner().invoke(command, [str(damaged)])
    assert (again.exit_code, "exists already" in again.stderr) == (4, True)


def test_machines_are_told_what_was_done(damaged: Path, tmp_path: Path) -> None:
    """As JSON, under the name that was asked for."""
    out = tmp_path / "x.rec.jsonl"
    result = CliRunner().invoke(command, [str(damaged), "-o", str(out), "--json"])
    assert json.loads(result.stdout) == {"path": str(out), "kept": 2, "notes": 1, "torn": True, "repeated": 1}


@pytest.mark.parametrize("name", ["a.rec.jsonl.part", "a.rec.jsonl.gz"])
def test_the_name_says_what_it_is(damaged: Path, name: str, tmp_path: Path) -> None:
    """Whatever the damaged file was called."""
    renamed = damaged.rename(tmp_path / name)
    result = CliRunner().invoke(command, [str(renamed)])
    assert Path(result.stdout.strip()).name == "a.recovered.rec.jsonl"


def test_a_damaged_header_is_refused(damaged: Path, tmp_path: Path) -> None:
    """With one line and exit code 4."""
    damaged.write_bytes(damaged.read_bytes().replace(b'"id":"r"', b'"id":"s"'))
    result = CliRunner().invoke(command, [str(damaged)])
    assert (result.exit_code, result.stderr.count("\n")) == (4, 1)
