from __future__ import annotations

import io
import os
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from harness.errors import (
    RecordingError,
    RecordingFormatError,
    RecordingNotFound,
    RecordingTruncated,
    UnsupportedVersion,
)
from harness.recording.codec import MAX_LINE, decode_entry, encode_entry, encode_header
from harness.recording.entry import Checkpoint, Header, Seal, Unknown, WsMessage
from harness.recording.reader import find_recordings, iter_entries, read_recording, read_stream

Write = Callable[..., Path]


def lines_of(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines(keepends=True)


def test_a_recording_is_read(sealed: Path) -> None:
    """Header, entries without the seal, and the seal; the digest names the content."""
    recording = read_recording(sealed)
    assert recording.header.source == "synthetic"
    assert [entry.t for entry in recording.entries] == [10, 20, 30]
    assert recording.seal is not None
    assert recording.digest == f"sha256:{recording.seal.sha256}"
    assert not recording.truncated
    assert list(iter_entries(sealed)) == recording.entries
    assert "message 10" not in repr(recording)


def test_the_golden_file_of_version_1_is_read_for_ever() -> None:
    """Every kind of version 1, an unknown kind and an unknown field; a rewrite of each entry gives its bytes."""
    path = Path(__file__).parent / "golden" / "v1.rec.jsonl"
    recording = read_recording(path)
    assert recording.digest == "sha256:8864b82c52d61d13d3e411e0551458ac3c84363a524ce71ba6b7f4579e2eb25e"
    assert sorted(recording.seal.by_kind) == sorted(  # type: ignore[union-attr]
        "http.request http.response http.chunk http.error ws.open ws.accept ws.reject ws.message ws.control ws.close "
        "ws.abort outcome gap withheld checkpoint later.kind".split()
    )
    with_unknown_field = 4
    for number, line in enumerate(lines_of(path)[1:], 2):
        if number != with_unknown_field:
            assert encode_entry(decode_entry(line)) == line
    assert any(isinstance(entry, Unknown) for entry in recording.entries)


def test_a_cut_at_every_byte_is_noticed(sealed: Path) -> None:
    """Never an entry that was not there, never a silent end; what was whole is recovered."""
    data = sealed.read_bytes()
    whole = read_recording(sealed).entries
    head = data.index(b"\n") + 1
    for cut in range(len(data)):
        part = io.BytesIO(data[:cut])
        if cut < head:
            with pytest.raises(RecordingTruncated, match="no whole header"):
                read_stream(part, allow_truncated=True)
            continue
        recording = read_stream(part, allow_truncated=True)
        assert recording.truncated
        assert recording.seal is None
        assert recording.entries == whole[: data[head:cut].count(b"\n")]
        with pytest.raises(RecordingTruncated, match="harness seal"):
            read_stream(io.BytesIO(data[:cut]))


def test_a_flip_of_every_byte_is_noticed(sealed: Path) -> None:
    """Any changed byte is an error, also where a truncated file would be taken."""
    data = bytearray(sealed.read_bytes())
    for place in range(len(data)):
        data[place] ^= 0x01
        with pytest.raises(RecordingError):
            read_stream(io.BytesIO(bytes(data)))
        data[place] ^= 0x01


def test_lines_cannot_be_taken_out_or_swapped(sealed: Path, tmp_path: Path) -> None:
    """Whole lines with right checksums are still held together by n and the seal."""
    head, one, two, three, seal = lines_of(sealed)
    for lines, words in (
        ([head, one, three, seal], "a.rec.jsonl:3: entry 3 follows entry 1"),
        ([head, two, one, three, seal], "entry 2 follows entry 0"),
        ([head, one, two, seal], "entry 4 follows entry 2"),
        ([head, one, two, three, seal, one], "a.rec.jsonl:6: something follows the seal"),
        ([head, one, two, three, seal, seal], "something follows the seal"),
        ([head, one, two, three, seal, b"torn"], "something follows the seal"),
    ):
        sealed.write_bytes(b"".join(lines))
        with pytest.raises(RecordingFormatError, match=words):
            read_recording(sealed, allow_truncated=True)


def test_the_seal_is_verified(sealed: Path) -> None:
    """Its digest, its counts and its duration must be those of the file."""
    *lines, last = lines_of(sealed)
    seal = decode_entry(last)
    assert isinstance(seal, Seal)
    for change, words in (
        ({"sha256": "0" * 64}, "the seal does not match"),
        ({"entries": 4}, "counts or duration"),
        ({"by_kind": {"gap": 3}}, "counts or duration"),
        ({"duration": 31}, "counts or duration"),
    ):
        sealed.write_bytes(b"".join(lines) + encode_entry(msgspec.structs.replace(seal, **change)))
        with pytest.raises(RecordingFormatError, match=words):
            read_recording(sealed)


def test_checkpoints_are_verified(tmp_path: Path, write: Write, message: Callable[..., WsMessage]) -> None:
    """A wrong digest is found where it stands, before the seal."""
    path = write(tmp_path / "c.rec.jsonl", message(), Checkpoint(n=0, t=0, sha256="0" * 64))
    with pytest.raises(RecordingFormatError, match=r"c\.rec\.jsonl:3: the checkpoint does not match"):
        read_recording(path)


def test_an_edited_recording_may_leave_numbers_out(
    tmp_path: Path, header: Callable[..., Header], message: Callable[..., WsMessage]
) -> None:
    """With a parent n must grow, no more."""
    lines = encode_header(header(parent="x", source="edited")) + encode_entry(message(n=3)) + encode_entry(message(n=9))
    assert len(read_stream(io.BytesIO(lines), allow_truncated=True).entries) == 2
    with pytest.raises(RecordingFormatError, match="entry 9 follows entry 9"):
        read_stream(io.BytesIO(lines + encode_entry(message(n=9))), allow_truncated=True)


def test_an_unsealed_recording_is_taken_only_if_asked_for(sealed: Path) -> None:
    """By default the end is an error that names the way out; iteration says so at its end."""
    sealed.write_bytes(b"".join(lines_of(sealed)[:-1]))
    with pytest.raises(RecordingTruncated, match="harness seal"):
        read_recording(sealed)
    assert read_recording(sealed, allow_truncated=True).truncated
    assert read_recording(sealed, allow_truncated=True).digest == ""
    entries = iter_entries(sealed)
    assert [next(entries).n for _ in range(3)] == [1, 2, 3]
    with pytest.raises(RecordingTruncated):
        next(entries)


def test_a_long_line_costs_bounded_memory(sealed: Path) -> None:
    """A line over the limit is refused, with or without an end."""
    head = lines_of(sealed)[0]
    for tail in (b"x" * (MAX_LINE + 5), b"x" * (MAX_LINE + 5) + b"\n"):
        with pytest.raises(RecordingFormatError, match="longer than"):
            read_stream(io.BytesIO(head + tail))
    with pytest.raises(RecordingFormatError, match="not a mediation recording"):
        read_stream(io.BytesIO(b"x" * (MAX_LINE + 5)))


def test_a_newer_file_is_refused_with_both_versions(
    tmp_path: Path, write: Write, header: Callable[..., Header]
) -> None:
    """The reader says what it reads and what is needed."""
    path = write(tmp_path / "n.rec.jsonl", head=header(version=5, min_reader=4))
    with pytest.raises(UnsupportedVersion, match="version 4, this one reads 1"):
        read_recording(path)


def test_only_regular_files_are_opened(sealed: Path, tmp_path: Path) -> None:
    """Links, folders, pipes and devices are refused at once, never waited for."""
    (tmp_path / "link").symlink_to(sealed)
    os.mkfifo(tmp_path / "pipe")
    for path, words in (
        (tmp_path / "link", "symbolic link is not followed"),
        (tmp_path / "pipe", "not a regular file"),
        (tmp_path, "not a regular file"),
        (Path("/dev/zero"), "not a regular file"),
        (sealed / "x", "cannot be read"),
        (Path("a\0b"), "not a usable file name"),
    ):
        with pytest.raises(RecordingError, match=words) as caught:
            read_recording(path)
        assert caught.value.fix
    with pytest.raises(RecordingNotFound):
        read_recording(tmp_path / "none")


def test_recordings_are_found(sealed: Path, tmp_path: Path, write: Write) -> None:
    """Files as named, folders searched for *.rec.jsonl, each once, sorted, links left out."""
    (tmp_path / "sub").mkdir()
    deep = write(tmp_path / "sub" / "b.rec.jsonl")
    (tmp_path / "sub" / "b.labels.jsonl").write_text("")
    (tmp_path / "sub" / "c.rec.jsonl.part").write_text("")
    (tmp_path / "z.rec.jsonl").symlink_to(deep)
    assert find_recordings([tmp_path, str(sealed)]) == [sealed, deep]
    assert find_recordings([tmp_path / "sub" / "c.rec.jsonl.part"]) == [tmp_path / "sub" / "c.rec.jsonl.part"]
    assert find_recordings([]) == []


def test_nothing_found_is_an_error(tmp_path: Path) -> None:
    """A missing path and an empty folder each say what to do."""
    with pytest.raises(RecordingNotFound, match="no such file"):
        find_recordings([tmp_path / "none"])
    with pytest.raises(RecordingNotFound, match=r"no \*.rec.jsonl in this folder"):
        find_recordings([tmp_path])
