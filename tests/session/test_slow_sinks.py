"""Sinks that are slow or down while a live service goes on: the link stays up, nothing is lost, the audit is whole."""

from __future__ import annotations

import asyncio
import json
import resource
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from harness.client import ClientOptions
from harness.clock import Clock, SystemClock, VirtualClock
from harness.dialects.mediation_addresses import resolve
from harness.errors import SinkError
from harness.metrics.latency import LatencyBook
from harness.pipeline.policy import PipelinePolicy
from harness.session.keys import Key
from harness.session.parts import Credentials, Tools
from harness.session.session import SessionPlan, SessionRun, run_session
from harness.session.store import Store
from harness.sinks import CallbackSink
from harness.sinks.audit_verify import verify_audit
from harness.sinks.courier import CourierOptions
from harness.sinks.outbox import OUTBOX_NAME, Outbox
from harness.wire.serve import Peer, PeerClosed, WsServer
from harness.wire.serve_http import Answer, Call, HttpServer

KEY = Key("k-1", b"k")
SECOND = 1_000_000_000


@dataclass
class Traffic:
    """``conversations`` of ``each`` messages, every tenth a summary, at ``per_s`` (None = as fast as they are taken)."""

    conversations: int
    each: int
    per_s: float | None = None
    opened: int = 0
    seconds: float = 0.0
    ids: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.ids = [f"conversation-{number:04d}" for number in range(self.conversations)]

    @property
    def summaries(self) -> int:
        return self.conversations * ((self.each - 2) // 10)

    def message(self, conversation: str, seq: int) -> str:
        said: dict[str, Any] = {"interaction_id": conversation, "seq": seq}
        if seq == 1:
            return json.dumps({"type": "subscribed", **said})
        if seq == self.each:
            return json.dumps({"type": "end", "reason": "completed", **said})
        if (seq - 1) % 10:
            text = "My router is broken and I want a technician."
            more = {"type": "utterance", "utterance_id": f"u{seq}", "speaker": "customer", "text": text}
            return json.dumps({**more, **said})
        more = {"type": "summary.completed", "summary_id": f"s{seq}", "summary": "The router is broken."}
        return json.dumps({**more, **said})

    async def http(self, call: Call) -> Answer:
        return Answer(status=200, body=b'{"access_token":"token-1","expires_in":3600}')

    async def stream(self, peer: Peer) -> None:
        self.opened += 1
        clock = SystemClock()
        try:
            for _ in self.ids:
                await peer.recv()
            begun = clock.monotonic_ns()
            sent = 0
            for seq in range(1, self.each + 1):
                for conversation in self.ids:
                    await peer.send(self.message(conversation, seq))
                    sent += 1
                    if self.per_s:
                        await clock.sleep_until(begun + int(sent / self.per_s * 1e9))
            self.seconds = (clock.monotonic_ns() - begun) / 1e9
            while True:
                await peer.recv()
        except PeerClosed:
            return


def run(
    traffic: Traffic,
    folder: Path,
    deliver: Callable[[dict[str, Any]], Awaitable[None]],
    *,
    clock: Clock,
    drain_s: float,
    courier: CourierOptions | None = None,
) -> SessionRun:
    """One live session with a callback sink of the user's."""

    async def main() -> SessionRun:
        async with HttpServer(traffic.http) as http, WsServer(traffic.stream) as stream:
            sink = CallbackSink(deliver)
            async with Store(folder, key=KEY, clock=clock, sinks=[sink], drain_s=drain_s, options=courier) as store:
                plan = SessionPlan(
                    addresses=resolve(endpoint=f"http://127.0.0.1:{http.port}?stream={stream.port}"),
                    credentials=Credentials("me", SecretStr("s")),
                    conversations=traffic.ids,
                    policy=PipelinePolicy(gateway_validation=False, generate="never"),
                    tools=Tools.default(),
                    clock=clock,
                    stopwatch=SystemClock(),
                    options=ClientOptions(give_up_after={}),
                    store=store,
                    book=LatencyBook(),
                )
                return await run_session(plan)

    return asyncio.run(main())


def audited(folder: Path) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Message and delivery records of a log that verifies."""
    assert verify_audit(folder / "audit.jsonl", KEY.secret).fault is None
    records = [json.loads(line) for line in (folder / "audit.jsonl").read_text().splitlines()]
    return (
        [one for one in records if one["record"] == "message"],
        [one for one in records if one["record"] == "delivery"],
    )


def check(traffic: Traffic, folder: Path, session: SessionRun, got: Sequence[str], left: int) -> None:
    """Nothing lost, nothing twice: every message has its record, every summary is delivered or in the outbox."""
    count = traffic.conversations * traffic.each
    messages, deliveries = audited(folder)
    assert session.error is None and not session.gaps
    assert traffic.opened == 1
    assert len(session.outcomes) == len(messages) == count
    assert {one.verdict for one in session.outcomes} == {"accepted"}
    assert len(set(got)) == len(got)
    assert len(got) + left == traffic.summaries
    box = Outbox(folder / OUTBOX_NAME)
    try:
        stored = box.stored()
        assert len({one.key for one in stored}) == len(stored) == traffic.summaries
        assert box.counts()["callback"].get("pending", 0) == left
    finally:
        box.close()
    mine = [one["idempotency_key"] for one in deliveries if one["sink"] == "callback"]
    assert sorted(mine) == sorted(got)
    assert [one["idempotency_key"] for one in deliveries if one["sink"] == "sqlite"] == [one.key for one in stored]


def slow(seconds: float, clock: Clock, got: list[str]) -> Callable[[dict[str, Any]], Awaitable[None]]:
    async def deliver(body: dict[str, Any]) -> None:
        await clock.sleep_until(clock.monotonic_ns() + int(seconds * 1e9))
        got.append(body["idempotency_key"])

    return deliver


def test_a_slow_sink(tmp_path: Path) -> None:
    """A sink far slower than the traffic holds nobody up; what it has not taken at the end waits in the outbox."""
    traffic, got = Traffic(conversations=3, each=102), list[str]()
    session = run(traffic, tmp_path, slow(0.05, SystemClock(), got), clock=SystemClock(), drain_s=0.2)
    check(traffic, tmp_path, session, got, traffic.summaries - len(got))
    again: list[str] = []

    async def rest() -> None:
        sink = CallbackSink(slow(0, SystemClock(), again))
        async with Store(tmp_path, key=KEY, clock=SystemClock(), sinks=[sink], drain_s=30):
            pass

    asyncio.run(rest())
    # Whatever was under way when the first run ended may come again, with the same key.
    assert len({*got, *again}) == traffic.summaries
    assert len(got) + len(again) - traffic.summaries <= 1


def down(until_ns: int, clock: Clock, got: list[str]) -> Callable[[dict[str, Any]], Awaitable[None]]:
    async def deliver(body: dict[str, Any]) -> None:
        if clock.monotonic_ns() < until_ns:
            raise SinkError(body["idempotency_key"], "down")
        got.append(body["idempotency_key"])

    return deliver


def test_a_sink_that_is_down_and_heals(tmp_path: Path) -> None:
    """Twenty seconds (of a virtual clock) of failures: everything is delivered in the end, once, and audited."""
    clock, got = VirtualClock(auto=True), list[str]()
    traffic = Traffic(conversations=2, each=52)
    session = run(traffic, tmp_path, down(20 * SECOND, clock, got), clock=clock, drain_s=600)
    check(traffic, tmp_path, session, got, 0)
    assert clock.monotonic_ns() >= 20 * SECOND


@pytest.mark.prove
def test_a_slow_sink_at_full_rate(tmp_path: Path, figure: Callable[[str, object], None]) -> None:
    """200 ms a delivery at 1,000 messages/s for 10 s: the link is up, nothing is lost, memory is bounded."""
    warm: list[str] = []
    run(
        Traffic(conversations=5, each=52),
        tmp_path / "warm",
        slow(0, SystemClock(), warm),
        clock=SystemClock(),
        drain_s=9,
    )
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    traffic, got = Traffic(conversations=50, each=202, per_s=1000), list[str]()
    session = run(traffic, tmp_path / "full", slow(0.2, SystemClock(), got), clock=SystemClock(), drain_s=1)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    check(traffic, tmp_path / "full", session, got, traffic.summaries - len(got))
    count = traffic.conversations * traffic.each
    figure("slow sink, messages", f"{count} in {traffic.seconds:.1f} s, 0 lost, {traffic.opened} connection")
    figure("slow sink, delivered and in the outbox", f"{len(got)} + {traffic.summaries - len(got)}")
    figure("slow sink, most messages waiting", session.queue_peak)
    figure("slow sink, memory grown", f"{grown / 1024:.1f} MiB")
    assert grown < 200 * 1024


@pytest.mark.prove
def test_a_sink_that_is_down_for_twenty_seconds(tmp_path: Path, figure: Callable[[str, object], None]) -> None:
    """Down for 20 s of real time under traffic, then healed: everything delivered, unique keys, audit complete."""
    clock, got = SystemClock(), list[str]()
    traffic = Traffic(conversations=20, each=102, per_s=200)
    began = clock.monotonic_ns()
    session = run(
        traffic,
        tmp_path,
        down(began + 20 * SECOND, clock, got),
        clock=clock,
        drain_s=90,
        courier=CourierOptions(cap_s=5.0),
    )
    check(traffic, tmp_path, session, got, 0)
    figure("sink down for 20 s, delivered", f"{len(got)} of {traffic.summaries}, each once")
