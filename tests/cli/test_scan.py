from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from harness.cli.scan import command
from harness.recording.edit import compress
from harness.recording.entry import Header, Redaction, WsMessage
from harness.recording.health import examine
from harness.recording.reader import read_recording
from harness.recording.writer import RecordingWriter

Write = Callable[..., Path]


@pytest.fixture
def live(tmp_path: Path) -> Write:
    """Writes a live recording of one message."""

    def write(text: str, name: str = "a", state: str = "surrogate") -> Path:
        redaction = Redaction(state=state)  # type: ignore[arg-type]
        header = Header(id=name, created="2026-03-14T09:00:00Z", tool="t", source="live", redaction=redaction)
        with RecordingWriter(tmp_path / f"{name}.rec.jsonl", header) as writer:
            writer.append(WsMessage(n=0, t=5, conn="w", dir="in", text=text))
            writer.seal("signal", dropped=4)
        return writer.path

    return write


def run(*arguments: object) -> Result:
    return CliRunner().invoke(command, [str(argument) for argument in arguments])


def test_leaks_are_listed_by_place(live: Write) -> None:
    """Exit code 1; types and places, not values."""
    path = live("call 415-299-0188 or 415-299-0177")
    result = run(path)
    assert result.exit_code == 1
    assert "a.rec.jsonl: PHONE 2" in result.output
    assert "entry 1 (whole text) 5..17 PHONE" in result.output
    assert "0188" not in result.output


def test_names_are_listed_when_asked_for(live: Write) -> None:
    """They are candidates: nothing fails."""
    path = live("this is Yolanda Quist")
    assert run(path).output == f"{path}: nothing\n"
    result = run(path, "--strict", "--json")
    (one,) = json.loads(result.output)["leftovers"]
    assert (one["type"], one["candidate"], one["start"]) == ("NAME?", True, 8)
    assert result.exit_code == 0


@pytest.mark.parametrize("packed", [False, True])
def test_a_sign_off_is_kept_in_the_header(live: Write, packed: bool) -> None:
    """Who and when; source, seal reason and traffic stay; doctor warns no more."""
    path = compress(live("hello")) if packed else live("hello")
    path.chmod(0o640)
    before = read_recording(path)
    assert run(path, "--strict", "--sign-off", "A. Reader").exit_code == 0
    after = read_recording(path)
    assert str(after.header.redaction.signed_off).startswith("A. Reader (20")
    assert (after.header.source, after.header.parent) == ("live", before.digest)
    assert after.entries == before.entries
    assert after.seal is not None
    assert (after.seal.reason, after.seal.dropped) == ("signal", 4)
    assert path.stat().st_mode & 0o777 == 0o640
    assert examine(path).findings == ()
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_leaks_are_not_signed_off(live: Write) -> None:
    """None of the recordings named is, if one of them leaks."""
    good, bad = live("hello"), live("call 415-299-0188", "b")
    result = run(good, bad, "--sign-off", "me")
    assert (result.exit_code, "nothing was signed off" in result.stderr) == (1, True)
    assert read_recording(good).header.redaction.signed_off is None


def test_invented_data_is_no_leak(live: Write) -> None:
    """It stands in clear on purpose."""
    assert run(live("call 415-299-0188", state="fictional")).exit_code == 0


@pytest.mark.parametrize("text", ["", " ", "a\nb", "x" * 201, "call 415-299-0188"])
def test_a_signature_is_a_short_line(live: Write, text: str) -> None:
    """And holds no personal data in its turn."""
    result = run(live("hello"), "--sign-off", text)
    assert result.exit_code == 2
    assert "0188" not in result.stderr


def test_a_signature_that_cannot_be_written_is_an_error(live: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """The recording stays as it was."""
    path = live("hello")
    before = path.read_bytes()

    def broken(*_: object) -> None:
        raise PermissionError(13, "no")

    monkeypatch.setattr(Path, "replace", broken)
    assert run(path, "--sign-off", "me").exit_code == 4
    assert path.read_bytes() == before
    assert [p.name for p in path.parent.iterdir()] == [path.name]
