"""Frames as bytes, checked against what the library makes of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode

from harness.wire.ready_frames import CHUNK_BYTES, PING, chunks, cut, fragmented, frame, left_of, message


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65535, 65536, 70_000])
def test_a_message_is_what_the_library_sends(size: int) -> None:
    """Text and binary of every length class are byte for byte the library's frames."""
    assert message("x" * size) == Frame(Opcode.TEXT, b"x" * size).serialize(mask=False)
    assert message(b"x" * size) == Frame(Opcode.BINARY, b"x" * size).serialize(mask=False)


def test_control_frames() -> None:
    """A control frame has its opcode and the final bit."""
    assert frame(PING, b"hi") == b"\x89\x02hi"


@given(st.text(max_size=60), st.lists(st.integers(0, 20), max_size=6))
def test_fragments_join_to_the_message(text: str, sizes: list[int]) -> None:
    """However it is cut, the pieces are the payload, the first has the opcode, the last the final bit."""
    assert b"".join(cut(text, sizes)) == text.encode()
    frames = fragmented(text, sizes)
    assert b"".join(one[2:] for one in frames) == text.encode()
    assert [one[0] & 0x0F for one in frames] == [1, *[0] * (len(frames) - 1)]
    assert [one[0] & 0x80 for one in frames] == [*[0] * (len(frames) - 1), 0x80]


@given(st.lists(st.integers(0, CHUNK_BYTES + 10), max_size=12))
def test_chunks_end_on_frames(sizes: list[int]) -> None:
    """Chunks hold every frame in order, are as long as allowed, and one frame too long is a chunk by itself."""
    frames = [bytes(size) for size in sizes]
    made = list(chunks(frames))
    assert b"".join(chunk for _, chunk in made) == b"".join(frames)
    assert sum(count for count, _ in made) == len(frames)
    assert all(len(chunk) <= CHUNK_BYTES or count == 1 for count, chunk in made)


@pytest.mark.parametrize(
    "gone,left",
    [(0, [(7, b"ab"), (9, b"cde")]), (1, [(7, b"b"), (9, b"cde")]), (2, [(9, b"cde")]), (4, [(9, b"e")]), (5, [])],
)
def test_left_of(gone: int, left: list[tuple[int, bytes]]) -> None:
    """What stands behind so many bytes, with the number of the chunk it is in."""
    assert list(left_of([(7, b"ab"), (9, b"cde")], gone)) == left
