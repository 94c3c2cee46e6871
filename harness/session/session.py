"""One session, live or replayed: the same client, pipeline, sinks and recorder; only the addresses differ."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from harness.client import ClientOptions, MediationClient
from harness.clock import Clock
from harness.dialects.base import Dialect, Event
from harness.dialects.mediation import MediationDialect
from harness.dialects.mediation_addresses import Addresses
from harness.errors import HarnessError, RecordingWriteError
from harness.metrics.latency import END_TO_END, LatencyBook
from harness.pipeline.chain import Pipeline
from harness.pipeline.outcome import GapFound, Outcome
from harness.pipeline.policy import PipelinePolicy
from harness.recorder import Recorder
from harness.recorder.recorder import EditedString
from harness.recording.steady import RecordingSuspended
from harness.recording.writer import PART, Durability
from harness.session.audit_trail import Taker
from harness.session.first_text import FirstText
from harness.session.intended import Intended
from harness.session.keys import Key
from harness.session.parts import Credentials, StageTimer, Tools
from harness.session.recording import recorder_of
from harness.wire.auth import NoToken, TokenCache, TokenSource
from harness.wire.rest import RestClient
from harness.wire.tap import NullTap

__all__ = ["RecordTo", "SessionPlan", "SessionRun", "new_recorder", "run_session", "seal_run"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordTo:
    """Where and how a session is recorded.

    Args:
        path: the final name of the file.
        key: of the surrogates.
        durability: when an entry counts as written.
        scenario: name of the scenario the service plays, None for real traffic.
        seed: noted in the header.
    """

    path: Path
    key: Key
    durability: Durability = "process"
    scenario: str | None = None
    seed: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionPlan:
    """Everything a session needs to know.

    Args:
        dialect: what the service speaks.
        token_cache: of the OAuth client, shared with other sessions.
        stop: set it to end the session early: within ``drain_s`` what has come is judged and recorded.
        clock: waits and stamps; a virtual one makes waits instant.
        stopwatch: measures; always a real clock.
        intended: told when each message of the stream has its outcome.
        keep_outcomes: hand all outcomes and gaps back at the end; a session without end would keep them for ever.
    """

    addresses: Addresses
    credentials: Credentials
    conversations: Sequence[str]
    policy: PipelinePolicy
    tools: Tools
    clock: Clock
    stopwatch: Clock
    dialect: Dialect = field(default_factory=MediationDialect)
    stop: asyncio.Event | None = None
    drain_s: float = 5.0
    token_cache: TokenCache | None = None
    options: ClientOptions = field(default_factory=ClientOptions)
    record: RecordTo | None = None
    store: Taker | None = None
    book: LatencyBook | None = None
    seed: int = 0
    keep_outcomes: bool = True
    intended: Intended | None = None


@dataclass(slots=True, kw_only=True)
class SessionRun:
    """What a session came to; ``error`` is what ended it early, ``stopped`` says that it was asked to end.

    Where the disk refused, ``suspensions`` has the times; a recording that could not be sealed is in ``unsealed``.
    ``stopped_ns`` is when it was asked to end, ``queue_peak`` the most messages that ever waited for the pipeline.
    ``premature``: see :meth:`Pipeline.premature`.
    """

    outcomes: list[Outcome] = field(default_factory=list, repr=False)
    gaps: list[GapFound] = field(default_factory=list)
    edits: list[EditedString] = field(default_factory=list, repr=False)
    recording: Path | None = None
    unsealed: Path | None = None
    suspensions: tuple[RecordingSuspended, ...] = ()
    stopped: bool = False
    stopped_ns: int = 0
    queue_peak: int = 0
    policy_digest: str = ""
    premature: list[tuple[int, int, int]] = field(default_factory=list)
    error: HarnessError | None = None


class _Listener:
    """Collects what the pipeline says, and hands it on to the recorder if there is one."""

    def __init__(self, run: SessionRun, recorder: Recorder | None, *, keep: bool) -> None:
        self._run = run
        self._recorder = recorder
        self._keep = keep

    def inbound(self, handle: Any, number: int) -> None:
        if self._recorder is not None:
            self._recorder.inbound(handle, number)

    def outcome(self, outcome: Outcome) -> None:
        if self._recorder is not None:
            self._recorder.outcome(outcome)

    def settled(self, outcome: Outcome) -> None:
        if self._keep:
            self._run.outcomes.append(outcome)
        if self._recorder is not None:
            self._recorder.settled(outcome)

    def unused(self, handle: Any) -> None:
        if self._recorder is not None:
            self._recorder.unused(handle)

    def dropped(self, handle: Any, event: Event, reason: str) -> None:
        if self._recorder is not None:
            self._recorder.dropped(handle, event, reason)

    def gap(self, gap: GapFound, after: int) -> None:
        if self._keep:
            self._run.gaps.append(gap)
        if self._recorder is not None:
            self._recorder.gap(gap, after)


async def run_session(plan: SessionPlan) -> SessionRun:
    """Run one session to its end.

    A recording is sealed also when the service fails; what could be recorded is in it. The failure is in ``error``.
    A session that failed before its first message leaves no recording. A disk that is full for a while costs entries,
    not the session.

    Raises:
        RecordingWriteError: the recording could not be written for good; the session was stopped.
        ConfigError: a setting is out of its bounds.
    """
    book = plan.book or LatencyBook()
    timer = StageTimer(book, plan.stopwatch)
    pipeline = Pipeline(
        dialect=plan.dialect,
        redactor=plan.tools.redactor,
        checker=plan.tools.checker,
        policy=plan.policy,
        on_stage=timer.mark,
    )
    run = SessionRun(policy_digest=pipeline.policy_digest)
    recorder = None if plan.record is None else new_recorder(plan, plan.record, pipeline)
    try:
        await _drive(plan, pipeline, run, recorder, book)
    except* HarnessError as group:
        run.error = _first(group)
        if type(run.error).__name__ == "RecordingWriteError":
            raise run.error from None
    run.premature = pipeline.premature()
    if recorder is not None and run.error is not None and not run.outcomes:
        recorder.discard()
    elif recorder is not None and plan.record is not None:
        await seal_run(recorder, run, plan.record.path)
    return run


async def seal_run(recorder: Recorder, run: SessionRun, path: Path) -> None:
    """Seal in a thread, for it waits for the disk; without room for the seal the file stays as it is."""
    try:
        await asyncio.to_thread(recorder.seal, "signal" if run.stopped else "closed")
        run.recording = path
    except RecordingWriteError as error:
        if not recorder.suspensions:
            raise
        run.unsealed = path.with_name(path.name + PART)
        run.error = run.error or error
    run.suspensions = recorder.suspensions
    run.edits = recorder.edited


def _first(group: BaseExceptionGroup[HarnessError]) -> HarnessError:
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    assert isinstance(error, HarnessError)
    return error


async def _drive(
    plan: SessionPlan, pipeline: Pipeline, run: SessionRun, recorder: Recorder | None, book: LatencyBook
) -> None:
    tap = recorder or NullTap()
    rng = random.Random(plan.seed)

    first_text = FirstText(book)

    async def handle(outcome: Outcome, latency_ns: int) -> None:
        if not plan.clock.virtual:
            first_text.take(outcome, latency_ns, plan.clock.monotonic_ns())
            book.record(END_TO_END, latency_ns, conversation=outcome.conversation)
        if plan.intended is not None and outcome.service == "stream":
            plan.intended.settled(plan.clock.monotonic_ns())
        if plan.store is not None:
            await plan.store.take(pipeline, outcome, None if plan.clock.virtual else latency_ns)

    direct = plan.addresses.loopback
    options = plan.options if plan.clock.virtual else replace(plan.options, measure=book.record)
    async with RestClient(
        tap=tap,
        clock=plan.clock,
        rng=rng,
        timeout_s=options.connect_timeout_s,
        direct=direct,
        budget_s=options.request_budget_s,
        limiter=options.requests,
    ) as rest:
        tokens = (
            NoToken()
            if not plan.dialect.needs_token
            else TokenSource(
                token_url=plan.addresses.token_url,
                client_id=plan.credentials.client_id,
                client_secret=plan.credentials.client_secret,
                rest=rest,
                clock=plan.clock,
                cache=plan.token_cache,
            )
        )
        client = MediationClient(
            addresses=plan.addresses,
            conversations=plan.conversations,
            pipeline=pipeline,
            dialect=plan.dialect,
            tokens=tokens,
            rest=rest,
            tap=tap,
            observer=_Listener(run, recorder, keep=plan.keep_outcomes),
            handle=handle,
            clock=plan.clock,
            rng=rng,
            options=options,
        )
        try:
            await _until_stopped(plan, run, client)
        finally:
            run.queue_peak = client.queue_peak


async def _until_stopped(plan: SessionPlan, run: SessionRun, client: MediationClient) -> None:
    """Run the client to its end, or to the stop and a little longer: what has come is judged."""
    if plan.stop is None:
        await client.run()
        return
    stop = plan.stop
    async with asyncio.TaskGroup() as group:
        running = group.create_task(client.run())

        async def stopper() -> None:
            await stop.wait()
            run.stopped, run.stopped_ns = True, plan.clock.monotonic_ns()
            try:
                async with asyncio.timeout(plan.drain_s):
                    await client.leave()
                    await asyncio.wait([running])
            except TimeoutError:
                running.cancel()

        watcher = group.create_task(stopper())
        await asyncio.wait([running])
        watcher.cancel()


def new_recorder(plan: SessionPlan, record: RecordTo, pipeline: Pipeline) -> Recorder:
    """A recorder of what ``plan`` is about, into ``record``."""
    return recorder_of(
        record.path,
        key=record.key,
        clock=plan.clock,
        tools=plan.tools,
        policy_digest=pipeline.policy_digest,
        dialect=plan.dialect,
        durability=record.durability,
        scenario=record.scenario,
        seed=record.seed,
    )
