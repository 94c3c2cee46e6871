"""When the stream is dialled again: the module's table, row by row, on a virtual clock."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Any, cast

import pytest
from pydantic import SecretStr

from harness.clock import VirtualClock
from harness.errors import AuthError, ConnectionLost, PermissionDenied, RateLimited, ServiceError
from harness.wire.auth import TokenSource
from harness.wire.dialler import Dialler, LinkState
from harness.wire.serve import Handshake, Peer, PeerClosed, Refusal, WsServer
from harness.wire.stream import Link, LinkClosed
from harness.wire.tls import TlsRefused

SECOND = 1_000_000_000


class Tokens:
    """token-1 until it is refreshed; fails with the errors given, in order."""

    def __init__(self, *failures: ServiceError | None) -> None:
        self.failures = list(failures)
        self.fetched = 1

    async def get(self) -> SecretStr:
        failure = self.failures.pop(0) if self.failures else None
        if failure is not None:
            raise failure
        return SecretStr(f"token-{self.fetched}")

    async def refresh(self, stale: SecretStr) -> SecretStr:
        assert stale.get_secret_value() == f"token-{self.fetched}"
        self.fetched += 1
        return await self.get()


class Service:
    """Answers handshakes with the refusals given, in order, then accepts; keeps the handshakes."""

    def __init__(self, *refusals: Refusal) -> None:
        self.refusals = list(refusals)
        self.handshakes: list[Handshake] = []

    def admit(self, handshake: Handshake) -> Refusal | None:
        self.handshakes.append(handshake)
        return self.refusals.pop(0) if self.refusals else None

    def tokens(self) -> list[str]:
        return [handshake.headers["authorization"].removeprefix("Bearer ") for handshake in self.handshakes]


async def stay(peer: Peer) -> None:
    try:
        while True:
            await peer.recv()
    except PeerClosed:
        return


Talk = Callable[[Dialler, VirtualClock], Awaitable[None]]


def run(
    talk: Talk, tap: Any, service: Service | None = None, *, tokens: Tokens | None = None, url: str = "", **options: Any
) -> None:
    async def main() -> None:
        clock = VirtualClock(auto=True)
        admit = (service or Service()).admit
        async with asyncio.timeout(20), WsServer(stay, admit=admit) as server:
            dialler = Dialler(
                url or f"ws://127.0.0.1:{server.port}/",
                tokens=cast(TokenSource, tokens or Tokens()),
                tap=tap,
                clock=clock,
                rng=random.Random(1),
                **{"attempts": 8, **options},
            )
            await talk(dialler, clock)

    asyncio.run(main())


async def connected(dialler: Dialler) -> Link:
    while (link := await dialler.dial()) is None:
        pass
    return link


async def gone(dialler: Dialler, code: int | None, *, valid: bool = False) -> None:
    """One connection that ends with ``code``."""
    link = await connected(dialler)
    await link.close()
    with pytest.raises(LinkClosed):
        await link.receive()
    await dialler.lost(link, code, valid=valid)


def test_token_refused_once(ear: Any) -> None:
    """A 401 is answered by one forced token and one retry, without a pause."""
    service, tokens = Service(Refusal(status=401)), Tokens()

    async def talk(dialler: Dialler, clock: VirtualClock) -> None:
        await (await connected(dialler)).close()
        assert clock.monotonic_ns() == 0

    run(talk, ear, service, tokens=tokens)
    assert service.tokens() == ["token-1", "token-2"]
    assert [call[1] for call in ear.calls if call[0] == "ws_open"] == ["w1", "w2"]


def test_token_refused_twice(ear: Any) -> None:
    """A fresh token that is refused as well is an AuthError, also if the service was busy in between."""
    service = Service(Refusal(status=401), Refusal(status=503), Refusal(status=401))

    async def talk(dialler: Dialler, _: VirtualClock) -> None:
        with pytest.raises(AuthError) as raised:
            await connected(dialler)
        assert raised.value.status == 401

    run(talk, ear, service)
    assert len(service.handshakes) == 3


@pytest.mark.parametrize("code", [1008, 4401])
def test_closed_for_the_token(ear: Any, code: int) -> None:
    """Closed for its token twice without a valid message: one forced token, then AuthError."""
    service, tokens = Service(), Tokens()

    async def talk(dialler: Dialler, _: VirtualClock) -> None:
        await gone(dialler, code)
        with pytest.raises(AuthError) as raised:
            await gone(dialler, code)
        assert raised.value.status == code

    run(talk, ear, service, tokens=tokens)
    assert service.tokens() == ["token-1", "token-2"]


def test_closed_for_the_token_mid_stream(ear: Any) -> None:
    """A token that did well before it was refused is renewed every time."""
    service = Service()

    async def talk(dialler: Dialler, _: VirtualClock) -> None:
        for _time in range(3):
            await gone(dialler, 4401, valid=True)
        with pytest.raises(AuthError):
            await gone(dialler, 4401)

    run(talk, ear, service)
    assert service.tokens() == [f"token-{n}" for n in range(1, 5)]


@pytest.mark.parametrize(
    ("status", "error"), [(403, PermissionDenied), (302, ConnectionLost), (404, ConnectionLost), (400, ConnectionLost)]
)
def test_final_answers(ear: Any, status: int, error: type[ServiceError]) -> None:
    """What cannot get better is raised after one dial; a 403 names the scope."""
    service = Service(*[Refusal(status=status)] * 3)

    async def talk(dialler: Dialler, _: VirtualClock) -> None:
        with pytest.raises(error, match="conversation:read" if status == 403 else str(status)):
            await dialler.dial()

    run(talk, ear, service)
    assert len(service.handshakes) == 1


@pytest.mark.parametrize("value", ["30", "Thu, 01 Jan 2026 00:00:30 GMT"])
@pytest.mark.parametrize("status", [429, 503])
def test_retry_after(ear: Any, status: int, value: str) -> None:
    """Both forms of Retry-After are waited for."""
    service = Service(Refusal(status=status, headers=[("Retry-After", value)]))

    async def talk(dialler: Dialler, clock: VirtualClock) -> None:
        await (await connected(dialler)).close()
        assert 30 * SECOND <= clock.monotonic_ns() < 31 * SECOND

    run(talk, ear, service)


@pytest.mark.parametrize(("status", "error"), [(429, RateLimited), (503, ConnectionLost), (408, ConnectionLost)])
def test_attempts(ear: Any, status: int, error: type[ServiceError]) -> None:
    """A service that stays busy is given up after the attempts."""
    service = Service(*[Refusal(status=status, headers=[("retry-after", "400")])] * 9)

    async def talk(dialler: Dialler, clock: VirtualClock) -> None:
        with pytest.raises(error):
            await connected(dialler)
        assert 600 * SECOND <= clock.monotonic_ns() < 602 * SECOND

    run(talk, ear, service, attempts=3)
    assert len(service.handshakes) == 3


def test_nobody_there(ear: Any, unused_port: int) -> None:
    """A refused connection is ConnectionLost after the attempts, and costs no real time."""

    async def talk(dialler: Dialler, clock: VirtualClock) -> None:
        with pytest.raises(ConnectionLost, match="connection refused, 8 times"):
            await connected(dialler)
        assert clock.monotonic_ns() < 30 * SECOND

    run(talk, ear, url=f"ws://127.0.0.1:{unused_port}/")
    assert [call[2] for call in ear.calls if call[0] == "ws_open"] == list(range(1, 9))


def test_tls(ear: Any, plain_service: Any) -> None:
    """A TLS failure is final."""

    async def talk(dialler: Dialler, _: VirtualClock) -> None:
        async with plain_service() as port:
            dialler._url = f"wss://127.0.0.1:{port}/"
            with pytest.raises(TlsRefused):
                await dialler.dial()

    run(talk, ear)


def test_accept_then_close(ear: Any) -> None:
    """A service that closes at once is dialled at most five times in three seconds, and given up in the end."""
    times: list[int] = []

    async def talk(dialler: Dialler, clock: VirtualClock) -> None:
        with pytest.raises(ConnectionLost, match="closes every connection at once, 8 times"):
            while True:
                times.append(clock.monotonic_ns())
                await gone(dialler, 1000)

    run(talk, ear)
    assert len(times) == 8
    assert sum(time <= 3 * SECOND for time in times) <= 5


@pytest.mark.parametrize(("life_s", "valid"), [(10, False), (0, True)])
def test_well(ear: Any, life_s: int, valid: bool) -> None:
    """Ten seconds of life, or a valid message, and failures count from 0 again."""
    service = Service(*[Refusal(status=503)] * 2)

    async def talk(dialler: Dialler, clock: VirtualClock) -> None:
        for _ in range(5):
            link = await connected(dialler)
            await link.close()
            clock.advance(life_s * SECOND)
            before = clock.monotonic_ns()
            await dialler.lost(link, None, valid=valid)
            assert clock.monotonic_ns() - before <= SECOND // 5

    run(talk, ear, service, attempts=3)
    assert [call[2] for call in ear.calls if call[0] == "ws_open"] == [1, 2, 3, 1, 1, 1, 1]


def test_not_well(ear: Any) -> None:
    """A life just short of ten seconds without a valid message is a failure."""

    async def talk(dialler: Dialler, clock: VirtualClock) -> None:
        link = await connected(dialler)
        await link.close()
        clock.advance(10 * SECOND - 1)
        with pytest.raises(ConnectionLost):
            await dialler.lost(link, 1006, valid=False)

    run(talk, ear, attempts=1)


@pytest.mark.parametrize("code", [1002, 1003, 1007, 1009, 1010])
def test_broken_protocol(ear: Any, code: int) -> None:
    """What will happen again is tried twice more, valid messages or not; another end starts the count anew."""

    async def talk(dialler: Dialler, _: VirtualClock) -> None:
        for end in (code, code, 1006, code, code):
            await gone(dialler, end, valid=True)
        with pytest.raises(ConnectionLost, match=f"close {code}, 3 times") as raised:
            await gone(dialler, code, valid=True)
        assert raised.value.fix

    run(talk, ear)


def test_token_service_away(ear: Any) -> None:
    """The first token must be had; later its service may be away for a while like any other."""
    away = ServiceError("away")

    async def first(dialler: Dialler, _: VirtualClock) -> None:
        with pytest.raises(ServiceError, match="away"):
            await dialler.dial()

    async def later(dialler: Dialler, _: VirtualClock) -> None:
        await gone(dialler, None, valid=True)
        assert await dialler.dial() is None
        await (await connected(dialler)).close()
        with pytest.raises(AuthError):
            await dialler.dial()

    run(first, ear, tokens=Tokens(away))
    run(later, ear, tokens=Tokens(None, away, None, AuthError(401)))


def test_token_service_stays_away(ear: Any) -> None:
    """After the attempts its failure is raised."""
    away = ServiceError("away")

    async def talk(dialler: Dialler, _: VirtualClock) -> None:
        await gone(dialler, None, valid=True)
        with pytest.raises(ServiceError, match="away"):
            await connected(dialler)

    run(talk, ear, tokens=Tokens(None, away, away), attempts=2)


def test_a_scope_is_named(ear: Any) -> None:
    """The scope a 403 of the handshake names is the one that is told."""
    service = Service(Refusal(status=403, body='{"scope":"ai:agentassist:read"}'))

    async def talk(dialler: Dialler, _: VirtualClock) -> None:
        with pytest.raises(PermissionDenied, match="ai:agentassist:read"):
            await dialler.dial()

    run(talk, ear, service)


def test_time_budget(ear: Any) -> None:
    """A service that is away for longer than the budget is given up, however many attempts are left."""
    service = Service(*[Refusal(status=503, headers=[("retry-after", "100")])] * 50)

    async def talk(dialler: Dialler, clock: VirtualClock) -> None:
        with pytest.raises(ConnectionLost, match="3 times"):
            await connected(dialler)
        assert clock.monotonic_ns() < 250 * SECOND

    run(talk, ear, service, attempts=100, budget_s=250)
    assert len(service.handshakes) == 3


def test_closed_for_policy_again_and_again(ear: Any) -> None:
    """Whoever is thrown out after each first message comes back ever more slowly, and not for ever."""

    async def talk(dialler: Dialler, clock: VirtualClock) -> None:
        with pytest.raises(AuthError):
            while True:
                await gone(dialler, 1008, valid=True)
        assert clock.monotonic_ns() >= 5 * SECOND

    run(talk, ear, attempts=8)
    assert [call[0] for call in ear.calls].count("ws_open") == 8


def test_short_lives_slow_the_dialling(ear: Any) -> None:
    """A service that drops every connection after its first message is dialled every second or two in the end."""
    times: list[int] = []

    async def talk(dialler: Dialler, clock: VirtualClock) -> None:
        for _ in range(30):
            times.append(clock.monotonic_ns())
            await gone(dialler, 1000, valid=True)
        assert times[-1] - times[-2] >= SECOND
        clock.advance(60 * SECOND)
        link = await connected(dialler)
        clock.advance(10 * SECOND)
        await link.close()
        before = clock.monotonic_ns()
        await dialler.lost(link, 1000, valid=False)
        assert clock.monotonic_ns() - before <= SECOND // 5

    run(talk, ear)


def test_states_are_told(ear: Any) -> None:
    """Every dial, wait, success and loss is told, with its reason."""
    states: list[LinkState] = []

    async def talk(dialler: Dialler, _: VirtualClock) -> None:
        await gone(dialler, 1001, valid=True)

    run(talk, ear, Service(Refusal(status=503)), on_state=states.append)
    assert [(state.phase, state.attempt) for state in states] == [
        ("dialling", 1),
        ("waiting", 2),
        ("dialling", 2),
        ("open", 2),
        ("lost", 1),
    ]
    assert [states[1].why, states[4].why] == ["the handshake was answered with 503", "close 1001"]
    assert states[1].wait_s > 0


def test_the_next_connection_is_open_already(ear: Any) -> None:
    """A loss that was prepared for costs no pause."""

    async def talk(dialler: Dialler, clock: VirtualClock) -> None:
        link = await connected(dialler)
        await link.close()
        await dialler.lost(link, 1001, valid=True, pause=False)
        assert clock.monotonic_ns() == 0

    run(talk, ear)


def test_larger_than_the_limit_names_the_setting(ear: Any) -> None:
    """The end of a session by 1009 names what to raise."""

    async def talk(dialler: Dialler, _: VirtualClock) -> None:
        with pytest.raises(ConnectionLost, match="max_message_bytes"):
            while True:
                await gone(dialler, 1009, valid=True)

    run(talk, ear)
