"""Tokens, from a small token service on loopback."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import random
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest
from pydantic import SecretStr

from harness.clock import VirtualClock
from harness.errors import AuthError, ServiceError
from harness.wire.auth import TokenCache, TokenSource
from harness.wire.rest import RestClient
from harness.wire.serve_http import Answer, Call, HttpServer
from harness.wire.tap import NullTap

SECRET = "s3cr3t-of-the-client"
SECOND = 1_000_000_000

Talk = Callable[[TokenSource, VirtualClock], Awaitable[None]]


class TokenService:
    """Gives token-1, token-2 ... and keeps the requests."""

    def __init__(self, life_s: Any = 3600, answers: list[Answer] | None = None) -> None:
        self.life_s = life_s
        self.answers = answers or []
        self.calls: list[Call] = []

    async def __call__(self, call: Call) -> Answer:
        self.calls.append(call)
        if self.answers:
            return self.answers.pop(0)
        body = json.dumps({"access_token": f"token-{len(self.calls)}", "expires_in": self.life_s})
        return Answer(status=200, headers=[("content-type", "application/json")], body=body.encode())


def run(service: TokenService, talk: Talk) -> None:
    async def main() -> None:
        clock = VirtualClock(auto=True)
        async with (
            asyncio.timeout(20),
            HttpServer(service) as server,
            RestClient(tap=NullTap(), clock=clock, rng=random.Random(1)) as rest,
        ):
            url = f"http://127.0.0.1:{server.port}/oauth/token"
            secret = SecretStr(SECRET)
            await talk(TokenSource(token_url=url, client_id="me", client_secret=secret, rest=rest, clock=clock), clock)

    asyncio.run(main())


def test_request() -> None:
    """The client-credentials grant as RFC 6749 4.4.2 has it: a form, and HTTP Basic."""
    service = TokenService()

    async def talk(tokens: TokenSource, _: VirtualClock) -> None:
        assert (await tokens.get()).get_secret_value() == "token-1"

    run(service, talk)
    call = service.calls[0]
    assert (call.method, call.body) == ("POST", b"grant_type=client_credentials")
    assert call.headers["content-type"] == "application/x-www-form-urlencoded"
    assert base64.b64decode(call.headers["authorization"].removeprefix("Basic ")).decode() == f"me:{SECRET}"


def test_single_flight() -> None:
    """Fifty waiters cost one request, and fifty that saw the same stale token one more."""
    service = TokenService()

    async def talk(tokens: TokenSource, _: VirtualClock) -> None:
        first = await asyncio.gather(*(tokens.get() for _ in range(50)))
        assert {token.get_secret_value() for token in first} == {"token-1"}
        fresh = await asyncio.gather(*(tokens.refresh(first[0]) for _ in range(50)))
        assert {token.get_secret_value() for token in fresh} == {"token-2"}

    run(service, talk)
    assert len(service.calls) == 2


def test_refresh_without_a_token() -> None:
    """A refresh before the first get fetches one as well."""

    async def talk(tokens: TokenSource, _: VirtualClock) -> None:
        assert (await tokens.refresh(SecretStr("other"))).get_secret_value() == "token-1"

    run(TokenService(), talk)


@pytest.mark.parametrize(
    ("life_s", "good_for_s"),
    [(3600, 2880), (200, 140), (300, 240), (299, 239), (60, 0), (0.5, 0), (10**400, 365 * 86400 * 0.8)],
)
def test_renewal(life_s: Any, good_for_s: float) -> None:
    """It is renewed at 80 % of its life or a minute before its end, whichever is earlier."""
    service = TokenService(life_s)

    async def talk(tokens: TokenSource, clock: VirtualClock) -> None:
        await tokens.get()
        if good_for_s:
            clock.advance(int(good_for_s * SECOND) - 1)
            assert (await tokens.get()).get_secret_value() == "token-1"
            clock.advance(1)
        assert (await tokens.get()).get_secret_value() == "token-2"

    run(service, talk)


@pytest.mark.parametrize("status", [400, 401])
def test_refused(status: int) -> None:
    """Refused credentials are an AuthError, at once and without their text."""
    service = TokenService(answers=[Answer(status=status, body=b'{"error":"invalid_client"}')])

    async def talk(tokens: TokenSource, _: VirtualClock) -> None:
        with pytest.raises(AuthError) as raised:
            await tokens.get()
        assert raised.value.status == status
        assert "GENESYS_CLIENT_ID" in str(raised.value)
        assert SECRET not in repr(raised.value)

    run(service, talk)
    assert len(service.calls) == 1


@pytest.mark.parametrize(
    "body",
    [
        "[]",
        "{}",
        '{"access_token":"","expires_in":5}',
        '{"access_token":7,"expires_in":5}',
        '{"access_token":"t-hidden","expires_in":true}',
        '{"access_token":"t-hidden","expires_in":"5"}',
        '{"access_token":"t-hidden","expires_in":NaN}',
        '{"access_token":"t-hidden","expires_in":-1}',
        "t-hidden",
    ],
)
def test_bad_answers(body: str) -> None:
    """An answer without a usable token and life is a ServiceError that shows nothing of it."""

    async def talk(tokens: TokenSource, _: VirtualClock) -> None:
        with pytest.raises(ServiceError) as raised:
            await tokens.get()
        assert "t-hidden" not in str(raised.value)

    run(TokenService(answers=[Answer(status=200, body=body.encode())]), talk)


def test_other_status() -> None:
    """A status that means nothing here is a ServiceError."""

    async def talk(tokens: TokenSource, _: VirtualClock) -> None:
        with pytest.raises(ServiceError, match="204"):
            await tokens.get()

    run(TokenService(answers=[Answer(status=204)]), talk)


def test_infinite_life() -> None:
    """A life without end, which JSON decoders let through, is a long one."""

    async def talk(tokens: TokenSource, _: VirtualClock) -> None:
        assert (await tokens.get()).get_secret_value() == "t"
        assert (await tokens.get()).get_secret_value() == "t"

    run(TokenService(answers=[Answer(status=200, body=b'{"access_token":"t","expires_in":Infinity}')]), talk)


def test_secrets_are_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    """At debug level neither the secret nor the token is in any record."""
    caplog.set_level(logging.DEBUG)

    async def talk(tokens: TokenSource, _: VirtualClock) -> None:
        await tokens.get()
        assert "token-1" not in repr(vars(tokens)) and SECRET not in repr(vars(tokens))

    run(TokenService(), talk)
    basic = base64.b64encode(f"me:{SECRET}".encode()).decode()
    for record in caplog.records:
        assert not any(secret in record.getMessage() for secret in (SECRET, "token-1", basic))


def test_a_failure_is_shared() -> None:
    """Fifty waiters of a token service that is away cost the attempts of one request, and all get its failure."""
    service = TokenService(answers=[Answer(status=503)] * 4)

    async def talk(tokens: TokenSource, _: VirtualClock) -> None:
        found = await asyncio.gather(*(tokens.get() for _ in range(50)), return_exceptions=True)
        assert {type(one) for one in found} == {ServiceError}
        assert (await tokens.get()).get_secret_value() == "token-5"

    run(service, talk)
    assert len(service.calls) == 5


def test_a_token_too_short_to_keep_serves_those_who_waited() -> None:
    """A token that must be renewed at once is still one request for all who asked together."""
    service = TokenService(life_s=30)

    async def talk(tokens: TokenSource, _: VirtualClock) -> None:
        found = await asyncio.gather(*(tokens.get() for _ in range(50)))
        assert {token.get_secret_value() for token in found} == {"token-1"}

    run(service, talk)
    assert len(service.calls) == 1


def test_sources_that_share_a_cache() -> None:
    """Fifty clients, each with its own connection, make one request for an expired token."""
    service = TokenService(life_s=100)

    async def main() -> set[str]:
        clock, cache = VirtualClock(auto=True), TokenCache()
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(asyncio.timeout(30))
            server = await stack.enter_async_context(HttpServer(service))
            sources = []
            for seed in range(50):
                rest = RestClient(tap=NullTap(), clock=clock, rng=random.Random(seed))
                sources.append(
                    TokenSource(
                        token_url=f"http://127.0.0.1:{server.port}/oauth/token",
                        client_id="me",
                        client_secret=SecretStr(SECRET),
                        rest=await stack.enter_async_context(rest),
                        clock=clock,
                        cache=cache,
                    )
                )
            await sources[0].get()
            clock.advance(200 * SECOND)
            found = await asyncio.gather(*(source.get() for source in sources))
            return {token.get_secret_value() for token in found}

    assert asyncio.run(main()) == {"token-2"}
    assert len(service.calls) == 2


def test_a_waiter_that_is_cancelled() -> None:
    """Whoever fetches may be cancelled: the next one fetches in its place."""
    service = TokenService()

    async def talk(tokens: TokenSource, _: VirtualClock) -> None:
        async with asyncio.TaskGroup() as group:
            leader = group.create_task(tokens.get())
            others = [group.create_task(tokens.get()) for _ in range(3)]
            await asyncio.sleep(0)
            leader.cancel()
        assert len({(await other).get_secret_value() for other in others}) == 1

    run(service, talk)
