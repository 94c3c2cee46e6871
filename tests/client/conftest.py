"""A small service on loopback, and clients of ours against it: on a virtual clock, or on the machine's."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import random
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator, Sequence
from types import SimpleNamespace
from typing import Any, cast

import pytest
import websockets.asyncio.client
from pydantic import SecretStr
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from harness.client import ClientOptions, MediationClient
from harness.clock import Clock, ScaledClock, VirtualClock
from harness.dialects.base import Event
from harness.dialects.mediation import MediationDialect
from harness.dialects.mediation_addresses import resolve
from harness.errors import ServiceError
from harness.pipeline.chain import Pipeline
from harness.pipeline.outcome import GapFound, Outcome
from harness.pipeline.policy import PipelinePolicy
from harness.wire.auth import TokenSource
from harness.wire.rest import RestClient
from harness.wire.serve import Handshake, Peer, PeerClosed, Refusal, WsServer
from harness.wire.serve_http import Answer, Call, HttpServer
from harness.wire.tap import NullTap

CONVERSATION = "telco-one-0001"
REPLAY: dict[str, Any] = {"give_up_after": {}}

Handler = Callable[[Peer, "Service"], Awaitable[None]]


def message(type_: str, seq: int | None, **fields: Any) -> str:
    numbered = {} if seq is None else {"seq": seq}
    return json.dumps({"type": type_, "interaction_id": CONVERSATION, **numbered, **fields})


def subscribed(seq: int = 1) -> str:
    return message("subscribed", seq)


def end(seq: int) -> str:
    return message("end", seq, reason="completed")


def said(seq: int, text: str = "My router is broken.") -> str:
    return message("utterance", seq, utterance_id=f"u{seq}", speaker="customer", text=text)


def summary(seq: int, text: str = "The router is broken.", summary_id: str = "") -> str:
    return message("summary.completed", seq, summary_id=summary_id or f"s{seq}", summary=text)


class Service:
    """Token, gateway and stream: the k-th connection is served by the k-th handler, the last for ever."""

    def __init__(self, *handlers: Handler, admit: Sequence[Refusal | None] = ()) -> None:
        self.handlers = list(handlers)
        self.refusals = list(admit)
        self.handshakes: list[Handshake] = []
        self.sent: list[dict[str, Any]] = []
        self.tokens = 0
        self.opened = 0
        self.open = 0
        self.most_open = 0

    async def http(self, call: Call) -> Answer:
        if call.path == "/oauth/token":
            self.tokens += 1
            body = json.dumps({"access_token": f"token-{self.tokens}", "expires_in": 86400})
            return Answer(status=200, body=body.encode())
        return Answer(status=200, body=b'{"valid":true}')

    def admit(self, handshake: Handshake) -> Refusal | None:
        self.handshakes.append(handshake)
        return self.refusals.pop(0) if self.refusals else None

    async def stream(self, peer: Peer) -> None:
        self.opened += 1
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        handler = self.handlers.pop(0) if len(self.handlers) > 1 else self.handlers[0]
        try:
            await handler(peer, self)
        except PeerClosed:
            return
        finally:
            self.open -= 1

    async def hear(self, peer: Peer) -> dict[str, Any]:
        value: dict[str, Any] = json.loads(await peer.recv())
        self.sent.append(value)
        return value


class Listener:
    """An observer that writes down what it hears."""

    def __init__(self) -> None:
        self.final: list[Outcome] = []
        self.gaps: list[GapFound] = []
        self.drops: list[Event] = []
        self.latest = asyncio.Event()

    def inbound(self, handle: Any, number: int) -> None: ...

    def outcome(self, outcome: Outcome) -> None: ...

    def settled(self, outcome: Outcome) -> None:
        self.final.append(outcome)

    def unused(self, handle: Any) -> None: ...

    def dropped(self, handle: Any, event: Event, reason: str) -> None:
        self.drops.append(event)

    def gap(self, gap: GapFound, after: int) -> None:
        self.gaps.append(gap)

    @property
    def accepted(self) -> list[int | None]:
        return [outcome.seq for outcome in self.final if outcome.verdict == "accepted"]


async def _nothing(_: Outcome, __: int) -> None:
    return None


@contextlib.asynccontextmanager
async def client_of(
    service: Service,
    ears: Listener,
    *,
    clock: Clock | None = None,
    options: ClientOptions | None = None,
    handle: Callable[[Outcome, int], Awaitable[None]] = _nothing,
    policy: PipelinePolicy | None = None,
    tap: Any = None,
) -> AsyncIterator[MediationClient]:
    """A client of ``service`` that is not running yet; real timers are off unless ``options`` say otherwise."""
    time, heard = clock or VirtualClock(auto=True), tap or NullTap()
    async with (
        asyncio.timeout(60),
        HttpServer(service.http) as http,
        WsServer(service.stream, admit=service.admit) as stream,
        RestClient(tap=heard, clock=time, rng=random.Random(1)) as rest,
    ):
        addresses = resolve(endpoint=f"http://127.0.0.1:{http.port}?stream={stream.port}")
        yield MediationClient(
            addresses=addresses,
            conversations=[CONVERSATION],
            pipeline=Pipeline(
                dialect=MediationDialect(), policy=policy or PipelinePolicy(gateway_validation=False, generate="never")
            ),
            dialect=MediationDialect(),
            tokens=TokenSource(
                token_url=addresses.token_url, client_id="me", client_secret=SecretStr("s"), rest=rest, clock=time
            ),
            rest=rest,
            tap=heard,
            observer=ears,
            handle=handle,
            clock=time,
            rng=random.Random(1),
            options=options or ClientOptions(give_up_after={}),
        )


def plays(*messages: str, then: Callable[[Peer], Awaitable[None]] | None = None) -> Handler:
    """Hears a subscription, sends the messages, then does what is asked (or waits for the client to go)."""

    async def handler(peer: Peer, service: Service) -> None:
        await service.hear(peer)
        for text in messages:
            await peer.send(text)
        if then is not None:
            await then(peer)
        while True:
            await service.hear(peer)

    return handler


@contextlib.asynccontextmanager
async def served(service: Any, **options: Any) -> AsyncIterator[str]:
    """The service's stream for the plain client; gives its address."""
    async with WsServer(service.stream, admit=service.admit, **options) as server:
        yield f"ws{'s' if options.get('tls') else ''}://127.0.0.1:{server.port}/"


