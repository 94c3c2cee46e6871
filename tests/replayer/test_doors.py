"""Where a replay listens, and what it tells of that."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import Any

import pytest

from harness.errors import ConfigError
from harness.replayer.doors import Doors, Listening


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1"])
def test_only_loopback_without_a_token(host: str) -> None:
    """Another address is refused with the way out, and taken where a token guards it."""
    with pytest.raises(ConfigError, match=r"--listen: .*loopback address .*HARNESS_REPLAY_TOKEN"):
        Listening(host=host)
    assert Listening(host=host, guarded=True).host == host


@pytest.mark.parametrize(
    "host,shown", [("127.0.0.1", "127.0.0.1"), ("localhost", "localhost"), ("0.0.0.0", "127.0.0.1"), ("::1", "[::1]")]
)
def test_addresses(host: str, shown: str) -> None:
    """They can be dialled: a wildcard is shown as loopback, IPv6 in brackets."""

    async def nobody(*_: Any) -> Any:
        raise AssertionError

    async def run() -> Doors:
        doors = Doors(Listening(host=host, guarded=True), answer=nobody, serve=nobody, admit=lambda _: None)
        async with AsyncExitStack() as stack:
            await doors.open(stack)
        return doors

    doors = asyncio.run(run())
    rest, stream = doors.ports
    assert doors.endpoint == f"http://{shown}:{rest}?stream={stream}"
    assert doors.token_url.startswith(f"http://{shown}:{rest}/")
    assert doors.gateway_url.startswith(f"http://{shown}:{rest}/")
    assert doors.stream_url.startswith(f"ws://{shown}:{stream}/")
