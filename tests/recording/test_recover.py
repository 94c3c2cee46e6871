"""Cuts and flips at every byte: what is recovered was there, and nothing whole is lost."""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.errors import RecordingError, RecordingFormatError, RecordingTruncated, RecordingWriteError
from harness.recording.codec import MAX_LINE, closed, decode_entry, encode_entry, encode_header
from harness.recording.copying import load
from harness.recording.entry import Checkpoint, Header, Seal, Withheld, WsClose, WsMessage, WsOpen
from harness.recording.health import examine
from harness.recording.reader import read_recording
from harness.recording.recover import MAX_NOTES, Recovered, recover
from harness.recording.writer import RecordingWriter

Message = Callable[..., WsMessage]


@pytest.fixture
def log(tmp_path: Path, header: Callable[..., Header], message: Message) -> Path:
    """A small recording of every shape: dial, messages, a checkpoint, an end."""
    with RecordingWriter(tmp_path / "log.rec.jsonl", header(), checkpoint_bytes=900) as writer:
        writer.append(WsOpen(n=0, t=0, conn="w1", url="/s"))
        for t in range(1, 5):
            writer.append(message(t=t, text=f"message {t} \u2603"))
        writer.append(WsClose(n=0, t=9, conn="w1", by="peer", code=1000))
    return writer.path


