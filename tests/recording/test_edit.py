from __future__ import annotations

import fcntl
import io
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.errors import RecordingFormatError, RecordingNotFound, RecordingTruncated, RecordingWriteError
from harness.recording.codec import MAX_LINE, decode_header
from harness.recording.edit import Resealed, compress, reseal
from harness.recording.entry import Checkpoint, Header, WsMessage
from harness.recording.reader import Recording, read_recording, read_stream
from harness.recording.writer import RecordingWriter

Message = Callable[..., WsMessage]


def texts(recording: Recording) -> list[str | None]:
    return [entry.text for entry in recording.entries if isinstance(entry, WsMessage)]


def edit(path: Path, old: bytes, new: bytes) -> None:
    data = path.read_bytes()
    assert old in data
    path.write_bytes(data.replace(old, new))


def test_a_changed_word_is_sealed_again(sealed: Path) -> None:
    """Checksum, seal and parent are made anew; every other line keeps its bytes."""
    before = read_recording(sealed)
    lines = sealed.read_bytes().splitlines()
    sealed.chmod(0o640)
    edit(sealed, b"message 20", b"message twenty")
    assert reseal(sealed) == Resealed(path=sealed, changed=True, repaired=1, reason="edited")
    after = read_recording(sealed)
    assert texts(after) == ["message 10", "message twenty", "message 30"]
    assert after.header.parent == before.digest
    assert after.header.source == "synthetic"
    assert after.seal is not None
    assert after.seal.reason == "edited"
    kept = sealed.read_bytes().splitlines()
    assert (kept[1], kept[3]) == (lines[1], lines[3])
    assert sealed.stat().st_mode & 0o777 == 0o640
    assert [p.name for p in sealed.parent.iterdir()] == [sealed.name]


def test_a_second_edit_keeps_the_first_parent(sealed: Path) -> None:
    """The parent is what was recorded, not the edit before."""
    digest = read_recording(sealed).digest
    for old, new in ((b"message 20", b"m"), (b"message 30", b"n")):
        edit(sealed, old, new)
        reseal(sealed)
    assert read_recording(sealed).header.parent == digest


def test_a_live_recording_becomes_an_edited_one(
    tmp_path: Path, write: Callable[..., Path], header: Callable[..., Header]
) -> None:
    """source says it; a field of the header this version does not know stays."""
    path = write(tmp_path / "l.rec.jsonl", head=header(source="live"))
    edit(path, b'"seed":null', b'"later":[1],"seed":null')
    reseal(path)
    assert read_recording(path).header.source == "edited"
    assert b'"later":[1],"seed":null' in path.read_bytes()


def test_a_whole_recording_is_left_alone(sealed: Path) -> None:
    """Nothing is written."""
    before = sealed.read_bytes()
    assert reseal(sealed) == Resealed(path=sealed, changed=False, reason="closed")
    assert sealed.read_bytes() == before


def test_what_editors_do_is_undone(sealed: Path) -> None:
    """Byte order mark, CR LF, empty lines, spaces before the brace, a checksum taken out, no newline at the end."""
    lines = sealed.read_bytes().splitlines()
    lines[1] = lines[1].replace(b',"crc"', b' , "crc" ')
    lines[2] = lines[2][: lines[2].index(b',"crc"')] + b" }"
    sealed.write_bytes(b"\xef\xbb\xbf" + b"\r\n".join([*lines[:3], b"", *lines[3:]]))
    done = reseal(sealed)
    assert (done.changed, done.torn) == (True, False)
    assert texts(read_recording(sealed)) == ["message 10", "message 20", "message 30"]
    assert b"\r" not in sealed.read_bytes()


def test_a_line_taken_out_and_a_missing_seal_are_accepted(sealed: Path) -> None:
    """n keeps its hole, for other lines may refer to it; without a seal the parent is the id."""
    head, one, two, three, seal = sealed.read_bytes().splitlines(keepends=True)
    sealed.write_bytes(head + one + three + seal)
    assert reseal(sealed).reason == "edited"
    assert [entry.n for entry in read_recording(sealed).entries] == [1, 3]
    sealed.write_bytes(head + one + two.replace(b"20", b"21"))
    assert reseal(sealed).reason == "edited"
    recording = read_recording(sealed)
    assert recording.header.parent == recording.header.id


def test_an_unsealed_recording_is_closed(sealed: Path) -> None:
    """With nothing repaired it is recovered, not edited; a torn line is left out and told of."""
    lines = sealed.read_bytes().splitlines(keepends=True)
    sealed.write_bytes(b"".join(lines[:3]) + lines[3][:20])
    assert reseal(sealed) == Resealed(path=sealed, changed=True, reason="recovered", torn=True)
    recording = read_recording(sealed)
    assert texts(recording) == ["message 10", "message 20"]
    assert recording.header.parent is None


@pytest.mark.parametrize("cut", [0, 1, 30])
def test_an_interrupted_part_gets_its_name(
    tmp_path: Path, header: Callable[..., Header], message: Message, cut: int
) -> None:
    """A .part is closed at its last whole entry and renamed."""
    writer = RecordingWriter(tmp_path / "a.rec.jsonl", header())
    writer.extend([message(text="one"), message(text="two")])
    with pytest.raises(RecordingWriteError, match="another process is writing it"):
        reseal(writer.part)
    writer.close()
    data = writer.part.read_bytes()
    writer.part.write_bytes(data[: len(data) - cut])
    done = reseal(writer.part)
    assert (done.path, done.reason, done.torn) == (writer.path, "recovered", cut == 30)
    assert texts(read_recording(writer.path)) == (["one"] if cut == 30 else ["one", "two"])
    assert [p.name for p in tmp_path.iterdir()] == ["a.rec.jsonl"]


