"""A session of any client, recorded between it and the services, with the pipeline run over what it received.

1. The client does everything: nothing is sent, asked for or validated from here. What the pipeline would have a client of
   ours send is not sent; gateway validation is left to the client.
2. All connections of all clients are one session and one recording, until :class:`asyncio.Event` ``stop`` is set.
3. A hole in the order is given up after ``gap_timeout_s``, and that decision is recorded, as with a client of ours.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from pydantic import SecretStr

from harness.clock import Clock
from harness.dialects.base import Dialect
from harness.dialects.generic import SOLE
from harness.dialects.mediation import MediationDialect
from harness.dialects.mediation_addresses import resolve
from harness.errors import HarnessError
from harness.pipeline.chain import Pipeline
from harness.pipeline.outcome import Effect, GapFound, Outcome
from harness.pipeline.policy import PipelinePolicy
from harness.recorder import Recorder
from harness.session.parts import Credentials, Tools
from harness.session.session import RecordTo, SessionPlan, SessionRun, new_recorder, seal_run
from harness.wire.frames import Told
from harness.wire.overheard import Body
from harness.wire.proxy import Proxy, upstream_of

__all__ = ["ProxyPlan", "run_proxy"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxyPlan:
    """Everything a recording proxy needs to know.

    Args:
        upstreams: role (token, gateway, stream) -> URL of the service.
        record: the recording.
        host: where to listen.
        port: of the first role; 0 = any free ones.
        remote: let ``host`` be another address than loopback.
        gap_timeout_s: a hole in the order is given up after so long.
    """

    upstreams: Mapping[str, str]
    record: RecordTo
    policy: PipelinePolicy
    tools: Tools
    clock: Clock
    dialect: Dialect = field(default_factory=MediationDialect)
    host: str = "127.0.0.1"
    port: int = 0
    remote: bool = False
    gap_timeout_s: float = 5.0


async def run_proxy(plan: ProxyPlan, stop: asyncio.Event, ready: Callable[[Proxy], None]) -> SessionRun:
    """Relay and record until ``stop`` is set; ``ready`` is called when the ports are open.

    Raises:
        RecordingWriteError: the recording could not be written; the connections were ended.
        ConfigError: an address cannot be used.
    """
    for role, url in plan.upstreams.items():
        upstream_of(role, url)  # before a file is made
    pipeline = Pipeline(
        dialect=plan.dialect,
        redactor=plan.tools.redactor,
        checker=plan.tools.checker,
        policy=replace(plan.policy, gateway_validation=False),
    )
    run = SessionRun(policy_digest=pipeline.policy_digest)
    recorder = new_recorder(_session_plan(plan), plan.record, pipeline)
    heard = _Heard(pipeline, recorder, run, plan.dialect)
    try:
        async with Proxy(
            plan.upstreams,
            tap=recorder,
            listener=heard,
            clock=plan.clock,
            host=plan.host,
            port=plan.port,
            remote=plan.remote,
        ) as proxy:
            ready(proxy)
            await _until(stop, heard, plan)
    except* HarnessError as group:
        raise _first(group) from None
    heard.finish()
    run.stopped = True
    await seal_run(recorder, run, plan.record.path)
    return run


def _first(group: BaseExceptionGroup[HarnessError]) -> BaseException:
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


async def _until(stop: asyncio.Event, heard: _Heard, plan: ProxyPlan) -> None:
    """Wait for the stop, looking after holes in the order meanwhile."""
    step_s = plan.gap_timeout_s / 5
    while not stop.is_set():
        try:
            async with asyncio.timeout(step_s):
                await stop.wait()
        except TimeoutError:
            heard.watch(plan.clock.monotonic_ns(), int(plan.gap_timeout_s * 1e9))


class _Heard:
    """Feeds the pipeline with what was overheard, and the recorder with what it says."""

    def __init__(self, pipeline: Pipeline, recorder: Recorder, run: SessionRun, dialect: Dialect) -> None:
        self._pipeline = pipeline
        self._recorder = recorder
        self._run = run
        self._fed = 0
        self._dialect = dialect
        self._conversations: set[str] = set() if dialect.needs_token else {SOLE}
        self._since: dict[str, tuple[int, int]] = {}

    def message(self, told: Told) -> None:
        """A message of the stream."""
        if told.readable:
            self._feed(told.data, told.at_ns, told.handle, "stream")

    def sent(self, text: str) -> None:
        """A message of the client: it names the conversations there are."""
        conversation = self._dialect.conversation_of(text)
        if conversation:
            self._conversations.add(conversation)

    def body(self, body: Body) -> None:
        """A response: a summary made over REST is a message like any other."""
        made = body.service == "gateway" and body.method == "POST" and body.path.endswith("/summaries")
        if made and body.status in (200, 201):
            self._feed(body.text, body.at_ns, body.handle, "gateway")
        else:
            self._recorder.unused(body.handle)

    def watch(self, now_ns: int, timeout_ns: int) -> None:
        """Give up holes that nothing has filled in time."""
        for conversation in self._conversations:
            place = self._pipeline.resume_after(conversation)
            if not self._pipeline.waiting(conversation):
                self._since.pop(conversation, None)
            elif self._since.setdefault(conversation, (place, now_ns))[0] != place:
                self._since[conversation] = (place, now_ns)
            elif now_ns - self._since[conversation][1] >= timeout_ns:
                del self._since[conversation]
                self._do(self._pipeline.give_up(conversation))

    def finish(self) -> None:
        """Nothing more will come."""
        self._do(self._pipeline.finish())

    def _feed(self, data: str | bytes, at_ns: int, handle: object, service: str) -> None:
        self._fed += 1
        self._recorder.inbound(handle, self._fed)
        self._do(self._pipeline.feed(data, at_ns, service=service))

    def _do(self, effects: Sequence[Effect]) -> None:
        for effect in effects:
            match effect:
                case Outcome():
                    self._recorder.outcome(effect)
                    settled = self._pipeline.settle(effect, {})
                    self._run.outcomes.append(settled)
                    self._recorder.settled(settled)
                case GapFound():
                    self._run.gaps.append(effect)
                    self._recorder.gap(effect, self._fed)
                case _:
                    pass  # what a client of ours would do; this one is somebody else's


def _session_plan(plan: ProxyPlan) -> SessionPlan:
    """What the recorder takes from a session: no address, no credentials."""
    return SessionPlan(
        addresses=resolve(endpoint="http://127.0.0.1:1"),
        credentials=Credentials("", SecretStr("")),
        conversations=(),
        policy=plan.policy,
        tools=plan.tools,
        clock=plan.clock,
        stopwatch=plan.clock,
        dialect=plan.dialect,
        record=plan.record,
    )
