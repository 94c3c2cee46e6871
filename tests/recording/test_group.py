from __future__ import annotations

import errno
import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.errors import RecordingWriteError
from harness.recording.entry import Checkpoint, Header, WsMessage
from harness.recording.group import GroupLog
from harness.recording.reader import read_recording
from harness.recording.steady import RecordingSuspended, SteadyWriter
from harness.recording.writer import RecordingWriter

Message = Callable[..., WsMessage]


def eventually(condition: Callable[[], bool]) -> bool:
    """True as soon as ``condition`` is, False after 10 s."""
    waiter = threading.Event()
    return any(condition() or waiter.wait(0.01) for _ in range(1000))


def test_batches_are_acknowledged_when_they_are_synced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """write returns at once; the count moves after one sync for all, made by another thread."""
    synced: list[tuple[str, bytes]] = []
    real, gate = os.fdatasync, threading.Event()

    def fdatasync(fd: int) -> None:
        gate.wait(10)
        synced.append((threading.current_thread().name, (tmp_path / "x").read_bytes()))
        real(fd)

    monkeypatch.setattr(os, "fdatasync", fdatasync)
    log = GroupLog(tmp_path / "x", interval_s=0.02)
    for line in (b"1\n", b"2\n", b"3\n"):
        log.write(line, 1)
    assert (log.acknowledged, log.size) == (0, 6)
    gate.set()
    assert eventually(lambda: log.acknowledged == 3)
    assert synced == [("recording-group", b"1\n2\n3\n")]
    log.close()


def test_the_digest_covers_what_waits(tmp_path: Path, header: Callable[..., Header], message: Message) -> None:
    """Checkpoints and the seal are right whatever is still in memory."""
    writer = RecordingWriter(tmp_path / "a.rec.jsonl", header(), durability="group", checkpoint_bytes=2000)
    for t in range(50):
        writer.append(message(t=t, text="x" * 100))
    recording = read_recording(writer.seal())
    assert writer.acknowledged == writer.entries
    assert sum(isinstance(entry, Checkpoint) for entry in recording.entries) >= 3


def test_closing_writes_what_waits(tmp_path: Path) -> None:
    """Also when the thread has not come to it."""
    log = GroupLog(tmp_path / "x", interval_s=60)
    log.write(b"1\n", 1)
    log.close()
    log.close()
    assert (tmp_path / "x").read_bytes() == b"1\n"
    with pytest.raises(RecordingWriteError, match="is closed"):
        log.write(b"2\n", 1)


def test_what_cannot_be_written_is_kept_and_tried_again(
    tmp_path: Path, header: Callable[..., Header], message: Message, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Entries already taken come first when there is room again, then the gap, then what follows."""
    steady = SteadyWriter(RecordingWriter(tmp_path / "a.rec.jsonl", header(), durability="group"))
    assert eventually(lambda: steady.part.stat().st_size > 0)
    real = os.write

    def full(fd: int, data: bytes) -> int:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(os, "write", full)
    assert isinstance(steady.append(message(t=1)), WsMessage)
    assert eventually(lambda: steady._writer.stuck is not None)
    assert isinstance(steady.append(message(t=2)), RecordingSuspended)
    assert isinstance(steady.append(message(t=300_000)), RecordingSuspended)
    with pytest.raises(RecordingWriteError):
        steady.seal()
    monkeypatch.setattr(os, "write", real)
    assert eventually(lambda: steady._writer.stuck is None)
    assert isinstance(steady.append(message(t=600_000)), WsMessage)
    recording = read_recording(steady.seal())
    assert [getattr(entry, "dropped", entry.t) for entry in recording.entries] == [1, 2, 600_000]


def test_a_sync_that_fails_is_final(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody can say what the disk still has."""

    def broken(fd: int) -> None:
        raise OSError(errno.EIO, "io")

    log = GroupLog(tmp_path / "x", interval_s=0.01)
    monkeypatch.setattr(os, "fdatasync", broken)
    log.write(b"1\n", 1)

    def refused() -> bool:
        try:
            log.write(b"", 0)
        except RecordingWriteError:
            return True
        return False

    assert eventually(refused)
    assert log.acknowledged == 0
    log.close()


def test_a_torn_tail_in_the_thread_is_final(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The caller hears of it with the next entry."""
    real = os.write

    def torn(fd: int, data: bytes) -> int:
        if len(data) > 3:
            return real(fd, bytes(data[:3]))
        raise OSError(errno.EIO, "io")

    def broken(*_: object) -> None:
        raise OSError(errno.EIO, "io")

    log = GroupLog(tmp_path / "x", interval_s=0.01)
    monkeypatch.setattr(os, "write", torn)
    monkeypatch.setattr(os, "ftruncate", broken)
    log.write(b"12345\n", 1)
    assert eventually(lambda: log.closed)
    with pytest.raises(RecordingWriteError):
        log.write(b"2\n", 1)
    monkeypatch.undo()
    log.close()


def test_always_syncs_every_entry(
    tmp_path: Path, header: Callable[..., Header], message: Message, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One fdatasync per write; one that fails takes the entry back."""
    calls: list[int] = []
    monkeypatch.setattr(os, "fdatasync", calls.append)
    writer = RecordingWriter(tmp_path / "a.rec.jsonl", header(), durability="always")
    for t in range(3):
        writer.append(message(t=t))
    assert len(calls) == 4
    assert writer.acknowledged == 3

    def broken(fd: int) -> None:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(os, "fdatasync", broken)
    with pytest.raises(RecordingWriteError):
        writer.append(message(t=9))
    monkeypatch.undo()
    assert len(read_recording(writer.seal()).entries) == 3
