"""What the client survives: the rows about messages and about what is around a client.

1. Both meet the same service, on real sockets. The plain client is what the library's own documentation shows.
2. A client does well when it has every message of the conversation once and in order, or ends with the typed error that
   says what to do.
3. Waits of ours are on a virtual clock, or scaled by settings; nothing here depends on the machine being quick.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import sys
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from harness.clock import Clock, SystemClock, VirtualClock
from harness.pipeline.outcome import Outcome
from harness.recording.reader import read_recording
from harness.wire.serve import Peer, PeerClosed, Refusal, WsServer
from harness.wire.serve_http import HttpServer

SECOND = 1_000_000_000
REPLAY: dict[str, Any] = {"give_up_after": {}}
LIVE: dict[str, Any] = {"heartbeat_timeout_s": 0, "gap_timeout_s": 30}


# -- messages ----------------------------------------------------------------------------------------------------------


def test_duplicate_reorder_gap(kit: SimpleNamespace) -> None:
    """The plain client sees what comes as it comes; ours puts it in order, once, and records what is missing."""
    messages = [kit.subscribed(), kit.said(3), kit.said(2), kit.said(2), kit.said(5), kit.said(6), kit.end(7)]
    seen, _ = kit.plain(kit.Service(kit.plays(*messages)))
    assert seen == [1, 3, 2, 2, 5, 6, 7]
    service = kit.Service(kit.plays(*messages))
    ears, failure = kit.in_scaled_time(service, heartbeat_timeout_s=0)
    in_order = [outcome.seq for outcome in ears.final if outcome.verdict == "accepted"]
    assert (sorted(in_order), failure) == ([1, 2, 3, 5, 6, 7], None)
    assert [(gap.from_seq, gap.to_seq) for gap in ears.gaps] == [(4, 4)]
    assert [outcome.reasons for outcome in ears.final if outcome.verdict == "rejected"] == [("duplicate_seq",)]


def forgetful(kit: SimpleNamespace, *, answers: bool) -> Any:
    """A service that leaves message 2 out, and sends it when it is asked for; or does not."""

    async def handler(peer: Peer, held: Any) -> None:
        await held.hear(peer)
        for text in (kit.subscribed(), kit.said(3), kit.said(4)):
            await peer.send(text)
        asked = (await held.hear(peer))["resume_after_seq"]
        for seq in range(asked + 1, 5) if answers else ():
            await peer.send(kit.said(seq))
        await peer.send(kit.end(5))
        while True:
            await held.hear(peer)

    return kit.Service(handler)


@pytest.mark.parametrize("answers", [True, False])
def test_a_hole_is_asked_for(kit: SimpleNamespace, answers: bool) -> None:
    """The plain client waits on; ours asks for the hole, once, and has every message, or the hole on record."""
    seen, error = kit.plain(forgetful(kit, answers=answers), patience_s=1)
    assert 2 not in seen and isinstance(error, TimeoutError)
    service = forgetful(kit, answers=answers)
    ears, failure = kit.in_scaled_time(service, heartbeat_timeout_s=0)
    assert [sent.get("resume_after_seq") for sent in service.sent if sent["type"] == "subscribe"] == [None, 1]
    assert failure is None
    assert sorted(ears.accepted) == ([1, 2, 3, 4, 5] if answers else [1, 3, 4, 5])
    assert [(gap.from_seq, gap.to_seq) for gap in ears.gaps] == ([] if answers else [(2, 2)])


def test_an_update_that_was_lost(kit: SimpleNamespace) -> None:
    """An update goes with its connection: the plain client begins anew and counts nothing; ours says it again, once."""
    text = "The customer says that the router is broken since the storm and wants a technician to come home."
    limits = {"max_streaming_tokens": 40, "context_window_threshold": 20}

    async def first(peer: Peer, held: Any) -> None:
        await held.hear(peer)
        await peer.send(kit.message("subscribed", 1, limits=limits))
        await peer.send(kit.summary(2, text))
        await peer.recv()  # the update, which this service never comes to know of
        await peer.drop()

    async def second(peer: Peer, held: Any) -> None:
        await held.hear(peer)
        while (await held.hear(peer))["type"] != "context_window.update":
            pass
        await peer.send(kit.message("context_window.updated", 3, token_count=512))
        await peer.send(kit.end(4))
        while True:
            await held.hear(peer)

    _, error = kit.plain(kit.Service(first, second), patience_s=1)
    assert isinstance(error, TimeoutError)
    service = kit.Service(first, second)
    ears, failure = kit.in_scaled_time(service, heartbeat_timeout_s=0)
    assert ([outcome.seq for outcome in ears.final], failure) == ([1, 2, 3, 4], None)
    assert [sent["token_count"] for sent in service.sent if sent["type"] == "context_window.update"] == [24]


def test_a_message_nobody_can_read(kit: SimpleNamespace) -> None:
    """What is no JSON kills the plain client's loop; ours rejects it and goes on."""
    messages = [kit.subscribed(), "}{", kit.end(2)]
    _, error = kit.plain(kit.Service(kit.plays(*messages)))
    assert isinstance(error, json.JSONDecodeError)
    ears, failure = kit.ours(kit.Service(kit.plays(*messages)))
    assert ([outcome.verdict for outcome in ears.final], failure) == (["accepted", "rejected", "accepted"], None)


