"""Whole runs: a live service or a corpus of recordings through the pipeline, and their report."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from harness._version import __version__
from harness.clock import SystemClock
from harness.dialects.base import Dialect
from harness.metrics.latency import LatencyBook
from harness.recording.reader import find_recordings
from harness.report.run import RunResult
from harness.report.write import write_report
from harness.session.corpus import policies_of, replay_corpus, report_replay, rule_ids
from harness.session.judging import judging_of
from harness.session.keys import Key, load_key
from harness.session.live import Job, run_live
from harness.session.parts import Tools, policy_of, tool_name
from harness.session.results import live_result
from harness.session.session import SessionRun
from harness.session.setup import live_run
from harness.session.sinks import sinks_of
from harness.session.store import Store
from harness.settings import Settings
from harness.wire.dialler import LinkState

__all__ = ["hurried", "run_on_live", "run_on_recordings", "store_of"]


@asynccontextmanager
async def store_of(settings: Settings, folder: Path, key: Key) -> AsyncIterator[Store]:
    """A store in ``folder`` with the sinks the settings name."""
    clock = SystemClock()
    async with AsyncExitStack() as stack:
        sinks = [await stack.enter_async_context(aclosing(sink)) for sink in sinks_of(settings, clock)]
        yield await stack.enter_async_context(
            Store(folder, key=key, clock=clock, sinks=sinks, drain_s=settings.drain_s)
        )


def hurried(store: Store, settings: Settings, runs: list[SessionRun]) -> list[SessionRun]:
    """``runs``; where they were asked to end, ``store`` has what is left of ``drain_s`` since then."""
    asked_ns = min((run.stopped_ns for run in runs if run.stopped), default=None)
    if asked_ns is not None:
        store.hurry(max(0.0, settings.drain_s - (SystemClock().monotonic_ns() - asked_ns) / 1e9))
    return runs


async def run_on_live(
    settings: Settings,
    jobs: Sequence[Job],
    folder: Path,
    dialect: Dialect | None = None,
    *,
    stop: asyncio.Event | None = None,
    on_state: Callable[[LinkState], None] = lambda _: None,
) -> tuple[dict[str, Any], list[SessionRun]]:
    """Follow conversations of the configured service; nothing is recorded.

    When ``stop`` is set, sessions and deliveries have ``drain_s`` together to come to their end.
    """
    book, key = LatencyBook(), load_key(settings.key_file, None)
    judging = judging_of(settings, clock=SystemClock())
    live = live_run(settings, book=book, dialect=dialect, stop=stop, on_state=on_state, judging=judging)
    done: dict[int, SessionRun] = {}
    async with store_of(settings, folder, key) as store:
        runs = await run_live(replace(live, store=store, on_done=lambda job, run: done.update({id(job): run})), jobs)
        hurried(store, settings, runs)
    for run in runs:
        book.peak("queue", run.queue_peak)
    results = [live_result(job.name, done[id(job)], None) for job in jobs if id(job) in done]
    policies = policies_of(live.tools, policy_of(settings))
    result = RunResult(
        name=folder.name,
        mode="live",
        sessions=results,
        measurements=book,
        policy_digest=policies,
        tool=tool_name(__version__),
        rules=rule_ids(live.tools),
        judges=[] if judging is None else judging.rows(),
    )
    return write_report(result, folder), runs


async def run_on_recordings(
    settings: Settings,
    files: Sequence[Path],
    folder: Path,
    *,
    speed: float | None,
    progress: Callable[[str, int, int], None],
    dialect: Dialect | None = None,
) -> dict[str, Any]:
    """Replay recordings through the real client and compare with their live side.

    Raises:
        RecordingError: a file is missing or damaged; no report is written then.
    """
    paths, tools, policy, book = find_recordings(files), Tools.of(settings), policy_of(settings), LatencyBook()
    judging = judging_of(settings, clock=SystemClock(), replay=True)
    done = 0

    def on_done(_: object) -> None:
        nonlocal done
        done += 1
        progress("replayed", done, len(paths))

    results = await replay_corpus(
        paths,
        tools=tools,
        policy=policy,
        speed=speed,
        book=book,
        on_done=on_done,
        dialect=dialect,
        ask_judge=None if judging is None else judging.ask,
    )
    return report_replay(
        folder.name,
        results,
        folder,
        policies=policies_of(tools, policy),
        book=book,
        virtual_time=speed is None,
        rules=rule_ids(tools),
        judges=[] if judging is None else judging.rows(),
    )
