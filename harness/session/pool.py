"""A corpus over several processes, with the report one process would have written.

1. Shards are handed to an executor of ``concurrent.futures``; each worker writes its shard's file, and the report is made of
   the files alone. So any number of workers, and any number of interrupted runs, give the same verdicts, byte for byte.
2. When a worker dies, the pool dies with it. A new one goes on; the shards that were being worked on are done alone, one
   after the other, so that the guilty one is known. A recording that kills its worker :data:`CRASHES` times, alone, goes
   into quarantine.
3. Quarantine fails a run, and nothing else of it: the report tells of the recording as a session with a problem. The shards
   stay then, and ``resume`` tries the quarantined again; otherwise they are removed once the report is written.
4. Measurements merge histogram by histogram, counts of judges are added.
"""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import secrets
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import BrokenExecutor, Executor, ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Any, NamedTuple

from harness._version import __version__
from harness.errors import ConfigError, HarnessError
from harness.metrics.latency import LatencyBook
from harness.recording.reader import find_recordings
from harness.report.run import SessionResult
from harness.session.corpus import policies_of, report_replay, rule_ids
from harness.session.kept import decoded
from harness.session.parts import Tools, policy_of, tool_name
from harness.session.shard_work import CRASH, Job, Setup, crash_words, work
from harness.session.shards import FOLDER, QUARANTINED, Plan, Shards
from harness.settings import Settings

__all__ = ["CRASHES", "MOST_WORKERS", "Quarantined", "process_pool", "run_on_pool"]

CRASHES = 3
"""Deaths of a worker, with nothing else running, after which a recording is given up."""

MOST_WORKERS = 256

_SECRETS = ("client_secret", "judge_key", "webhook_token")


class Quarantined(NamedTuple):
    """A recording that is not in the run; ``kind`` is damaged, error or crash, ``why`` has no text of a conversation."""

    file: str
    kind: str
    why: str


def process_pool(workers: int) -> Executor:
    """Processes that are forked from one that has imported everything and run nothing."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([work.__module__])
    return ProcessPoolExecutor(workers, mp_context=context)


def run_on_pool(
    settings: Settings,
    files: Sequence[Path],
    folder: Path,
    *,
    workers: int,
    resume: bool = False,
    speed: float | None = None,
    dialect: str | None = None,
    progress: Callable[[str, int, int], None] = lambda *_: None,
    executor: Callable[[int], Executor] = process_pool,
) -> tuple[dict[str, Any], list[Quarantined]]:
    """Replay recordings and write their report into ``folder``.

    Args:
        workers: processes at once.
        resume: go on with what an earlier call left in ``folder``; where there is nothing, begin.
        dialect: as the user names it, instead of what the recordings say.
        progress: told a word, how many recordings are done, and of how many.
        executor: makes an executor of so many workers. They must be processes that work on one shard at a time and
            reach the recordings and ``folder`` under the same paths.

    Returns:
        the report, and what is not in it.

    Raises:
        ConfigError: ``workers`` is out of bounds, or ``folder`` holds another run, or is in use.
        RecordingNotFound: there is nothing to run.
        HarnessError: workers die before they begin, or cannot write.
    """
    if not 1 <= workers <= MOST_WORKERS:
        raise ConfigError("--workers", workers, f"1 to {MOST_WORKERS}")
    paths, tools, policy = find_recordings(files), Tools.of(settings), policy_of(settings)
    bare = settings.model_copy(update=dict.fromkeys(_SECRETS))
    policies = policies_of(tools, policy)
    about = {
        "policies": policies,
        "detectors": list(settings.detectors),
        "judges": _judges(settings),
        "speed": speed,
        "dialect": dialect,
        "tool": tool_name(__version__),
    }
    shards = Shards(folder / FOLDER)
    with shards.held():
        plan = Plan.of(paths, about)
        run = _Run(plan, shards, Setup(secrets.token_hex(8), bare, speed, dialect), executor, workers, progress)
        run.go(shards.begin(plan, resume=resume))
        results, quarantined, book, judges = _read(plan, shards)
        report = report_replay(
            folder.name,
            results,
            folder,
            policies=policies,
            book=book,
            virtual_time=speed is None,
            rules=rule_ids(tools),
            judges=judges,
        )
        if not quarantined:
            shards.remove()
    return report, quarantined


def _judges(settings: Settings) -> list[Any]:
    """What of judges decides: who they are, and what they answered."""
    if not settings.judges:
        return []
    path = settings.judge_answers
    return [dict(settings.judges), hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else ""]


class _Run:
    """The shards of a plan, until all are done; see the module's rule 2."""

    def __init__(
        self,
        plan: Plan,
        shards: Shards,
        setup: Setup,
        executor: Callable[[int], Executor],
        workers: int,
        progress: Callable[[str, int, int], None],
    ) -> None:
        self._plan = plan
        self._shards = shards
        self._setup = setup
        self._executor = executor
        self._workers = workers
        self._progress = progress
        self._all = plan.shards()
        self._skip: dict[int, str] = {}
        self._done = 0

    def go(self, done: Iterable[int]) -> None:
        """Do all shards that are not ``done``."""
        left = set(self._all)
        left -= self._tell(*done)
        deaths = 0
        while left:
            finished = self._together(left)
            suspects = {number for number in left - finished if self._shards.standing(number)}
            for number in sorted(suspects):
                self._alone(number)
                self._tell(number)
            left -= finished | suspects
            deaths = 0 if finished or suspects else deaths + 1
            if deaths >= CRASHES:
                raise HarnessError("workers die before they begin", fix="try without --workers")

    def _tell(self, *numbers: int) -> set[int]:
        for number in numbers:
            self._done += len(self._all[number])
            self._progress("replayed", self._done, len(self._plan.paths))
        return set(numbers)

    def _together(self, numbers: set[int]) -> set[int]:
        """Those that were finished before a worker died, if one did."""
        for number in numbers:
            self._shards.leave(number)
        finished = set[int]()
        pool = self._executor(min(self._workers, len(numbers)))
        try:
            futures = {pool.submit(work, self._job(number)): number for number in sorted(numbers)}
            for future in as_completed(futures):
                _raise(future.result())
                finished |= self._tell(futures[future])
        except BrokenExecutor:
            written = {number for number in numbers - finished if self._shards.result(number).exists()}
            finished |= self._tell(*written)
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
        return finished

    def _alone(self, number: int) -> None:
        """Do a shard with nothing else running."""
        crashes: Counter[int] = Counter()
        while True:
            self._shards.leave(number)
            try:
                with self._executor(1) as pool:
                    _raise(pool.submit(work, self._job(number)).result())
                return
            except BrokenExecutor:
                standing = self._shards.standing(number)
                place = -1 if standing is None else standing.place
                crashes[place] += 1
                if crashes[place] >= CRASHES and place < 0:
                    raise HarnessError("workers die before they begin", fix="try without --workers") from None
                if crashes[place] >= CRASHES:
                    self._skip[place] = self._last_words(number)

    def _last_words(self, number: int) -> str:
        try:
            return crash_words(self._shards.crash(number).read_text(encoding="utf-8", errors="replace"))
        except OSError:
            return crash_words("")

    def _job(self, number: int) -> Job:
        places = self._all[number]
        skip = {place: self._skip[place] for place in places if place in self._skip}
        recordings = {place: self._plan.paths[place].absolute() for place in places}
        return Job(self._setup, self._shards.folder.absolute(), number, recordings, skip)


