from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from harness.errors import RecordingWriteError
from harness.recording.entry import Gap, Header, WsMessage
from harness.recording.reader import read_recording
from harness.recording.steady import RecordingSuspended, SteadyWriter
from harness.recording.writer import RecordingWriter

Message = Callable[..., WsMessage]


class Disk:
    """Refuses what would be longer than ``room`` bytes in all, after a piece of it, as a real one does."""

    def __init__(self) -> None:
        self.room = 1 << 30
        self.errno = errno.ENOSPC
        self.write = os.write

    def __call__(self, fd: int, data: bytes) -> int:
        left = self.room - os.fstat(fd).st_size
        if len(data) <= left:
            return self.write(fd, data)
        if left > 0:
            return self.write(fd, bytes(data[:left]))
        raise OSError(self.errno, "refused")


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    """A disk that can be made full."""
    disk = Disk()
    monkeypatch.setattr(os, "write", disk)
    return disk


@pytest.fixture
def steady(tmp_path: Path, header: Callable[..., Header], disk: Disk) -> Iterator[SteadyWriter]:
    """A steady writer on that disk."""
    writer = SteadyWriter(RecordingWriter(tmp_path / "a.rec.jsonl", header()))
    yield writer
    writer.close()


def test_nothing_happens_while_there_is_room(steady: SteadyWriter, message: Message) -> None:
    """It numbers and writes like the writer it wraps."""
    first = steady.append(message(t=1))
    assert isinstance(first, WsMessage)
    assert first.n == 1
    assert steady.write(lambda n: message(n=n, t=2)) == message(n=2, t=2)
    assert (steady.acknowledged, steady.suspensions, steady.dropped) == (2, (), 0)
    assert len(read_recording(steady.seal()).entries) == 2


@pytest.mark.parametrize(
    "number, reason",
    [
        (errno.ENOSPC, "disk_full"),
        (errno.EFBIG, "disk_full"),
        (errno.EDQUOT, "disk_full"),
        (errno.EIO, "disk_error"),
    ],
)
def test_a_full_disk_is_a_value(steady: SteadyWriter, disk: Disk, message: Message, number: int, reason: str) -> None:
    """Dropped, counted, tried again by the entries' own times; a gap entry says what is missing."""
    steady.append(message(t=1))
    whole = steady.part.read_bytes()
    disk.room, disk.errno = len(whole) + 20, number
    told = [steady.append(message(t=1000 * at)) for at in range(1, 11)]
    assert [one.dropped for one in told if isinstance(one, RecordingSuspended)] == list(range(1, 11))
    assert steady.part.read_bytes() == whole
    disk.room = 1 << 30
    assert isinstance(steady.append(message(t=50_000)), RecordingSuspended)
    back = steady.append(message(t=200_000))
    assert isinstance(back, WsMessage)
    assert steady.suspensions == (
        RecordingSuspended(path=steady.part, reason=reason, at_us=1000, dropped=11, resumed_us=200_000),  # type: ignore[arg-type]
    )
    recording = read_recording(steady.seal())
    assert recording.entries[1:] == [
        Gap(n=2, t=200_000, from_seq=0, to_seq=0, reason=reason, dropped=11),
        message(n=3, t=200_000),
    ]
    assert recording.seal is not None
    assert recording.seal.dropped == 11


def test_attempts_become_rarer(steady: SteadyWriter, disk: Disk, message: Message) -> None:
    """100 ms, 200, 400 ... but never more than 2 s apart."""
    disk.room = 0
    tried: list[int] = []
    now = 0

    def refuse(fd: int, data: bytes) -> int:
        tried.append(now)
        raise OSError(errno.ENOSPC, "refused")

    disk.write = refuse  # type: ignore[assignment]
    disk.room = 1 << 30
    for now in range(0, 12_000_000, 10_000):
        steady.append(message(t=now))
    assert [b - a for a, b in pairwise(tried)][:6] == [
        100_000,
        200_000,
        400_000,
        800_000,
        1_600_000,
        2_000_000,
    ]
    assert max(b - a for a, b in pairwise(tried)) == 2_000_000


def test_room_for_the_gap_alone_begins_a_new_suspension(steady: SteadyWriter, disk: Disk, message: Message) -> None:
    """The first is told by its gap, the second has its own."""
    disk.room = steady.part.stat().st_size
    steady.append(message(t=1))
    disk.room += 130
    assert isinstance(steady.append(message(t=200_000, text="x" * 200)), RecordingSuspended)
    disk.room = 1 << 30
    recording = read_recording(steady.seal())
    assert [(e.reason, e.dropped) for e in recording.entries if isinstance(e, Gap)] == [("disk_full", 1)] * 2
    assert recording.seal is not None
    assert recording.seal.dropped == 2


def test_no_room_for_the_seal_is_an_error_and_can_be_tried_again(
    steady: SteadyWriter, disk: Disk, message: Message
) -> None:
    """The .part stays whole; with room the same call succeeds."""
    steady.append(message(t=1))
    disk.room = steady.part.stat().st_size
    steady.append(message(t=2))
    with pytest.raises(RecordingWriteError):
        steady.seal()
    assert len(read_recording(steady.part, allow_truncated=True).entries) == 1
    disk.room = 1 << 30
    recording = read_recording(steady.seal("signal"))
    assert recording.seal is not None
    assert (recording.seal.reason, recording.seal.dropped) == ("signal", 1)


def test_what_does_not_pass_is_raised(
    steady: SteadyWriter, disk: Disk, message: Message, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another fault, or a torn tail that cannot be taken back, ends the recording."""
    disk.room, disk.errno = 0, errno.EBADF
    with pytest.raises(RecordingWriteError):
        steady.append(message())
    disk.room, disk.errno = steady.part.stat().st_size + 5, errno.ENOSPC

    def broken(*_: object) -> None:
        raise OSError(errno.EIO, "io")

    monkeypatch.setattr(os, "ftruncate", broken)
    with pytest.raises(RecordingWriteError):
        steady.append(message())


def test_a_checkpoint_without_room_waits_for_the_next_entry(
    tmp_path: Path, header: Callable[..., Header], disk: Disk, message: Message
) -> None:
    """The entry before it was taken, so nothing is suspended."""
    writer = SteadyWriter(RecordingWriter(tmp_path / "b.rec.jsonl", header(), checkpoint_us=1000))
    line = len(header().id)  # any small number: less than a checkpoint needs
    disk.room = writer.part.stat().st_size + 70 + line
    assert isinstance(writer.append(message(t=2000, text="")), WsMessage)
    assert writer.suspensions == ()
    disk.room = 1 << 30
    writer.append(message(t=2001))
    kinds = [type(entry).__name__ for entry in read_recording(writer.seal()).entries]
    assert kinds == ["WsMessage", "WsMessage", "Checkpoint"]
