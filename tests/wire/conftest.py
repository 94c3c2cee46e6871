"""An ear on the wire."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest


class Ear:
    """A tap that writes down what it is told: ``calls`` holds (method, arguments without the time)."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []
        self.times: list[int] = []

    def __getattr__(self, name: str) -> Callable[..., int]:
        def told(*args: Any) -> int:
            self.calls.append((name, *args[:-1]))
            self.times.append(args[-1])
            return len(self.calls)

        return told

    def names(self) -> list[str]:
        return [call[0] for call in self.calls]


@contextlib.asynccontextmanager
async def _plain_service() -> AsyncIterator[int]:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1]


@pytest.fixture
def plain_service() -> Callable[[], contextlib.AbstractAsyncContextManager[int]]:
    """A service without TLS that answers whatever comes; gives its port."""
    return _plain_service


@pytest.fixture
def ear() -> Ear:
    return Ear()


@pytest.fixture
def unused_port() -> Iterator[int]:
    """A loopback port that is taken and on which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]
