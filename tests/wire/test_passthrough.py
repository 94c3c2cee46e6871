"""What is passed on to a live service."""

from __future__ import annotations

import asyncio
from typing import Any, cast

from pydantic import SecretStr
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.typing import Subprotocol

from harness.clock import SystemClock
from harness.dialects.generic import GenericDialect
from harness.dialects.mediation_addresses import resolve
from harness.replayer.service import ReplayService
from harness.wire.auth import TokenSource
from harness.wire.passthrough import open_relay
from harness.wire.tap import NullTap


class _Tokens:
    async def get(self) -> SecretStr:
        return SecretStr("t")


async def _talk() -> tuple[Any, ...]:
    async def handler(ws: ServerConnection) -> None:
        await ws.send(f"{ws.subprotocol} {(await ws.recv())!s}")
        await ws.wait_closed()

    names = [Subprotocol("b.v2"), Subprotocol("a.v1")]
    async with asyncio.timeout(20), serve(handler, "127.0.0.1", 0, subprotocols=names) as live:
        port = next(iter(live.sockets)).getsockname()[1]
        addresses = resolve(endpoint=f"http://127.0.0.1:{port}?stream={port}")
        tokens = cast(TokenSource, _Tokens())
        async with open_relay(addresses, tokens=tokens, tap=NullTap(), clock=SystemClock()) as relay:
            service = ReplayService([], dialect=GenericDialect(), clock=SystemClock(), upstream=relay)
            async with service, connect(service.stream_url, subprotocols=names[::-1], proxy=None) as ws:
                await ws.send("hi")
                return ws.subprotocol, await ws.recv(), service.problems


def test_the_service_is_offered_the_subprotocol_the_client_was_given() -> None:
    """That is the client's first, where nothing recorded says otherwise."""
    assert asyncio.run(_talk()) == ("a.v1", "a.v1 hi", [])
