"""The client's loop against a small service on loopback: token, stream and gateway."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import random
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest
from pydantic import SecretStr

import harness.client.client
from harness.client import ClientOptions, MediationClient
from harness.clock import Clock, ScaledClock, VirtualClock
from harness.dialects.base import Event
from harness.dialects.mediation import MediationDialect
from harness.dialects.mediation_addresses import resolve
from harness.errors import AuthError, ConnectionLost, PermissionDenied, RecordingWriteError, ServiceError
from harness.pipeline.chain import Pipeline
from harness.pipeline.outcome import GapFound, JudgeRequest, Outcome
from harness.pipeline.policy import PipelinePolicy
from harness.wire.auth import TokenSource
from harness.wire.rest import RestClient
from harness.wire.serve import Handshake, Peer, PeerClosed, Refusal, WsServer
from harness.wire.serve_http import Answer, Call, HttpServer
from harness.wire.tap import NullTap

CONVERSATION = "telco-one-0001"
EMAIL = "jane.roe@corvalis-mail.co"
SECRET = "s3cr3t-of-the-client"

Handler = Callable[[Peer, "Service"], Awaitable[None]]


def message(type_: str, seq: int | None, **fields: Any) -> str:
    numbered = {} if seq is None else {"seq": seq}
    return json.dumps({"type": type_, "interaction_id": CONVERSATION, **numbered, **fields})


def subscribed(seq: int = 1) -> str:
    return message("subscribed", seq)


def said(seq: int, text: str = "My router is broken.") -> str:
    return message("utterance", seq, utterance_id=f"u{seq}", speaker="customer", text=text)


def completed(seq: int, summary: str = "The router is broken.") -> str:
    return message("summary.completed", seq, summary_id="s1", summary=summary)


def end(seq: int) -> str:
    return message("end", seq, reason="completed")


class Service:
    """Token, gateway and stream: the k-th connection is served by the k-th handler, the last for ever."""

    def __init__(
        self, *handlers: Handler, gateway: Sequence[Answer] = (), admit: Sequence[Refusal | None] = ()
    ) -> None:
        self.handlers = list(handlers)
        self.gateway = list(gateway)
        self.refusals = list(admit)
        self.handshakes: list[Handshake] = []
        self.sent: list[dict[str, Any]] = []
        self.calls: list[Call] = []
        self.tokens = 0

    async def http(self, call: Call) -> Answer:
        if call.path == "/oauth/token":
            self.tokens += 1
            body = json.dumps({"access_token": f"token-{self.tokens}", "expires_in": 86400})
            return Answer(status=200, body=body.encode())
        self.calls.append(call)
        answer = self.gateway.pop(0) if self.gateway else Answer(status=200, body=b'{"valid":true}')
        return answer

    def admit(self, handshake: Handshake) -> Refusal | None:
        self.handshakes.append(handshake)
        return self.refusals.pop(0) if self.refusals else None

    async def stream(self, peer: Peer) -> None:
        handler = self.handlers.pop(0) if len(self.handlers) > 1 else self.handlers[0]
        try:
            await handler(peer, self)
        except PeerClosed:
            return

    async def hear(self, peer: Peer) -> dict[str, Any]:
        value: dict[str, Any] = json.loads(await peer.recv())
        self.sent.append(value)
        return value


class Listener:
    """An observer that writes down what it hears."""

    def __init__(self) -> None:
        self.numbers: list[int] = []
        self.told: list[Outcome] = []
        self.final: list[Outcome] = []
        self.gaps: list[tuple[GapFound, int]] = []
        self.unneeded = 0
        self.drops: list[Event] = []

    def inbound(self, handle: Any, number: int) -> None:
        self.numbers.append(number)

    def outcome(self, outcome: Outcome) -> None:
        self.told.append(outcome)

    def settled(self, outcome: Outcome) -> None:
        self.final.append(outcome)

    def unused(self, handle: Any) -> None:
        self.unneeded += 1

    def dropped(self, handle: Any, event: Event, reason: str) -> None:
        self.drops.append(event)

    def gap(self, gap: GapFound, after: int) -> None:
        self.gaps.append((gap, after))


def run(
    service: Service,
    listener: Listener | None = None,
    *,
    tap: Any = None,
    clock: Clock | None = None,
    conversations: Sequence[str] = (CONVERSATION,),
    policy: PipelinePolicy | None = None,
    handle: Callable[[Outcome, int], Awaitable[None]] | None = None,
    options: ClientOptions | None = None,
    judged: bool = False,
) -> Listener:
    """One session; by default on a clock that costs nothing and without a timer for holes."""
    ears = listener or Listener()
    time = clock or VirtualClock(auto=True)
    heard = tap or NullTap()

    async def nothing(_: Outcome, __: int) -> None:
        return None

    async def main() -> None:
        async with (
            asyncio.timeout(60),
            time if isinstance(time, ScaledClock) else contextlib.nullcontext(),
            HttpServer(service.http) as http,
            WsServer(service.stream, admit=service.admit) as stream,
            RestClient(tap=heard, clock=time, rng=random.Random(1)) as rest,
        ):
            addresses = resolve(endpoint=f"http://127.0.0.1:{http.port}?stream={stream.port}")
            tokens = TokenSource(
                token_url=addresses.token_url,
                client_id="me",
                client_secret=SecretStr(SECRET),
                rest=rest,
                clock=time,
            )
            chosen = policy or PipelinePolicy(gateway_validation=judged, generate="never")
            client = MediationClient(
                addresses=addresses,
                conversations=conversations,
                pipeline=Pipeline(dialect=MediationDialect(), policy=chosen),
                dialect=MediationDialect(),
                tokens=tokens,
                rest=rest,
                tap=heard,
                observer=ears,
                handle=handle or nothing,
                clock=time,
                rng=random.Random(1),
                options=options or ClientOptions(give_up_after={}),
            )
            await client.run()

    asyncio.run(main())
    return ears


def plays(*messages: str, then: Callable[[Peer], Awaitable[None]] | None = None) -> Handler:
    """Hears a subscription, sends the messages, then does what is asked (or waits for the client to go)."""

    async def handler(peer: Peer, service: Service) -> None:
        await service.hear(peer)
        for text in messages:
            await peer.send(text)
        if then is not None:
            await then(peer)
        while True:
            await service.hear(peer)

    return handler


def seqs(ears: Listener) -> list[int | None]:
    return [outcome.seq for outcome in ears.final]


def test_a_session() -> None:
    """Subscribe, hear to the end, unsubscribe, leave with 1000; every message has one outcome, in order."""
    codes: list[int] = []

    async def handler(peer: Peer, service: Service) -> None:
        await service.hear(peer)
        for text in (subscribed(), said(2), completed(3), end(4)):
            await peer.send(text)
        try:
            while True:
                await service.hear(peer)
        except PeerClosed as closed:
            codes.append(closed.code)

    service = Service(handler)
    latencies: list[int] = []

    async def handle(outcome: Outcome, latency_ns: int) -> None:
        latencies.append(latency_ns)

    ears = run(service, handle=handle)
    assert [outcome.event for outcome in ears.final] == ["subscribed", "utterance", "summary.completed", "end"]
    assert ears.numbers == [1, 2, 3, 4]
    assert [sent["type"] for sent in service.sent] == ["subscribe", "unsubscribe"]
    assert "resume_after_seq" not in service.sent[0]
    assert codes == [1000]
    assert len(latencies) == 4 and min(latencies) >= 0
    assert service.handshakes[0].headers["authorization"] == "Bearer token-1"


@pytest.mark.parametrize("code", [None, 1000, 1001, 1006, 1011, 1005])
def test_a_drop(code: int | None) -> None:
    """However the connection ends without an ``end``, the client comes back for the rest and nothing is lost."""

    async def leave(peer: Peer) -> None:
        await (peer.drop() if code == 1006 else peer.close(code))

    service = Service(plays(subscribed(), said(2), then=leave), plays(said(2), said(3), end(4)))
    ears = run(service)
    assert service.sent[1]["resume_after_seq"] == 2
    accepted = [outcome.seq for outcome in ears.final if outcome.verdict == "accepted"]
    assert accepted == [1, 2, 3, 4]


def test_accept_then_close() -> None:
    """A service that takes and drops every connection is given up after few dials."""

    async def handler(peer: Peer, service: Service) -> None:
        await peer.drop()

    service = Service(handler)
    with pytest.raises(ConnectionLost, match="closes every connection"):
        run(service)
    assert len(service.handshakes) == 8


def test_noise_is_no_progress() -> None:
    """Messages nobody can read do not reset the back-off."""

    async def leave(peer: Peer) -> None:
        await peer.close(1000)

    service = Service(plays("}{", then=leave))
    with pytest.raises(ConnectionLost, match="closes every connection"):
        run(service, options=ClientOptions(give_up_after={}, attempts=3))
    assert len(service.handshakes) == 3


@pytest.mark.parametrize("code", [1008, 4401])
def test_refused_mid_stream(code: int) -> None:
    """A close that is about the token is answered by a new one; without a message after it, it is over."""

    async def leave(peer: Peer) -> None:
        await peer.close(code)

    service = Service(plays(subscribed(), said(2), then=leave), plays(said(3), then=leave), plays(then=leave))
    ears = Listener()
    with pytest.raises(AuthError) as raised:
        run(service, ears)
    assert raised.value.status == code
    assert [h.headers["authorization"] for h in service.handshakes] == [f"Bearer token-{n}" for n in (1, 2, 3)]
    assert seqs(ears) == [1, 2, 3]


def test_handshake_refused() -> None:
    """A token refused twice ends the session with AuthError, a missing scope with PermissionDenied."""
    with pytest.raises(AuthError):
        run(Service(plays(), admit=[Refusal(status=401)] * 2))
    with pytest.raises(PermissionDenied, match="conversation:read"):
        run(Service(plays(), admit=[Refusal(status=403)]))


def test_held_text_survives_a_failure() -> None:
    """What the pipeline held when the service failed for good still gets its outcome."""

    async def leave(peer: Peer) -> None:
        await peer.close(4401)

    delta = message("summary.delta", 2, summary_id="s1", index=0, text="Card 4539 1488 0343")
    service = Service(plays(subscribed(), delta, then=leave), plays(then=leave))
    ears = Listener()
    with pytest.raises(AuthError):
        run(service, ears)
    assert seqs(ears) == [1, 2]


def test_several_conversations() -> None:
    """The session lasts until the last of its conversations has ended."""
    other = "telco-two-0002"

    async def handler(peer: Peer, service: Service) -> None:
        await service.hear(peer)
        await service.hear(peer)
        for text in (subscribed(), end(2)):
            await peer.send(text)
        await service.hear(peer)
        for text in (subscribed(), end(2), end(2)):
            await peer.send(text.replace(CONVERSATION, other))
        while True:
            await service.hear(peer)

    service = Service(handler)
    run(service, conversations=[CONVERSATION, other])
    assert [(s["type"], s["interaction_id"]) for s in service.sent] == [
        ("subscribe", CONVERSATION),
        ("subscribe", other),
        ("unsubscribe", CONVERSATION),
        ("unsubscribe", other),
    ]


def test_context_window_update() -> None:
    """What the pipeline asks to send is sent."""
    limits = {"max_streaming_tokens": 4096, "context_window_threshold": 5}
    full = "The customer says that the router is broken since the storm and wants a technician to come."

    async def handler(peer: Peer, held: Service) -> None:
        await held.hear(peer)
        await peer.send(message("subscribed", 1, limits=limits))
        await peer.send(completed(2, full))
        assert (await held.hear(peer))["type"] == "context_window.update"
        await peer.send(end(3))
        while True:
            await held.hear(peer)

    service = Service(handler)
    run(service)
    assert [sent["type"] for sent in service.sent] == ["subscribe", "context_window.update", "unsubscribe"]


def test_unsent_goes_out_later() -> None:
    """A message asked for after the connection was lost goes out when there is one again."""
    limits = {"max_streaming_tokens": 4096, "context_window_threshold": 5}
    full = "The customer says that the router is broken since the storm and wants a technician to come."
    lost = asyncio.Event()

    async def leave(peer: Peer) -> None:
        await peer.drop()
        lost.set()

    async def handle(outcome: Outcome, _: int) -> None:
        if outcome.event == "subscribed":
            await lost.wait()

    async def second(peer: Peer, service: Service) -> None:
        assert (await service.hear(peer))["type"] == "subscribe"
        assert (await service.hear(peer))["type"] == "context_window.update"
        await peer.send(end(3))
        while True:
            await service.hear(peer)

    first = plays(message("subscribed", 1, limits=limits), completed(2, full), then=leave)
    service = Service(first, second)
    run(service, handle=handle)
    assert service.sent[-1]["type"] == "unsubscribe"


# -- gateway -----------------------------------------------------------------------------------------------------------


def generating(*answers: Answer) -> tuple[Service, Listener]:
    service = Service(plays(subscribed(), said(2), end(3)), gateway=answers)
    return service, run(service, policy=PipelinePolicy(gateway_validation=False))


def generated(status: int = 201) -> Answer:
    body = {"summary_id": "g1", "interaction_id": CONVERSATION, "summary": "The router is broken.", "entities": []}
    return Answer(status=status, body=json.dumps(body).encode())


def test_generate() -> None:
    """Where the stream brings no summary, one is asked of the gateway and fed like a message."""
    service, ears = generating(generated())
    assert service.calls[0].path.endswith("/summaries")
    assert service.calls[0].headers["authorization"] == "Bearer token-1"
    assert json.loads(service.calls[0].body)["context"][0]["text"] == "My router is broken."
    made = [outcome for outcome in ears.final if outcome.event == "gateway.summary"]
    assert [outcome.verdict for outcome in made] == ["accepted"]


@pytest.mark.parametrize("answer", [Answer(status=404), Answer(status=500), generated(202)])
def test_no_summary_to_be_had(answer: Answer) -> None:
    """Another answer than a summary leaves the conversation without one, and goes on."""
    _, ears = generating(*[answer] * 4)
    assert [outcome.event for outcome in ears.final] == ["subscribed", "utterance", "end"]
    assert ears.unneeded == (0 if answer.status == 500 else 1)


def test_gateway_refuses_the_token() -> None:
    """A 401 of the gateway costs one token and one retry, a second one ends the session."""
    service, ears = generating(Answer(status=401), generated())
    assert [call.headers["authorization"] for call in service.calls] == ["Bearer token-1", "Bearer token-2"]
    assert "gateway.summary" in [outcome.event for outcome in ears.final]
    with pytest.raises(AuthError):
        generating(Answer(status=401), Answer(status=401))


def test_gateway_forbids() -> None:
    """A 403 of the gateway ends the session and names the scope."""
    with pytest.raises(PermissionDenied, match="ai:llm:read"):
        generating(Answer(status=403, body=b'{"scope":"ai:llm:read"}'))


@pytest.mark.parametrize(
    ("answer", "verdict", "reasons"),
    [
        (b'{"valid":true}', "accepted", ()),
        (b'{"valid":false,"violations":[{"code":"TOO_VAGUE"},{"code":"<b>"},7]}', "quarantined", ("TOO_VAGUE",)),
        (b'{"valid":false,"violations":7}', "quarantined", ("invalid",)),
        (b'{"valid":"yes"}', "accepted", ("degraded",)),
        (b"[]", "accepted", ("degraded",)),
        (b"no json", "accepted", ("degraded",)),
        (404, "accepted", ("degraded",)),
        (500, "accepted", ("degraded",)),
    ],
)
def test_validation(answer: bytes | int, verdict: str, reasons: Sequence[str]) -> None:
    """The gateway's own verdict decides; one that cannot be had is degraded, never a pass."""
    given = Answer(status=answer) if isinstance(answer, int) else Answer(status=200, body=answer)
    service = Service(plays(subscribed(), said(2), completed(3), end(4)), gateway=[given] * 4)
    ears = run(service, judged=True)
    outcome = next(outcome for outcome in ears.final if outcome.event == "summary.completed")
    assert outcome.verdict == verdict
    assert all(any(wanted in reason for reason in outcome.reasons) for wanted in reasons)
    assert bool(reasons) == any("gateway" in reason for reason in outcome.reasons)
    assert json.loads(service.calls[0].body)["summary"] == "The router is broken."
    assert not [outcome for outcome in ears.final if outcome.judge_requests]
    assert ears.told[2].judge_requests


