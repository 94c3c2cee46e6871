from __future__ import annotations

import gzip
import io
import zlib
from pathlib import Path

import pytest

from harness.errors import RecordingFormatError, RecordingTruncated
from harness.recording import gzipped
from harness.recording.gzipped import packed, unpacked
from harness.recording.reader import find_recordings, iter_entries, open_file, read_recording


def opened(data: bytes) -> io.BufferedReader:
    file = io.BufferedReader(io.BytesIO(data))
    return unpacked(file, "a.rec.jsonl.gz")  # type: ignore[return-value]


def test_what_is_packed_is_unpacked() -> None:
    """In one gzip member any tool reads, the same bytes every time."""
    pieces = [b"one\n", b"", b"two\n" * 100_000]
    data = b"".join(packed(pieces))
    assert data == b"".join(packed(pieces))
    assert gzip.decompress(data) == opened(data).read() == b"".join(pieces)


def test_plain_files_are_left_alone() -> None:
    """Compression is told by the first two bytes; an empty file has none."""
    assert opened(b"plain").read() == b"plain"
    assert opened(b"").read() == b""


def test_a_compressed_recording_is_read_as_a_plain_one(sealed: Path) -> None:
    """By every reader, whatever its name, and found in folders."""
    whole = read_recording(sealed)
    small = sealed.with_name("b.rec.jsonl.gz")
    small.write_bytes(gzip.compress(sealed.read_bytes()))
    again = read_recording(small)
    assert (again.entries, again.seal, again.truncated) == (whole.entries, whole.seal, False)
    assert list(iter_entries(small)) == whole.entries
    assert find_recordings([sealed.parent]) == [sealed, small]
    odd = sealed.with_name("c.rec.jsonl")
    odd.write_bytes(small.read_bytes())
    assert read_recording(odd).entries == whole.entries


def test_it_can_be_set_back_to_its_start_only(sealed: Path) -> None:
    """Which is what editing tools do; it lends the lock of the file below."""
    small = sealed.with_name("b.rec.jsonl.gz")
    small.write_bytes(gzip.compress(sealed.read_bytes()))
    with open_file(small) as file:
        first = file.readline()
        assert file.tell() == len(first)
        file.seek(0)
        assert file.readline() == first
        assert file.fileno() > 0
        with pytest.raises(io.UnsupportedOperation):
            file.seek(-5, io.SEEK_END)
    assert file.closed


def test_a_cut_anywhere_is_a_truncated_recording(sealed: Path) -> None:
    """Whole lines before it are still read."""
    data = gzip.compress(sealed.read_bytes())
    whole = read_recording(sealed).entries
    small = sealed.with_name("b.rec.jsonl.gz")
    for cut in range(2, len(data) - 8):
        small.write_bytes(data[:cut])
        try:
            entries = read_recording(small, allow_truncated=True).entries
        except RecordingTruncated:
            continue
        assert entries == whole[: len(entries)]


@pytest.mark.parametrize(
    "data, words",
    [
        (b"\x1f\x8b" + b"\0" * 20, "damaged"),
        (gzip.compress(b"x", mtime=0)[:-4] + b"\0\0\0\0", "damaged"),
        (gzip.compress(b"x", mtime=0) + b"more", "something follows"),
        (gzip.compress(b"x", mtime=0) + gzip.compress(b"y", mtime=0), "something follows"),
    ],
)
def test_what_is_no_single_member_is_refused(data: bytes, words: str) -> None:
    """With the way out."""
    with pytest.raises(RecordingFormatError, match=words) as caught:
        opened(data).read()
    assert caught.value.fix


def test_something_may_follow_the_last_bite() -> None:
    """Also where the member ends with what was read."""
    data = gzip.compress(b"x", mtime=0)
    with pytest.raises(RecordingFormatError, match="something follows"):
        opened(data.ljust(len(data) + 5000, b"!")).read()


def test_bombs_are_cut_short(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the ratio, and by the cap on all output."""
    bomb = zlib.compress(b"\0" * (64 << 20), 9, wbits=31)
    file = opened(bomb)
    read = 0
    with pytest.raises(RecordingFormatError, match="more than is allowed"):
        while data := file.read(1 << 16):
            read += len(data)
    assert read <= gzipped.FREE_BYTES + (1 << 16)
    monkeypatch.setattr(gzipped, "MAX_BYTES", 1000)
    with pytest.raises(RecordingFormatError, match="more than is allowed"):
        opened(gzip.compress(bytes(range(256)) * 5)).read()
