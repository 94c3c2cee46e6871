from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.errors import RecordingWriteError
from harness.recording.codec import MAX_LINE, decode_entry
from harness.recording.entry import Checkpoint, Header, Seal, Unknown, Withheld, WsMessage
from harness.recording.reader import read_recording
from harness.recording.writer import RecordingWriter

Message = Callable[..., WsMessage]


@pytest.fixture
def writer(tmp_path: Path, header: Callable[..., Header]) -> RecordingWriter:
    """A writer of ``a.rec.jsonl``."""
    return RecordingWriter(tmp_path / "a.rec.jsonl", header())


def test_entries_are_numbered_and_sealed(writer: RecordingWriter, message: Message) -> None:
    """n counts from 1, the seal counts what is there, the .part is gone."""
    first = writer.append(message(t=5))
    assert first.n == 1
    assert writer.append(message(t=9, text="two")).n == 2
    assert writer.entries == 2
    path = writer.seal("signal", dropped=3)
    recording = read_recording(path)
    assert [entry.n for entry in recording.entries] == [1, 2]
    assert recording.seal == writer.sealed
    assert recording.seal is not None
    assert (recording.seal.n, recording.seal.t, recording.seal.entries, recording.seal.duration) == (3, 9, 2, 9)
    assert (recording.seal.by_kind, recording.seal.dropped, recording.seal.reason) == ({"ws.message": 2}, 3, "signal")
    assert list(path.parent.iterdir()) == [path]


def test_an_entry_is_on_the_file_when_append_returns(writer: RecordingWriter, message: Message) -> None:
    """Nothing waits in a buffer."""
    for index in range(3):
        writer.append(message(text=f"message {index}"))
        assert writer.part.read_bytes().count(b"\n") == index + 2
    writer.close()


def test_given_numbers_must_fit(writer: RecordingWriter, message: Message) -> None:
    """A caller may number entries itself, without holes."""
    assert writer.append(message(n=1)).n == 1
    with pytest.raises(RecordingWriteError, match="entry 7 came where entry 2 is due"):
        writer.append(message(n=7))
    writer.extend([message(n=2), message(n=3)])
    assert writer.entries == 3
    writer.close()


def test_a_batch_is_written_whole_or_not_at_all(writer: RecordingWriter, message: Message) -> None:
    """One entry that does not fit keeps the others of its batch from being acknowledged."""
    with pytest.raises(RecordingWriteError):
        writer.extend([message(), message(n=9)])
    assert writer.entries == 0
    assert writer.extend([]) == []
    writer.close()


def test_the_file_is_private_until_it_is_sealed(writer: RecordingWriter, message: Message) -> None:
    """0600 while recording, what the umask allows afterwards."""
    assert writer.part.stat().st_mode & 0o777 == 0o600
    before = os.umask(0o027)
    try:
        path = writer.seal()
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == 0o640


def test_nothing_is_overwritten(tmp_path: Path, header: Callable[..., Header], writer: RecordingWriter) -> None:
    """Neither a recording, nor one that is being written, nor one that was interrupted; each with its way out."""
    taken = tmp_path / "taken.rec.jsonl"
    taken.write_text("mine")
    with pytest.raises(RecordingWriteError, match=r"exists already.*choose another name"):
        RecordingWriter(taken, header())
    with pytest.raises(RecordingWriteError, match="another process is writing it"):
        RecordingWriter(writer.path, header())
    writer.close()
    with pytest.raises(RecordingWriteError, match=r"interrupted recording.*harness seal"):
        RecordingWriter(writer.path, header())
    assert taken.read_text() == "mine"


def test_a_name_taken_meanwhile_is_not_overwritten(writer: RecordingWriter, message: Message) -> None:
    """The .part stays as it was and can be sealed once the name is free."""
    writer.append(message())
    writer.path.write_text("mine")
    with pytest.raises(RecordingWriteError, match="exists already"):
        writer.seal()
    assert writer.path.read_text() == "mine"
    writer.path.unlink()
    assert len(read_recording(writer.seal()).entries) == 1


