from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from harness.cli.info import command
from harness.recording.entry import Header, OutcomeEntry, PiiLabel, Redaction, WsMessage
from harness.recording.writer import RecordingWriter


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """Two conversations, one label, an outcome."""
    redaction = Redaction(state="surrogate", signed_off="2026-03-14", policy="sha256:0")
    header = Header(id="r1", created="2026-03-14T09:00:00Z", tool="t/1", source="live", redaction=redaction, parent="x")
    with RecordingWriter(tmp_path / "a.rec.jsonl", header) as writer:
        writer.append(WsMessage(n=0, t=5, conn="w", dir="out", text='{"type":"subscribe","interaction_id":"i-1"}'))
        label = PiiLabel(type="PHONE", start=0, end=3, id="s1", path="/text")
        writer.append(WsMessage(n=0, t=9, conn="w", dir="in", text='{"interaction_id":"i-2\\u001b"}', pii=(label,)))
        writer.append(OutcomeEntry(n=0, t=1_500_000, of=2, event="utterance", stage="audit", verdict="accepted"))
        writer.seal(dropped=2)
    return writer.path


def test_people_see_what_a_recording_holds(recording: Path) -> None:
    """Header, counts, duration, conversations with escapes shown, redaction and seal."""
    result = CliRunner().invoke(command, [str(recording)])
    assert result.exit_code == 0
    for words in (
        "id            r1",
        "source        live from x",
        "scenario      -",
        "redaction     surrogate, signed off",
        "spans         PHONE 1",
        "entries       3 (outcome 1, ws.message 2)",
        "duration      1.500 s",
        "conversations i-1, i-2\\u001b",
        "verified, 2 entries dropped",
    ):
        assert words in result.output


def test_machines_get_one_object_per_recording(recording: Path, tmp_path: Path) -> None:
    """A folder and stdin work as a file does."""
    lines = (
        CliRunner().invoke(command, ["--json", str(tmp_path), "-"], input=recording.read_bytes()).output.splitlines()
    )
    first, second = map(json.loads, lines)
    assert first["path"] == str(recording)
    assert first["by_kind"] == {"outcome": 1, "ws.message": 2}
    assert first["seal"]["reason"] == "closed"
    assert second == first | {"path": "-"}


def test_a_cut_off_recording_is_shown_as_one(recording: Path, tmp_path: Path) -> None:
    """No seal, with the way out; two recordings are set apart by an empty line."""
    part = tmp_path / "b.rec.jsonl.part"
    part.write_bytes(b"".join(recording.read_bytes().splitlines(keepends=True)[:1]))
    result = CliRunner().invoke(command, [str(part), str(recording)])
    assert "harness seal" in result.output
    assert "spans         none" in result.output
    assert "\n\n" in result.output
    assert json.loads(CliRunner().invoke(command, ["--json", str(part)]).output)["truncated"] is True


def test_bad_files_are_one_line(recording: Path, tmp_path: Path) -> None:
    """A corrupt file is 4, nothing found is 5; no traceback."""
    recording.write_bytes(recording.read_bytes().replace(b"i-1", b"i-7"))
    corrupt = CliRunner().invoke(command, [str(recording)])
    assert (corrupt.exit_code, corrupt.output.count("\n")) == (4, 1)
    assert "a.rec.jsonl:2: the line does not match its checksum (if the change was made by hand" in corrupt.output
    assert CliRunner().invoke(command, [str(tmp_path / "none")]).exit_code == 5
