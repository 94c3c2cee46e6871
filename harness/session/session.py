"""One session, live or replayed: the same client, pipeline, sinks and recorder; only the addresses differ."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.client import ClientOptions, MediationClient
from harness.clock import Clock
from harness.dialects.mediation import MediationDialect
from harness.dialects.mediation_addresses import Addresses
from harness.errors import HarnessError
from harness.metrics.latency import END_TO_END, LatencyBook
from harness.pipeline.chain import Pipeline
from harness.pipeline.outcome import GapFound, Outcome
from harness.pipeline.policy import PipelinePolicy
from harness.recorder import Recorder
from harness.recorder.recorder import EditedString
from harness.session.keys import Key
from harness.session.parts import Credentials, StageTimer, Tools
from harness.session.recording import recorder_of
from harness.session.store import Store
from harness.wire.auth import TokenSource
from harness.wire.rest import RestClient
from harness.wire.tap import NullTap

__all__ = ["RecordTo", "SessionPlan", "SessionRun", "run_session"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordTo:
    """Where and how a session is recorded.

    Args:
        path: the final name of the file.
        key: of the surrogates.
        scenario: name of the scenario the service plays, None for real traffic.
        seed: noted in the header.
    """

    path: Path
    key: Key
    scenario: str | None = None
    seed: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionPlan:
    """Everything a session needs to know.

    Args:
        clock: waits and stamps; a virtual one makes waits instant.
        stopwatch: measures; always a real clock.
    """

    addresses: Addresses
    credentials: Credentials
    conversations: Sequence[str]
    policy: PipelinePolicy
    tools: Tools
    clock: Clock
    stopwatch: Clock
    options: ClientOptions = field(default_factory=ClientOptions)
    record: RecordTo | None = None
    store: Store | None = None
    book: LatencyBook | None = None
    seed: int = 0


@dataclass(slots=True, kw_only=True)
class SessionRun:
    """What a session came to; ``error`` is what ended it early."""

    outcomes: list[Outcome] = field(default_factory=list, repr=False)
    gaps: list[GapFound] = field(default_factory=list)
    edits: list[EditedString] = field(default_factory=list, repr=False)
    recording: Path | None = None
    policy_digest: str = ""
    error: HarnessError | None = None


class _Listener:
    """Collects what the pipeline says, and hands it on to the recorder if there is one."""

    def __init__(self, run: SessionRun, recorder: Recorder | None) -> None:
        self._run = run
        self._recorder = recorder

    def inbound(self, handle: Any, number: int) -> None:
        if self._recorder is not None:
            self._recorder.inbound(handle, number)

    def outcome(self, outcome: Outcome) -> None:
        if self._recorder is not None:
            self._recorder.outcome(outcome)

    def settled(self, outcome: Outcome) -> None:
        self._run.outcomes.append(outcome)
        if self._recorder is not None:
            self._recorder.settled(outcome)

    def unused(self, handle: Any) -> None:
        if self._recorder is not None:
            self._recorder.unused(handle)

    def gap(self, gap: GapFound, after: int) -> None:
        self._run.gaps.append(gap)
        if self._recorder is not None:
            self._recorder.gap(gap, after)


async def run_session(plan: SessionPlan) -> SessionRun:
    """Run one session to its end.

    A recording is sealed also when the service fails; what could be recorded is in it. The failure is in ``error``.
    A session that failed before its first message leaves no recording.

    Raises:
        RecordingWriteError: the recording could not be written; the session was stopped.
        ConfigError: a setting is out of its bounds.
    """
    book = plan.book or LatencyBook()
    timer = StageTimer(book, plan.stopwatch)
    pipeline = Pipeline(
        dialect=MediationDialect(),
        redactor=plan.tools.redactor,
        checker=plan.tools.checker,
        policy=plan.policy,
        on_stage=timer.mark,
    )
    run = SessionRun(policy_digest=pipeline.policy_digest)
    recorder = None if plan.record is None else _recorder(plan, plan.record, pipeline)
    try:
        await _drive(plan, pipeline, run, recorder, book)
    except* HarnessError as group:
        run.error = _first(group)
        if type(run.error).__name__ == "RecordingWriteError":
            raise run.error from None
    if recorder is not None and run.error is not None and not run.outcomes:
        recorder.discard()
    elif recorder is not None and plan.record is not None:
        recorder.seal()
        run.recording = plan.record.path
        run.edits = recorder.edited
    return run


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

    async def handle(outcome: Outcome, latency_ns: int) -> None:
        if not plan.clock.virtual:
            book.record(END_TO_END, latency_ns)
        if plan.store is not None:
            await plan.store.take(pipeline, outcome, None if plan.clock.virtual else latency_ns)

    direct = plan.addresses.loopback
    timeout_s = plan.options.connect_timeout_s
    async with RestClient(tap=tap, clock=plan.clock, rng=rng, timeout_s=timeout_s, direct=direct) as rest:
        tokens = TokenSource(
            token_url=plan.addresses.token_url,
            client_id=plan.credentials.client_id,
            client_secret=plan.credentials.client_secret,
            rest=rest,
            clock=plan.clock,
        )
        client = MediationClient(
            addresses=plan.addresses,
            conversations=plan.conversations,
            pipeline=pipeline,
            tokens=tokens,
            rest=rest,
            tap=tap,
            observer=_Listener(run, recorder),
            handle=handle,
            clock=plan.clock,
            rng=rng,
            options=plan.options,
        )
        await client.run()


def _recorder(plan: SessionPlan, record: RecordTo, pipeline: Pipeline) -> Recorder:
    return recorder_of(
        record.path,
        key=record.key,
        clock=plan.clock,
        tools=plan.tools,
        policy_digest=pipeline.policy_digest,
        scenario=record.scenario,
        seed=record.seed,
    )
