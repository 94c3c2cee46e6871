"""Sessions with a live service, one or many at once, recorded or not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from harness.client import ClientOptions
from harness.clock import SystemClock
from harness.dialects.base import Dialect
from harness.dialects.mediation import MediationDialect
from harness.dialects.mediation_addresses import Addresses
from harness.errors import HarnessError
from harness.metrics.latency import LatencyBook
from harness.pipeline.policy import PipelinePolicy
from harness.recording.reader import read_recording
from harness.recording.writer import Durability
from harness.report.labels import Label, labels_path
from harness.report.write import write_atomically
from harness.session.audit_trail import Taker
from harness.session.keys import Key
from harness.session.label_shift import shifted, write_labels
from harness.session.parts import Credentials, Tools
from harness.session.session import RecordTo, SessionPlan, SessionRun, run_session
from harness.wire.auth import TokenCache

__all__ = ["Job", "LiveRun", "run_live"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One session to run.

    Args:
        name: of its recording, without suffix.
        conversations: interaction ids.
        policy: the pipeline's choices.
        scenario: what the service plays, None for real traffic.
        labels: ground truth of the original text, moved to the recording.
    """

    name: str
    conversations: Sequence[str]
    policy: PipelinePolicy
    scenario: str | None = None
    labels: Sequence[Label] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveRun:
    """What all sessions share.

    Args:
        record_to: folder of the recordings; None = nothing is recorded.
        key: of surrogates and audit hashes.
        dialect: what the service speaks.
        durability: of the recordings.
        stop: set it to end all sessions early, with their recordings sealed.
        drain_s: how long they may take to end then.
        parallel: sessions at once.
        on_done: told of every session that ended.
    """

    addresses: Addresses
    credentials: Credentials
    tools: Tools
    key: Key
    options: ClientOptions = field(default_factory=ClientOptions)
    record_to: Path | None = None
    store: Taker | None = None
    book: LatencyBook | None = None
    seed: int | None = None
    dialect: Dialect = field(default_factory=MediationDialect)
    durability: Durability = "process"
    stop: asyncio.Event | None = None
    drain_s: float = 5.0
    parallel: int = 64
    on_done: Callable[[Job, SessionRun], None] = lambda _job, _run: None


async def run_live(live: LiveRun, jobs: Sequence[Job]) -> list[SessionRun]:
    """Run every job; results in the order of ``jobs``. A session that fails does not end the others.

    Raises:
        RecordingWriteError: a recording could not be written; every session is stopped.
    """
    gate = asyncio.Semaphore(live.parallel)
    # One token for all, recorded or not: the request for it is in the recording of the session that made it.
    cache = TokenCache()
    runs: list[SessionRun | None] = [None] * len(jobs)

    async def one(index: int, job: Job) -> None:
        async with gate:
            if live.stop is not None and live.stop.is_set():
                return
            runs[index] = run = await run_session(_plan(live, job, index, cache))
        if run.recording is not None and job.labels:
            _keep_labels(run, job)
        live.on_done(job, run)

    try:
        async with asyncio.TaskGroup() as group:
            for index, job in enumerate(jobs):
                group.create_task(one(index, job))
    except* HarnessError as failed:
        raise failed.exceptions[0] from None
    return [run for run in runs if run is not None]


def _plan(live: LiveRun, job: Job, index: int, cache: TokenCache) -> SessionPlan:
    record = None
    if live.record_to is not None:
        path = live.record_to / f"{job.name}.rec.jsonl"
        record = RecordTo(path=path, key=live.key, durability=live.durability, scenario=job.scenario, seed=live.seed)
    clock = SystemClock()
    file = job.name if record is None else record.path.name
    return SessionPlan(
        addresses=live.addresses,
        credentials=live.credentials,
        conversations=job.conversations,
        policy=job.policy,
        tools=live.tools,
        clock=clock,
        stopwatch=clock,
        dialect=live.dialect,
        stop=live.stop,
        drain_s=live.drain_s,
        token_cache=cache,
        options=live.options,
        record=record,
        store=live.store,
        book=None if live.book is None else live.book.session(file),
        seed=index,
    )


def _keep_labels(run: SessionRun, job: Job) -> None:
    assert run.recording is not None
    digest = read_recording(run.recording).digest
    write_atomically(labels_path(run.recording), [write_labels(shifted(job.labels, run.edits, digest))])
