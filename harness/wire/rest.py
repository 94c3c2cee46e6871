"""HTTP of the client side: one httpx client with a tee, retries with back-off, typed errors.

1. Every byte passes the tap on its way; the tee takes the time before anything is parsed.
2. 429, 408 and 5xx are tried again under a budget; a POST carries an ``Idempotency-Key`` that stays the same.
3. Loopback is never reached through a proxy of the environment.
4. No error holds a body, a header or a query.
5. Bodies are asked for as they are; one that comes compressed all the same is told to the tap decoded.
6. No log holds them either: httpx and httpcore are silent about our exchanges (``wire/quiet.py``).
7. A body that is not read to its end is told to the tap as an error: nobody waits for the rest.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import uuid
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx

from harness.clock import Clock
from harness.errors import ConnectionLost, PermissionDenied, RateLimited, ServiceError
from harness.wire.backoff import Backoff, retry_after_s
from harness.wire.decoding import BodyDecoder, content_coding
from harness.wire.quiet import quiet
from harness.wire.tap import Tap
from harness.wire.tls import public_authorities, tls_refusal

__all__ = ["RestClient", "RestResponse", "tee_transport"]

_MAX_BODY = 8 * 1024 * 1024
_RETRIED = frozenset({408, 429, 500, 502, 503, 504})


@dataclass(frozen=True, slots=True, kw_only=True)
class RestResponse:
    """A response that was read to its end; ``handle`` is the tap's for its body."""

    status: int
    headers: Mapping[str, str]
    text: str = field(repr=False)
    handle: Any = None

    def json(self) -> Any:
        """The body as JSON.

        Raises:
            ServiceError: it is none.
        """
        try:
            return json.loads(self.text)
        except ValueError:
            raise ServiceError(f"the service answered {self.status} with a body that is not JSON") from None


class RestClient:
    """Requests to the token and gateway services.

    Args:
        tap: hears every exchange.
        clock: stamps and waits.
        rng: jitter.
        timeout_s: for each phase of a request.
        attempts: tries in all before the last failure is raised.
        direct: take nothing from the environment (loopback).
        connections: open at once at most; requests beyond wait for one.
    """

    def __init__(
        self,
        *,
        tap: Tap,
        clock: Clock,
        rng: random.Random,
        timeout_s: float = 10.0,
        attempts: int = 4,
        direct: bool = True,
        connections: int = 100,
    ) -> None:
        self._clock = clock
        self._rng = rng
        self._attempts = attempts
        limits = httpx.Limits(max_connections=connections, max_keepalive_connections=20)
        verify = public_authorities() if direct else True
        transport = httpx.AsyncHTTPTransport(verify=verify, trust_env=not direct, limits=limits)
        self._transport = _Tee(transport, tap, clock)
        self._client = httpx.AsyncClient(transport=self._transport, timeout=timeout_s, trust_env=not direct)

    async def __aenter__(self) -> RestClient:
        return self

    async def __aexit__(self, *_: object) -> None:
        with quiet():
            await self._client.aclose()

    async def post(
        self,
        url: str,
        *,
        service: str,
        body: str,
        content_type: str = "application/json",
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
    ) -> RestResponse:
        """POST ``body`` and return the response, whatever its status but 403 and what outlived its retries.

        Raises:
            PermissionDenied: 403.
            RateLimited: 429 to the end.
            ServiceError: 5xx or 408 to the end.
            ConnectionLost: no response could be had; at once where TLS failed.
        """
        sent = {
            "content-type": content_type,
            "accept": "application/json",
            "accept-encoding": "identity",
            "idempotency-key": str(uuid.UUID(int=self._rng.getrandbits(128), version=4)),
            **(headers or {}),
        }
        backoff = Backoff(self._rng)
        while True:
            response, error = await self._once(url, service, body, sent, auth)
            if response is not None and response.status not in _RETRIED:
                return _checked(response)
            if backoff.failures + 1 >= self._attempts:
                raise error if error is not None else self._typed(response)
            await self._wait(backoff, response)

    async def _once(
        self, url: str, service: str, body: str, headers: Mapping[str, str], auth: tuple[str, str] | None
    ) -> tuple[RestResponse | None, ServiceError | None]:
        request = self._client.build_request("POST", url, content=body.encode(), headers=dict(headers))
        request.extensions["service"] = service
        basic = httpx.BasicAuth(*auth) if auth else None
        try:
            with quiet():
                response = await self._client.send(request, auth=basic, stream=True)
                try:
                    data = await _read(response)
                finally:
                    await response.aclose()
        except httpx.HTTPError as error:
            refusal = tls_refusal(error)
            if refusal is not None:
                raise refusal from None
            return None, ConnectionLost(f"{service}: {_kind(error)}", fix="check the address and that the service runs")
        text = data.decode("utf-8", "replace")
        handle = response.extensions.get("tap_handles", [None])[-1]
        return RestResponse(status=response.status_code, headers=response.headers, text=text, handle=handle), None

    async def _wait(self, backoff: Backoff, response: RestResponse | None) -> None:
        delay_s = backoff.next_s(None if response is None else self._asked_s(response))
        await self._clock.sleep_until(self._clock.monotonic_ns() + int(delay_s * 1e9))

    def _asked_s(self, response: RestResponse) -> float | None:
        return retry_after_s(response.headers.get("retry-after"), self._clock.wall())

    def _typed(self, response: RestResponse | None) -> ServiceError:
        assert response is not None
        if response.status == 429:
            return RateLimited(self._asked_s(response))
        return ServiceError(f"the service answered {response.status}", fix="try again later")


