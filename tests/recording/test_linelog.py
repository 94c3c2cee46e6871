from __future__ import annotations

import errno
import fcntl
import os
from pathlib import Path

import pytest

from harness.errors import RecordingWriteError
from harness.recording.linelog import LineLog, publish, refused


def broken(*_: object, **__: object) -> None:
    raise OSError(errno.EPERM, "no")


def test_without_hard_links_the_name_is_given_by_moving(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file system without links gets the same result, and still never overwrites."""
    monkeypatch.setattr(os, "link", broken)
    log = LineLog(tmp_path / "x.part")
    log.write(b"one\n")
    publish(log, tmp_path / "x")
    assert [(p.name, p.read_bytes()) for p in tmp_path.iterdir()] == [("x", b"one\n")]
    second = LineLog(tmp_path / "x.part")
    with pytest.raises(RecordingWriteError, match="exists already"):
        publish(second, tmp_path / "x")
    assert (tmp_path / "x").read_bytes() == b"one\n"
    assert second.path.exists()


def test_a_move_that_fails_leaves_the_name_free(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The empty file that held the name goes again."""
    monkeypatch.setattr(os, "link", broken)
    monkeypatch.setattr(Path, "replace", broken)
    log = LineLog(tmp_path / "x.part")
    with pytest.raises(RecordingWriteError, match=os.strerror(errno.EPERM)):
        publish(log, tmp_path / "x")
    assert [p.name for p in tmp_path.iterdir()] == ["x.part"]


def test_no_locks_is_no_reason_to_stop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some network file systems have none; an existing file is refused all the same."""
    monkeypatch.setattr(fcntl, "flock", broken)
    LineLog(tmp_path / "x.part").close()
    with pytest.raises(RecordingWriteError, match="interrupted"):
        LineLog(tmp_path / "x.part")


def test_closing_twice_is_fine(tmp_path: Path) -> None:
    """The second call does nothing."""
    log = LineLog(tmp_path / "x.part")
    log.close()
    log.close()
    assert log.closed


def test_errors_without_a_number_have_words() -> None:
    """A name the system cannot even be asked about."""
    assert "not a usable file name" in str(refused(Path("x"), ValueError("null byte")))