@pytest.fixture
def unsynced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Thousands of files: what the disk does with them is not what is asked here."""
    monkeypatch.setattr(os, "fsync", lambda _: None)


def traffic(lines: list[bytes]) -> list[bytes]:
    """Lines of entries that crossed the wire or stand for one, as they are in the file."""
    return [line for line in lines if not isinstance(decode_entry(line), (Checkpoint, Seal))]


def lines_of(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines(keepends=True)


def notes_in(lines: list[bytes]) -> list[bytes]:
    return [line for line in lines if b'"rule":"damaged"' in line]


def damaged(data: bytes, profile: str) -> Iterator[tuple[str, int, bytes]]:
    """(kind, place, data) of every cut and every flip: one bit a byte, all eight when everything is proved."""
    bits = range(8) if profile == "prove" else (0,)
    for place in range(len(data)):
        yield "cut", place, data[:place]
    for place in range(len(data)):
        for bit in bits:
            changed = bytearray(data)
            changed[place] ^= 1 << bit
            yield "flip", place, bytes(changed)


def test_no_cut_and_no_flip_is_recovered_wrongly(
    log: Path, tmp_path: Path, unsynced: None, profile: str, figure: Callable[[str, object], None]
) -> None:
    """Recovered entries are the original ones in order, byte for byte; only those the damage touched are gone."""
    data = log.read_bytes()
    whole = traffic(lines_of(log)[1:])
    header_size = data.index(b"\n") + 1
    bad, out = tmp_path / "bad.rec.jsonl", tmp_path / "out.rec.jsonl"
    counts = {"cut": 0, "flip": 0, "wrong": 0, "refused": 0, "unseen": 0}
    for kind, place, changed in damaged(data, profile):
        bad.write_bytes(changed)
        counts[kind] += 1
        counts["unseen"] += examine(bad).healthy
        try:
            done = recover(bad, out)
        except RecordingError:
            assert place < header_size
            counts["refused"] += 1
            continue
        assert place >= header_size
        kept = traffic(lines_of(out)[1:])
        original = [line for line in kept if line not in notes_in(kept)]
        before = data[header_size:place].count(b"\n")
        wanted = before - sum(b'"checkpoint"' in line for line in data[:place].splitlines()[1 : before + 1])
        if kind == "cut":
            right = kept == whole[:wanted] and done.notes == 0
        else:
            right = original == [line for line in whole if line in original] and len(original) >= len(whole) - 2
        counts["wrong"] += not right
        again = read_recording(out)
        assert not again.truncated
        assert again.seal is not None
        assert (again.seal.reason, again.seal.dropped) == ("recovered", done.notes)
        assert [entry.n for entry in again.entries] == list(range(1, len(again.entries) + 1))
        out.unlink()
    assert (counts["wrong"], counts["unseen"]) == (0, 0)
    figure("recover: cuts, flips, wrong recoveries, refused (header)", tuple(counts.values())[:4])


def test_every_torn_tail_is_repaired(log: Path, tmp_path: Path, unsynced: None) -> None:
    """Whatever the last write left, the entries acknowledged before it are all there."""
    lines = lines_of(log)
    whole = b"".join(lines[:-1])
    part = tmp_path / "torn.rec.jsonl.part"
    for cut in range(len(lines[-1])):
        part.write_bytes(whole + lines[-1][:cut])
        done = recover(part, tmp_path / "out.rec.jsonl")
        assert (done.torn, done.notes) == (cut > 0, 0)
        assert traffic(lines_of(done.path)[1:]) == traffic(lines[1:])
        done.path.unlink()


def test_a_whole_recording_is_recovered_as_it_is(log: Path, tmp_path: Path) -> None:
    """But for the reason in its seal; the source stays untouched."""
    before = log.read_bytes()
    done = recover(log, tmp_path / "out.rec.jsonl")
    assert done == Recovered(path=tmp_path / "out.rec.jsonl", kept=7)
    assert lines_of(done.path)[:-1] == lines_of(log)[:-1]
    assert log.read_bytes() == before


def test_a_damaged_line_becomes_a_note(log: Path, tmp_path: Path) -> None:
    """In its place, with its size; the note says nothing else, and doctor tells of it later."""
    lines = lines_of(log)
    log.write_bytes(log.read_bytes().replace(b"message 2", b"massage 2"))
    done = recover(log, tmp_path / "out.rec.jsonl")
    assert (done.kept, done.notes) == (6, 1)
    note = read_recording(done.path).entries[2]
    assert note == Withheld(n=3, t=1, of_kind="unknown", size=len(lines[3]), rule="damaged")
    assert [finding.kind for finding in examine(done.path).findings] == ["recovered"]


def test_missing_lines_become_notes(log: Path, tmp_path: Path) -> None:
    """As many as the numbers leave out, also before the seal."""
    lines = lines_of(log)
    log.write_bytes(b"".join(lines[:2] + lines[4:6] + lines[-1:]))
    done = recover(log, tmp_path / "out.rec.jsonl")
    assert (done.kept, done.notes) == (3, 4)
    assert [entry.n for entry in read_recording(done.path).entries] == list(range(1, 8))


def test_an_edited_recording_keeps_its_holes(tmp_path: Path, header: Callable[..., Header], message: Message) -> None:
    """Numbers were left out on purpose there; only damaged lines are noted."""
    lines = [encode_header(header(parent="x", source="edited")), *(encode_entry(message(n=n)) for n in (2, 5, 9))]
    path = tmp_path / "e.rec.jsonl"
    path.write_bytes(b"".join(lines[:2]) + lines[2].replace(b"hello", b"hallo") + lines[3])
    done = recover(path, tmp_path / "out.rec.jsonl")
    assert (done.kept, done.notes) == (2, 1)
    assert [entry.n for entry in read_recording(done.path).entries] == [2, 3, 9]


def test_copies_and_strays_are_put_right(log: Path, tmp_path: Path) -> None:
    """A line that is there twice is kept once; one out of order goes to its place."""
    head, *entries, seal = lines_of(log)
    log.write_bytes(b"".join([head, entries[0], entries[0], *reversed(entries[1:]), seal]))
    done = recover(log, tmp_path / "out.rec.jsonl")
    assert (done.kept, done.repeated, done.notes) == (7, 1, 0)
    assert traffic(lines_of(done.path)[1:]) == traffic(entries)


def test_lines_at_the_end_of_an_unsealed_file_are_counted(log: Path, tmp_path: Path) -> None:
    """Each damaged line behind the last whole entry is one note; a damaged seal is none."""
    lines = lines_of(log)
    log.write_bytes(b"".join(lines[:3]) + b"what\n" + b"ever\n" + lines[-1].replace(b"closed", b"clesed"))
    done = recover(log, tmp_path / "out.rec.jsonl")
    assert (done.kept, done.notes) == (2, 2)
    assert [getattr(entry, "size", 0) for entry in read_recording(done.path).entries[2:]] == [5, 5]


def test_overlong_lines_are_skipped_in_pieces(log: Path, tmp_path: Path) -> None:
    """Their size is told, nothing of them is read."""
    lines = lines_of(log)
    log.write_bytes(b"".join(lines[:3]) + b"x" * (2 * MAX_LINE + 7) + b"\n" + b"".join(lines[4:]))
    done = recover(log, tmp_path / "out.rec.jsonl")
    assert (done.kept, done.notes) == (6, 1)
    assert getattr(read_recording(done.path).entries[2], "size", 0) == 2 * MAX_LINE + 8


def test_compressed_damage_ends_the_recovery(log: Path, tmp_path: Path) -> None:
    """What could be unpacked before it is kept."""
    data = bytearray(gzip.compress(log.read_bytes(), mtime=0))
    data[-20] ^= 0xFF
    small = tmp_path / "z.rec.jsonl.gz"
    small.write_bytes(data)
    done = recover(small, tmp_path / "out.rec.jsonl")
    whole = traffic(lines_of(log)[1:])
    kept = traffic(lines_of(done.path)[1:])
    assert done.torn
    assert kept == whole[: len(kept)]


def test_without_a_header_nothing_is_recovered(log: Path, tmp_path: Path) -> None:
    """What the entries are would be a guess."""
    data = log.read_bytes()
    log.write_bytes(data.replace(b'"source":"synthetic"', b'"source":"Synthetic"'))
    with pytest.raises(RecordingFormatError, match=":1: the line does not match its checksum"):
        recover(log, tmp_path / "out.rec.jsonl")
    log.write_bytes(data[:20])
    with pytest.raises(RecordingTruncated, match="no whole header"):
        recover(log, tmp_path / "out.rec.jsonl")
    assert not (tmp_path / "out.rec.jsonl").exists()


def test_nothing_is_written_over(log: Path) -> None:
    """The target must not exist, least of all be the source."""
    with pytest.raises(RecordingWriteError, match="exists already"):
        recover(log, log)


def test_too_large_a_hole_is_refused(tmp_path: Path, header: Callable[..., Header], message: Message) -> None:
    """A number far off must not fill the disk with notes."""
    path = tmp_path / "h.rec.jsonl"
    path.write_bytes(encode_header(header()) + encode_entry(message(n=MAX_NOTES + 2)))
    with pytest.raises(RecordingFormatError, match="too many entries are missing"):
        recover(path, tmp_path / "out.rec.jsonl")


def test_lines_of_right_checksum_and_wrong_form_are_noted_too(log: Path, tmp_path: Path) -> None:
    """The checksum is no promise of the form."""
    lines = lines_of(log)
    log.write_bytes(b"".join(lines[:3]) + closed(b'{"n":3,"t":2,"kind":"ws.message"') + b"".join(lines[4:]))
    assert recover(log, tmp_path / "out.rec.jsonl").notes == 1
    assert load(tmp_path / "out.rec.jsonl").seal.entries == 7


def test_a_file_of_nothing_but_damage_is_refused(log: Path, tmp_path: Path) -> None:
    """It is no recording, or made to waste time; doctor says the same."""
    log.write_bytes(lines_of(log)[0] + b"\n" * 20_000)
    with pytest.raises(RecordingFormatError, match="lines are damaged"):
        recover(log, tmp_path / "out.rec.jsonl")
    assert examine(log).findings[-1].detail.startswith("more than 10000 lines")
