"""What the client survives, row by row: the plain ``async for ws in connect()`` client fails, and ours does not.

1. Both meet the same service, on real sockets. The plain client is what the library's own documentation shows.
2. A client does well when it has every message of the conversation once and in order, or ends with the typed error that
   says what to do.
3. Waits of ours are on a virtual clock, or scaled by settings; nothing here depends on the machine being quick.
4. The rows about messages and surroundings are in ``test_survival_messages.py``.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.protocol import State

from harness.clock import SystemClock, VirtualClock
from harness.errors import AuthError, ConnectionLost, PermissionDenied
from harness.wire.dialler import LinkState
from harness.wire.serve import Peer, Refusal
from harness.wire.tls import TlsRefused

SECOND = 1_000_000_000
REPLAY: dict[str, Any] = {"give_up_after": {}}
LIVE: dict[str, Any] = {"heartbeat_timeout_s": 0, "gap_timeout_s": 30}


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
    _, error = kit.plain(wants(kit, "token-2", kit.whole()))
    assert isinstance(error, InvalidStatus)
    service = wants(kit, "token-2", kit.whole())
    ears, failure = kit.ours(service)
    assert (ears.accepted, failure, service.tokens) == ([1, 2, 3, 4], None, 2)


def test_401_for_good(kit: SimpleNamespace) -> None:
    """A second refusal ends ours with AuthError, which names the credentials."""
    service = wants(kit, "token-9", kit.whole())
    _, failure = kit.ours(service)
    assert isinstance(failure, AuthError) and "GENESYS_CLIENT_ID" in str(failure)
    assert (service.tokens, len(service.handshakes)) == (2, 2)


@pytest.mark.parametrize("code", [4401, 1008])
def test_token_refused_mid_stream(kit: SimpleNamespace, code: int) -> None:
    """Closed for its token: the plain client comes back with the same one, without end; ours renews it once."""

    def service() -> Any:
        made = kit.Service(kit.ends(code, kit.subscribed(), kit.said(2)), kit.whole())

        def admit(handshake: Any) -> Refusal | None:
            made.handshakes.append(handshake)
            stale = len(made.handshakes) > 1 and handshake.headers["authorization"] == "Bearer token-1"
            return Refusal(status=401) if stale else None

        made.admit = admit
        return made

    seen, error = kit.plain(service())
    assert seen == [1, 2] and isinstance(error, InvalidStatus)
    mine = service()
    ears, failure = kit.ours(mine)
    assert (ears.accepted, failure, mine.tokens) == ([1, 2, 3, 4], None, 2)


def test_403_names_the_scope(kit: SimpleNamespace) -> None:
    """A missing scope: the plain client says 403; ours ends at once and says which."""
    refusal = Refusal(status=403, body='{"scope":"ai:agentassist:read"}')
    _, error = kit.plain(kit.Service(kit.whole(), admit=[refusal]))
    assert error is not None and "ai:agentassist:read" not in str(error)
    service = kit.Service(kit.whole(), admit=[refusal])
    _, failure = kit.ours(service)
    assert isinstance(failure, PermissionDenied) and failure.scope == "ai:agentassist:read"
    assert len(service.handshakes) == 1


# -- busy and broken services ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", ["30", "Thu, 01 Jan 2026 00:00:30 GMT"])
@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.usefixtures("_quick_backoff")
def test_retry_after(kit: SimpleNamespace, status: int, value: str) -> None:
    """A busy service: the plain client dies of a 429 and does not wait for a 503; ours waits as long as it was asked."""
    refusal = Refusal(status=status, headers=[("retry-after", value)])
    service = kit.Service(kit.whole(), admit=[refusal])
    seen, error = kit.plain(service)
    assert isinstance(error, InvalidStatus) if status == 429 else len(service.handshakes) == 2 and seen
    clock = VirtualClock(auto=True)
    ears, failure = kit.ours(kit.Service(kit.whole(), admit=[refusal]), clock=clock)
    assert (ears.accepted, failure) == ([1, 2, 3, 4], None)
    assert 30 * SECOND <= clock.monotonic_ns() < 31 * SECOND


def test_retry_after_has_a_cap(kit: SimpleNamespace) -> None:
    """A service that asks for a day is waited for five minutes."""
    clock = VirtualClock(auto=True)
    refusal = Refusal(status=429, headers=[("retry-after", "86400")])
    _, failure = kit.ours(kit.Service(kit.whole(), admit=[refusal]), clock=clock)
    assert failure is None
    assert 300 * SECOND <= clock.monotonic_ns() < 301 * SECOND


@pytest.mark.usefixtures("_quick_backoff")
def test_a_service_that_is_away_for_good(kit: SimpleNamespace) -> None:
    """Nobody there: the plain client dials for ever and says nothing; ours says what it does and gives up."""
    away = [Refusal(status=503)] * 100_000
    service = kit.Service(kit.whole(), admit=away)
    _, error = kit.plain(service, patience_s=2)
    assert isinstance(error, TimeoutError) and len(service.handshakes) > 1
    states: list[LinkState] = []
    _, failure = kit.ours(kit.Service(kit.whole(), admit=away), **REPLAY, on_state=states.append)
    assert isinstance(failure, ConnectionLost) and "8 times" in str(failure)
    assert [state.attempt for state in states if state.phase == "waiting"] == list(range(2, 9))
    assert all(state.why == "the handshake was answered with 503" for state in states if state.phase == "waiting")


def test_accept_then_close(kit: SimpleNamespace, figure: Callable[[str, object], None]) -> None:
    """A service that takes and drops every connection: the plain client hammers it; ours dials 5 times in 3 s at most."""

    async def drop(peer: Peer, _: Any) -> None:
        await peer.close(1001)

    service = kit.Service(drop)
    kit.plain(service, patience_s=30, until=lambda: service.opened > 100)
    assert service.opened > 100
    clock, times = VirtualClock(auto=True), []

    def told(state: LinkState) -> None:
        if state.phase == "dialling":
            times.append(clock.monotonic_ns())

    _, failure = kit.ours(kit.Service(drop), clock=clock, **REPLAY, on_state=told)
    assert isinstance(failure, ConnectionLost)
    dials = sum(time <= 3 * SECOND for time in times)
    figure("accepted, then closed: dials in 3 s (limit 5)", dials)
    assert 2 <= dials <= 5


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
                async with asyncio.timeout(2):
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
            kit.client_of(kit.Service(kit.whole()), kit.Listener()) as client,
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
        return kit.Service(kit.ends(code, kit.subscribed(), kit.said(2)), kit.whole())

    seen, _ = kit.plain(service())
    assert seen == [1, 2, 1, 2, 3, 4]
    ears, failure = kit.ours(service())
    assert (ears.accepted, len(ears.final), failure) == ([1, 2, 3, 4], 4, None)


@pytest.mark.parametrize("code", [1002, 1003, 1007, 1009, 1010])
def test_a_broken_protocol(kit: SimpleNamespace, code: int) -> None:
    """What will happen again: the plain client meets it for ever; ours tries twice more and names the way out."""
    service = kit.Service(kit.ends(code, kit.subscribed()))
    kit.plain(service, patience_s=30, until=lambda: service.opened > 20)
    assert service.opened > 20
    service = kit.Service(kit.ends(code, kit.subscribed()))
    _, failure = kit.ours(service)
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

    service = kit.Service(_frozen, kit.whole())
    handlers = service.handlers
    service.frozen = asyncio.Event()

    async def freed(peer: Peer, held: Any) -> None:
        async with asyncio.TaskGroup() as group:
            task = group.create_task(_frozen(peer, held))
            await held.frozen.wait()
            task.cancel()

    async def second(peer: Peer, held: Any) -> None:
        held.frozen.set()
        await kit.whole()(peer, held)

    handlers[:] = [freed, second]
    ears, failure = kit.ours(service, clock=clock, **LIVE, ping_interval_s=0.2, ping_timeout_s=0.3, on_state=told)
    assert (ears.accepted, failure) == ([1, 2, 3, 4], None)
    return times["lost"] - times["open"]


def test_half_open(kit: SimpleNamespace) -> None:
    """A peer that vanished: the plain client waits ten seconds more for its goodbye; ours is gone after the time-out."""
    service = kit.Service(_frozen)
    _, error = kit.plain(service, patience_s=2, ping_interval=0.2, ping_timeout=0.3)
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

    _, error = kit.plain(kit.Service(mute, kit.whole()), patience_s=1, ping_interval=0.1)
    assert isinstance(error, TimeoutError)
    ears, failure = kit.ours(
        kit.Service(mute, kit.whole()), clock=SystemClock(), gap_timeout_s=30, heartbeat_timeout_s=1
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
            await kit.whole()(peer, held)

        made.handlers = [first, second]
        return made

    theirs, mine = service(), service()
    seen, _ = kit.plain(theirs)
    assert (theirs.most_open, seen) == (1, [1, 2, 1, 2, 3, 4])
    ears, failure = kit.ours(mine, clock=SystemClock(), **LIVE)
    assert (mine.most_open, ears.accepted, len(ears.final), failure) == (2, [1, 2, 3, 4], 4, None)
