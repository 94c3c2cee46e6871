from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.errors import RecordingError, RecordingTruncated, RecordingWriteError
from harness.recording.copying import edited_head, load, write_copy, write_new
from harness.recording.entry import Checkpoint, Header, WsMessage
from harness.recording.reader import read_recording
from harness.recording.writer import RecordingWriter

Message = Callable[..., WsMessage]


def test_a_recording_is_loaded_with_its_lines(sealed: Path) -> None:
    """Each entry beside the bytes it stands in."""
    loaded = load(sealed)
    whole = read_recording(sealed)
    assert [entry for entry, _ in loaded.lines] == whole.entries
    assert loaded.head + b"".join(line for _, line in loaded.lines) in sealed.read_bytes()
    assert loaded.digest == whole.digest
    assert "message 10" not in repr(loaded)


def test_only_sealed_recordings_are_loaded(sealed: Path) -> None:
    """Another is closed first."""
    sealed.write_bytes(b"".join(sealed.read_bytes().splitlines(keepends=True)[:-1]))
    with pytest.raises(RecordingTruncated, match="harness recover"):
        load(sealed)


@pytest.mark.parametrize("name", ["b.rec.jsonl", "b.rec.jsonl.gz"])
def test_a_part_is_written(sealed: Path, name: str) -> None:
    """Kept lines keep their bytes, the header says what happened, a compressed copy has the same digest."""
    loaded = load(sealed)
    target = sealed.with_name(name)
    assert write_copy(target, edited_head(loaded.head, loaded.digest), loaded.lines[::2], dropped=3) == target
    copy = load(target)
    assert copy.lines == loaded.lines[::2]
    assert (copy.header.parent, copy.header.source) == (loaded.digest, "synthetic")
    assert (copy.seal.reason, copy.seal.dropped) == ("edited", 3)
    assert (target.read_bytes()[:2] == b"\x1f\x8b") == name.endswith(".gz")
    assert sorted(p.name for p in sealed.parent.iterdir()) == sorted([sealed.name, name])


def test_nothing_is_written_over(sealed: Path) -> None:
    """A file, or a link that leads nowhere."""
    loaded = load(sealed)
    link = sealed.with_name("link.rec.jsonl")
    link.symlink_to("nowhere")
    before = sealed.read_bytes()
    for target in (sealed, link):
        with pytest.raises(RecordingWriteError, match="exists already"):
            write_copy(target, loaded.head, loaded.lines)
    assert sealed.read_bytes() == before


def test_what_is_no_recording_gets_no_name(sealed: Path, message: Message) -> None:
    """It is read back before; nothing is left behind."""
    loaded = load(sealed)
    with pytest.raises(RecordingError, match=r"b\.rec\.jsonl:3: entry 2 follows entry 2"):
        write_copy(sealed.with_name("b.rec.jsonl"), edited_head(loaded.head, "x"), loaded.lines[1:2] * 2)
    with pytest.raises(RecordingWriteError, match="has no seal"):
        write_new(sealed.with_name("b.rec.jsonl"), [loaded.head])
    with pytest.raises(RecordingWriteError, match="folder does not exist"):
        write_new(sealed.parent / "none" / "b.rec.jsonl", [loaded.head])
    assert [p.name for p in sealed.parent.iterdir()] == [sealed.name]


def test_an_edited_header_keeps_what_it_does_not_know(sealed: Path) -> None:
    """Unknown fields stay, mappings are laid over, the first parent stays."""
    loaded = load(sealed)
    value = json.loads(loaded.head) | {"later": 1, "source": "live", "parent": None}
    head = json.dumps({k: v for k, v in value.items() if k != "crc"}).encode()[:-1] + b',"crc":"00000000"}\n'
    edited = json.loads(edited_head(head, "sha256:1", {"redaction": {"state": "redacted"}, "seed": 3}))
    assert (edited["source"], edited["parent"], edited["later"], edited["seed"]) == ("edited", "sha256:1", 1, 3)
    assert edited["redaction"]["state"] == "redacted"
    assert "policy" in edited["redaction"]
    assert json.loads(edited_head(head, "x", source="live"))["source"] == "live"
    again = edited_head(edited_head(head, "first"), "second")
    assert json.loads(again)["parent"] == "first"


def test_checkpoints_are_made_anew(tmp_path: Path, header: Callable[..., Header], message: Message) -> None:
    """Their digest is that of the new file."""
    with RecordingWriter(tmp_path / "a.rec.jsonl", header(), checkpoint_bytes=500) as writer:
        for index in range(9):
            writer.append(message(text=f"message {index}", t=index))
    loaded = load(writer.path)
    target = write_copy(tmp_path / "b.rec.jsonl", edited_head(loaded.head, loaded.digest), loaded.lines[1:])
    assert any(isinstance(entry, Checkpoint) for entry in read_recording(target).entries)


def test_large_recordings_are_written_in_batches(
    tmp_path: Path, header: Callable[..., Header], message: Message
) -> None:
    """More than one write makes the same file."""
    with RecordingWriter(tmp_path / "a.rec.jsonl", header()) as writer:
        writer.extend(message(text="x" * 50_000, t=t) for t in range(5))
    with writer.path.open("rb") as file:
        copy = write_new(tmp_path / "b.rec.jsonl", file)
    assert copy.read_bytes() == writer.path.read_bytes()
