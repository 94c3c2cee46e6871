"""Passes a client on to a live service, with a tap in between: what a replay does with what was never recorded.

1. The client's own token is one of the replay's and worth nothing there: the relay dials with its own.
2. The service is offered the subprotocol the client was given, and no other.
3. Messages pass whole and in order, both ways; an end on one side is made on the other.
4. The answer to a request is handed on as it came, body whole; hop-by-hop headers stay behind.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from harness.clock import Clock
from harness.dialects.mediation_addresses import GATEWAY_PATH, Addresses
from harness.errors import ServiceError
from harness.wire.auth import TokenSource
from harness.wire.quiet import quiet
from harness.wire.rest import tee_transport
from harness.wire.serve import Peer, PeerClosed
from harness.wire.serve_http import Answer, Call
from harness.wire.stream import Link, LinkClosed, dial
from harness.wire.tap import Tap

__all__ = ["Relay", "open_relay"]

_KEPT = ("content-type", "retry-after", "cache-control")
_SENT = ("content-type", "accept", "idempotency-key")


@asynccontextmanager
async def open_relay(
    addresses: Addresses, *, tokens: TokenSource, tap: Tap, clock: Clock, timeout_s: float = 10.0
) -> AsyncIterator[Relay]:
    """A relay to the services at ``addresses``, as long as the context lasts."""
    transport = tee_transport(tap, clock, direct=addresses.loopback)
    async with httpx.AsyncClient(transport=transport, timeout=timeout_s, trust_env=not addresses.loopback) as http:
        yield Relay(addresses, tokens=tokens, tap=tap, clock=clock, http=http, timeout_s=timeout_s)


class Relay:
    """Serves connections and requests from a live service; see :func:`open_relay`."""

    def __init__(
        self,
        addresses: Addresses,
        *,
        tokens: TokenSource,
        tap: Tap,
        clock: Clock,
        http: httpx.AsyncClient,
        timeout_s: float,
    ) -> None:
        self._addresses = addresses
        self._tokens = tokens
        self._tap = tap
        self._clock = clock
        self._http = http
        self._timeout_s = timeout_s
        self._numbers = itertools.count(1)

    async def connect(self, peer: Peer, first: str | bytes | None) -> None:
        """Serve ``peer`` to its end; ``first`` is what it has sent already."""
        try:
            link = await self._dialled(peer.handshake.subprotocol)
        except ServiceError:
            await peer.close(1011, "the live service could not be reached")
            return
        try:
            if first is not None:
                await link.send(first)
        except LinkClosed as closed:
            await _end(peer, closed.code)
            return
        async with asyncio.TaskGroup() as group:
            up = group.create_task(_up(peer, link))
            await _down(link, peer)
            up.cancel()

    async def _dialled(self, subprotocol: str) -> Link:
        return await dial(
            self._addresses.stream_url,
            token=await self._tokens.get(),
            conn=f"w{next(self._numbers)}",
            attempt=1,
            tap=self._tap,
            clock=self._clock,
            timeout_s=self._timeout_s,
            subprotocol=subprotocol,
        )

    async def answer(self, call: Call) -> Answer:
        """Have the live service answer ``call``."""
        url = self._addresses.gateway_url + call.path.removeprefix(GATEWAY_PATH)
        headers = {name: call.headers[name] for name in _SENT if name in call.headers}
        try:
            token = (await self._tokens.get()).get_secret_value()
            with quiet():
                response = await self._http.request(
                    call.method,
                    f"{url}?{call.query}" if call.query else url,
                    content=call.body,
                    headers={**headers, "accept-encoding": "identity", "authorization": f"Bearer {token}"},
                    extensions={"service": "gateway"},
                )
        except (ServiceError, httpx.HTTPError):
            return Answer(status=502, body=b"the live service could not be reached\n")
        kept = [(name, value) for name, value in response.headers.multi_items() if name.lower() in _KEPT]
        return Answer(status=response.status_code, headers=kept, body=response.content)


async def _up(peer: Peer, link: Link) -> None:
    try:
        while True:
            await link.send(await peer.recv())
    except PeerClosed as closed:
        await link.close(closed.code if closed.code not in (1005, 1006, 1015) else 1000)
    except LinkClosed:
        return


async def _down(link: Link, peer: Peer) -> None:
    try:
        while True:
            await peer.send((await link.receive()).data)
    except LinkClosed as closed:
        await _end(peer, closed.code)
    except PeerClosed:
        return


async def _end(peer: Peer, code: int | None) -> None:
    if code is None:
        await peer.drop()
    else:
        await peer.close(None if code == 1005 else code)
