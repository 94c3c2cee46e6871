"""A small service on loopback, and clients of ours against it: on a virtual clock, or on the machine's."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import SecretStr

from harness.client import ClientOptions, MediationClient
from harness.clock import Clock, VirtualClock
from harness.dialects.base import Event
from harness.dialects.mediation import MediationDialect
from harness.dialects.mediation_addresses import resolve
from harness.pipeline.chain import Pipeline
from harness.pipeline.outcome import GapFound, Outcome
from harness.pipeline.policy import PipelinePolicy
from harness.wire.auth import TokenSource
from harness.wire.rest import RestClient
from harness.wire.serve import Handshake, Peer, PeerClosed, Refusal, WsServer
from harness.wire.serve_http import Answer, Call, HttpServer
from harness.wire.tap import NullTap

CONVERSATION = "telco-one-0001"

Handler = Callable[[Peer, "Service"], Awaitable[None]]


def message(type_: str, seq: int | None, **fields: Any) -> str:
    numbered = {} if seq is None else {"seq": seq}
    return json.dumps({"type": type_, "interaction_id": CONVERSATION, **numbered, **fields})


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
        subscribed=lambda seq=1: message("subscribed", seq),
        end=lambda seq: message("end", seq, reason="completed"),
        CONVERSATION=CONVERSATION,
    )