def _raise(hindered: str) -> None:
    if hindered:
        raise HarnessError(hindered, fix="--resume goes on from here once that is mended")


def _read(
    plan: Plan, shards: Shards
) -> tuple[list[SessionResult], list[Quarantined], LatencyBook | None, list[dict[str, Any]]]:
    """What the files of all shards say, in the order of the plan."""
    results: dict[int, SessionResult] = {}
    quarantined: dict[int, Quarantined] = {}
    books, judges = [], []
    for number, places in plan.shards().items():
        *lines, last = shards.lines(number)
        for place, line in zip(places, lines, strict=True):
            if line.startswith(QUARANTINED):
                held = json.loads(line)["quarantined"]
                quarantined[place] = Quarantined(plan.paths[place].name, held["kind"], held["why"])
                results[place] = _absent(plan.paths[place], quarantined[place])
            else:
                results[place] = decoded(line)[0]
        end = json.loads(last)["end"]
        books += [] if end["book"] is None else [end["book"]]
        judges.append(end["judges"])
    ordered = [results[place] for place in sorted(results)]
    return ordered, [quarantined[place] for place in sorted(quarantined)], _merged(books), _summed(judges)


def _absent(path: Path, held: Quarantined) -> SessionResult:
    """Rule 3."""
    what = "its worker died" if held.kind == CRASH else "it could not be replayed"
    problem = f"in quarantine: {what}: {held.why}"
    return SessionResult(recording_id=path.name, recording_path=path, outcomes=(), problems=[problem])


def _merged(books: Iterable[Mapping[str, Any]]) -> LatencyBook | None:
    whole: LatencyBook | None = None
    for book in books:
        whole = whole or LatencyBook()
        whole.merge(book)
    return whole


def _summed(tables: Iterable[Sequence[Mapping[str, Any]]]) -> list[dict[str, Any]]:
    """Rows of judges, counts added."""
    rows: list[dict[str, Any]] = []
    for table in tables:
        rows = rows or [{**row, **dict.fromkeys(_counts(row), 0)} for row in table]
        for row, more in zip(rows, table, strict=True):
            row.update({name: row[name] + more[name] for name in _counts(more)})
    return rows


def _counts(row: Mapping[str, Any]) -> list[str]:
    return [name for name, value in row.items() if isinstance(value, int | float) and not isinstance(value, bool)]
