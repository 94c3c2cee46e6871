"""Clients nobody here wrote see of a replay what they saw of the live service: messages, close codes, errors."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from harness.clock import SystemClock
from harness.dialects.generic import GenericDialect
from harness.dialects.mediation import MediationDialect
from harness.recording.reader import Recording
from harness.replayer.faults import parse_fault
from harness.replayer.service import ReplayService

Seen = list[list[str]]
Client = Callable[[list[str], None], Awaitable[Seen]]


async def _live(open_stand_in: Any, cases: tuple[str, ...], client: Client) -> Seen:
    async with open_stand_in() as origin:
        return await client([origin + case for case in cases], None)


async def _replayed(
    recordings: list[Recording], cases: tuple[str, ...], faults: tuple[str, ...], client: Client, **options: Any
) -> Seen:
    service = ReplayService(
        recordings,
        dialect=GenericDialect(),
        clock=SystemClock(),
        faults=[parse_fault(text) for text in faults],
        **options,
    )
    async with service:
        origin = f"ws://127.0.0.1:{service.ports[1]}"
        seen = await client([origin + case for case in cases], None)
    assert service.problems == []
    service.finish()
    return seen


def _same(live: Seen, replayed: Seen, cases: tuple[str, ...], figure: Any, name: str) -> None:
    different = {case: (one, two) for case, one, two in zip(cases, live, replayed, strict=True) if one != two}
    assert different == {}
    assert all(lines for lines in live)
    figure(f"{name}: endings seen alike, live and replayed", f"{len(cases)} of {len(cases)}")


def test_python_clients(
    open_stand_in: Any, recordings: list[Recording], cases: Any, faults: Any, python_client: Any, figure: Any
) -> None:
    """websockets (asyncio and sync), aiohttp and websocket-client."""
    live = asyncio.run(_live(open_stand_in, cases, python_client))
    replayed = asyncio.run(_replayed(recordings, cases, faults, python_client))
    _same(live, replayed, cases, figure, python_client.__name__)


async def _with_token(recordings: list[Recording], client: Client, **options: Any) -> list[Seen]:
    """What is seen with a token in the address, and with a wrong one."""
    service = ReplayService(recordings, dialect=MediationDialect(), clock=SystemClock(), loop=True, **options)
    async with service:
        address = f"ws://127.0.0.1:{service.ports[1]}/answered?access_token="
        return [await client([address + token], None) for token in (service.mint_token(), "wrong")]


def test_python_clients_with_a_token(recordings: list[Recording], python_client: Any) -> None:
    """The token may stand in the address, for clients that cannot send a header."""
    (right,), (wrong,) = asyncio.run(_with_token(recordings, python_client))
    assert right[:3] == ["text bye?"] * 3
    assert wrong[0].startswith("rejected 401")


@pytest.mark.prove
def test_node_with_a_token(recordings: list[Recording], node_client: Any) -> None:
    """The same in Node."""
    (right,), (wrong,) = asyncio.run(_with_token(recordings, node_client))
    assert right == ["text bye?"] * 3 + ["close 1000 "]
    assert wrong == ['rejected 401 "unknown access token\\n" undefined']


@pytest.mark.prove
def test_chromium_with_a_token(recordings: list[Recording], chromium_client: Any) -> None:
    """The same in a browser, which is not told why it was refused."""
    seen = asyncio.run(_with_token(recordings, chromium_client.play, origins=[chromium_client.origin]))
    assert seen == [[["open ", *["text bye?"] * 3, "close 1000  true"]], [["error", "close 1006  false"]]]


@pytest.mark.prove
def test_node(
    open_stand_in: Any, recordings: list[Recording], cases: Any, faults: Any, node_client: Any, figure: Any
) -> None:
    """Node's package ws."""
    live = asyncio.run(_live(open_stand_in, cases, node_client))
    replayed = asyncio.run(_replayed(recordings, cases, faults, node_client))
    _same(live, replayed, cases, figure, "node ws")


@pytest.mark.prove
def test_chromium(
    open_stand_in: Any, recordings: list[Recording], cases: Any, faults: Any, chromium_client: Any, figure: Any
) -> None:
    """A browser, whose origin was allowed."""
    live = asyncio.run(_live(open_stand_in, cases, chromium_client.play))
    origins = [chromium_client.origin]
    replayed = asyncio.run(_replayed(recordings, cases, faults, chromium_client.play, origins=origins))
    _same(live, replayed, cases, figure, "chromium")
    refused = asyncio.run(_refused(recordings, chromium_client.play))
    assert refused == [["error", "close 1006  false"]]


async def _refused(recordings: list[Recording], client: Client) -> Seen:
    """What a browser sees whose origin was not allowed; nothing is played."""
    async with ReplayService(recordings, dialect=GenericDialect(), clock=SystemClock()) as service:
        return await client([f"ws://127.0.0.1:{service.ports[1]}/answered"], None)
