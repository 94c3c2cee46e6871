"""What the client survives, row by row: the plain ``async for ws in connect()`` client fails, and ours does not.

1. Both meet the same service, on real sockets. The plain client is what the library's own documentation shows.
2. A client does well when it has every message of the conversation once and in order, or ends with the typed error that
   says what to do.
3. Waits of ours are on a virtual clock, or scaled by settings; nothing here depends on the machine being quick.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import logging
import os
import signal
import ssl
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import aclosing, asynccontextmanager
from email.utils import parsedate_to_datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
import websockets.asyncio.client
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.protocol import State

from harness.client import ClientOptions
from harness.clock import Clock, ScaledClock, SystemClock, VirtualClock
from harness.errors import AuthError, ConnectionLost, PermissionDenied, ServiceError
from harness.pipeline.outcome import Outcome
from harness.recording.reader import read_recording
from harness.wire.dialler import LinkState
from harness.wire.serve import Peer, PeerClosed, Refusal, WsServer
from harness.wire.serve_http import HttpServer
from harness.wire.tls import TlsRefused

SECOND = 1_000_000_000
REPLAY: dict[str, Any] = {"give_up_after": {}}
LIVE: dict[str, Any] = {"heartbeat_timeout_s": 0, "gap_timeout_s": 30}


@asynccontextmanager
async def served(service: Any, **options: Any) -> AsyncIterator[str]:
    """The service's stream for the plain client; gives its address."""
    async with WsServer(service.stream, admit=service.admit, **options) as server:
        yield f"ws{'s' if options.get('tls') else ''}://127.0.0.1:{server.port}/"


def plain(
    kit: SimpleNamespace,
    service: Any,
    *,
    patience_s: float = 1.0,
    until: Callable[[], bool] = lambda: False,
    each: Callable[[dict[str, Any]], Any] | None = None,
    tls: ssl.SSLContext | None = None,
    **options: Any,
) -> tuple[list[Any], BaseException | None]:
    """The plain client, until it fails, has heard an ``end``, or its time is over; the seqs it saw, and its failure."""
    seen: list[Any] = []

    async def run(url: str) -> None:
        connections = connect(url, additional_headers={"Authorization": "Bearer token-1"}, **options)
        async with aclosing(cast(AsyncGenerator[Any, None], aiter(connections))) as each_of_them:
            async for ws in each_of_them:
                if until():
                    return
                try:
                    await ws.send(json.dumps({"type": "subscribe", "interaction_id": kit.CONVERSATION}))
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
    kit: SimpleNamespace,
    service: Any,
    *,
    clock: Clock | None = None,
    handle: Any = None,
    **options: Any,
) -> tuple[Any, BaseException | None]:
    """Our client against the same; what was heard, and its failure."""
    ears = kit.Listener()

    async def main() -> None:
        given = ClientOptions(**(options or REPLAY))
        more = {} if handle is None else {"handle": handle}
        async with kit.client_of(service, ears, clock=clock, options=given, **more) as client:
            await client.run()

    try:
        asyncio.run(main())
    except ServiceError as error:
        return ears, error
    return ears, None


