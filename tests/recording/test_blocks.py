from __future__ import annotations

import io

from hypothesis import given
from hypothesis import strategies as st

from harness.recording.blocks import BLOCK, blocks


class Trickle(io.BytesIO):
    """A pipe that gives a few bytes at a time."""

    def read1(self, size: int | None = -1, /) -> bytes:
        return super().read1(5)


@given(st.binary(max_size=60) | st.lists(st.sampled_from([b"a", b"\n", b"\r", b"\r\n"])).map(b"".join), st.booleans())
def test_lines_are_those_of_readline(data: bytes, trickle: bool) -> None:
    """However the bytes come, only a newline ends a line."""
    found = [line for block in blocks(Trickle(data) if trickle else io.BytesIO(data), 100) for line in block]
    assert found == list(io.BytesIO(data))


def test_a_long_line_is_cut_at_the_limit() -> None:
    """And ends the reading, whether it has an end or not."""
    for tail in (b"x" * 30, b"x" * 30 + b"\nmore\n", b"x" * (3 * BLOCK), b"x" * (3 * BLOCK) + b"\n"):
        found = [line for block in blocks(io.BytesIO(b"one\n" + tail), 10) for line in block]
        assert found == [b"one\n", b"x" * 10]
