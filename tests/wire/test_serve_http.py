"""The HTTP server, seen by a plain client."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable

import httpx
import pytest

from harness.errors import ConfigError
from harness.wire import serve_http
from harness.wire.serve_http import Answer, Call, HttpServer

Handler = Callable[[Call], Awaitable[Answer]]


def run(handler: Handler, talk: Callable[[HttpServer, httpx.AsyncClient], Awaitable[None]]) -> None:
    async def main() -> None:
        async with asyncio.timeout(20), HttpServer(handler) as server:
            base = f"http://127.0.0.1:{server.port}"
            async with httpx.AsyncClient(base_url=base, trust_env=False) as client:
                await talk(server, client)

    asyncio.run(main())


async def ok(_: Call) -> Answer:
    return Answer(status=200, body=b"ok")


def test_a_call_and_its_answer(caplog: pytest.LogCaptureFixture) -> None:
    """Everything of the request is handed on; of the answer nothing is added but its length; nothing is logged."""
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.WARNING, "httpx")
    caplog.set_level(logging.WARNING, "httpcore")
    seen: list[Call] = []

    async def handler(call: Call) -> Answer:
        seen.append(call)
        return Answer(status=418, headers=(("X-A", "1"), ("X-A", "2")), body=b"tea")

    async def talk(_: HttpServer, client: httpx.AsyncClient) -> None:
        response = await client.request("PUT", "/a/b?x=1", content=b"\xff", headers={"X-Name": "v"})
        assert (response.status_code, response.content) == (418, b"tea")
        assert response.headers.multi_items() == [("content-length", "3"), ("x-a", "1"), ("x-a", "2")]

    run(handler, talk)
    (call,) = seen
    assert (call.method, call.path, call.query, call.body, call.headers["x-name"]) == (
        "PUT",
        "/a/b",
        "x=1",
        b"\xff",
        "v",
    )
    assert [r for r in caplog.records if r.name.startswith(("uvicorn.access", "harness"))] == []


def test_a_body_in_pieces() -> None:
    """Each piece leaves when it is there."""
    gate = asyncio.Event()

    async def pieces() -> AsyncIterator[bytes]:
        yield b"one"
        await gate.wait()
        yield b"two"

    async def handler(_: Call) -> Answer:
        return Answer(status=200, body=pieces())

    async def talk(_: HttpServer, client: httpx.AsyncClient) -> None:
        async with client.stream("GET", "/") as response:
            got = response.aiter_raw()
            assert await anext(got) == b"one"
            gate.set()
            assert await anext(got) == b"two"

    run(handler, talk)


def test_a_body_has_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """A larger one is refused without being kept."""
    monkeypatch.setattr(serve_http, "MAX_BYTES", 10)

    async def talk(_: HttpServer, client: httpx.AsyncClient) -> None:
        assert (await client.post("/", content=bytes(10))).status_code == 200
        assert (await client.post("/", content=bytes(11))).status_code == 413

    run(ok, talk)


def test_a_client_that_leaves_in_mid_request() -> None:
    """It is not our fault."""

    async def talk(server: HttpServer, client: httpx.AsyncClient) -> None:
        _, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc")
        await writer.drain()
        assert (await client.get("/")).status_code == 200
        writer.transport.abort()

    run(ok, talk)


def test_bytes_that_are_no_http() -> None:
    """They are refused in silence."""

    async def talk(server: HttpServer, _: httpx.AsyncClient) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(b"\x16\x03\x01 what is this\r\n\r\n")
        assert (await reader.read()).startswith(b"HTTP/1.1 400")
        writer.close()

    run(ok, talk)


def test_faults_are_raised_on_leaving() -> None:
    """An exception of ours is a 500 and is raised by the server, unless another one is on its way."""

    async def broken(_: Call) -> Answer:
        raise ZeroDivisionError

    async def talk(_: HttpServer, client: httpx.AsyncClient) -> None:
        assert (await client.get("/")).status_code == 500

    async def talk_and_fail(server: HttpServer, client: httpx.AsyncClient) -> None:
        await talk(server, client)
        raise KeyError

    with pytest.raises(ZeroDivisionError):
        run(broken, talk)
    with pytest.raises(KeyError):
        run(broken, talk_and_fail)


def test_leaving_lets_requests_finish() -> None:
    """A request under way gets its answer."""
    gate, begun = asyncio.Event(), asyncio.Event()

    async def slow(_: Call) -> Answer:
        begun.set()
        await gate.wait()
        return Answer(status=200, body=b"done")

    async def main() -> None:
        client = httpx.AsyncClient(trust_env=False)
        async with client, asyncio.TaskGroup() as group, HttpServer(slow) as server:
            asked = group.create_task(client.get(f"http://127.0.0.1:{server.port}/"))
            await begun.wait()
            asyncio.get_running_loop().call_soon(gate.set)
        assert asked.result().text == "done"

    asyncio.run(main())


def test_leaving_waits_no_longer_than_the_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    """A request that does not end is cut off."""
    monkeypatch.setattr(serve_http, "GRACE_S", 0.01)
    begun = asyncio.Event()

    async def stuck(_: Call) -> Answer:
        begun.set()
        await asyncio.Event().wait()
        return Answer(status=200)

    async def main() -> None:
        client = httpx.AsyncClient(trust_env=False)
        async with client, asyncio.TaskGroup() as group, HttpServer(stuck) as server:
            asked = group.create_task(_attempt(client, server.port))
            await begun.wait()
        assert asked.result() in ("RemoteProtocolError", "500")

    asyncio.run(main())


async def _attempt(client: httpx.AsyncClient, port: int) -> str:
    try:
        return str((await client.get(f"http://127.0.0.1:{port}/")).status_code)
    except httpx.TransportError as error:
        return type(error).__name__


def test_a_port_in_use() -> None:
    """It is named as the user calls it."""

    async def talk(server: HttpServer, _: httpx.AsyncClient) -> None:
        with pytest.raises(ConfigError, match="--rest-port"):
            async with HttpServer(ok, port=server.port, port_name="--rest-port"):
                pass

    run(ok, talk)
