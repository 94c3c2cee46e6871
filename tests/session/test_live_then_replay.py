"""What the live client decided for itself is in its recording, and a replay of that comes to the same."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from harness.client import ClientOptions
from harness.clock import ScaledClock, SystemClock
from harness.dialects.mediation_addresses import resolve
from harness.pipeline.chain import Pipeline
from harness.pipeline.outcome import Outcome
from harness.pipeline.policy import PipelinePolicy
from harness.recording.entry import Gap, WsAccept, WsClose, WsMessage
from harness.recording.reader import read_recording
from harness.session.keys import Key
from harness.session.parts import Credentials, Tools
from harness.session.replay import Replayed, baseline, replay_recording
from harness.session.session import RecordTo, SessionPlan, SessionRun, run_session
from harness.wire.serve import Peer, PeerClosed, WsServer
from harness.wire.serve_http import Answer, Call, HttpServer

CONVERSATION = "telco-one-0001"
POLICY = PipelinePolicy(gateway_validation=False, generate="never")

Handler = Callable[[Peer], Awaitable[None]]


def message(type_: str, seq: int, **fields: Any) -> str:
    return json.dumps({"type": type_, "interaction_id": CONVERSATION, "seq": seq, **fields})


def said(seq: int) -> str:
    return message("utterance", seq, utterance_id=f"u{seq}", speaker="customer", text="My router is broken.")


async def _token(_: Call) -> Answer:
    return Answer(status=200, body=b'{"access_token":"token-1","expires_in":3600}')


class Slow:
    """A place for outcomes that takes its time."""

    async def take(self, pipeline: Pipeline, outcome: Outcome, latency_ns: int | None) -> None:
        await asyncio.sleep(0.002)


def recorded(
    path: Path,
    tools: Tools,
    handlers: Sequence[Handler],
    store: Slow | None = None,
    *,
    scaled: bool = False,
    **options: Any,
) -> tuple[SessionRun, Replayed]:
    """A live session against the handlers, and the replay of its recording."""
    left = list(handlers)

    async def stream(peer: Peer) -> None:
        try:
            await (left.pop(0) if len(left) > 1 else left[0])(peer)
        except PeerClosed:
            return

    async def main() -> tuple[SessionRun, Replayed]:
        async with (
            asyncio.timeout(60),
            HttpServer(_token) as http,
            WsServer(stream) as server,
            ScaledClock() as quick,
        ):
            plan = SessionPlan(
                addresses=resolve(endpoint=f"http://127.0.0.1:{http.port}?stream={server.port}"),
                credentials=Credentials("me", SecretStr("s")),
                conversations=[CONVERSATION],
                policy=POLICY,
                tools=tools,
                clock=quick if scaled else SystemClock(),
                stopwatch=SystemClock(),
                options=ClientOptions(**options),
                store=store,
                record=RecordTo(path=path, key=Key("k-1", b"k" * 32)),
            )
            run = await run_session(plan)
        return run, await replay_recording(read_recording(path), tools=tools, policy=POLICY)

    return asyncio.run(main())


def same(run: SessionRun, replayed: Replayed, path: Path) -> None:
    """No problems, and the same verdicts, message by message."""
    assert run.error is None
    assert replayed.problems == []
    live = baseline(read_recording(path))
    assert live is not None
    assert [(o.event, o.verdict, o.stage) for o in replayed.run.outcomes] == [
        (e.event, e.verdict, e.stage) for e in live
    ]


def test_a_connection_dialled_ahead(tmp_path: Path, tools: Tools) -> None:
    """Two connections overlapped live; the replay takes them one after the other, to the same end."""
    second_open = asyncio.Event()

    async def first(peer: Peer) -> None:
        await peer.recv()
        for text in (message("subscribed", 1), message("closing", 2, grace_s=5)):
            await peer.send(text)
        await second_open.wait()
        await peer.send(said(3))
        await peer.close(1001)

    async def second(peer: Peer) -> None:
        second_open.set()
        await peer.recv()
        await peer.send(said(4))
        await peer.send(message("end", 5, reason="completed"))
        await peer.recv()
        await peer.recv()

    path = tmp_path / "one.rec.jsonl"
    run, replayed = recorded(path, tools, [first, second])
    same(run, replayed, path)
    kinds = [type(e) for e in read_recording(path).entries if isinstance(e, WsAccept | WsClose)]
    assert kinds[:3] == [WsAccept, WsAccept, WsClose]


def test_a_connection_given_up(tmp_path: Path, tools: Tools) -> None:
    """A service that fell silent was left live; in the replay, which has no timers, its connection ends there."""
    alive = asyncio.Event()

    async def frozen(peer: Peer) -> None:
        await peer.recv()
        await peer.send(message("subscribed", 1))
        peer._ws.transport.pause_reading()
        await alive.wait()
        peer._ws.transport.abort()

    async def second(peer: Peer) -> None:
        alive.set()
        await peer.recv()
        await peer.send(message("end", 2, reason="completed"))
        await peer.recv()
        await peer.recv()

    path = tmp_path / "one.rec.jsonl"
    run, replayed = recorded(path, tools, [frozen, second], ping_interval_s=0.1, ping_timeout_s=0.2)
    same(run, replayed, path)
    closes = [e for e in read_recording(path).entries if isinstance(e, WsClose)]
    assert next((e.by, e.code, e.clean) for e in closes) == ("us", 1011, False)


def test_dropped_messages(tmp_path: Path, tools: Tools) -> None:
    """Messages dropped for a full queue are withheld in the recording, with their gaps; the replay keeps the order."""

    async def flood(peer: Peer) -> None:
        await peer.recv()
        await peer.send(message("subscribed", 1))
        await peer.write(b"".join(_frame(said(seq)) for seq in range(2, 200)))
        await peer.send(message("end", 200, reason="completed"))
        await peer.recv()
        await peer.recv()

    path = tmp_path / "one.rec.jsonl"
    run, replayed = recorded(path, tools, [flood], Slow(), queue_messages=1, queue_policy="drop")
    assert run.error is None
    dropped = [outcome.seq for outcome in run.outcomes if outcome.stage == "queue"]
    assert dropped
    assert [(gap.from_seq, gap.reason) for gap in run.gaps] == [(seq, "dropped") for seq in dropped]
    gaps = [e for e in read_recording(path).entries if isinstance(e, Gap)]
    assert [(e.from_seq, e.to_seq) for e in gaps] == [(seq, seq) for seq in dropped]
    assert replayed.problems == []
    assert [outcome.seq for outcome in replayed.run.outcomes] == list(range(1, 201))
    assert not replayed.run.gaps


def _frame(text: str) -> bytes:
    data = text.encode()
    head = bytes((0x81, len(data))) if len(data) < 126 else bytes((0x81, 126)) + len(data).to_bytes(2, "big")
    return head + data


def test_a_message_beyond_the_dialect(tmp_path: Path, tools: Tools) -> None:
    """Over 4 MiB a message is rejected and its text withheld; the stream goes on, live and in the replay."""

    async def large(peer: Peer) -> None:
        await peer.recv()
        await peer.send(message("subscribed", 1))
        await peer.send(message("utterance", 2, text="x" * (5 << 20)))
        await peer.send(message("end", 2, reason="completed"))
        await peer.recv()
        await peer.recv()

    path = tmp_path / "one.rec.jsonl"
    run, replayed = recorded(path, tools, [large])
    assert run.error is None
    assert [(outcome.event, outcome.reasons) for outcome in run.outcomes][1] == ("malformed", ("too_large",))
    assert [outcome.verdict for outcome in run.outcomes] == ["accepted", "rejected", "accepted"]
    assert replayed.problems == []
    assert len([entry for entry in read_recording(path).entries if isinstance(entry, WsAccept)]) == 1


def sends(path: Path, type_: str) -> list[tuple[str, dict[str, Any]]]:
    """What the client sent of a type: the connection, and the message."""
    found = [e for e in read_recording(path).entries if isinstance(e, WsMessage) and e.dir == "out" and e.text]
    return [(e.conn, value) for e in found if (value := json.loads(e.text or ""))["type"] == type_]


def test_a_hole_that_was_asked_for(tmp_path: Path, tools: Tools) -> None:
    """What is missing is asked for again, on the first connection and on the second; the replay asks at the same places."""

    async def leaves_out(peer: Peer, first: int) -> None:
        await peer.recv()
        await peer.send(message("subscribed", 1) if first == 2 else said(first - 1))
        await peer.send(said(first + 1))
        asked = json.loads(await peer.recv())
        assert (asked["type"], asked["resume_after_seq"]) == ("subscribe", first - 1)
        await peer.send(said(first))
        await peer.send(said(first + 1))  # once more: everything behind the place that was named

    async def one(peer: Peer) -> None:
        await leaves_out(peer, 2)
        await peer.close(1001)

    async def two(peer: Peer) -> None:
        await leaves_out(peer, 5)
        await peer.send(message("end", 7, reason="completed"))
        while True:
            await peer.recv()

    path = tmp_path / "asked.rec.jsonl"
    run, replayed = recorded(path, tools, [one, two], scaled=True)
    same(run, replayed, path)
    assert [sent.get("resume_after_seq") for _, sent in sends(path, "subscribe")] == [None, 1, 3, 4]
    assert run.gaps == []


def test_an_update_that_was_lost(tmp_path: Path, tools: Tools) -> None:
    """An update that went with its connection is said again on the next one; so it is in the replay."""
    limits = {"max_streaming_tokens": 40, "context_window_threshold": 20}
    text = "The customer says that the router is broken since the storm and wants a technician to come home."

    async def one(peer: Peer) -> None:
        await peer.recv()
        await peer.send(message("subscribed", 1, limits=limits))
        await peer.send(message("summary.completed", 2, summary_id="s1", summary=text))
        await peer.recv()
        await peer.drop()

    async def two(peer: Peer) -> None:
        await peer.recv()
        await peer.send(message("heartbeat", 3))
        while json.loads(await peer.recv())["type"] != "context_window.update":
            pass
        await peer.send(message("context_window.updated", 4, token_count=4))
        await peer.send(message("end", 5, reason="completed"))
        while True:
            await peer.recv()

    path = tmp_path / "update.rec.jsonl"
    run, replayed = recorded(path, tools, [one, two], scaled=True)
    same(run, replayed, path)
    updates = sends(path, "context_window.update")
    assert [conn for conn, _ in updates] == ["w1", "w2"]
    assert updates[0][1] == updates[1][1]