def test_a_name_taken_in_the_last_moment_is_not_overwritten(
    writer: RecordingWriter, message: Message, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The link itself refuses; the sealed .part stays."""
    writer.append(message())
    monkeypatch.setattr(os.path, "lexists", lambda path: False)
    writer.path.write_text("mine")
    with pytest.raises(RecordingWriteError, match="exists already"):
        writer.seal()
    assert writer.path.read_text() == "mine"
    assert b'"kind":"seal"' in writer.part.read_bytes()


def test_leaving_the_block_seals(tmp_path: Path, header: Callable[..., Header], message: Message) -> None:
    """The end of a with block is the end of the recording; sealing by hand before is fine."""
    for name in ("a.rec.jsonl", "b.rec.jsonl"):
        with RecordingWriter(tmp_path / name, header()) as writer:
            writer.append(message())
            if name.startswith("b"):
                writer.seal("composed")
    assert [read_recording(tmp_path / n).truncated for n in ("a.rec.jsonl", "b.rec.jsonl")] == [False, False]


def test_an_exception_leaves_the_part(tmp_path: Path, header: Callable[..., Header], message: Message) -> None:
    """What was acknowledged stays for recovery, unsealed."""
    path = tmp_path / "a.rec.jsonl"
    with pytest.raises(KeyError), RecordingWriter(path, header()) as writer:
        writer.append(message())
        raise KeyError
    assert not path.exists()
    assert len(read_recording(writer.part, allow_truncated=True).entries) == 1
    with pytest.raises(RecordingWriteError, match="is closed"):
        writer.append(message())


def test_checkpoints_are_written_and_verified(tmp_path: Path, header: Callable[..., Header], message: Message) -> None:
    """One after each given number of bytes, with the digest of what stands before it."""
    with RecordingWriter(tmp_path / "a.rec.jsonl", header(), checkpoint_bytes=1000) as writer:
        for index in range(20):
            writer.append(message(text="x" * 150, t=index))
    entries = read_recording(writer.path).entries
    assert [entry.n for entry in entries] == list(range(1, len(entries) + 1))
    assert 2 <= sum(isinstance(entry, Checkpoint) for entry in entries) <= 5


def test_numbered_entries_leave_no_room_for_checkpoints(
    tmp_path: Path, header: Callable[..., Header], message: Message
) -> None:
    """Whoever numbers entries gets exactly those."""
    with RecordingWriter(tmp_path / "a.rec.jsonl", header(), checkpoint_bytes=10) as writer:
        writer.extend([message(n=1), message(n=2)])
        writer.append(message(n=3))
    assert len(read_recording(writer.path).entries) == 3


def test_an_entry_too_long_to_be_read_is_withheld(writer: RecordingWriter, message: Message) -> None:
    """Order and count survive, the text does not."""
    text = "x" * MAX_LINE
    written = writer.append(message(text=text, size=len(text), t=7))
    assert written == Withheld(n=1, t=7, of_kind="ws.message", size=MAX_LINE, rule="too_large", conn="w1", dir="in")
    raw = {"n": 0, "t": 8, "kind": "x.big", "x": text}
    other = writer.append(Unknown(n=0, t=8, raw=raw))
    assert isinstance(other, Withheld)
    assert (other.of_kind, other.conn, other.dir) == ("x.big", "", None)
    assert read_recording(writer.seal()).entries == [written, other]


def test_a_full_disk_leaves_whole_entries(tmp_path: Path) -> None:
    """A write that fails half-way is taken back; the same writer goes on when there is room again."""
    script = f"""
import resource, signal, sys
sys.path[:0] = {sys.path!r}
from harness.errors import RecordingWriteError
from harness.recording.entry import Header, Redaction, WsMessage
from harness.recording.writer import RecordingWriter
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
header = Header(id="x", created="x", tool="x", source="synthetic", redaction=Redaction(state="fictional"))
writer = RecordingWriter("a.rec.jsonl", header)
soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (2000, hard))
good = failed = 0
for index in range(30):
    try:
        writer.append(WsMessage(n=0, t=index, conn="w", dir="in", text="x" * 100))
        good += 1
    except RecordingWriteError:
        failed += 1
    assert writer.part.read_bytes().count(b"\\n") == good + 1
resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
writer.append(WsMessage(n=0, t=99, conn="w", dir="in", text="back"))
writer.seal()
print(good, failed)
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True)
    good, failed = map(int, done.stdout.split())
    assert good > 5
    assert good + failed == 30
    assert len(read_recording(tmp_path / "a.rec.jsonl").entries) == good + 1


