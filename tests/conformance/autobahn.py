"""Runs Autobahn's cases (the package kosoku) against our wire and prints their verdicts as JSON; a child of test_autobahn.py.

``python autobahn.py server|client CASE…``; WEBSOCKETS_MAX_FRAGMENTS is read when websockets is imported.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

import kosoku
from pydantic import SecretStr

from harness.clock import SystemClock
from harness.wire.serve import Peer, PeerClosed, WsServer
from harness.wire.stream import Limits, LinkClosed, dial
from harness.wire.tap import NullTap

LARGEST = 17 << 20
"""Suite 9 sends 16 MiB; what we take by ourselves is less."""

COMPRESSION = ["12.*", "13.*"]


async def _echo(peer: Peer) -> None:
    try:
        while True:
            await peer.send(await peer.recv())
    except PeerClosed:
        return


async def server(cases: list[str]) -> list[Any]:
    """An echo server of the factory that serves replays."""
    async with WsServer(_echo, max_bytes=LARGEST) as service:
        return list(await kosoku.run_fuzzingclient(f"ws://127.0.0.1:{service.port}", cases, COMPRESSION))


async def client(cases: list[str]) -> list[Any]:
    """The wire of our live client, echoing."""
    results: list[Any] = []
    async with kosoku.run_fuzzingserver(cases, COMPRESSION, port=0) as service:
        origin = f"ws://{service.address}:{service.port}"
        (count,) = await _said(f"{origin}/getCaseCount", echo=False)
        for case in range(1, int(count) + 1):
            await _said(f"{origin}/runCase?case={case}&agent=harness", echo=True)
        await _said(f"{origin}/updateReports?agent=harness", echo=False)
        results += await service.get_result()
    return results


async def _said(url: str, *, echo: bool) -> list[Any]:
    said: list[Any] = []
    link = await dial(
        url,
        token=SecretStr(""),
        conn="w1",
        attempt=1,
        tap=NullTap(),
        clock=SystemClock(),
        limits=Limits(max_bytes=LARGEST),
    )
    try:
        while True:
            data = (await link.receive()).data
            said.append(data)
            if echo:
                await link.send(data)
    except LinkClosed:
        await link.close()
        return said


async def main(role: str, cases: list[str]) -> list[dict[str, Any]]:
    try:
        results = await (server if role == "server" else client)(cases)
    except kosoku.FailureError as failure:
        results = list(failure.results)
    return [
        {"case": one.case_id, "passed": one.passed, "verdict": one.behavior.value, "close": one.behavior_close.value}
        for one in results
    ]


if __name__ == "__main__":
    print(json.dumps(asyncio.run(main(sys.argv[1], sys.argv[2:]))))
