"""Whole runs: a live service or a corpus of recordings through the pipeline, and their report."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack, aclosing
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
from harness.session.keys import load_key
from harness.session.live import Job, run_live
from harness.session.parts import Tools, policy_of, tool_name
from harness.session.results import live_result
from harness.session.session import SessionRun
from harness.session.setup import live_run
from harness.session.sinks import sinks_of
from harness.session.store import Store
from harness.settings import Settings

__all__ = ["run_on_live", "run_on_recordings"]


async def run_on_live(
    settings: Settings, jobs: Sequence[Job], folder: Path, dialect: Dialect | None = None
) -> tuple[dict[str, Any], list[SessionRun]]:
    """Follow conversations of the configured service; nothing is recorded."""
    book, key = LatencyBook(), load_key(settings.key_file, None)
    live = live_run(settings, book=book, dialect=dialect)
    clock = SystemClock()
    async with AsyncExitStack() as stack:
        sinks = [await stack.enter_async_context(aclosing(sink)) for sink in sinks_of(settings, clock)]
        store = await stack.enter_async_context(
            Store(folder, key=key, clock=clock, sinks=sinks, drain_s=settings.drain_s)
        )
        runs = await run_live(live_run(settings, store=store, book=book, dialect=dialect), jobs)
    results = [live_result(job.name, run, None) for job, run in zip(jobs, runs, strict=True)]
    policies = policies_of(live.tools, policy_of(settings))
    run = RunResult(
        name=folder.name,
        mode="live",
        sessions=results,
        measurements=book,
        policy_digest=policies,
        tool=tool_name(__version__),
        rules=rule_ids(live.tools),
    )
    return write_report(run, folder), runs


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
    done = 0

    def on_done(_: object) -> None:
        nonlocal done
        done += 1
        progress("replayed", done, len(paths))

    results = await replay_corpus(
        paths, tools=tools, policy=policy, speed=speed, book=book, on_done=on_done, dialect=dialect
    )
    return report_replay(
        folder.name,
        results,
        folder,
        policies=policies_of(tools, policy),
        book=book,
        virtual_time=speed is None,
        rules=rule_ids(tools),
    )
