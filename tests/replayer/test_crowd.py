"""Many clients held at once, by a process of their own; and those that never finish a handshake."""

from __future__ import annotations

import asyncio
import hashlib
import json
import multiprocessing
import resource
import selectors
import socket
from multiprocessing.connection import Connection
from typing import Any

import pytest

STREAM = "/api/v2/mediation/conversations/stream"
HEAD = (
    f"GET {STREAM} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
)


def raise_limit(files: int) -> None:
    """Let this process open so many files, or skip the test."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < files:
        pytest.skip(f"needs {files} file descriptors, {hard} are allowed")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, files), hard))


def crowd(pipe: Connection, port: int, token: str, clients: int, size: int, said: bytes) -> None:
    """In a child: connect them all, then have each say its first message and read ``size`` bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, clients + 200)), hard))
    lines = []
    for _ in range(clients):
        line = socket.create_connection(("127.0.0.1", port), timeout=120)
        line.sendall(f"{HEAD}Authorization: Bearer {token}\r\n\r\n".encode())
        lines.append(line)
    refused = sum(not _head(line).startswith(b"HTTP/1.1 101") for line in lines)
    pipe.send(refused)
    pipe.recv()
    for line in lines:
        line.sendall(said)
    pipe.send(_digests(lines, size))
    pipe.recv()


def _head(line: socket.socket) -> bytes:
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += line.recv(1)
    return head


def _digests(lines: list[socket.socket], size: int) -> dict[str, int]:
    """How many lines brought which bytes, by their digest."""
    found: dict[str, int] = {}
    seen = {line: (hashlib.sha256(), 0) for line in lines}
    with selectors.DefaultSelector() as selector:
        for one in lines:
            selector.register(one, selectors.EVENT_READ)
        while selector.get_map():
            ready = selector.select(120)
            assert ready, "nothing came for two minutes"
            for key, _ in ready:
                line: Any = key.fileobj
                hashed, had = seen[line]
                data = line.recv(min(1 << 16, size - had))
                hashed.update(data)
                seen[line] = (hashed, had + len(data))
                if not data or had + len(data) == size:
                    selector.unregister(line)
                    digest = hashed.hexdigest()
                    found[digest] = found.get(digest, 0) + 1
    return found


def hold(served: Any, tape: Any, sub: Any, clients: int, messages: int) -> int:
    """So many clients connected together, each sent the same messages; how many messages came, all byte-equal."""
    one = tape("crowd").opened().sends(sub("i-1"), 0)
    texts = [json.dumps({"seq": seq, "text": f"line {seq} é"}) for seq in range(1, messages + 1)]
    for text in texts:
        one.gets(text, 1)
    wanted = b"".join(bytes([0x81, len(text.encode())]) + text.encode() for text in texts)
    body = json.dumps(sub("i-1")).encode()
    said = bytes([0x81, 0x80 | len(body)]) + bytes(4) + body
    told: dict[str, int] = {}

    async def talk(client: Any) -> None:
        here, there = multiprocessing.get_context("spawn").Pipe()
        arguments = (there, client.service.ports[1], client.token, clients, len(wanted), said)
        process = multiprocessing.get_context("spawn").Process(target=crowd, args=arguments, daemon=True)
        process.start()
        there.close()
        try:
            assert await asyncio.to_thread(here.recv) == 0
            assert len(client.service._players) == clients
            here.send("go")
            told.update(await asyncio.to_thread(here.recv))
        finally:
            here.close()
            await asyncio.to_thread(process.join, 60)

    served(talk, one, loop=True, patience_s=600, limit_s=600)
    assert told == {hashlib.sha256(wanted).hexdigest(): clients}
    return clients * messages


def test_two_hundred_clients(served: Any, tape: Any, sub: Any) -> None:
    """200 clients at once get the same bytes."""
    assert hold(served, tape, sub, 200, 20) == 4000


@pytest.mark.prove
def test_five_thousand_clients(served: Any, tape: Any, sub: Any, figure: Any) -> None:
    """5,000 clients are held at once; 100,000 messages come, byte for byte."""
    raise_limit(10_500)
    figure("5,000 clients held together, messages byte-equal", hold(served, tape, sub, 5000, 20))


def unfinished(served: Any, call: Any, count: int, handshake_s: float) -> tuple[int, float]:
    """So many handshakes that are never finished: how many were ended, and how long the last one took."""

    async def talk(client: Any) -> None:
        lines = []
        for number in range(count):
            reader, writer = await asyncio.open_connection("127.0.0.1", client.service.ports[1])
            writer.write(b"" if number % 2 else HEAD.encode())  # half of them say nothing, half not all
            lines.append((reader, writer))
        began = asyncio.get_running_loop().time()
        rests = await asyncio.gather(*(_rest(reader) for reader, _ in lines))
        ended.append((sum(rest is not None for rest in rests), asyncio.get_running_loop().time() - began))
        for _, writer in lines:
            writer.close()
        async with client.dial() as ws:  # and the service is still there
            await ws.send(json.dumps({"type": "subscribe", "interaction_id": "i-1"}))
            assert json.loads(await ws.recv())["type"] == "subscribed"

    ended: list[tuple[int, float]] = []
    served(talk, call(), handshake_s=handshake_s, patience_s=600, limit_s=120)
    return ended[0]


async def _rest(reader: asyncio.StreamReader) -> bytes | None:
    try:
        async with asyncio.timeout(60):
            return await reader.read()
    except ConnectionError:
        return b""
    except TimeoutError:
        return None


def test_unfinished_handshakes(served: Any, call: Any) -> None:
    """Handshakes that never end are dropped, and the service goes on."""
    assert unfinished(served, call, 20, 0.3)[0] == 20


@pytest.mark.prove
def test_a_thousand_unfinished_handshakes(served: Any, call: Any, figure: Any) -> None:
    """1,000 of them are gone within the timeout and 3 s."""
    raise_limit(4000)
    ended, after_s = unfinished(served, call, 1000, 5.0)
    figure("1,000 half-open handshakes (timeout 5 s): ended, and after s", (ended, round(after_s, 2)))
    assert ended == 1000
    assert after_s < 8


@pytest.mark.parametrize(
    "headers,token,status",
    [
        ("", None, 101),
        ("Origin: http://localhost:3000\r\n", None, 101),
        ("Origin: http://elsewhere.invalid\r\n", None, 403),
        ("Origin: null\r\n", None, 403),
        ("", "made-up", 401),
        ("", "", 401),
        ("Origin: http://localhost:3000\r\n", "made-up", 401),
    ],
)
def test_origins_and_tokens(served: Any, call: Any, raw: Any, headers: str, token: str | None, status: int) -> None:
    """Only an origin that was allowed comes in, and only with a token of this service."""
    seen: list[int] = []

    async def talk(client: Any) -> None:
        one = raw(client.service, client.token if token is None else token)
        seen.append((await one.open(headers=headers)).status)
        await one.close()

    served(talk, call(), origins=["http://localhost:3000"])
    assert seen == [status]