def test_other_judges_are_not_asked_here() -> None:
    """A judge the client does not know gives no answer."""
    policy = PipelinePolicy(gateway_validation=False, generate="never", judges=("onnx",))
    ears = run(Service(plays(subscribed(), said(2), completed(3), end(4))), policy=policy)
    assert isinstance(ears.told[2].judge_requests[0], JudgeRequest)
    assert "degraded:onnx" in ears.final[2].reasons


# -- holes -------------------------------------------------------------------------------------------------------------


def test_a_hole_is_given_up_in_time() -> None:
    """A hole that stays open is given up by the timer, which the observer is told with its place."""
    handler = plays(subscribed(), said(3), message("heartbeat", None), said(4), end(5))
    ears = run(Service(handler), clock=ScaledClock(), options=ClientOptions(heartbeat_timeout_s=0))
    assert [(gap.from_seq, gap.to_seq, gap.reason, after) for gap, after in ears.gaps] == [(2, 2, "timer", 5)]
    assert [outcome.seq for outcome in ears.final if outcome.seq] == [1, 3, 4, 5]


def test_a_hole_that_is_filled() -> None:
    """A hole that is filled is none, and a later one gets its own time."""

    async def handler(peer: Peer, service: Service) -> None:
        await service.hear(peer)
        await peer.send(subscribed())
        for late in (2, 4, 6):
            await peer.send(said(late + 1))
            await clock.sleep_until(clock.monotonic_ns() + 2_000_000_000)  # lets the timer look, not more
            await peer.send(said(late))
        await peer.send(end(8))
        while True:
            await service.hear(peer)

    clock = ScaledClock()
    ears = run(Service(handler), clock=clock, options=ClientOptions(heartbeat_timeout_s=0, gap_timeout_s=10))
    assert [outcome.seq for outcome in ears.final] == [1, 3, 2, 5, 4, 7, 6, 8]
    assert not ears.gaps


