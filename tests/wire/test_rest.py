"""The HTTP client, its tee and its retries, against a small server on loopback."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from harness.clock import VirtualClock
from harness.errors import ConnectionLost, PermissionDenied, RateLimited, ServiceError
from harness.wire import rest as rest_module
from harness.wire.limiter import RateLimiter
from harness.wire.rest import RestClient
from harness.wire.serve_http import Answer, Call, HttpServer
from harness.wire.tls import TlsRefused

SECOND = 1_000_000_000
HIDDEN = "jane.roe@corvalis-mail.co"


class Service:
    """Gives the answers in order, the last one for ever, and keeps the requests."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.calls: list[Call] = []

    async def __call__(self, call: Call) -> Answer:
        self.calls.append(call)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def run(
    service: Service, tap: Any, talk: Callable[[RestClient, str, VirtualClock], Awaitable[None]], **options: Any
) -> None:
    async def main() -> None:
        clock = VirtualClock(auto=True)
        async with (
            asyncio.timeout(20),
            HttpServer(service) as server,
            RestClient(tap=tap, clock=clock, rng=random.Random(1), **options) as client,
        ):
            await talk(client, f"http://127.0.0.1:{server.port}", clock)

    asyncio.run(main())


async def pieces(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part
        await asyncio.sleep(0)


def test_tee(ear: Any) -> None:
    """The tap hears request, head, chunks and end in order; the response has the handle of its end."""
    service = Service(Answer(status=201, headers=[("x-a", "1")], body=pieces(b'{"a"', b": 1}")))

    async def talk(client: RestClient, url: str, _: VirtualClock) -> None:
        response = await client.post(url + "/p/q?x=1", service="gateway", body="{}", headers={"authorization": "b"})
        assert (response.status, response.json(), response.headers["x-a"]) == (201, {"a": 1}, "1")
        assert response.handle == len(ear.calls)
        assert '{"a"' not in repr(response)

    run(service, ear, talk)
    (_, conn, asked, method, target, headers, body) = ear.calls[0]
    assert (conn, asked, method, target, body) == ("h1", "gateway", "POST", "/p/q?x=1", b"{}")
    assert ("authorization", "b") in headers and ("accept-encoding", "identity") in headers
    assert ear.calls[1][:3] == ("http_response", "h1", 201)
    chunks = [call[2:] for call in ear.calls[2:]]
    assert b"".join(data for data, _ in chunks) == b'{"a": 1}'
    assert [final for _, final in chunks] == [False] * (len(chunks) - 1) + [True]


def test_not_json(ear: Any) -> None:
    """A body that is no JSON is an error without the body."""

    async def talk(client: RestClient, url: str, _: VirtualClock) -> None:
        response = await client.post(url, service="gateway", body="")
        with pytest.raises(ServiceError, match="200") as raised:
            response.json()
        assert HIDDEN not in str(raised.value) + repr(raised.value.__cause__)

    run(Service(Answer(status=200, body=HIDDEN.encode())), ear, talk)


@pytest.mark.parametrize("value", ["20", "Thu, 01 Jan 2026 00:00:20 GMT"])
@pytest.mark.parametrize("status", [429, 503])
def test_retry_after(ear: Any, status: int, value: str) -> None:
    """Both forms of Retry-After are waited for, with the same idempotency key on every try."""
    service = Service(Answer(status=status, headers=[("retry-after", value)]), Answer(status=200))

    async def talk(client: RestClient, url: str, clock: VirtualClock) -> None:
        assert (await client.post(url, service="gateway", body="")).status == 200
        assert 20 * SECOND <= clock.monotonic_ns() < 21 * SECOND

    run(service, ear, talk)
    assert len({call.headers["idempotency-key"] for call in service.calls}) == 1
    assert len(service.calls) == 2


@pytest.mark.parametrize(
    ("value", "asked_s"), [("7", 7.0), ("\u00b2", None), ("soon", None), (None, None), ("9" * 400, None)]
)
def test_rate_limited(ear: Any, value: str | None, asked_s: float | None) -> None:
    """A 429 to the end is a RateLimited with what the service asked for, if it said so."""
    headers = [] if value is None else [("retry-after", value.encode("utf-8").decode("latin-1"))]

    async def talk(client: RestClient, url: str, _: VirtualClock) -> None:
        with pytest.raises(RateLimited) as raised:
            await client.post(url, service="gateway", body="")
        assert raised.value.retry_after_s == asked_s

    service = Service(Answer(status=429, headers=headers))
    run(service, ear, talk, attempts=3)
    assert len(service.calls) == 3


def test_server_error(ear: Any) -> None:
    """A 5xx to the end is a ServiceError after all attempts; its body is not shown."""
    service = Service(Answer(status=502, body=HIDDEN.encode()))

    async def talk(client: RestClient, url: str, _: VirtualClock) -> None:
        with pytest.raises(ServiceError, match="502") as raised:
            await client.post(url, service="gateway", body=HIDDEN)
        assert HIDDEN not in str(raised.value)

    run(service, ear, talk)
    assert len(service.calls) == 4
    assert ear.names().count("http_request") == 4


@pytest.mark.parametrize(
    ("body", "scope"),
    [
        ('{"scope":"ai:llm:read"}', "ai:llm:read"),
        ('{"scope":"<b>"}', "conversation:read, ai:agentassist:read or ai:llm:read"),
        ('{"scope":"' + "a" * 65 + '"}', "conversation:read, ai:agentassist:read or ai:llm:read"),
        ('{"scope":["x"]}', "conversation:read, ai:agentassist:read or ai:llm:read"),
        ("[]", "conversation:read, ai:agentassist:read or ai:llm:read"),
        ("no", "conversation:read, ai:agentassist:read or ai:llm:read"),
    ],
)
def test_forbidden(ear: Any, body: str, scope: str) -> None:
    """A 403 names the scope of its body if that is plainly one, and is final."""
    service = Service(Answer(status=403, body=body.encode()))

    async def talk(client: RestClient, url: str, _: VirtualClock) -> None:
        with pytest.raises(PermissionDenied) as raised:
            await client.post(url, service="gateway", body="")
        assert raised.value.scope == scope

    run(service, ear, talk)
    assert len(service.calls) == 1


def test_refused_connection(ear: Any, unused_port: int) -> None:
    """Nobody listening is ConnectionLost after the attempts, each of them heard by the tap."""

    async def talk(client: RestClient, _: str, clock: VirtualClock) -> None:
        with pytest.raises(ConnectionLost, match="token: connection refused") as raised:
            await client.post(f"http://127.0.0.1:{unused_port}/?secret=1", service="token", body="")
        assert "secret" not in str(raised.value)
        assert clock.monotonic_ns() > 0

    run(Service(Answer(status=200)), ear, talk)
    assert ear.names() == ["http_request", "http_error"] * 4


def test_tls_is_final(ear: Any) -> None:
    """A service without TLS behind https fails at once."""

    async def talk(client: RestClient, url: str, _: VirtualClock) -> None:
        with pytest.raises(TlsRefused):
            await client.post(url.replace("http:", "https:"), service="token", body="")

    run(Service(Answer(status=200)), ear, talk)
    assert ear.names() == ["http_request", "http_error"]


def test_broken_body(ear: Any) -> None:
    """A body that breaks off is told to the tap, tried again, and read the second time."""

    async def main() -> None:
        served = 0

        async def raw(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal served
            served += 1
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 4\r\n\r\n")
            writer.write(b"ab" if served == 1 else b"abcd")
            await writer.drain()
            writer.close()

        server = await asyncio.start_server(raw, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with (
            asyncio.timeout(20),
            server,
            RestClient(tap=ear, clock=VirtualClock(auto=True), rng=random.Random(1)) as client,
        ):
            assert (await client.post(url, service="gateway", body="")).text == "abcd"

    asyncio.run(main())
    assert ear.names().count("http_error") == 1
    assert ear.calls[-1][1:] == ("h2", b"", True)


def test_too_large(ear: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A body over the limit is given up, not tried again, and the tap knows that no end will come."""
    monkeypatch.setattr(rest_module, "_MAX_BODY", 10)

    async def talk(client: RestClient, url: str, _: VirtualClock) -> None:
        with pytest.raises(ServiceError, match="more than 10 bytes"):
            await client.post(url, service="gateway", body="")

    run(Service(Answer(status=200, body=b"x" * 11)), ear, talk)
    assert ear.calls[-1] == ("http_error", "h1", "closed before the end of the body")


def test_proxies_of_the_environment(ear: Any, unused_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A dead proxy in the environment does not stand between the client and loopback."""
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "HTTPS_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{unused_port}")

    async def talk(client: RestClient, url: str, _: VirtualClock) -> None:
        assert (await client.post(url, service="token", body="")).status == 200

    run(Service(Answer(status=200)), ear, talk)


def test_auth_of_a_request(ear: Any) -> None:
    """Basic credentials go out with the request they are given for, and no other."""
    service = Service(Answer(status=200))

    async def talk(client: RestClient, url: str, _: VirtualClock) -> None:
        await client.post(url, service="token", body="", auth=("a", "b"))
        await client.post(url, service="gateway", body="")

    run(service, ear, talk)
    assert service.calls[0].headers["authorization"].startswith("Basic ")
    assert "authorization" not in service.calls[1].headers


def test_time_budget(ear: Any) -> None:
    """A wait that would go beyond the budget of time is not begun."""
    service = Service(Answer(status=429, headers=[("retry-after", "40")]))

    async def talk(client: RestClient, url: str, clock: VirtualClock) -> None:
        with pytest.raises(RateLimited):
            await client.post(url, service="gateway", body="")
        assert 80 * SECOND <= clock.monotonic_ns() < 81 * SECOND

    run(service, ear, talk, attempts=50, budget_s=100)
    assert len(service.calls) == 3


def test_rate_limit_of_our_own(ear: Any) -> None:
    """Every attempt takes its turn at the limiter."""
    service = Service(Answer(status=200))

    async def main() -> None:
        clock = VirtualClock(auto=True)
        limiter = RateLimiter(2, clock=clock, burst=2)
        async with (
            asyncio.timeout(20),
            HttpServer(service) as server,
            RestClient(tap=ear, clock=clock, rng=random.Random(1), limiter=limiter) as client,
        ):
            for _ in range(6):
                await client.post(f"http://127.0.0.1:{server.port}", service="gateway", body="")
            assert clock.monotonic_ns() == 2 * SECOND

    asyncio.run(main())
