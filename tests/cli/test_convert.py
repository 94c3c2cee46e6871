from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from harness.cli.convert import command
from harness.recording.convert.har_import import from_har
from harness.recording.convert.vcr import from_vcr
from harness.recording.reader import read_recording
from harness.scenario.files import compose_files


@pytest.fixture
def composed(root: Path, tmp_path: Path) -> Path:
    """A synthetic recording."""
    (path,) = compose_files([root / "fixtures" / "scenarios" / "retail-gift-return.yaml"], tmp_path / "in")
    return path


def run(*arguments: object) -> Result:
    return CliRunner().invoke(command, [str(argument) for argument in arguments])


def test_a_copy_is_packed_and_unpacked(composed: Path, tmp_path: Path) -> None:
    """Byte for byte the same recording; it is not edited."""
    small, large = tmp_path / "a.rec.jsonl", tmp_path / "b.rec.jsonl"
    assert run(composed, "-o", small, "--gzip").stdout == f"{small}.gz\n"
    assert run(f"{small}.gz", "-o", large).exit_code == 0
    assert large.read_bytes() == composed.read_bytes()
    assert read_recording(f"{small}.gz").digest == read_recording(composed).digest
    assert run(composed, "-o", large).exit_code == 4


def test_placeholders(composed: Path, tmp_path: Path) -> None:
    """The state is in the header."""
    out = tmp_path / "r.rec.jsonl"
    assert run(composed, "-o", out, "--state", "redacted").exit_code == 0
    assert read_recording(out).header.redaction.state == "redacted"


def test_other_forms(composed: Path, tmp_path: Path) -> None:
    """HAR, and cassettes of both kinds; what has no place in them is counted."""
    result = run(composed, "-o", tmp_path / "a.har", "--to", "har", "--json")
    assert json.loads(result.stdout) == {"path": str(tmp_path / "a.har"), "left_out": 0}
    assert len(from_har((tmp_path / "a.har").read_bytes()).entries) == len(read_recording(composed).entries)
    for name in ("a.yaml", "a.json"):
        result = run(composed, "-o", tmp_path / name, "--to", "vcr")
        assert "have no place in that form" in result.stderr
        assert from_vcr((tmp_path / name).read_bytes()).entries
    again = run(composed, "-o", tmp_path / "a.har", "--to", "har")
    assert (again.exit_code, "exists already" in again.stderr) == (4, True)
    assert run(composed, "-o", tmp_path / "none" / "a.har", "--to", "har").exit_code == 4


def test_a_write_that_fails_leaves_nothing(composed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a file nor half of one."""
    monkeypatch.setattr("harness.recording.linelog.LineLog.sync", lambda _: (_ for _ in ()).throw(KeyboardInterrupt))
    assert run(composed, "-o", tmp_path / "a.har", "--to", "har").exit_code == 130
    assert [p.name for p in tmp_path.iterdir()] == ["in"]


def test_what_is_imported_has_surrogates(composed: Path, tmp_path: Path) -> None:
    """The demo data's values are gone, whatever the form."""
    assert b"[PHONE" not in composed.read_bytes()
    run(composed, "-o", tmp_path / "a.har", "--to", "har")
    out = tmp_path / "b.rec.jsonl.gz"
    result = run(tmp_path / "a.har", "-o", out, "--from", "har", "--gzip")
    assert (result.exit_code, result.output) == (0, f"{out}\n")
    assert read_recording(out).header.redaction.state == "surrogate"


def test_one_thing_at_a_time(composed: Path, tmp_path: Path) -> None:
    """Options that exclude each other are a usage error."""
    for options in (
        ("--to", "har", "--gzip"),
        ("--to", "har", "--from", "vcr"),
        ("--state", "redacted", "--to", "vcr"),
    ):
        assert run(composed, "-o", tmp_path / "x.rec.jsonl", *options).exit_code == 2
    assert run(composed, "-o", tmp_path / "x.txt").exit_code == 2