def test_a_part_never_overwrites_and_never_hides_damage(
    tmp_path: Path, header: Callable[..., Header], message: Message, sealed: Path
) -> None:
    """The name is taken, or a checksum is wrong: the .part stays as it is."""
    part = sealed.with_name("a.rec.jsonl.part")
    before = sealed.read_bytes()
    part.write_bytes(before)
    with pytest.raises(RecordingWriteError, match="exists already"):
        reseal(part)
    part.write_bytes(before.replace(b"message 20", b"message 21"))
    with pytest.raises(RecordingFormatError, match="do not match their checksums: 1"):
        reseal(part)
    assert sealed.read_bytes() == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.rec.jsonl", "a.rec.jsonl.part"]


def test_a_part_with_a_hole_is_not_closed(tmp_path: Path, sealed: Path) -> None:
    """What is written is proved readable before it takes its place."""
    head, one, _, three, _ = sealed.read_bytes().splitlines(keepends=True)
    part = tmp_path / "b.rec.jsonl.part"
    part.write_bytes(head + one + three)
    with pytest.raises(RecordingFormatError, match=r"b\.rec\.jsonl\.part:3: entry 3 follows entry 1"):
        reseal(part)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.rec.jsonl", "b.rec.jsonl.part"]


def test_checkpoints_get_their_digest(tmp_path: Path, header: Callable[..., Header], message: Message) -> None:
    """A change before a checkpoint changes it."""
    with RecordingWriter(tmp_path / "a.rec.jsonl", header(), checkpoint_bytes=500) as writer:
        for index in range(9):
            writer.append(message(text=f"message {index}", t=index))
    edit(writer.path, b"message 1", b"message one")
    reseal(writer.path)
    assert any(isinstance(entry, Checkpoint) for entry in read_recording(writer.path).entries)


@pytest.mark.parametrize(
    "old, new, words",
    [
        (b'"text":"message 20"', b'"text":"message 20', "a.rec.jsonl:3: not JSON"),
        (b'"text":"message 20"', b'"text":20', "a.rec.jsonl:3: wrong fields"),
        (b'"n":2', b'"n":1', "a.rec.jsonl:3: entry 1 follows entry 1"),
        (b'{"n":2', b'{"crc":"x","n":2', "a.rec.jsonl:3: crc must be the last field"),
        (b"message 20", b"x" * MAX_LINE, "a.rec.jsonl:3: the line is longer"),
        (b'"format":"med', b'"format":"Med', "not a mediation recording"),
        (b'{"format', b'["format', "a.rec.jsonl:1: not JSON"),
    ],
)
def test_what_is_no_recording_is_not_sealed(sealed: Path, old: bytes, new: bytes, words: str) -> None:
    """The line is named, and the file stays as it was."""
    edit(sealed, old, new)
    before = sealed.read_bytes()
    with pytest.raises(RecordingFormatError, match=words):
        reseal(sealed)
    assert sealed.read_bytes() == before
    assert [p.name for p in sealed.parent.iterdir()] == [sealed.name]


def test_a_move_that_fails_is_an_error(sealed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The old file stays, the new one goes."""

    def broken(*_: object) -> None:
        raise PermissionError(13, "no")

    edit(sealed, b"message 20", b"message 21")
    before = sealed.read_bytes()
    monkeypatch.setattr(Path, "replace", broken)
    with pytest.raises(RecordingWriteError, match="Permission denied"):
        reseal(sealed)
    assert sealed.read_bytes() == before
    assert [p.name for p in sealed.parent.iterdir()] == [sealed.name]


def test_no_locks_is_no_reason_to_stop(sealed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some network file systems have none."""

    def broken(*_: object) -> None:
        raise OSError(37, "no locks")

    monkeypatch.setattr(fcntl, "flock", broken)
    assert not reseal(sealed).changed


def test_nothing_there_is_an_error(tmp_path: Path) -> None:
    """With the way out."""
    with pytest.raises(RecordingNotFound):
        reseal(tmp_path / "none.rec.jsonl")


def test_the_golden_file_survives_an_edit(tmp_path: Path) -> None:
    """Unknown kinds and fields keep their bytes."""
    golden = (Path(__file__).parent / "golden" / "v1.rec.jsonl").read_bytes()
    path = tmp_path / "g.rec.jsonl"
    path.write_bytes(golden.replace(b'"reason":"bye"', b'"reason":"ciao"'))
    assert reseal(path).changed
    old, new = golden.splitlines(), path.read_bytes().splitlines()
    assert [i for i, (a, b) in enumerate(zip(old, new, strict=True)) if a != b] == [0, 16, 17, 22]
    assert decode_header(new[0]).id == decode_header(old[0]).id
    assert read_stream(io.BytesIO(path.read_bytes())).seal is not None


def test_only_whole_recordings_are_compressed(sealed: Path) -> None:
    """Damage stays where it can be seen; the plain file goes when the other is whole."""
    before = sealed.read_bytes()
    edit(sealed, b"message 20", b"message 21")
    with pytest.raises(RecordingFormatError, match="only a whole, sealed recording"):
        compress(sealed)
    sealed.write_bytes(before)
    small = compress(sealed)
    assert read_recording(small).seal == read_stream(io.BytesIO(before)).seal
    assert [p.name for p in sealed.parent.iterdir()] == [small.name]


@pytest.mark.parametrize("name", ["a.rec.jsonl", "a.rec.jsonl.part"])
@pytest.mark.parametrize("data", [b"", b'{"format":"mediation-rec'])
def test_a_file_without_a_header_is_not_sealed(tmp_path: Path, name: str, data: bytes) -> None:
    """Nothing was recorded yet, and nothing is changed."""
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(RecordingTruncated, match=":1: no whole header"):
        reseal(path)
    assert path.read_bytes() == data
