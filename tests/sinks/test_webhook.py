"""POSTs to a real socket on loopback."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextlib import aclosing

import pytest
from pydantic import SecretStr

from harness.clock import VirtualClock
from harness.errors import ConfigError, SinkError
from harness.pipeline.outcome import Outcome
from harness.sinks.base import parcel_of
from harness.sinks.webhook import WebhookSink

Answer = tuple[int, dict[str, str]]


async def posted(parcel: object, answers: list[Answer]) -> tuple[list[bytes], list[SinkError]]:
    """What a service that gives ``answers`` receives, and what the sink raises."""
    requests: list[bytes] = []
    errors: list[SinkError] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await reader.readuntil(b"\r\n\r\n"):
            length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
            requests.append(head + await reader.readexactly(length))
            status, headers = answers[len(requests) - 1]
            lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
            writer.write(f"HTTP/1.1 {status} X\r\ncontent-length: 0\r\nconnection: close\r\n{lines}\r\n".encode())
            await writer.drain()
            writer.close()
            return

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        sink = WebhookSink(f"http://127.0.0.1:{port}/hook", clock=VirtualClock(), token=SecretStr("t0ken"))
        async with aclosing(sink):
            for _ in answers:
                try:
                    await sink.deliver(parcel)  # type: ignore[arg-type]
                except SinkError as error:
                    errors.append(error)
    return requests, errors


def test_taken(make_outcome: Callable[..., Outcome]) -> None:
    """The delivery as JSON, with its key and the token; 2xx is taken."""
    parcel = parcel_of(make_outcome())
    requests, errors = asyncio.run(posted(parcel, [(204, {})]))
    head, _, body = requests[0].partition(b"\r\n\r\n")
    assert not errors and json.loads(body) == parcel.body
    assert b"idempotency-key: telco-one-0001/s9/dddddddddddddddd\r\n" in head.lower() + b"\r\n"
    assert b"authorization: bearer t0ken" in head.lower()


def test_refused(make_outcome: Callable[..., Outcome]) -> None:
    """4xx is final but for those that say try again; Retry-After is handed on; no error tells the body or the token."""
    answers: list[Answer] = [
        (400, {"retry-after": "9"}),
        (429, {"retry-after": "9"}),
        (503, {}),
        (307, {"location": "http://127.0.0.1:1/elsewhere"}),
    ]
    _, errors = asyncio.run(posted(parcel_of(make_outcome()), answers))
    assert [(one.final, one.retry_after_s) for one in errors] == [
        (True, None),
        (False, 9.0),
        (False, None),
        (True, None),
    ]
    assert all("Caf" not in str(one) and "t0ken" not in str(one) for one in errors)


def test_not_reached(make_outcome: Callable[..., Outcome]) -> None:
    """Nobody listens: tried again later."""

    async def main() -> None:
        async with aclosing(WebhookSink("http://127.0.0.1:9/", clock=VirtualClock())) as sink:
            await sink.deliver(parcel_of(make_outcome()))

    with pytest.raises(SinkError, match="not reached") as raised:
        asyncio.run(main())
    assert not raised.value.final


@pytest.mark.parametrize("url", ["", "ftp://x/", "http://hooks.invalid/", "hooks"])
def test_addresses(url: str) -> None:
    """Plain http leaves loopback for nobody."""
    with pytest.raises(ConfigError, match="https"):
        WebhookSink(url, clock=VirtualClock())