def plain(
    service: Any,
    *,
    patience_s: float = 30.0,
    until: Callable[[], bool] = lambda: False,
    each: Callable[[dict[str, Any]], Any] | None = None,
    tls: ssl.SSLContext | None = None,
    **options: Any,
) -> tuple[list[Any], BaseException | None]:
    """The plain client, until it fails, has heard an ``end``, or its time is over; the seqs it saw, and its failure."""
    seen: list[Any] = []

    async def run(url: str) -> None:
        connections = connect(url, additional_headers={"Authorization": "Bearer token-1"}, **options)
        async with contextlib.aclosing(cast(AsyncGenerator[Any, None], aiter(connections))) as each_of_them:
            async for ws in each_of_them:
                if until():
                    return
                try:
                    await ws.send(json.dumps({"type": "subscribe", "interaction_id": CONVERSATION}))
                    async for text in ws:
                        value = json.loads(text)
                        seen.append(value.get("seq"))
                        if each is not None:
                            await each(value)
                        if value["type"] == "end":
                            return
                except ConnectionClosed:
                    continue
                finally:
                    ws.transport.abort()  # for a tidy test: its own goodbye takes up to ten seconds

    async def main() -> None:
        async with served(service, **({} if tls is None else {"tls": tls})) as url:
            async with asyncio.timeout(patience_s):
                await run(url)

    try:
        asyncio.run(main())
    except BaseExceptionGroup as group:
        return seen, group.exceptions[0]
    except Exception as error:  # noqa: BLE001 - whatever it is, it is how the plain client ended
        return seen, error
    return seen, None


def ours(
    service: Any,
    *,
    clock: Clock | None = None,
    handle: Any = None,
    **options: Any,
) -> tuple[Any, BaseException | None]:
    """Our client against the same; what was heard, and its failure."""
    ears = Listener()

    async def main() -> None:
        given = ClientOptions(**(options or REPLAY))
        more = {} if handle is None else {"handle": handle}
        async with client_of(service, ears, clock=clock, options=given, **more) as client:
            await client.run()

    try:
        asyncio.run(main())
    except ServiceError as error:
        return ears, error
    return ears, None


def in_scaled_time(service: Any, **options: Any) -> tuple[Any, BaseException | None]:
    """Ours with its timers, on a clock that lets no time pass while somebody has work to do."""
    ears = Listener()

    async def main() -> None:
        async with (
            ScaledClock() as clock,
            client_of(service, ears, clock=clock, options=ClientOptions(**options)) as client,
        ):
            await client.run()

    try:
        asyncio.run(main())
    except ServiceError as error:
        return ears, error
    return ears, None


@pytest.fixture
def _quick_backoff(monkeypatch: pytest.MonkeyPatch) -> None:
    """The plain client's waits, scaled."""

    def quick(*_: Any, **__: Any) -> Iterator[float]:
        return itertools.repeat(0.01)

    monkeypatch.setattr(websockets.asyncio.client, "backoff", quick)
    defaults = connect.__init__.__kwdefaults__ or {}
    if "reconnect_delays" in defaults:
        monkeypatch.setitem(defaults, "reconnect_delays", quick)


def whole(last: int = 4) -> Any:
    """A handler that goes on where the client left off, to the end."""

    async def handler(peer: Peer, service: Any) -> None:
        after = (await service.hear(peer)).get("resume_after_seq", 0)
        for seq in range(after + 1, last):
            await peer.send(subscribed() if seq == 1 else said(seq))
        await peer.send(end(last))
        while True:
            await service.hear(peer)

    return handler


def ends(code: int | None, *messages: str) -> Any:
    """A handler that says something and closes; 1006 means without a close frame."""

    async def leave(peer: Peer) -> None:
        await (peer.drop() if code == 1006 else peer.close(code))

    return plays(*messages, then=leave)


@pytest.fixture
def kit() -> SimpleNamespace:
    """What these tests are made of: the service, its messages, the client and who listens to it."""
    return SimpleNamespace(
        Service=Service,
        Listener=Listener,
        client_of=client_of,
        plays=plays,
        message=message,
        said=said,
        summary=summary,
        subscribed=subscribed,
        end=end,
        served=served,
        plain=plain,
        ours=ours,
        in_scaled_time=in_scaled_time,
        whole=whole,
        ends=ends,
        CONVERSATION=CONVERSATION,
    )