def test_a_slow_consumer(kit: SimpleNamespace) -> None:
    """A consumer that stands still: the plain client stops answering pings and is thrown out; ours stays."""
    lost: list[bool] = []

    def service(over: asyncio.Event, patience_s: float) -> Any:
        async def flood(peer: Peer, held: Any) -> None:
            await held.hear(peer)
            await peer.send(kit.subscribed())
            await peer.send(kit.said(2))
            async with asyncio.TaskGroup() as group:
                group.create_task(keepalive(peer))
                try:
                    for _ in range(400):
                        await peer.send(bytes(30_000))  # more than the buffers between us hold
                except PeerClosed:
                    return
            await peer.send(kit.end(3))
            while True:
                await held.hear(peer)

        async def keepalive(peer: Peer) -> None:
            await asyncio.sleep(0.5)
            try:
                async with asyncio.timeout(patience_s):
                    await (await peer._ws.ping())
            except (TimeoutError, ConnectionClosed):
                lost.append(True)
                peer._ws.transport.abort()
            over.set()

        return kit.Service(flood)

    over = asyncio.Event()

    async def stuck(value: dict[str, Any]) -> None:
        if value["seq"] == 2:
            await over.wait()

    kit.plain(service(over, 3), until=lambda: bool(lost), each=stuck, ping_interval=None)
    assert lost == [True]
    lost.clear()
    over = asyncio.Event()

    async def handle(outcome: Outcome, _: int) -> None:
        if outcome.number == 2:
            await over.wait()

    ears, failure = kit.ours(service(over, 40), clock=SystemClock(), handle=handle, **LIVE, queue_messages=20)
    assert (ears.accepted, len(ears.final), failure, lost) == ([1, 2, 3], 403, None, [])


# -- surroundings ------------------------------------------------------------------------------------------------------


def test_logs_at_debug(kit: SimpleNamespace, caplog: pytest.LogCaptureFixture) -> None:
    """The plain client's log at debug level holds the bearer token; ours holds neither token nor text."""
    caplog.set_level(logging.DEBUG)
    kit.plain(kit.Service(kit.whole()))
    assert any("token-1" in record.getMessage() for record in caplog.records if record.name == "websockets.client")
    caplog.clear()
    kit.ours(kit.Service(kit.whole()))
    mine = [r.getMessage() for r in caplog.records if not r.name.startswith("websockets.server")]
    assert not [line for line in mine if "token-1" in line or "router" in line]