def in_scaled_time(kit: SimpleNamespace, service: Any, **options: Any) -> tuple[Any, BaseException | None]:
    """Ours with its timers, on a clock that lets no time pass while somebody has work to do."""
    ears = kit.Listener()

    async def main() -> None:
        async with (
            ScaledClock() as clock,
            kit.client_of(service, ears, clock=clock, options=ClientOptions(**options)) as client,
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


def whole(kit: SimpleNamespace, last: int = 4) -> Any:
    """A handler that goes on where the client left off, to the end."""

    async def handler(peer: Peer, service: Any) -> None:
        after = (await service.hear(peer)).get("resume_after_seq", 0)
        for seq in range(after + 1, last):
            await peer.send(kit.subscribed() if seq == 1 else kit.said(seq))
        await peer.send(kit.end(last))
        while True:
            await service.hear(peer)

    return handler


def ends(kit: SimpleNamespace, code: int | None, *messages: str) -> Any:
    """A handler that says something and closes; 1006 means without a close frame."""

    async def leave(peer: Peer) -> None:
        await (peer.drop() if code == 1006 else peer.close(code))

    return kit.plays(*messages, then=leave)


# -- tokens and permissions --------------------------------------------------------------------------------------------


def wants(kit: SimpleNamespace, token: str, *handlers: Any) -> Any:
    """A service that admits one token only."""
    service = kit.Service(*handlers)

    def admit(handshake: Any) -> Refusal | None:
        service.handshakes.append(handshake)
        return None if handshake.headers.get("authorization") == f"Bearer {token}" else Refusal(status=401)

    service.admit = admit
    return service


def test_401_at_the_handshake(kit: SimpleNamespace) -> None:
    """A token the service does not take: the plain client dies; ours fetches one other and goes on."""
    _, error = plain(kit, wants(kit, "token-2", whole(kit)))
    assert isinstance(error, InvalidStatus)
    service = wants(kit, "token-2", whole(kit))
    ears, failure = ours(kit, service)
    assert (ears.accepted, failure, service.tokens) == ([1, 2, 3, 4], None, 2)


def test_401_for_good(kit: SimpleNamespace) -> None:
    """A second refusal ends ours with AuthError, which names the credentials."""
    service = wants(kit, "token-9", whole(kit))
    _, failure = ours(kit, service)
    assert isinstance(failure, AuthError) and "GENESYS_CLIENT_ID" in str(failure)
    assert (service.tokens, len(service.handshakes)) == (2, 2)


@pytest.mark.parametrize("code", [4401, 1008])
def test_token_refused_mid_stream(kit: SimpleNamespace, code: int) -> None:
    """Closed for its token: the plain client comes back with the same one, without end; ours renews it once."""

    def service() -> Any:
        made = kit.Service(ends(kit, code, kit.subscribed(), kit.said(2)), whole(kit))

        def admit(handshake: Any) -> Refusal | None:
            made.handshakes.append(handshake)
            stale = len(made.handshakes) > 1 and handshake.headers["authorization"] == "Bearer token-1"
            return Refusal(status=401) if stale else None

        made.admit = admit
        return made

    seen, error = plain(kit, service())
    assert seen == [1, 2] and isinstance(error, InvalidStatus)
    mine = service()
    ears, failure = ours(kit, mine)
    assert (ears.accepted, failure, mine.tokens) == ([1, 2, 3, 4], None, 2)


def test_403_names_the_scope(kit: SimpleNamespace) -> None:
    """A missing scope: the plain client says 403; ours ends at once and says which."""
    refusal = Refusal(status=403, body='{"scope":"ai:agentassist:read"}')
    _, error = plain(kit, kit.Service(whole(kit), admit=[refusal]))
    assert error is not None and "ai:agentassist:read" not in str(error)
    service = kit.Service(whole(kit), admit=[refusal])
    _, failure = ours(kit, service)
    assert isinstance(failure, PermissionDenied) and failure.scope == "ai:agentassist:read"
    assert len(service.handshakes) == 1


# -- busy and broken services ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", ["30", "Thu, 01 Jan 2026 00:00:30 GMT"])
@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.usefixtures("_quick_backoff")
def test_retry_after(kit: SimpleNamespace, status: int, value: str) -> None:
    """A busy service: the plain client dies of a 429 and does not wait for a 503; ours waits as long as it was asked."""
    refusal = Refusal(status=status, headers=[("retry-after", value)])
    service = kit.Service(whole(kit), admit=[refusal])
    seen, error = plain(kit, service, patience_s=20)
    assert isinstance(error, InvalidStatus) if status == 429 else len(service.handshakes) == 2 and seen
    clock = VirtualClock(auto=True)
    ears, failure = ours(kit, kit.Service(whole(kit), admit=[refusal]), clock=clock)
    assert (ears.accepted, failure) == ([1, 2, 3, 4], None)
    assert 30 * SECOND <= clock.monotonic_ns() < 31 * SECOND


def test_retry_after_has_a_cap(kit: SimpleNamespace) -> None:
    """A service that asks for a day is waited for five minutes."""
    clock = VirtualClock(auto=True)
    refusal = Refusal(status=429, headers=[("retry-after", "86400")])
    _, failure = ours(kit, kit.Service(whole(kit), admit=[refusal]), clock=clock)
    assert failure is None
    assert 300 * SECOND <= clock.monotonic_ns() < 301 * SECOND


@pytest.mark.usefixtures("_quick_backoff")
def test_a_service_that_is_away_for_good(kit: SimpleNamespace) -> None:
    """Nobody there: the plain client dials for ever and says nothing; ours says what it does and gives up."""
    away = [Refusal(status=503)] * 100_000
    service = kit.Service(whole(kit), admit=away)
    _, error = plain(kit, service)
    assert isinstance(error, TimeoutError) and len(service.handshakes) > 1
    states: list[LinkState] = []
    _, failure = ours(kit, kit.Service(whole(kit), admit=away), **REPLAY, on_state=states.append)
    assert isinstance(failure, ConnectionLost) and "8 times" in str(failure)
    assert [state.attempt for state in states if state.phase == "waiting"] == list(range(2, 9))
    assert all(state.why == "the handshake was answered with 503" for state in states if state.phase == "waiting")


def test_accept_then_close(kit: SimpleNamespace) -> None:
    """A service that takes and drops every connection: the plain client hammers it; ours dials 5 times in 3 s at most."""

    async def drop(peer: Peer, _: Any) -> None:
        await peer.close(1001)

    service = kit.Service(drop)
    plain(kit, service, patience_s=30, until=lambda: service.opened > 100)
    assert service.opened > 100
    clock, times = VirtualClock(auto=True), []

    def told(state: LinkState) -> None:
        if state.phase == "dialling":
            times.append(clock.monotonic_ns())

    _, failure = ours(kit, kit.Service(drop), clock=clock, **REPLAY, on_state=told)
    assert isinstance(failure, ConnectionLost)
    assert 2 <= sum(time <= 3 * SECOND for time in times) <= 5


@pytest.mark.usefixtures("_quick_backoff")
def test_tls(kit: SimpleNamespace) -> None:
    """A certificate nobody vouches for: the plain client tries for ever; ours ends at once."""
    dials = 0

    async def count(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal dials
        dials += 1
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    async def main() -> BaseException | None:
        async with await asyncio.start_server(count, "127.0.0.1", 0) as server:
            url = f"wss://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
            try:
                async with asyncio.timeout(1):
                    async for _ in connect(url):
                        pass
            except Exception as error:  # noqa: BLE001 - how the plain client ended
                return error
        return None

    assert isinstance(asyncio.run(main()), TimeoutError)
    assert dials > 1
    dials = 0

    async def mine() -> None:
        async with (
            await asyncio.start_server(count, "127.0.0.1", 0) as server,
            kit.client_of(kit.Service(whole(kit)), kit.Listener()) as client,
        ):
            client._reader._dialler._url = f"wss://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
            with pytest.raises(TlsRefused):
                await client.run()

    asyncio.run(mine())
    assert dials == 1


# -- connections that end, or do not -----------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [1000, 1001, 1006, 1011])
def test_an_end_without_an_end(kit: SimpleNamespace, code: int) -> None:
    """A connection that closes mid-conversation: the plain client begins again; ours goes on where it was."""

    def service() -> Any:
        return kit.Service(ends(kit, code, kit.subscribed(), kit.said(2)), whole(kit))

    seen, _ = plain(kit, service(), patience_s=20)
    assert seen == [1, 2, 1, 2, 3, 4]
    ears, failure = ours(kit, service())
    assert (ears.accepted, len(ears.final), failure) == ([1, 2, 3, 4], 4, None)


@pytest.mark.parametrize("code", [1002, 1003, 1007, 1009, 1010])
def test_a_broken_protocol(kit: SimpleNamespace, code: int) -> None:
    """What will happen again: the plain client meets it for ever; ours tries twice more and names the way out."""
    service = kit.Service(ends(kit, code, kit.subscribed()))
    plain(kit, service, patience_s=30, until=lambda: service.opened > 20)
    assert service.opened > 20
    service = kit.Service(ends(kit, code, kit.subscribed()))
    _, failure = ours(kit, service)
    assert isinstance(failure, ConnectionLost) and failure.fix
    assert service.opened == 3
    assert ("max_message_bytes" in failure.fix) == (code == 1009)


async def _frozen(peer: Peer, service: Any) -> None:
    """Says hello, then neither reads nor answers: what a half-open connection looks like from the client."""
    await service.hear(peer)
    await peer.send(json.dumps({"type": "subscribed", "interaction_id": "telco-one-0001", "seq": 1}))
    peer._ws.transport.pause_reading()
    try:
        while peer._ws.protocol.state is State.OPEN:  # noqa: ASYNC110 - the library has no event for it
            await asyncio.sleep(0.05)
    finally:
        peer._ws.transport.abort()


def half_open(kit: SimpleNamespace) -> int:
    """How long ours takes, ns, to leave a half-open connection; pings at 0.2 s, time-out 0.3 s."""
    clock = SystemClock()
    times: dict[str, int] = {}

    def told(state: LinkState) -> None:
        times.setdefault(state.phase, clock.monotonic_ns())

    service = kit.Service(_frozen, whole(kit))
    handlers = service.handlers
    service.frozen = asyncio.Event()

    async def freed(peer: Peer, held: Any) -> None:
        async with asyncio.TaskGroup() as group:
            task = group.create_task(_frozen(peer, held))
            await held.frozen.wait()
            task.cancel()

    async def second(peer: Peer, held: Any) -> None:
        held.frozen.set()
        await whole(kit)(peer, held)

    handlers[:] = [freed, second]
    ears, failure = ours(kit, service, clock=clock, **LIVE, ping_interval_s=0.2, ping_timeout_s=0.3, on_state=told)
    assert (ears.accepted, failure) == ([1, 2, 3, 4], None)
    return times["lost"] - times["open"]


def test_half_open(kit: SimpleNamespace) -> None:
    """A peer that vanished: the plain client waits ten seconds more for its goodbye; ours is gone after the time-out."""
    service = kit.Service(_frozen)
    _, error = plain(kit, service, patience_s=2, ping_interval=0.2, ping_timeout=0.3)
    assert isinstance(error, TimeoutError) and service.opened == 1
    assert half_open(kit) < 9 * SECOND


@pytest.mark.prove
def test_half_open_twenty_times(kit: SimpleNamespace, figure: Callable[[str, object], None]) -> None:
    """Found within interval + time-out + 1 s, every time."""
    took = [half_open(kit) for _ in range(20)]
    within = sum(time <= 1.5 * SECOND for time in took)
    figure("half-open found within interval + timeout + 1 s", f"{within} of 20, longest {max(took) / 1e9:.2f} s")
    assert within == 20


def test_a_service_that_says_nothing(kit: SimpleNamespace) -> None:
    """Pings are answered, messages do not come: the plain client waits for ever; ours misses the heartbeat."""

    async def mute(peer: Peer, service: Any) -> None:
        await service.hear(peer)
        while True:
            await service.hear(peer)

    _, error = plain(kit, kit.Service(mute, whole(kit)), ping_interval=0.1)
    assert isinstance(error, TimeoutError)
    ears, failure = ours(
        kit, kit.Service(mute, whole(kit)), clock=SystemClock(), gap_timeout_s=30, heartbeat_timeout_s=0.4
    )
    assert (ears.accepted, failure) == ([1, 2, 3, 4], None)


def test_closing(kit: SimpleNamespace) -> None:
    """An announced end: the plain client is without a connection for a while; ours has the next one before."""

    def service() -> Any:
        made = kit.Service()
        made.second = asyncio.Event()

        async def first(peer: Peer, held: Any) -> None:
            await held.hear(peer)
            await peer.send(kit.subscribed())
            await peer.send(kit.message("closing", 2, grace_s=1))
            try:
                async with asyncio.timeout(1):
                    await held.second.wait()
            except TimeoutError:
                pass
            await peer.close(1001)

        async def second(peer: Peer, held: Any) -> None:
            held.second.set()
            await whole(kit)(peer, held)

        made.handlers = [first, second]
        return made

    theirs, mine = service(), service()
    seen, _ = plain(kit, theirs, patience_s=20)
    assert (theirs.most_open, seen) == (1, [1, 2, 1, 2, 3, 4])
    ears, failure = ours(kit, mine, clock=SystemClock(), **LIVE)
    assert (mine.most_open, ears.accepted, len(ears.final), failure) == (2, [1, 2, 3, 4], 4, None)


# -- messages ----------------------------------------------------------------------------------------------------------


def test_duplicate_reorder_gap(kit: SimpleNamespace) -> None:
    """The plain client sees what comes as it comes; ours puts it in order, once, and records what is missing."""
    messages = [kit.subscribed(), kit.said(3), kit.said(2), kit.said(2), kit.said(5), kit.said(6), kit.end(7)]
    seen, _ = plain(kit, kit.Service(kit.plays(*messages)), patience_s=20)
    assert seen == [1, 3, 2, 2, 5, 6, 7]
    service = kit.Service(kit.plays(*messages))
    ears, failure = ours(kit, service, clock=SystemClock(), heartbeat_timeout_s=0, gap_timeout_s=0.3)
    in_order = [outcome.seq for outcome in ears.final if outcome.verdict == "accepted"]
    assert (sorted(in_order), failure) == ([1, 2, 3, 5, 6, 7], None)
    assert [(gap.from_seq, gap.to_seq) for gap in ears.gaps] == [(4, 4)]
    assert [outcome.reasons for outcome in ears.final if outcome.verdict == "rejected"] == [("duplicate_seq",)]


def forgetful(kit: SimpleNamespace, *, answers: bool) -> Any:
    """A service that leaves message 2 out, and sends it when it is asked for; or does not."""

    async def handler(peer: Peer, held: Any) -> None:
        await held.hear(peer)
        for text in (kit.subscribed(), kit.said(3), kit.said(4)):
            await peer.send(text)
        asked = (await held.hear(peer))["resume_after_seq"]
        for seq in range(asked + 1, 5) if answers else ():
            await peer.send(kit.said(seq))
        await peer.send(kit.end(5))
        while True:
            await held.hear(peer)

    return kit.Service(handler)


@pytest.mark.parametrize("answers", [True, False])
def test_a_hole_is_asked_for(kit: SimpleNamespace, answers: bool) -> None:
    """The plain client waits on; ours asks for the hole, once, and has every message, or the hole on record."""
    seen, error = plain(kit, forgetful(kit, answers=answers))
    assert (seen, type(error)) == ([1, 3, 4], TimeoutError)
    service = forgetful(kit, answers=answers)
    ears, failure = in_scaled_time(kit, service, heartbeat_timeout_s=0)
    assert [sent.get("resume_after_seq") for sent in service.sent if sent["type"] == "subscribe"] == [None, 1]
    assert failure is None
    assert sorted(ears.accepted) == ([1, 2, 3, 4, 5] if answers else [1, 3, 4, 5])
    assert [(gap.from_seq, gap.to_seq) for gap in ears.gaps] == ([] if answers else [(2, 2)])


def test_an_update_that_was_lost(kit: SimpleNamespace) -> None:
    """An update goes with its connection: the plain client begins anew and counts nothing; ours says it again, once."""
    text = "The customer says that the router is broken since the storm and wants a technician to come home."
    limits = {"max_streaming_tokens": 40, "context_window_threshold": 20}

    async def first(peer: Peer, held: Any) -> None:
        await held.hear(peer)
        await peer.send(kit.message("subscribed", 1, limits=limits))
        await peer.send(kit.summary(2, text))
        await peer.recv()  # the update, which this service never comes to know of
        await peer.drop()

    async def second(peer: Peer, held: Any) -> None:
        await held.hear(peer)
        while (await held.hear(peer))["type"] != "context_window.update":
            pass
        await peer.send(kit.message("context_window.updated", 3, token_count=512))
        await peer.send(kit.end(4))
        while True:
            await held.hear(peer)

    _, error = plain(kit, kit.Service(first, second))
    assert isinstance(error, TimeoutError)
    service = kit.Service(first, second)
    ears, failure = in_scaled_time(kit, service, heartbeat_timeout_s=0)
    assert ([outcome.seq for outcome in ears.final], failure) == ([1, 2, 3, 4], None)
    assert [sent["token_count"] for sent in service.sent if sent["type"] == "context_window.update"] == [24]


def test_a_message_nobody_can_read(kit: SimpleNamespace) -> None:
    """What is no JSON kills the plain client's loop; ours rejects it and goes on."""
    messages = [kit.subscribed(), "}{", kit.end(2)]
    _, error = plain(kit, kit.Service(kit.plays(*messages)))
    assert isinstance(error, json.JSONDecodeError)
    ears, failure = ours(kit, kit.Service(kit.plays(*messages)))
    assert ([outcome.verdict for outcome in ears.final], failure) == (["accepted", "rejected", "accepted"], None)


def test_a_slow_consumer(kit: SimpleNamespace) -> None:
    """A consumer that stands still: the plain client stops answering pings and is thrown out; ours stays."""
    lost: list[bool] = []

    def service(over: asyncio.Event) -> Any:
        async def flood(peer: Peer, held: Any) -> None:
            await held.hear(peer)
            await peer.send(kit.subscribed())
            await peer.send(kit.said(2))
            async with asyncio.TaskGroup() as group:
                group.create_task(keepalive(peer))
                try:
                    for _ in range(400):
                        await peer.send(bytes(30_000))  # more than the buffers between us hold
                except PeerClosed:
                    return
            await peer.send(kit.end(3))
            while True:
                await held.hear(peer)

        async def keepalive(peer: Peer) -> None:
            await asyncio.sleep(0.5)
            try:
                async with asyncio.timeout(4):
                    await (await peer._ws.ping())
            except (TimeoutError, ConnectionClosed):
                lost.append(True)
                peer._ws.transport.abort()
            over.set()

        return kit.Service(flood)

    over = asyncio.Event()

    async def stuck(value: dict[str, Any]) -> None:
        if value["seq"] == 2:
            await over.wait()

    plain(kit, service(over), patience_s=20, until=lambda: bool(lost), each=stuck, ping_interval=None)
    assert lost == [True]
    lost.clear()
    over = asyncio.Event()

    async def handle(outcome: Outcome, _: int) -> None:
        if outcome.number == 2:
            await over.wait()

    ears, failure = ours(kit, service(over), clock=SystemClock(), handle=handle, **LIVE, queue_messages=20)
    assert (ears.accepted, len(ears.final), failure, lost) == ([1, 2, 3], 403, None, [])


# -- surroundings ------------------------------------------------------------------------------------------------------


def test_logs_at_debug(kit: SimpleNamespace, caplog: pytest.LogCaptureFixture) -> None:
    """The plain client's log at debug level holds the bearer token; ours holds neither token nor text."""
    caplog.set_level(logging.DEBUG)
    plain(kit, kit.Service(whole(kit)), patience_s=20)
    assert any("token-1" in record.getMessage() for record in caplog.records if record.name == "websockets.client")
    caplog.clear()
    ours(kit, kit.Service(whole(kit)))
    mine = [r.getMessage() for r in caplog.records if not r.name.startswith("websockets.server")]
    assert not [line for line in mine if "token-1" in line or "router" in line]


def test_proxies(kit: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy in the environment takes the plain client's loopback away; ours does not ask it."""
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    seen, error = plain(kit, kit.Service(whole(kit)))
    assert not seen and error is not None
    ears, failure = ours(kit, kit.Service(whole(kit)))
    assert (ears.accepted, failure) == ([1, 2, 3, 4], None)


class Jumping(VirtualClock):
    """A virtual clock whose date jumps by years at every look."""

    def __init__(self) -> None:
        super().__init__(auto=True)
        self.looks = 0

    def wall(self) -> Any:
        self.looks += 1
        return super().wall().replace(year=2026 + 9 * (-1) ** self.looks)


def by_the_date(kit: SimpleNamespace, service: Any, clock: Clock) -> float:
    """The plain client with the wait everybody adds to it, until the date it was given; how long it would sleep, seconds."""

    async def main() -> float:
        async with served(service) as url:
            try:
                async with connect(url):
                    return 0.0
            except InvalidStatus as error:
                until = parsedate_to_datetime(error.response.headers["retry-after"])
                return (until - clock.wall()).total_seconds()

    return asyncio.run(main())


def test_clock_jumps(kit: SimpleNamespace) -> None:
    """The date may jump: the plain client sleeps for years, or not at all; ours fetches no token for it, waits as long as
    is allowed at most, and loses nothing.
    """
    busy = Refusal(status=503, headers=[("retry-after", "Thu, 01 Jan 2026 00:00:30 GMT")])
    jumping = Jumping()
    slept = sorted(by_the_date(kit, kit.Service(whole(kit), admit=[busy]), jumping) for _ in range(2))
    assert slept[0] < -8 * 365 * 86400 and slept[1] > 8 * 365 * 86400
    service = kit.Service(*(ends(kit, 1001, kit.said(seq)) for seq in (1, 2)), whole(kit))
    clock = Jumping()
    ears, failure = ours(kit, service, clock=clock)
    assert (ears.accepted, failure, service.tokens) == ([1, 2, 3, 4], None, 1)
    assert clock.monotonic_ns() < SECOND
    clock = Jumping()
    _, failure = ours(kit, kit.Service(whole(kit), admit=[busy]), clock=clock)
    assert failure is None
    assert clock.monotonic_ns() <= 301 * SECOND


PLAIN = """
import asyncio, json, sys
from websockets.asyncio.client import connect

async def main():
    async for ws in connect(sys.argv[1]):
        await ws.send(json.dumps({"type": "subscribe", "interaction_id": sys.argv[2]}))
        async for text in ws:
            await asyncio.sleep(0.01)  # its pipeline
            print(text)

asyncio.run(main())
"""


def stopped(kit: SimpleNamespace, folder: Path, command: Callable[[str, int, int], list[str]]) -> tuple[int, int]:
    """SIGTERM to a client in a process of its own; its exit code, and the close code the service saw."""
    seen: list[int] = []

    async def main() -> int:
        async with asyncio.timeout(120):
            heard, over = asyncio.Event(), asyncio.Event()

            async def stream(peer: Peer) -> None:
                try:
                    await peer.recv()
                    await peer.send(kit.subscribed())
                    heard.set()
                    await peer.recv()
                except PeerClosed as closed:
                    seen.append(closed.code)
                    over.set()

            service = kit.Service()
            async with HttpServer(service.http) as http, WsServer(stream) as server:
                env = {**os.environ, "GENESYS_CLIENT_ID": "me", "GENESYS_CLIENT_SECRET": "s"}
                process = await asyncio.create_subprocess_exec(
                    *command(f"ws://127.0.0.1:{server.port}/", http.port, server.port),
                    cwd=folder,
                    env=env,
                    stdout=asyncio.subprocess.DEVNULL,
                    stderr=asyncio.subprocess.DEVNULL,
                )
                try:
                    await heard.wait()
                    process.terminate()
                    code = await process.wait()
                finally:
                    if process.returncode is None:
                        process.kill()
                        await process.wait()
                await over.wait()
                return code

    code = asyncio.run(main())
    return code, seen[0]


def test_sigterm(kit: SimpleNamespace, tmp_path: Path) -> None:
    """The plain client dies where it stands and says no goodbye; ours closes with 1001, seals, and leaves with 0."""

    def theirs(url: str, _: int, __: int) -> list[str]:
        return [sys.executable, "-c", PLAIN, url, kit.CONVERSATION]

    def mine(_: str, http: int, stream: int) -> list[str]:
        endpoint = f"http://127.0.0.1:{http}?stream={stream}"
        verb = ["record", "-c", kit.CONVERSATION, "--endpoint", endpoint, "--name", "one", "-o", "."]
        return [sys.executable, "-m", "harness", *verb]

    assert stopped(kit, tmp_path, theirs) == (-signal.SIGTERM, 1006)
    assert stopped(kit, tmp_path, mine) == (0, 1001)
    seal = read_recording(tmp_path / "one.rec.jsonl").seal
    assert seal is not None and seal.reason == "signal"