def test_recorded_decisions_are_replayed() -> None:
    """Given the recorded timer's decisions, holes are given up after the same messages and by no timer."""
    handler = plays(subscribed(), said(3), said(4), end(5))
    ears = run(Service(handler), options=ClientOptions(give_up_after={3: [CONVERSATION]}))
    assert [(gap.from_seq, after) for gap, after in ears.gaps] == [(2, 3)]


def test_no_hole_is_given_up_without_a_connection() -> None:
    """While there is no connection nothing could fill a hole: it is waited for, and filled after the resume."""
    clock = VirtualClock(auto=True)

    async def leave(peer: Peer) -> None:
        await peer.drop()

    refusals = [None, Refusal(status=503, headers=[("retry-after", "60")])]
    service = Service(plays(subscribed(), said(3), then=leave), plays(said(2), end(4)), admit=refusals)
    ears = run(service, clock=clock, options=ClientOptions(gap_timeout_s=10))
    assert (service.sent[1]["resume_after_seq"], ears.gaps) == (1, [])
    assert sorted(outcome.seq or 0 for outcome in ears.final) == [1, 2, 3, 4]


def test_end_then_drop() -> None:
    """A connection that is lost after the ``end`` is not made again."""

    async def leave(peer: Peer) -> None:
        await peer.drop()

    service = Service(plays(subscribed(), end(2), then=leave))
    assert (seqs(run(service)), len(service.handshakes)) == ([1, 2], 1)


