"""Frames out of bytes, in whatever pieces they come."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.extensions.permessage_deflate import PerMessageDeflate
from websockets.frames import Frame as Written
from websockets.frames import Opcode

from harness.wire.rfc6455 import Frame, FrameError, FrameReader


def written(frames: Sequence[tuple[int, bool, bytes]], *, mask: bool, extensions: Sequence[Any] = ()) -> bytes:
    """The frames as websockets writes them."""
    return b"".join(
        Written(Opcode(opcode), data, fin).serialize(mask=mask, extensions=list(extensions))
        for opcode, fin, data in frames
    )


def read(data: bytes, cuts: Sequence[int] = (), **options: Any) -> list[Frame]:
    """What a reader makes of ``data`` fed in pieces."""
    reader = FrameReader(**options)
    ends = [*sorted(min(cut, len(data)) for cut in cuts), len(data)]
    return [frame for a, b in zip([0, *ends], ends, strict=False) for frame in reader.feed(data[a:b])]


CONTROL = st.tuples(st.sampled_from([0x8, 0x9, 0xA]), st.just(True), st.binary(max_size=125))
PIECES = st.tuples(st.sampled_from([0x1, 0x2]), st.lists(st.binary(max_size=200), min_size=1, max_size=4))
LARGE = st.tuples(st.just(0x2), st.sampled_from([[b"x" * 126], [b"y" * 65535], [b"z" * 65536]]))


@st.composite
def conversations(draw: st.DrawFn) -> list[tuple[int, bool, bytes]]:
    """Messages, whole and in fragments, with control frames between the fragments."""
    frames: list[tuple[int, bool, bytes]] = []
    for opcode, pieces in draw(st.lists(st.one_of(PIECES, LARGE), max_size=4)):
        for index, piece in enumerate(pieces):
            frames.append((0 if index else opcode, index == len(pieces) - 1, piece))
            frames += draw(st.lists(CONTROL, max_size=1))
    return frames


@given(conversations(), st.booleans(), st.lists(st.integers(0, 400), max_size=8))
def test_any_pieces_give_the_same_frames(frames: list[tuple[int, bool, bytes]], mask: bool, cuts: list[int]) -> None:
    """What websockets wrote is read back, masked or not, however the bytes are cut."""
    assert read(written(frames, mask=mask), cuts) == frames


@given(conversations(), st.booleans(), st.lists(st.integers(0, 400), max_size=8))
def test_compressed(frames: list[tuple[int, bool, bytes]], takeover: bool, cuts: list[int]) -> None:
    """permessage-deflate is undone, with and without context takeover."""
    deflate = PerMessageDeflate(takeover, takeover, 12, 12)
    data = written(frames, mask=False, extensions=[deflate])
    assert read(data, cuts, deflate=True) == frames


def test_byte_by_byte() -> None:
    """A frame is there with its last byte, and not before."""
    data = written([(1, True, b"x" * 300), (2, True, b"")], mask=True)
    reader = FrameReader()
    found = [list(reader.feed(data[index : index + 1])) for index in range(len(data))]
    assert [index for index, frames in enumerate(found) if frames] == [len(data) - 7, len(data) - 1]


def test_a_compressor_that_ends_its_stream() -> None:
    """A message whose deflate stream is final is followed by a new stream."""

    def message(text: bytes) -> bytes:
        packer = zlib.compressobj(wbits=-15)
        data = packer.compress(text) + packer.flush()
        return bytes([0xC1, len(data)]) + data

    assert [data for _, _, data in read(message(b"one") + message(b"two"), deflate=True)] == [b"one", b"two"]


@pytest.mark.parametrize(
    "data",
    [
        b"\x83\x00",  # unknown opcode
        b"\xb1\x00",  # reserved bits
        b"\xc1\x00",  # compressed, though nobody asked for it
        b"\x09\x00",  # a ping in pieces
        b"\x80\x00",  # a continuation of nothing
        b"\x01\x00\x81\x00",  # a message within a message
        b"\x81\x7f" + (1 << 40).to_bytes(8, "big"),  # larger than the limit
        b"\x01\x7e\x03\xe8" + bytes(1000) + b"\x80\x7e\x03\xe8" + bytes(1000),  # larger by its fragments
    ],
)
def test_errors(data: bytes) -> None:
    """What is no frame, or too large, is an error."""
    with pytest.raises(FrameError):
        read(data, limit=1500)


def test_damaged_and_swollen_compression() -> None:
    """Bad deflate data is an error, and so is data that grows beyond the limit."""
    with pytest.raises(FrameError):
        read(b"\xc1\x02\xff\xff", deflate=True)
    bomb = written([(2, True, bytes(5000))], mask=False, extensions=[PerMessageDeflate(False, False, 15, 15)])
    with pytest.raises(FrameError):
        read(bomb, deflate=True, limit=4999)
    assert len(read(bomb, deflate=True, limit=5000)[0][2]) == 5000