async def _read(response: httpx.Response) -> bytes:
    data = bytearray()
    async for chunk in response.aiter_bytes():
        data += chunk
        if len(data) > _MAX_BODY:
            raise ServiceError(f"the service answered with more than {_MAX_BODY} bytes")
    return bytes(data)


def _checked(response: RestResponse) -> RestResponse:
    if response.status == 403:
        raise PermissionDenied(_scope(response.text))
    return response


def _scope(text: str) -> str:
    """The scope a 403 names, from its JSON body; the wanted ones where it names none."""
    try:
        value = json.loads(text)
    except ValueError:
        value = {}
    found = value.get("scope") if isinstance(value, dict) else None
    plain = isinstance(found, str) and len(found) <= 64 and found.replace(":", "").replace("-", "").isalnum()
    return found if plain and isinstance(found, str) else "conversation:read, ai:agentassist:read or ai:llm:read"


def _kind(error: httpx.HTTPError) -> str:
    """The failure without its text, which may hold a URL with a query."""
    return {
        "ConnectError": "connection refused or host unknown",
        "ConnectTimeout": "timeout while connecting",
        "ReadTimeout": "timeout while reading",
    }.get(type(error).__name__, type(error).__name__)


class _Tee(httpx.AsyncBaseTransport):
    """Hands every request, response head, body chunk and transport error to a tap as it passes."""

    def __init__(self, inner: httpx.AsyncBaseTransport, tap: Tap, clock: Clock) -> None:
        self._inner = inner
        self._tap = tap
        self._clock = clock
        self._numbers = itertools.count(1)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        conn = f"h{next(self._numbers)}"
        body = await request.aread()
        service = str(request.extensions.get("service", "gateway"))
        target = _target(request.url)
        at_ns = self._clock.monotonic_ns()
        self._tap.http_request(conn, service, request.method, target, _pairs(request.headers), body, at_ns)
        try:
            response = await self._inner.handle_async_request(request)
        except httpx.HTTPError as error:
            self._tap.http_error(conn, _kind(error), self._clock.monotonic_ns())
            raise
        except asyncio.CancelledError:
            self._tap.http_error(conn, "given up before there was an answer", self._clock.monotonic_ns())
            raise
        at_ns = self._clock.monotonic_ns()
        pairs = _pairs(response.headers)
        self._tap.http_response(conn, response.status_code, pairs, at_ns)
        handles: list[Any] = []
        decoder = BodyDecoder(content_coding(pairs))
        stream = _TeeStream(response.stream, conn, self._tap, self._clock, handles, decoder)
        extensions = {**response.extensions, "tap_handles": handles}
        return httpx.Response(
            status_code=response.status_code, headers=response.headers, stream=stream, extensions=extensions
        )

    async def aclose(self) -> None:
        await self._inner.aclose()


def tee_transport(tap: Tap, clock: Clock, *, direct: bool = True) -> httpx.AsyncBaseTransport:
    """A transport whose traffic passes ``tap``; with ``direct`` it takes nothing from the environment."""
    return _Tee(httpx.AsyncHTTPTransport(trust_env=not direct), tap, clock)


class _TeeStream(httpx.AsyncByteStream):
    def __init__(self, inner: Any, conn: str, tap: Tap, clock: Clock, handles: list[Any], decoder: BodyDecoder) -> None:
        self._inner = inner
        self._conn = conn
        self._tap = tap
        self._clock = clock
        self._handles = handles
        self._decoder = decoder
        self._ended = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for chunk in self._inner:
                at_ns = self._clock.monotonic_ns()
                self._tap.http_chunk(self._conn, self._decoder.feed(chunk), False, at_ns)
                yield chunk
        except httpx.HTTPError as error:
            self._broken(_kind(error))
            raise
        self._ended = True
        self._handles.append(self._tap.http_chunk(self._conn, b"", True, self._clock.monotonic_ns()))

    async def aclose(self) -> None:
        await self._inner.aclose()
        if not self._ended:
            self._broken("closed before the end of the body")

    def _broken(self, error: str) -> None:
        self._ended = True
        self._tap.http_error(self._conn, error, self._clock.monotonic_ns())


def _target(url: httpx.URL) -> str:
    parts = urlsplit(str(url))
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def _pairs(headers: httpx.Headers) -> list[tuple[str, str]]:
    return [(key.lower(), value) for key, value in headers.multi_items()]
