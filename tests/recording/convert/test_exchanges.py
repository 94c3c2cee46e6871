from __future__ import annotations

import pytest

from harness.errors import RecordingFormatError
from harness.recording.convert.exchanges import (
    address,
    body_of,
    chunks_of,
    exchanges,
    moment,
    path_of,
    service_of,
    unbased,
)
from harness.recording.entry import AnyEntry, HttpChunk


def test_answers_go_to_their_requests(session: list[AnyEntry]) -> None:
    """In the order of the requests; strays belong to none."""
    found = exchanges([HttpChunk(n=9, t=0, conn="h9", text="stray"), *session])
    assert [[entry.n for entry in one.entries] for one in found] == [[1, 2, 4, 5], [19, 20], [21, 22, 23]]
    assert found[1].error is not None


def test_bodies_are_cut_anew() -> None:
    """Text by characters, bytes if a piece is none; what pieces do not cover belongs to the last."""
    chunks = chunks_of("a\u2603bcd", [(1, 2), (5, 1)], conn="h", re=1, first_n=3)
    assert [(c.n, c.t, c.text, c.final) for c in chunks] == [(3, 1, "a\u2603", False), (4, 5, "bcd", True)]
    assert body_of(chunks) == "a\u2603bcd"
    mixed = [HttpChunk(n=1, t=0, conn="h", text="\u2603"), HttpChunk(n=2, t=0, conn="h", base64="AAE=")]
    assert body_of(mixed) == "\u2603".encode() + b"\0\1"
    assert body_of(chunks_of(b"\0\1", [(0, 1), (0, 1)], conn="h", re=1, first_n=1)) == b"\0\1"


@pytest.mark.parametrize("service", ["token", "gateway"])
def test_addresses_come_back(service: str) -> None:
    """Host invented, path and query as they were."""
    url = address(service, "/a/b?c=d")
    assert (service_of(url), path_of(url, "x", "f")) == (service, "/a/b?c=d")
    assert service_of("wss://any.invalid/x", stream=True) == "stream"
    assert service_of("https://login.any.invalid/OAuth/token") == "token"
    assert service_of("https://api.any.invalid/x?oauth") == "gateway"
    assert path_of("https://any.invalid", "x", "f") == "/"
    assert address("token", "t") == "https://token.invalid/t"


def test_what_is_none_is_refused() -> None:
    """No address, no base64, no time."""
    for call in (lambda: path_of("http://[x", "e", "f"), lambda: unbased("?", "e", "f"), lambda: moment("x", "e", "f")):
        with pytest.raises(RecordingFormatError, match="f: e: not"):
            call()
    assert moment("2026-03-14T10:00:00+01:00", "e", "f") == moment("2026-03-14T09:00:00", "e", "f")