def test_a_killed_process_loses_nothing_acknowledged(tmp_path: Path) -> None:
    """After SIGKILL every entry whose append returned is on the file."""
    script = f"""
import os, signal, sys
sys.path[:0] = {sys.path!r}
from harness.recording.entry import Header, Redaction, WsMessage
from harness.recording.writer import RecordingWriter
header = Header(id="x", created="x", tool="x", source="synthetic", redaction=Redaction(state="fictional"))
writer = RecordingWriter("a.rec.jsonl", header)
for index in range(50):
    writer.append(WsMessage(n=0, t=index, conn="w", dir="in", text="x"))
os.kill(os.getpid(), signal.SIGKILL)
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, check=False)
    assert done.returncode == -signal.SIGKILL
    recording = read_recording(tmp_path / "a.rec.jsonl.part", allow_truncated=True)
    assert len(recording.entries) == 50
    assert recording.truncated


def test_short_writes_are_continued(writer: RecordingWriter, message: Message, monkeypatch: pytest.MonkeyPatch) -> None:
    """A system that takes a few bytes at a time gets all of them."""
    real = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: real(fd, bytes(data[:7])))
    writer.append(message(text="a long enough text"))
    monkeypatch.undo()
    assert len(read_recording(writer.seal()).entries) == 1


def test_a_tail_that_cannot_be_taken_back_ends_the_recording(
    writer: RecordingWriter, message: Message, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is ever written behind a torn line."""

    real = os.write

    def broken(*_: object) -> int:
        raise OSError(errno.EIO, "io")

    def torn(fd: int, data: bytes) -> int:
        real(fd, bytes(data[:7]))
        return broken()

    writer.append(message())
    monkeypatch.setattr(os, "write", torn)
    monkeypatch.setattr(os, "ftruncate", broken)
    with pytest.raises(RecordingWriteError, match=os.strerror(errno.EIO)):
        writer.append(message())
    monkeypatch.undo()
    with pytest.raises(RecordingWriteError, match="is closed"):
        writer.append(message())


def test_a_header_that_cannot_be_written_leaves_nothing(
    tmp_path: Path, header: Callable[..., Header], monkeypatch: pytest.MonkeyPatch
) -> None:
    """No empty .part stays behind."""

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(RecordingWriteError, match=os.strerror(errno.ENOSPC)):
        RecordingWriter(tmp_path / "a.rec.jsonl", header())
    assert list(tmp_path.iterdir()) == []


def test_a_failing_sync_is_an_error(writer: RecordingWriter, message: Message, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that does not take the data is not passed over."""

    def broken(*_: object) -> None:
        raise OSError(errno.EIO, "io")

    writer.append(message())
    monkeypatch.setattr(os, "fsync", broken)
    with pytest.raises(RecordingWriteError):
        writer.seal()
    assert not writer.path.exists()


@pytest.mark.parametrize(
    "name, words", [("no/such/a.rec.jsonl", "folder does not exist"), ("a\0.rec.jsonl", "not a usable")]
)
def test_bad_names_are_refused(tmp_path: Path, header: Callable[..., Header], name: str, words: str) -> None:
    """A typed error, with the way out."""
    with pytest.raises(RecordingWriteError, match=words) as caught:
        RecordingWriter(tmp_path / name, header())
    assert caught.value.fix


def test_the_seal_is_the_last_line(sealed: Path) -> None:
    """Nothing of the writer follows it."""
    assert isinstance(decode_entry(sealed.read_bytes().splitlines()[-1]), Seal)


def test_a_writer_may_number_what_it_is_given(writer: RecordingWriter, message: Message) -> None:
    """write() makes the entry when its number is known, and checkpoints still find their place."""
    assert writer.write(lambda n: message(n=n, t=5)) == message(n=1, t=5)
    assert writer.write(lambda n: Unknown(n=n, t=6, raw={"n": n, "t": 6, "kind": "x.new"})).n == 2
    assert (writer.acknowledged, writer.stuck, writer.closed) == (2, None, False)
    assert writer.write(lambda n: message(n=n, t=10_000_006)).n == 3
    recording = read_recording(writer.seal())
    assert [entry.n for entry in recording.entries] == [1, 2, 3, 4]
    assert isinstance(recording.entries[3], Checkpoint)
    assert recording.seal is not None
    assert recording.seal.by_kind == {"checkpoint": 1, "ws.message": 2, "x.new": 1}


def test_odd_entries_in_a_batch(writer: RecordingWriter, message: Message) -> None:
    """Unknown kinds, lone surrogates and what is too long are written as they are one by one."""
    kept = Unknown(n=0, t=1, raw={"kind": "x.new"})
    written = writer.extend([message(text="\ud800"), kept, message(text="x" * MAX_LINE), message()])
    assert isinstance(written[2], Withheld)
    recording = read_recording(writer.seal())
    assert recording.entries[0] == message(n=1, text="\ud800")
    assert [entry.n for entry in recording.entries] == [1, 2, 3, 4]