def test_proxies(kit: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy in the environment takes the plain client's loopback away; ours does not ask it."""
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    seen, error = kit.plain(kit.Service(kit.whole()), patience_s=1)
    assert not seen and error is not None
    ears, failure = kit.ours(kit.Service(kit.whole()))
    assert (ears.accepted, failure) == ([1, 2, 3, 4], None)


class Jumping(VirtualClock):
    """A virtual clock whose date jumps by years at every look."""

    def __init__(self) -> None:
        super().__init__(auto=True)
        self.looks = 0

    def wall(self) -> Any:
        self.looks += 1
        return super().wall().replace(year=2026 + 9 * (-1) ** self.looks)


def by_the_date(kit: SimpleNamespace, service: Any, clock: Clock) -> float:
    """The plain client with the wait everybody adds to it, until the date it was given; how long it would sleep, seconds."""

    async def main() -> float:
        async with kit.served(service) as url:
            try:
                async with connect(url):
                    return 0.0
            except InvalidStatus as error:
                until = parsedate_to_datetime(error.response.headers["retry-after"])
                return (until - clock.wall()).total_seconds()

    return asyncio.run(main())


def test_clock_jumps(kit: SimpleNamespace) -> None:
    """The date may jump: the plain client sleeps for years, or not at all; ours fetches no token for it, waits as long as
    is allowed at most, and loses nothing.
    """
    busy = Refusal(status=503, headers=[("retry-after", "Thu, 01 Jan 2026 00:00:30 GMT")])
    jumping = Jumping()
    slept = sorted(by_the_date(kit, kit.Service(kit.whole(), admit=[busy]), jumping) for _ in range(2))
    assert slept[0] < -8 * 365 * 86400 and slept[1] > 8 * 365 * 86400
    service = kit.Service(*(kit.ends(1001, kit.said(seq)) for seq in (1, 2)), kit.whole())
    clock = Jumping()
    ears, failure = kit.ours(service, clock=clock)
    assert (ears.accepted, failure, service.tokens) == ([1, 2, 3, 4], None, 1)
    assert clock.monotonic_ns() < SECOND
    clock = Jumping()
    _, failure = kit.ours(kit.Service(kit.whole(), admit=[busy]), clock=clock)
    assert failure is None
    assert clock.monotonic_ns() <= 301 * SECOND


PLAIN = """
import asyncio, json, sys
from websockets.asyncio.client import connect

async def main():
    async for ws in connect(sys.argv[1]):
        await ws.send(json.dumps({"type": "subscribe", "interaction_id": sys.argv[2]}))
        async for text in ws:
            await asyncio.sleep(0.01)  # its pipeline
            print(text)

asyncio.run(main())
"""


def stopped(kit: SimpleNamespace, folder: Path, command: Callable[[str, int, int], list[str]]) -> tuple[int, int]:
    """SIGTERM to a client in a process of its own; its exit code, and the close code the service saw."""
    seen: list[int] = []

    async def main() -> int:
        async with asyncio.timeout(120):
            heard, over = asyncio.Event(), asyncio.Event()

            async def stream(peer: Peer) -> None:
                try:
                    await peer.recv()
                    await peer.send(kit.subscribed())
                    heard.set()
                    await peer.recv()
                except PeerClosed as closed:
                    seen.append(closed.code)
                    over.set()

            service = kit.Service()
            async with HttpServer(service.http) as http, WsServer(stream) as server:
                env = {**os.environ, "GENESYS_CLIENT_ID": "me", "GENESYS_CLIENT_SECRET": "s"}
                process = await asyncio.create_subprocess_exec(
                    *command(f"ws://127.0.0.1:{server.port}/", http.port, server.port),
                    cwd=folder,
                    env=env,
                    stdout=asyncio.subprocess.DEVNULL,
                    stderr=asyncio.subprocess.DEVNULL,
                )
                try:
                    await heard.wait()
                    process.terminate()
                    code = await process.wait()
                finally:
                    if process.returncode is None:
                        process.kill()
                        await process.wait()
                await over.wait()
                return code

    code = asyncio.run(main())
    return code, seen[0]


def test_sigterm(kit: SimpleNamespace, tmp_path: Path) -> None:
    """The plain client dies where it stands and says no goodbye; ours closes with 1001, seals, and leaves with 0."""

    def theirs(url: str, _: int, __: int) -> list[str]:
        return [sys.executable, "-c", PLAIN, url, kit.CONVERSATION]

    def mine(_: str, http: int, stream: int) -> list[str]:
        endpoint = f"http://127.0.0.1:{http}?stream={stream}"
        verb = ["record", "-c", kit.CONVERSATION, "--endpoint", endpoint, "--name", "one", "-o", "."]
        return [sys.executable, "-m", "harness", *verb]

    assert stopped(kit, tmp_path, theirs) == (-signal.SIGTERM, 1006)
    assert stopped(kit, tmp_path, mine) == (0, 1001)
    seal = read_recording(tmp_path / "one.rec.jsonl").seal
    assert seal is not None and seal.reason == "signal"
