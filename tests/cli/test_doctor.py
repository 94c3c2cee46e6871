from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from harness.cli.doctor import command
from harness.recording.entry import Header, Redaction, WsMessage
from harness.recording.writer import RecordingWriter


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """A live recording nobody has signed off."""
    redaction = Redaction(state="surrogate")
    header = Header(id="r1", created="2026-03-14T09:00:00Z", tool="t/1", source="live", redaction=redaction)
    with RecordingWriter(tmp_path / "a.rec.jsonl", header) as writer:
        writer.append(WsMessage(n=0, t=5, conn="w", dir="in", text="hello"))
    return writer.path


def test_warnings_leave_a_recording_healthy(recording: Path) -> None:
    """Exit code 0; the file is not touched."""
    before = recording.read_bytes()
    result = CliRunner().invoke(command, [str(recording)])
    assert result.exit_code == 0
    assert "a.rec.jsonl: healthy, 1 whole entries" in result.output
    assert "warning  unsigned" in result.output
    assert recording.read_bytes() == before


def test_damage_is_exit_code_4(recording: Path, tmp_path: Path) -> None:
    """Also when the other recordings are healthy; each finding has its line, and the way out is named."""
    bad = tmp_path / "b.rec.jsonl"
    bad.write_bytes(recording.read_bytes().replace(b"hello", b"hallo"))
    result = CliRunner().invoke(command, [str(tmp_path)])
    assert result.exit_code == 4
    assert "b.rec.jsonl: DAMAGED" in result.output
    assert "damage   flipped_byte      line 2: the line does not match its checksum" in result.output
    assert "harness recover" in result.output


def test_a_leak_is_damage(tmp_path: Path, recording: Path) -> None:
    """What the independent scan finds in a recording that must hold surrogates; the value is not told."""
    header = json.loads(recording.read_bytes().splitlines()[0])
    redaction = Redaction(state="surrogate", signed_off="me")
    head = Header(id="r2", created=header["created"], tool="t", source="live", redaction=redaction)
    with RecordingWriter(tmp_path / "leak.rec.jsonl", head) as writer:
        writer.append(WsMessage(n=0, t=5, conn="w", dir="in", text="call 415-299-0188"))
    result = CliRunner().invoke(command, [str(writer.path)])
    assert result.exit_code == 4
    assert "line 2: a value of type PHONE is left in the text" in result.output
    assert "0188" not in result.output


def test_machines_get_one_object_per_recording(recording: Path, tmp_path: Path) -> None:
    """With kind, severity, line and words."""
    torn = tmp_path / "t.rec.jsonl.part"
    torn.write_bytes(recording.read_bytes()[:-5])
    result = CliRunner().invoke(command, ["--json", str(recording), str(torn)])
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert rows[0] == {
        "path": str(recording),
        "healthy": True,
        "entries": 1,
        "findings": [rows[0]["findings"][0] | {"kind": "unsigned", "severity": "warning", "line": 1}],
    }
    assert [(f["kind"], f["line"]) for f in rows[1]["findings"]] == [("unsigned", 1), ("torn_tail", 3)]


def test_nothing_there_is_exit_code_5(tmp_path: Path) -> None:
    """A missing file, an empty folder."""
    assert CliRunner().invoke(command, [str(tmp_path / "none")]).exit_code == 5
    assert CliRunner().invoke(command, [str(tmp_path)]).exit_code == 5


def test_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line for each check, and under it what mends it; JSON for machines; only a broken core is exit code 1."""
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(command, ["--environment"])
    assert result.exit_code == 0, result.output
    assert "ok       core     dependencies  all " in result.output
    facts = [json.loads(line) for line in CliRunner().invoke(command, ["--environment", "--json"]).output.splitlines()]
    assert all(set(fact) == {"area", "name", "state", "detail", "fix"} for fact in facts)
    (tmp_path / "harness.toml").write_text('rules = ["absent.toml"]\n')
    result = CliRunner().invoke(command, ["--environment"])
    assert result.exit_code == 1
    assert "broken   core     rules" in result.output
    assert "harness config show --origin" in result.output


@pytest.mark.parametrize("arguments", [[], ["--environment", "x.rec.jsonl"]])
def test_either_files_or_the_machine(arguments: list[str]) -> None:
    """One of them, and not both."""
    result = CliRunner().invoke(command, arguments)
    assert result.exit_code == 2
    assert "either FILE… or --environment" in result.output
