"""Many clients held at once."""

from __future__ import annotations

import asyncio
import json
import resource
from typing import Any

import pytest


def hold(served: Any, call: Any, raw: Any, clients: int) -> int:
    """So many clients connected together, each getting its messages byte for byte; how many messages came."""
    wanted = [entry.text for entry in call().entries if type(entry).__name__ == "WsMessage" and entry.dir == "in"]
    total = 0

    async def talk(client: Any) -> None:
        nonlocal total
        crowd = [raw(client.service, client.token) for _ in range(clients)]
        gate = asyncio.Semaphore(200)

        async def opened(one: Any) -> None:
            async with gate:
                assert (await one.open()).status == 101

        await asyncio.gather(*map(opened, crowd))
        for one in crowd:
            one.send({"type": "subscribe", "interaction_id": "i-1"})
        async with asyncio.timeout(120):
            heards = await asyncio.gather(*(one.hear(len(wanted)) for one in crowd))
        assert all(heard.texts == wanted for heard in heards)
        total = sum(len(heard.frames) for heard in heards)
        await asyncio.gather(*(one.close() for one in crowd))

    served(talk, call(), loop=True, patience_s=300, limit_s=300)
    assert json.loads(wanted[0])["seq"] == 1
    return total


def test_two_hundred_clients(served: Any, call: Any, raw: Any) -> None:
    """200 clients at once get the same bytes."""
    assert hold(served, call, raw, 200) == 200 * 12


@pytest.mark.prove
def test_five_thousand_clients(served: Any, call: Any, raw: Any, figure: Any) -> None:
    """5,000 clients are held at once; every message is byte-equal."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < 12_000:
        pytest.skip("needs 12,000 file descriptors")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 12_000), hard))
    figure("5,000 clients held, messages byte-equal", hold(served, call, raw, 5000))
