"""The whole loop on the embedded service: compose, serve, record live, replay, compare, report."""

from __future__ import annotations

import asyncio
import importlib.resources
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from harness.clock import SystemClock
from harness.dialects.mediation import MediationDialect
from harness.dialects.mediation_addresses import resolve
from harness.errors import ConfigError
from harness.metrics.latency import SCHEDULE_LAG, LatencyBook
from harness.pipeline.policy import PipelinePolicy
from harness.recording.reader import Recording, find_recordings, read_recording
from harness.replayer.script import checked_speed
from harness.replayer.service import ReplayService
from harness.scenario.files import compose_files
from harness.session.corpus import policies_of, replay_corpus, report_replay, rule_ids
from harness.session.folders import made_folder
from harness.session.keys import load_key
from harness.session.live import Job, LiveRun, run_live
from harness.session.parts import Credentials, Tools
from harness.session.replay import conversations_of, subscription_of
from harness.session.results import labels_of
from harness.session.session import SessionRun
from harness.session.store import STORE_FILES, Store

__all__ = ["DemoResult", "record_corpus", "run_demo", "scenario_files"]

_MARK = ".made-by-harness-demo"
_OURS = ("*.rec.jsonl", "*.rec.jsonl.part", "*.labels.jsonl")
_PATIENCE_S = 60.0
"""More than the client's own timers: as a live service the replayer waits for a client that gives up a hole."""

Progress = Callable[[str, int, int], None]
"""Told of each step: what, how many done, how many in all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoResult:
    """What the demo made."""

    report: dict[str, Any]
    live: Sequence[SessionRun]
    folder: Path
    recordings: Path


def scenario_files() -> list[Path]:
    """The scenarios that come with the package, or those of the source tree.

    Raises:
        ConfigError: neither is there.
    """
    packaged = Path(str(importlib.resources.files("harness"))) / "_fixtures" / "scenarios"
    source = Path(str(importlib.resources.files("harness"))).parent / "fixtures" / "scenarios"
    for folder in (packaged, source):
        found = sorted(folder.glob("*.yaml"))
        if found:
            return found
    raise ConfigError("scenarios", "none found", "an installation with its scenarios", fix="reinstall the package")


async def run_demo(folder: Path, *, seed: int, speed: float | None, progress: Progress) -> DemoResult:
    """Do it all; ``folder`` gets the recordings and the report, what an earlier demo left there is replaced."""
    checked_speed(speed)
    tools, policy, book = Tools.default(), PipelinePolicy(), LatencyBook()
    recordings = _emptied(folder)
    for name in STORE_FILES:
        (folder / name).unlink(missing_ok=True)
    with tempfile.TemporaryDirectory(prefix="harness-demo-") as scratch:
        files = scenario_files()
        composed = await asyncio.to_thread(compose_files, files, Path(scratch), seed)
        progress("composed", len(composed), len(composed))
        async with Store(folder, key=load_key(None, seed), clock=SystemClock()) as store:
            live = await record_corpus(
                composed,
                recordings,
                tools=tools,
                policy=policy,
                speed=speed,
                seed=seed,
                store=store,
                book=book,
                progress=progress,
            )
    report = await _replayed(folder, recordings, tools, policy, book, seed, progress)
    return DemoResult(report=report, live=live, folder=folder, recordings=recordings)


async def record_corpus(
    composed: Sequence[Path],
    out: Path,
    *,
    tools: Tools,
    policy: PipelinePolicy,
    speed: float | None,
    seed: int,
    store: Store | None = None,
    book: LatencyBook | None = None,
    progress: Progress = lambda _what, _done, _all: None,
) -> list[SessionRun]:
    """Serve composed recordings as the live service and record every one of them through the live client."""
    sources = [read_recording(path) for path in composed]
    done = 0

    def on_done(_job: Job, _run: SessionRun) -> None:
        nonlocal done
        done += 1
        progress("recorded live", done, len(sources))

    service = ReplayService(
        sources,
        dialect=MediationDialect(),
        clock=SystemClock(),
        speed=speed,
        lenient=True,
        patience_s=_PATIENCE_S,
        lagged=None if book is None else partial(book.record, SCHEDULE_LAG),
    )
    async with service:
        live = LiveRun(
            addresses=resolve(endpoint=service.endpoint),
            credentials=Credentials(service.client_id, SecretStr(service.client_secret)),
            tools=tools,
            key=load_key(None, seed),
            record_to=out,
            store=store,
            book=book,
            seed=seed,
            on_done=on_done,
        )
        return await run_live(live, [_job(source, policy) for source in sources])


def _job(source: Recording, policy: PipelinePolicy) -> Job:
    return Job(
        name=source.path.name.removesuffix(".rec.jsonl"),
        conversations=conversations_of(source),
        policy=replace(policy, subscription=subscription_of(source)),
        scenario=source.header.scenario,
        labels=labels_of(source.path)[0],
    )


async def _replayed(
    folder: Path,
    recordings: Path,
    tools: Tools,
    policy: PipelinePolicy,
    book: LatencyBook,
    seed: int,
    progress: Progress,
) -> dict[str, Any]:
    paths = find_recordings([recordings])
    results = await replay_corpus(
        paths,
        tools=tools,
        policy=policy,
        on_done=lambda result: progress("replayed", paths.index(Path(result.recording_path)) + 1, len(paths)),
    )
    policies = policies_of(tools, policy)
    # The latencies are those of the live sessions; the replay is instant and measures nothing.
    return report_replay(
        "demo", results, folder, policies=policies, book=book, virtual_time=False, seed=seed, rules=rule_ids(tools)
    )


def _emptied(folder: Path) -> Path:
    """The folder of the recordings without those of an earlier demo; a folder no demo made is left alone.

    Raises:
        ConfigError: recordings lie there that no demo wrote, or another demo is at work there.
    """
    recordings, mark = folder / "recordings", folder / _MARK
    made_folder(recordings)
    found = [path for pattern in _OURS for path in recordings.glob(pattern)]
    if found and not mark.exists():
        raise ConfigError("--out", str(folder), "a folder without recordings of your own", fix="name a new folder")
    mark.touch()
    for path in found:
        path.unlink(missing_ok=True)
    return recordings
