"""Which subprotocol a replay gives, and which connection it then plays."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from harness.clock import SystemClock
from harness.dialects.generic import GenericDialect
from harness.recording.entry import WsAccept, WsMessage, WsOpen, WsReject
from harness.recording.reader import read_recording
from harness.replayer.roster import Opening, Roster
from harness.replayer.route import STREAM_PATH
from harness.replayer.service import ReplayService
from harness.replayer.steps import tracks_of


def given(made: Any, *names: str, path: str = "/chat") -> Any:
    """A connection for each name that was given this subprotocol and then told it."""
    for name in names:
        headers = (("sec-websocket-protocol", name),) if name else ()
        conn = f"w{made.n}"
        made.add(WsOpen(n=made.n, t=0, conn=conn, url=path))
        made.add(WsAccept(n=made.n, t=0, conn=conn, re=made.n - 1, headers=headers))
        made.add(WsMessage(n=made.n, t=0, conn=conn, dir="in", text=f"{conn} {name or 'none'}"))
    return made


def roster_of(made: Any, **options: Any) -> Roster:
    return Roster([tracks_of("one", made.entries)], conversation_of=lambda _: None, **options)


@pytest.mark.parametrize(
    "recorded,offered,chosen",
    [
        (["a"], ["a"], "a"),
        (["a"], ["b", "a"], "a"),
        (["a"], ["b"], None),
        (["a"], [], None),
        (["b", "a"], ["a", "b"], "b"),
        (["", "a"], ["a"], "a"),
        (["", "a"], ["b"], ""),
        (["", "a"], [], ""),
        ([""], ["a"], ""),
        (["<secret>"], ["a"], ""),
    ],
)
@pytest.mark.parametrize("loop", [False, True])
def test_what_is_given(tape: Any, recorded: list[str], offered: list[str], chosen: str | None, loop: bool) -> None:
    """The one of those offered whose connection is due first; none where none was; nothing else is let in."""
    assert roster_of(given(tape(), *recorded), loop=loop).subprotocol("/chat", offered) == chosen


def test_the_standard_path_without_an_offer_reaches_everything(tape: Any) -> None:
    """As its path does: it is where the replay's own address leads, and whoever is sent there knows of no subprotocol."""
    roster = roster_of(given(tape(), "a"))
    assert roster.subprotocol(STREAM_PATH, []) == ""
    assert roster.subprotocol(STREAM_PATH, ["b"]) is None
    assert not isinstance(roster.open(STREAM_PATH, ""), Opening)


def test_refusals_give_none(tape: Any) -> None:
    """A recorded refusal has no subprotocol, and lets nobody in who offers another one behind it."""
    made = tape()
    made.add(WsOpen(n=1, t=0, conn="w0", url="/chat")).add(WsReject(n=2, t=0, conn="w0", re=1, status=503))
    roster = roster_of(given(made, "a"))
    assert roster.refusal("/chat") is not None
    assert (roster.subprotocol("/chat", []), roster.subprotocol("/chat", ["a"])) == (None, "a")


def test_over_a_socket(tape: Any, tmp_path: Path) -> None:
    """Each client gets the connection of its subprotocol, which stands in the replay's own recording; another is refused."""
    log = tmp_path / "own.rec.jsonl"

    async def run() -> list[str]:
        recording = given(tape(), "v1.chat", "v2.chat").recording()
        service = ReplayService([recording], dialect=GenericDialect(), clock=SystemClock(), journal=log)
        async with asyncio.timeout(20), service:
            url = f"ws://127.0.0.1:{service.ports[1]}/chat"
            offers: list[list[Any]] = [["x", "v2.chat"], ["v1.chat"]]
            for offered, expected in zip(offers, ("w4 v2.chat", "w1 v1.chat"), strict=True):
                async with connect(url, subprotocols=offered, proxy=None) as ws:
                    assert (ws.subprotocol, await ws.recv()) == (offered[-1], expected)
            refusals: list[Any] = [[], ["v3.chat"]]
            for refused in refusals:
                with pytest.raises(InvalidStatus, match="400") as caught:
                    await connect(url, subprotocols=refused or None, proxy=None)
                assert b"subprotocol" in bytes(caught.value.response.body or b"")
        assert service.unplayed() == []
        return [str(problem) for problem in service.problems]

    problems = asyncio.run(run())
    assert len(problems) == 2
    assert all("subprotocol" in one and "offer v1.chat or v2.chat" in one for one in problems)
    written = [entry for entry in read_recording(log).entries if isinstance(entry, WsAccept)]
    assert [dict(entry.headers)["sec-websocket-protocol"] for entry in written] == ["v2.chat", "v1.chat"]