# -- failures of our own -----------------------------------------------------------------------------------------------


class Broken(Listener):
    """An observer that fails at the n-th message."""

    def __init__(self, error: Exception, at: int = 2) -> None:
        super().__init__()
        self.error = error
        self.at = at

    def outcome(self, outcome: Outcome) -> None:
        if outcome.number >= self.at:
            raise self.error
        super().outcome(outcome)


@pytest.mark.parametrize("error", [RecordingWriteError("disk full", path="x"), ValueError("bug")])
def test_a_failing_observer_does_not_hang(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    """The pump dies while the reader waits at a full queue: the session ends with that error, nothing hangs."""
    monkeypatch.setattr("harness.wire.stream.CLOSE_S", 0.1)
    codes: list[int] = []

    async def flood(peer: Peer, service: Service) -> None:
        try:
            await service.hear(peer)
            await peer.send(subscribed())
            for seq in range(2, 500):
                await peer.send(said(seq))
            while True:
                await peer.recv()
        except PeerClosed as closed:
            codes.append(closed.code)

    ears = Broken(error)
    with pytest.raises(type(error)) as raised:
        run(Service(flood), ears, options=ClientOptions(give_up_after={}, queue_messages=1))
    assert raised.value is error
    assert len(ears.final) == 1
    assert codes in ([1001], [1006])


def test_a_failing_tap_stops_the_session() -> None:
    """A message that cannot be recorded is not processed."""

    class Full(NullTap):
        def ws_message(self, conn: str, direction: Any, data: str | bytes, at_ns: int, fragments: Any = ()) -> Any:
            if direction == "in":
                raise RecordingWriteError("disk full", path="x")

    ears = Listener()
    with pytest.raises(RecordingWriteError):
        run(Service(plays(subscribed())), ears, tap=Full())
    assert not ears.final


def test_own_failure_before_theirs() -> None:
    """Where the service and we fail together, ours is the one that is raised."""
    group = BaseExceptionGroup("", [ServiceError("a"), BaseExceptionGroup("", [ServiceError("b"), KeyError("c")])])
    assert isinstance(harness.client.client._cause(group), KeyError)
    theirs = ServiceError("a")
    assert harness.client.client._cause(BaseExceptionGroup("", [theirs])) is theirs


def test_proxies_and_logs(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """A whole session passes by dead proxies and leaves no secret, token or payload in any log record."""
    caplog.set_level(logging.DEBUG)
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    service = Service(plays(subscribed(), said(2, f"Write to {EMAIL}."), completed(3), end(4)))
    ears = run(service, judged=True)
    assert len(ears.final) == 4
    for record in caplog.records:
        shown = record.getMessage()
        assert not any(hidden in shown for hidden in (SECRET, "token-1", EMAIL, "router"))
