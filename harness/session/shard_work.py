"""What a worker does: replay the recordings of one shard, one after the other, and write its file.

1. What is costly to make is made once in a process, and kept for all its shards.
2. A recording that raises is quarantined with its type and the lines it came through; the message of an error nobody
   foresaw may hold anything and is not kept. The rest of the shard goes on.
3. A worker ends with the run that started it, however that ends; a keyboard interrupt is the run's to handle.
4. Nothing but plain values goes back: what a run must know is in the shard's file.
"""

from __future__ import annotations

import asyncio
import contextlib
import faulthandler
import json
import multiprocessing
import os
import re
import signal
import threading
import traceback
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any

from harness.clock import SystemClock
from harness.errors import HarnessError, RecordingError
from harness.metrics.latency import LatencyBook
from harness.pipeline.policy import PipelinePolicy
from harness.report.write import write_atomically
from harness.session.corpus import replay_corpus
from harness.session.dialects import find_dialect
from harness.session.judging import Judging, judging_of
from harness.session.kept import encoded
from harness.session.parts import Tools, policy_of
from harness.session.shards import Shards
from harness.settings import Settings

__all__ = ["CRASH", "DAMAGED", "ERROR", "Job", "Setup", "crash_words", "work"]

DAMAGED, ERROR, CRASH = "damaged", "error", "crash"
"""Why a recording is in quarantine: it is no sound file; it raised; it took its worker with it."""

_FRAMES = 12
_FRAME = re.compile(r'File "(?:.*/)?([^"/]+)", line (\d+) in (\S+)')


@dataclass(frozen=True, slots=True)
class Setup:
    """What all shards of a run share.

    Args:
        run: names the run; a process keeps what it made for it.
        settings: without secrets.
        speed: see ``replay_recording``.
        dialect: as the user named it.
    """

    run: str
    settings: Settings
    speed: float | None
    dialect: str | None


@dataclass(frozen=True, slots=True)
class Job:
    """One shard.

    Args:
        folder: of the shards; every worker must reach it.
        number: of the shard.
        recordings: place in the plan -> file.
        skip: place -> why it is in quarantine.
    """

    setup: Setup
    folder: Path
    number: int
    recordings: Mapping[int, Path]
    skip: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class _Equipment:
    run: str
    tools: Tools
    policy: PipelinePolicy
    judging: Judging | None


_EQUIPMENT: list[_Equipment] = []


def _equipment(setup: Setup) -> _Equipment:
    """Rule 1."""
    if not _EQUIPMENT or _EQUIPMENT[0].run != setup.run:
        judging = judging_of(setup.settings, clock=SystemClock(), replay=True)
        _EQUIPMENT[:] = [_Equipment(setup.run, Tools.of(setup.settings), policy_of(setup.settings), judging)]
        _belong_to_the_run()
    return _EQUIPMENT[0]


def _belong_to_the_run() -> None:
    """Rule 3; in a process that nobody started for this there is nothing to do."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


def _end_with(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)


def work(job: Job) -> str:
    """Do one shard.

    Returns:
        '' when its file is written, else what hindered that.
    """
    shards = Shards(job.folder)
    try:
        with _last_words(shards.crash(job.number)):
            lines = asyncio.run(_lines(job, shards))
        write_atomically(shards.result(job.number), lines)
        shards.leave(job.number)
    except HarnessError as error:  # as words: not every error survives the way to another process
        return str(error)
    except OSError as error:
        return f"{job.folder}: {error.strerror or type(error).__name__}"
    return ""


@contextlib.contextmanager
def _last_words(path: Path) -> Iterator[None]:
    """Where Python says which line it died at."""
    if multiprocessing.parent_process() is None:
        yield
        return
    with path.open("w", encoding="utf-8") as file:
        faulthandler.enable(file, all_threads=False)
        try:
            yield
        finally:
            faulthandler.disable()


async def _lines(job: Job, shards: Shards) -> list[bytes]:
    equipment = _equipment(job.setup)
    judging = equipment.judging
    before = [] if judging is None else judging.rows()
    book = None if job.setup.speed is None else LatencyBook()
    lines = []
    for place, path in job.recordings.items():
        if place in job.skip:
            lines.append(_quarantined(place, CRASH, job.skip[place]))
            continue
        shards.stand(job.number, place)
        lines.append(await _one(place, path, job.setup, equipment, book))
    rows = [] if judging is None else _since(before, judging.rows())
    lines.append(_json({"end": {"book": None if book is None else book.packed(), "judges": rows}}))
    return lines


async def _one(place: int, path: Path, setup: Setup, equipment: _Equipment, book: LatencyBook | None) -> bytes:
    """The line of one recording."""
    try:
        (result,) = await replay_corpus(
            [path],
            tools=equipment.tools,
            policy=equipment.policy,
            speed=setup.speed,
            book=book,
            dialect=None if setup.dialect is None else find_dialect(setup.dialect),
            ask_judge=None if equipment.judging is None else equipment.judging.ask,
        )
        return encoded(result, {}, root=path.parent)
    except RecordingError as error:
        return _quarantined(place, DAMAGED, str(error).replace(str(path), path.name))
    except HarnessError as error:
        return _quarantined(place, ERROR, str(error).replace(str(path), path.name))
    except Exception as error:  # noqa: BLE001 - rule 2
        return _quarantined(place, ERROR, _words(error))


def _words(error: BaseException) -> str:
    passed = traceback.extract_tb(error.__traceback__)
    while isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
        passed += traceback.extract_tb(error.__traceback__)
    frames = [f"{Path(f.filename).name}:{f.lineno} in {f.name}" for f in passed]
    return " < ".join([type(error).__name__, *frames[: -_FRAMES - 1 : -1]])


def crash_words(said: str) -> str:
    """What ``faulthandler`` wrote, in a line: the signal, and the frames, innermost first."""
    head = said.partition("\n")[0].removeprefix("Fatal Python error: ").strip()
    frames = [f"{name}:{line} in {function}" for name, line, function in _FRAME.findall(said)]
    return " < ".join([head or "its worker died without a word: it was killed, or memory ran out", *frames[:_FRAMES]])


def _quarantined(place: int, kind: str, why: str) -> bytes:
    return _json({"quarantined": {"place": place, "kind": kind, "why": why}})


def _json(value: Any) -> bytes:
    return json.dumps(value).encode() + b"\n"


def _since(before: Sequence[Mapping[str, Any]], now: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What was counted between two :meth:`Judging.rows`."""
    return [
        {name: value - old[name] if _is_count(value) else value for name, value in new.items()}
        for old, new in zip(before, now, strict=True)
    ]


def _is_count(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
