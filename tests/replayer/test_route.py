"""Which recorded connection an address reaches."""

from __future__ import annotations

from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from harness.recording.entry import WsAccept, WsMessage, WsOpen
from harness.replayer.route import STREAM_PATH, query_names, reaches, template

UUID, OTHER = "3f0c2a68-7f0b-4c1d-9b59-1f5f3c0d2e11", "00000000-0000-4000-8000-000000000000"


@pytest.mark.parametrize(
    "target,path,query,reached",
    [
        ("/a/b", "/a/b", "", True),
        ("/a/c", "/a/b", "", False),
        (f"/a/{UUID}/s", f"/a/{OTHER}/s", "", True),
        ("/a/17", "/a/4", "", True),
        ("/a/17", "/a/x", "", False),
        (STREAM_PATH, "/elsewhere", "feed=1", True),
        (f"{STREAM_PATH}?feed=2", "/elsewhere", "feed=1", True),
        (f"{STREAM_PATH}?other=2", "/elsewhere", "feed=1", False),
        ("/a?feed=1", "/a", "", False),
        ("/a?feed=1&access_token=x&ts=9", "/a", "token=y&feed=7", True),
        ("/a?access_token=x", "/a", "feed=1", True),
        ("/a?a=1&b=2", "/a", "b=&a=", True),
        ("/a?a=1&a=2", "/a", "a=1", False),
    ],
)
def test_reaches(target: str, path: str, query: str, reached: bool) -> None:
    """Templates of paths, names of queries, and nothing volatile."""
    assert reaches(target, path, query) is reached


def test_parts() -> None:
    """Ids of every kind stand for any; names are sorted, with repetitions."""
    assert template("/v2/01ARZ3NDEKTSV4RRFFQ69G5FAV/0123456789abcdef/x") == "/v2/{id}/{id}/x"
    assert query_names("b=1&a=2&a=3&Timestamp=4") == ["a", "a", "b"]


def test_the_query_decides_over_a_socket(served: Any, tape: Any) -> None:
    """Two feeds on one path are told apart by their queries; a third was not recorded."""
    made = tape()
    for conn, name in (("w1", "left"), ("w2", "right")):
        made.add(WsOpen(n=made.n, t=0, conn=conn, url=f"/feed?{name}=1&ts=5"))
        made.add(WsAccept(n=made.n, t=0, conn=conn, re=made.n - 1))
        made.add(WsMessage(n=made.n, t=0, conn=conn, dir="in", text=name))

    async def talk(client: Any) -> None:
        for name in ("right", "left"):
            async with client.dial(f"/feed?{name}=1&ts=99") as ws:
                assert await ws.recv() == name
        with pytest.raises(InvalidStatus, match="404"):
            await client.dial("/feed?up=1")

    service = served(talk, made)
    assert service.unplayed() == []
    assert "path that was not recorded" in str(service.problems[0])
