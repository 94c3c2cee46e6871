from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from harness.errors import RecordingNotFound
from harness.recording.codec import closed, decode_entry, encode_entry, encode_header
from harness.recording.copying import load
from harness.recording.entry import AnyEntry, Checkpoint, Header, Redaction, Seal, WsMessage
from harness.recording.health import Diagnosis, examine

Write = Callable[..., Path]


def kinds(diagnosis: Diagnosis) -> list[tuple[str, int]]:
    return [(finding.kind, finding.line) for finding in diagnosis.findings]


def lines_of(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines(keepends=True)


def changed_seal(line: bytes, **changes: Any) -> bytes:
    seal = decode_entry(line)
    assert isinstance(seal, Seal)
    return encode_entry(msgspec.structs.replace(seal, **changes))


def test_a_healthy_recording(sealed: Path) -> None:
    """Nothing is found, and nothing is changed."""
    before = sealed.read_bytes()
    assert examine(sealed) == Diagnosis(path=sealed, entries=3)
    assert examine(sealed).healthy
    assert sealed.read_bytes() == before


def test_every_kind_of_damage_has_its_name_and_line(sealed: Path) -> None:
    """What follows from a fault is not told of again."""
    head, one, two, three, seal = lines_of(sealed)
    flipped = two.replace(b"20", b"21")
    cases: list[tuple[bytes, list[tuple[str, int]]]] = [
        (head + one + two, [("missing_seal", 0)]),
        (head + one + two[:20], [("torn_tail", 3)]),
        (head + one + two + three + seal[:-1], [("torn_tail", 5)]),
        (head[:30], [("torn_tail", 1)]),
        (head + one + flipped + three + seal, [("flipped_byte", 3)]),
        (head + flipped + flipped + seal, [("flipped_byte", 2), ("flipped_byte", 3)]),
        (head + one + closed(b"{") + three + seal, [("bad_line", 3)]),
        (head + one + three + seal, [("n_holes", 3), ("bad_sha", 4)]),
        (head + one + one + two + three + seal, [("n_holes", 3), ("bad_sha", 6)]),
        (head + one + two + three + changed_seal(seal, sha256="0" * 64), [("bad_sha", 5)]),
        (head + one + two + three + changed_seal(seal, entries=9), [("bad_counts", 5)]),
        (head + one + two + three + seal + one, [("after_seal", 6)]),
        (head.replace(b"synthetic", b"Synthetic") + one, [("flipped_byte", 1)]),
        (b"hello\n" + one, [("bad_header", 1)]),
        (b"", [("torn_tail", 1)]),
    ]
    for data, expected in cases:
        sealed.write_bytes(data)
        diagnosis = examine(sealed)
        assert kinds(diagnosis) == expected
        assert not diagnosis.healthy
        assert all(finding.detail and str(sealed) not in finding.detail for finding in diagnosis.findings)


def test_a_wrong_checkpoint_is_found_once(tmp_path: Path, write: Write, message: Callable[..., WsMessage]) -> None:
    """The seal behind it is not blamed for the same bytes."""
    path = write(tmp_path / "c.rec.jsonl", message(), Checkpoint(n=0, t=0, sha256="0" * 64))
    assert kinds(examine(path)) == [("bad_sha", 3)]


def test_a_newer_file_is_named(tmp_path: Path, header: Callable[..., Header]) -> None:
    """It is not damaged, but this reader cannot tell."""
    path = tmp_path / "n.rec.jsonl"
    path.write_bytes(encode_header(header(version=5, min_reader=4)))
    diagnosis = examine(path)
    assert kinds(diagnosis) == [("newer_reader", 1)]
    assert "version 4, this one reads 1" in diagnosis.findings[0].detail


def test_invented_data_belongs_in_synthetic_recordings(
    tmp_path: Path, write: Write, header: Callable[..., Header]
) -> None:
    """State fictional with another source: real text may stand there in clear."""
    path = write(tmp_path / "f.rec.jsonl", head=header(source="replay"))
    assert kinds(examine(path)) == [("fictional_source", 1)]


@pytest.mark.parametrize("signed", [None, "a person (2026-03-14)"])
def test_a_live_recording_wants_a_signature(
    tmp_path: Path, write: Write, header: Callable[..., Header], signed: str | None
) -> None:
    """Its absence is a warning, no damage."""
    head = header(source="live", redaction=Redaction(state="surrogate", signed_off=signed))
    diagnosis = examine(write(tmp_path / "l.rec.jsonl", head=head))
    assert kinds(diagnosis) == ([] if signed else [("unsigned", 1)])
    assert diagnosis.healthy


def test_leaks_are_looked_for_where_none_may_be(tmp_path: Path, write: Write, header: Callable[..., Header]) -> None:
    """The scan is asked about every entry, but not where personal data is invented."""

    def scan(_: Header) -> Callable[[AnyEntry], list[str]]:
        return lambda entry: ["PHONE"] if getattr(entry, "text", "") == "message 20" else []

    real = write(tmp_path / "r.rec.jsonl", head=header(source="edited", redaction=Redaction(state="surrogate")))
    assert kinds(examine(real, leaks=scan)) == [("leak", 3)]
    assert kinds(examine(write(tmp_path / "f.rec.jsonl"), leaks=scan)) == []


def test_edited_recordings_may_have_holes(tmp_path: Path, sealed: Path, header: Callable[..., Header]) -> None:
    """n only grows there; going back is still a fault."""
    lines = load(sealed).lines
    head = encode_header(header(parent="x"))
    sealed.write_bytes(head + lines[0][1] + lines[2][1])
    assert kinds(examine(sealed)) == [("missing_seal", 0)]
    sealed.write_bytes(head + lines[2][1] + lines[0][1])
    assert kinds(examine(sealed)) == [("n_holes", 3), ("missing_seal", 0)]


def test_what_cannot_be_opened_is_a_finding(sealed: Path, tmp_path: Path) -> None:
    """A link, a folder; but a name that is not there is an error."""
    (tmp_path / "link").symlink_to(sealed)
    assert kinds(examine(tmp_path / "link")) == [("unreadable", 0)]
    assert kinds(examine(tmp_path)) == [("unreadable", 0)]
    with pytest.raises(RecordingNotFound):
        examine(tmp_path / "none")


def test_damaged_compression_is_a_finding(sealed: Path) -> None:
    """With the line it was reached at."""
    data = bytearray(gzip.compress(sealed.read_bytes(), mtime=0))
    data[-5] ^= 1
    sealed.write_bytes(data)
    diagnosis = examine(sealed)
    assert kinds(diagnosis) == [("bad_line", 5)]
    data[12] ^= 0xFF
    sealed.write_bytes(data)
    assert not examine(sealed).healthy
