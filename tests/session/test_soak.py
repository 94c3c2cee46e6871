"""Soak: very many messages through one process, session after session; nothing grows.

The service is in this process and on loopback: token, gateway and a stream that writes a whole conversation at once. The
client is the real one, with the whole pipeline, audit log and outbox; sessions follow each other, as agents' calls do.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import combinations
from pathlib import Path
from statistics import median
from typing import Any

import pytest
from pydantic import SecretStr

from harness.client import ClientOptions
from harness.clock import SystemClock
from harness.dialects.mediation_addresses import resolve
from harness.pipeline.policy import PipelinePolicy
from harness.session.keys import load_key
from harness.session.parts import Credentials, Tools
from harness.session.session import SessionPlan, run_session
from harness.session.store import Store
from harness.wire.ready_frames import TEXT, frame
from harness.wire.serve import Peer, PeerClosed, WsServer
from harness.wire.serve_http import Answer, Call, HttpServer

MESSAGES = 1_000
"""Of one conversation."""

SESSIONS_OF_A_STORE = 20
SAID = (
    ("agent", "How can I help you today?"),
    ("customer", "My router shows a red light since Sunday."),
    ("agent", "A technician comes on Thursday, the visit costs 40 dollars."),
    ("customer", "Write to jane.roe@corvalis-mail.co please."),
)
SUMMARY = "The customer's router shows a red light since Sunday."


def conversation(id_: str) -> bytes:
    """The frames of one conversation: mostly words that are not final yet, as recognisers send them."""
    texts: list[dict[str, Any]] = [{"type": "subscribed"}]
    for number in range(2, MESSAGES - 1):
        speaker, text = SAID[number // 2 % len(SAID)]
        if number % 50 == 0:
            texts.append({"type": "heartbeat"})
            continue
        final = number % 25 == 1
        words = text if final else text[: 4 + number % 12]
        texts.append(
            {"type": "utterance", "utterance_id": f"u{number}", "speaker": speaker, "text": words, "is_final": final}
        )
    texts.append({"type": "summary.completed", "summary_id": "s1", "summary": SUMMARY})
    texts.append({"type": "end", "reason": "completed"})
    numbered = ({**text, "interaction_id": id_, "seq": seq} for seq, text in enumerate(texts, 1))
    return b"".join(frame(TEXT, json.dumps(text).encode()) for text in numbered)


FRAMES = conversation("soak-00000000")


async def stream(peer: Peer) -> None:
    """One connection: subscribe, the conversation, unsubscribe."""
    try:
        asked = json.loads(await peer.recv())
        await peer.write(FRAMES.replace(b"soak-00000000", asked["interaction_id"].encode()))
        while True:
            await peer.recv()
    except PeerClosed:
        return


async def http(call: Call) -> Answer:
    """Token and gateway."""
    if call.path == "/oauth/token":
        return Answer(status=200, body=b'{"access_token":"t","expires_in":86400}')
    return Answer(status=200, body=b'{"valid":true}')


@dataclass(slots=True)
class Marks:
    """What the process held after so many messages."""

    messages: list[int] = field(default_factory=list)
    rss: list[int] = field(default_factory=list)
    descriptors: list[int] = field(default_factory=list)
    tasks: list[int] = field(default_factory=list)

    def take(self, messages: int) -> None:
        gc.collect()
        self.messages.append(messages)
        self.rss.append(int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE"))
        self.descriptors.append(sum(1 for _ in Path("/proc/self/fd").iterdir()))
        self.tasks.append(len(asyncio.all_tasks()))

    def slope(self, warm: float = 0.2) -> float:
        """Bytes per message after the warm-up: the median of all pairs of marks (Theil and Sen).

        A mark that falls into an allocator's passing peak does not bend it; growth of every mark does.
        """
        first = int(len(self.messages) * warm)
        marks = list(zip(self.messages[first:], self.rss[first:], strict=True))
        return median((b[1] - a[1]) / (b[0] - a[0]) for a, b in combinations(marks, 2))


async def soak(messages: int, tools: Tools) -> Marks:
    """``messages`` messages, in sessions of :data:`MESSAGES`."""
    marks, clock, done, failures = Marks(), SystemClock(), 0, 0
    seen: dict[str, int] = {}

    class Counting:
        """Hands on, and counts."""

        def __init__(self, store: Store) -> None:
            self._store = store

        async def take(self, pipeline: Any, outcome: Any, latency_ns: int | None) -> None:
            await self._store.take(pipeline, outcome, latency_ns)
            seen[outcome.verdict] = seen.get(outcome.verdict, 0) + 1

    async with HttpServer(http) as rest, WsServer(stream) as ws:
        addresses = resolve(endpoint=f"http://127.0.0.1:{rest.port}?stream={ws.port}")
        plan = SessionPlan(
            addresses=addresses,
            credentials=Credentials("soak", SecretStr("soak")),
            conversations=(),
            policy=PipelinePolicy(),
            tools=tools,
            clock=clock,
            stopwatch=clock,
            options=ClientOptions(),
            keep_outcomes=False,
        )
        while done < messages:
            with tempfile.TemporaryDirectory(prefix="harness-soak-") as folder:
                async with Store(Path(folder), key=load_key(None, 1), clock=clock) as store:
                    for _ in range(SESSIONS_OF_A_STORE):
                        id_ = f"soak-{done // MESSAGES:08}"
                        run = await run_session(replace(plan, conversations=(id_,), store=Counting(store)))
                        assert run.error is None
                        done += MESSAGES
                failures += store.failures + store.pending
            marks.take(done)
    assert seen == {"accepted": done}
    assert failures == 0
    return marks


def test_twenty_thousand_messages(tools: Tools, figure: Callable[[str, object], None]) -> None:
    """Every one judged and audited; descriptors and tasks are what they were, memory is bounded."""
    marks = asyncio.run(soak(20_000, tools))
    assert marks.messages[-1] == 20_000
    assert marks.tasks == [marks.tasks[0]]


@pytest.mark.parametrize("grows, slope", [(0, 0.0), (3, 3.0)])
def test_the_slope_sees_growth_and_no_passing_peak(grows: int, slope: float) -> None:
    """Peaks in between do not count, growth of every mark does."""
    marks = Marks(messages=list(range(1000, 51_000, 1000)))
    marks.rss = [80_000_000 + grows * at + (2_000_000 if at % 13_000 == 0 else 0) for at in marks.messages]
    assert marks.slope() == slope


@pytest.mark.prove
def test_a_million_messages(tools: Tools, figure: Callable[[str, object], None]) -> None:
    """RSS grows by at most one byte a message, descriptors and tasks not at all."""
    clock = SystemClock()
    began_ns = clock.monotonic_ns()
    marks = asyncio.run(soak(1_000_000, tools))
    seconds = (clock.monotonic_ns() - began_ns) / 1e9
    figure("soak, messages", marks.messages[-1])
    figure("soak, seconds", round(seconds))
    figure("soak, RSS slope, bytes/message", round(marks.slope(), 3))
    assert marks.slope() <= 1
    assert len(set(marks.descriptors[1:])) == 1
    assert len(set(marks.tasks)) == 1
