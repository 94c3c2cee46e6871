"""A chaos run: draw the faults, play every trial, sum up.

1. The seed decides which faults, where, and every jitter; the same seed asks for the same trials.
2. Trials run several at once in each of a few processes; none knows of another.
3. Before anything is disturbed the undisturbed session must be clean: else the check would find what is not there.
"""

from __future__ import annotations

import asyncio
import functools
import importlib.resources
import multiprocessing
import random
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from harness.clock import Clock, ScaledClock, SystemClock
from harness.errors import ConfigError, HarnessError
from harness.recording.reader import Recording
from harness.replayer.fault_words import NAMES
from harness.scenario.compose import compose
from harness.scenario.model import load_scenario
from harness.session.chaos.menu import draw
from harness.session.chaos.trial import Ground, Result, Trial, run_trial
from harness.session.children import deaf_children
from harness.session.keys import load_key
from harness.session.parts import Tools

__all__ = ["Campaign", "call", "plan_trials", "play", "run_campaign", "shared_out"]

T = TypeVar("T")
R = TypeVar("R")

_AT_ONCE = 16
_PREFIX = "harness-chaos-"
_BATCH = 100
"""Trials a process plays before it is heard of again."""

_WORTH_A_PROCESS = 150


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """What a chaos run came to."""

    results: Sequence[Result]
    seconds: float

    @property
    def figures(self) -> dict[str, Any]:
        """The sums, as ``--json`` prints them."""
        faults = [form.kind for result in self.results for form in result.trial.forms]
        found = [result.findings for result in self.results]
        return {
            "faults": len(faults),
            "kinds": len(set(faults)),
            "survived": sum(len(result.trial.forms) for result in self.results if result.survived),
            "lost": sum(len(one.lost) for one in found),
            "duplicated": sum(len(one.duplicated) for one in found),
            "reordered": sum(len(one.reordered) for one in found),
            "unrecorded_gaps": sum(len(one.unrecorded) for one in found),
            "seconds": round(self.seconds, 1),
        }


def call() -> Recording:
    """The session that is disturbed: short, with a summary in pieces that the gateway validates."""
    with importlib.resources.as_file(importlib.resources.files(__package__) / "call.yaml") as path:
        composed = compose(load_scenario(path), seed=1)
    return Recording(path=Path("call.rec.jsonl"), header=composed.header, entries=list(composed.entries))


def plan_trials(faults: int, seed: int, kinds: Sequence[str] = ()) -> list[Trial]:
    """``faults`` faults of ``kinds`` (all, without any), in sessions of one or two.

    Raises:
        ConfigError: no such kind, or no fault at all.
    """
    unknown = next((kind for kind in kinds if kind not in NAMES), None)
    if unknown is not None:
        raise ConfigError("--kinds", unknown, "one of " + ", ".join(NAMES))
    if faults < 1:
        raise ConfigError("--faults", faults, "a number from 1 on")
    rng = random.Random(seed)
    sessions = draw(faults, rng, tuple(dict.fromkeys(kinds)) or NAMES)
    return [
        Trial(number=number, words=tuple(form.drawn(rng) for form in forms), forms=tuple(forms))
        for number, forms in enumerate(sessions, 1)
    ]


async def play(trials: Sequence[Trial], folder: Path, tools: Tools | None = None) -> list[Result]:
    """Every trial, several at once; results in their order. ``folder`` gets a folder for each.

    Raises:
        HarnessError: the recording of a trial, or its audit log, could not be written or read.
    """
    gate = asyncio.Semaphore(_AT_ONCE)
    results: list[Result | None] = [None] * len(trials)
    async with ScaledClock() as clock:
        ground = Ground(call=call(), tools=tools or Tools.default(), clock=clock, key=load_key(None, 1), folder=folder)

        async def one(place: int, trial: Trial) -> None:
            async with gate:
                results[place] = await run_trial(trial, ground)

        try:
            async with asyncio.TaskGroup() as group:
                for place, trial in sorted(enumerate(trials), key=_waiting):
                    group.create_task(one(place, trial))
        except* HarnessError as failed:
            raise failed.exceptions[0] from None
    return [result for result in results if result is not None]


def _waiting(placed: tuple[int, Trial]) -> bool:
    """Those whose service may have to wait begin first: so nobody waits for them in the end."""
    return not any(form.short for form in placed[1].forms)


def _apart(trials: Sequence[Trial], root: str | None = None) -> list[Result]:
    """A batch in a process and a folder of its own."""
    with tempfile.TemporaryDirectory(prefix=_PREFIX, dir=root) as folder:
        return asyncio.run(play(trials, Path(folder)))


def run_campaign(
    faults: int,
    seed: int,
    *,
    kinds: Sequence[str] = (),
    workers: int = 1,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
    clock: Clock | None = None,
) -> Campaign:
    """Play ``faults`` faults.

    Args:
        faults: how many.
        seed: rule 1.
        kinds: only these.
        workers: processes; a small run stays in this one.
        progress: told how many faults of how many are done.
        clock: measures how long it took.

    Raises:
        ConfigError: no such kind.
        HarnessError: a trial could not be written down or read.
    """
    clock = clock or SystemClock()
    began_ns, results, done = clock.monotonic_ns(), [], 0
    trials = plan_trials(faults, seed, kinds)
    untouched = _apart([Trial(number=0, words=(), forms=())])[0]
    if untouched.problems:
        raise HarnessError(f"the undisturbed session is not clean: {untouched.problems[0]}")
    batches = [trials[at : at + _BATCH] for at in range(0, len(trials), _BATCH)]
    for batch in _played(batches, workers if faults >= _WORTH_A_PROCESS else 1):
        results += batch
        done += sum(len(result.trial.forms) for result in batch)
        progress(done, faults)
    return Campaign(results=results, seconds=(clock.monotonic_ns() - began_ns) / 1e9)


def _played(batches: Sequence[Sequence[Trial]], workers: int) -> Iterator[list[Result]]:
    if workers < 2:
        yield from map(_apart, batches)
        return
    with tempfile.TemporaryDirectory(prefix=_PREFIX) as root:
        yield from shared_out(functools.partial(_apart, root=root), batches, workers)


def shared_out(work: Callable[[T], R], items: Sequence[T], workers: int) -> Iterator[R]:
    """``work`` of every item by spawned processes, in the order of the items.

    Who stops reading, or is interrupted, does not wait for work under way: the processes are ended.
    """
    others = set(multiprocessing.active_children())
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        try:
            with deaf_children():
                results = [pool.submit(work, item) for item in items]
            yield from (result.result() for result in results)
        except BaseException:  # none is cancelled before: the pool marks all that are left as broken itself
            for child in set(multiprocessing.active_children()) - others:
                child.terminate()
            raise
