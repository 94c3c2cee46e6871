"""Bodies decoded piece by piece."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.wire.decoding import BodyDecoder, content_coding


def raw_deflate(data: bytes) -> bytes:
    return zlib.compress(data)[2:-4]


CODINGS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
    "": bytes,
    "br": bytes,
}


@given(st.binary(max_size=300), st.sampled_from(sorted(CODINGS)), st.lists(st.integers(0, 300), max_size=4))
def test_pieces_add_up(data: bytes, coding: str, cuts: list[int]) -> None:
    """However a body is cut, its decoded pieces are the body; an unknown coding is handed on."""
    sent = CODINGS[coding](data)
    ends = [*sorted(min(cut, len(sent)) for cut in cuts), len(sent)]
    decoder = BodyDecoder(coding)
    assert b"".join(decoder.feed(sent[a:b]) for a, b in zip([0, *ends], ends, strict=False)) == data


def test_deflate_without_its_wrapper() -> None:
    """Some servers call raw deflate ``deflate``."""
    assert BodyDecoder("deflate").feed(raw_deflate(b"hello hello hello")) == b"hello hello hello"


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_damage_is_handed_on(coding: str) -> None:
    """What is no compressed data at all, or stops being it, comes as it is."""
    assert BodyDecoder(coding).feed(b"\xffplain") == b"\xffplain"
    decoder = BodyDecoder(coding)
    sent = CODINGS[coding](bytes(range(256)))
    assert decoder.feed(sent[:150]) != sent[:150]
    assert decoder.feed(b"\xff" * 300) == b"\xff" * 300
    assert decoder.feed(b"rest") == b"rest"


def test_bomb_is_not_inflated() -> None:
    """A body that grows beyond the limit is handed on compressed."""
    bomb = gzip.compress(bytes(10_000))
    assert BodyDecoder("gzip", limit=9_999).feed(bomb) == bomb
    assert len(BodyDecoder("gzip", limit=10_000).feed(bomb)) == 10_000


def test_coding_of_headers() -> None:
    """The header names the coding, in any case; several are none we know."""
    assert content_coding([("content-type", "x"), ("content-encoding", " GZip ")]) == "gzip"
    assert content_coding([("content-encoding", "gzip"), ("content-encoding", "br")]) == "gzip, br"
    assert content_coding([]) == ""
