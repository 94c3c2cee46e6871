"""A corpus over a pool: the report of one process, whatever dies on the way."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

import pytest

from harness.errors import ConfigError, HarnessError, RecordingNotFound
from harness.session import pool, runs, shard_work
from harness.session.parts import policy_of
from harness.session.pool import run_on_pool
from harness.session.shard_work import Job, work
from harness.session.shards import Plan, Shards
from harness.settings import Settings


class Here(Executor):
    """Works in this process, and dies as a pool does.

    Args:
        deadly: says of a job whether it kills its worker, once it stands at a recording.
    """

    def __init__(self, workers: int, deadly: Callable[[Job, int], int | None] = lambda *_: None) -> None:
        self.workers = workers
        self.deadly = deadly
        self.dead = False

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        (job,) = args
        place = None if self.dead else self.deadly(job, self.workers)
        if place is not None:
            self.dead = True
            if place >= 0:
                Shards(job.folder).stand(job.number, place)
                Shards(job.folder).crash(job.number).write_text("Fatal Python error: Aborted\n")
        if self.dead:
            future.set_exception(BrokenProcessPool())
        else:
            future.set_result(fn(*args, **kwargs))
        return future


@pytest.fixture
def corpus(composed: list[Path], tmp_path: Path) -> list[Path]:
    """Nine recordings in three shards: three sessions under three names."""
    made = []
    for number in range(9):
        made.append(tmp_path / "in" / f"r{number}.rec.jsonl")
        made[-1].parent.mkdir(exist_ok=True)
        made[-1].write_bytes(composed[number % 3].read_bytes())
    return made


async def plain(corpus: Sequence[Path], folder: Path) -> dict[str, Any]:
    """The report of one process."""
    return await runs.run_on_recordings(Settings(), corpus, folder, speed=None, progress=lambda *_: None)


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def pooled(corpus: Sequence[Path], folder: Path, **options: Any) -> tuple[dict[str, Any], list[pool.Quarantined]]:
    return run_on_pool(Settings(), corpus, folder, **{"workers": 2, "executor": Here, **options})


@pytest.mark.parametrize("workers", [1, 5])
def test_any_number_of_workers_gives_the_same_bytes(corpus: list[Path], tmp_path: Path, workers: int) -> None:
    """Every file of the report is that of one process, byte for byte; nothing of the shards is left."""
    asyncio.run(plain(corpus, tmp_path / "one" / "run"))
    told: list[tuple[str, int, int]] = []
    folder = tmp_path / "many" / "run"
    report, quarantined = pooled(corpus, folder, workers=workers, progress=lambda *step: told.append(step))
    assert quarantined == []
    assert files(folder) == files(tmp_path / "one" / "run")
    assert report == json.loads((folder / "report.json").read_bytes())
    assert told[-1] == ("replayed", 9, 9)


def test_processes(corpus: list[Path], tmp_path: Path) -> None:
    """The same with real processes."""
    here, _ = pooled(corpus, tmp_path / "a" / "run")
    there, _ = run_on_pool(Settings(), corpus, tmp_path / "b" / "run", workers=2)
    assert there == here


def test_measurements_of_shards_are_merged(corpus: list[Path], tmp_path: Path) -> None:
    """A timed run reports every message's time, of all shards together."""
    report, _ = pooled(corpus, tmp_path / "run", speed=1e6)
    latency = report["measurements"]["latency"]
    assert latency["message"]["n"] == report["verdicts"]["messages"]
    assert len(report["measurements"]["by_session"]) == 9


def test_a_worker_that_was_killed(corpus: list[Path], tmp_path: Path) -> None:
    """One death, from without: the run goes on by itself, and its report is the same."""
    whole, _ = pooled(corpus, tmp_path / "whole")
    deaths = [1]

    def deadly(job: Job, workers: int) -> int | None:
        return next(iter(job.recordings)) if deaths and workers > 1 and deaths.pop() else None

    report, quarantined = pooled(corpus, tmp_path / "run", executor=lambda n: Here(n, deadly))
    assert (quarantined, report["digest"]) == ([], whole["digest"])


def test_a_recording_that_kills(corpus: list[Path], tmp_path: Path) -> None:
    """It is in quarantine, by name, with what Python said; the rest is done; resuming tries it again."""

    def deadly(job: Job, _: int) -> int | None:
        return 4 if 4 in job.recordings and 4 not in job.skip else None

    folder = tmp_path / "run"
    report, quarantined = pooled(corpus, folder, executor=lambda n: Here(n, deadly))
    assert quarantined == [("r4.rec.jsonl", "crash", "Aborted")]
    assert report["parity"]["problems"] == ["r4.rec.jsonl: in quarantine: its worker died: Aborted"]
    assert report["verdicts"]["sessions"] == 9
    rows = {row["file"]: row["messages"] for row in report["verdicts"]["per_session"]}
    assert [name for name, messages in rows.items() if not messages] == ["r4.rec.jsonl"]
    done: list[int] = []
    healed, quarantined = pooled(corpus, folder, resume=True, progress=lambda _, n, __: done.append(n))
    whole, _ = pooled(corpus, tmp_path / "whole")
    assert (quarantined, healed["digest"]) == ([], whole["digest"])
    assert len(done) == len({*done})


def test_workers_that_cannot_even_begin(corpus: list[Path], tmp_path: Path) -> None:
    """A pool that dies and dies before any work ends the run with a word, not in a circle."""
    with pytest.raises(HarnessError, match="workers die before they begin"):
        pooled(corpus, tmp_path / "run", executor=lambda n: Here(n, lambda *_: -1))
    first = [0]

    def deadly(_: Job, workers: int) -> int | None:
        return first[0] if workers > 1 else -1

    with pytest.raises(HarnessError, match="workers die before they begin"):
        pooled(corpus, tmp_path / "run", executor=lambda n: Here(n, deadly))


def test_a_run_that_was_cut_off(corpus: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is done is not done again, with any number of workers; another corpus or policy is refused."""
    whole, _ = pooled(corpus, tmp_path / "whole")
    done: list[int] = []

    def stop(_: str, n: int, __: int) -> None:
        done.append(n)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pooled(corpus, tmp_path / "run", progress=stop, executor=Lazy)
    with pytest.raises(ConfigError, match="other recordings"):
        pooled(corpus[1:], tmp_path / "run", resume=True)
    with pytest.raises(ConfigError, match="another policy"):
        run_on_pool(Settings(generate="never"), corpus, tmp_path / "run", workers=1, resume=True, executor=Here)
    worked: list[int] = []

    def noted(job: Job) -> str:
        worked.extend(job.recordings)
        return work(job)

    monkeypatch.setattr(pool, "work", noted)
    report, _ = pooled(corpus, tmp_path / "run", resume=True, workers=3)
    assert report["digest"] == whole["digest"]
    assert len(worked) == 9 - done[0]


class Lazy(Here):
    """Does the first job only."""

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        if self.dead:
            return Future()
        self.dead = True
        future: Future[Any] = Future()
        future.set_result(fn(*args, **kwargs))
        return future


def test_a_shard_that_cannot_be_written(corpus: list[Path], tmp_path: Path) -> None:
    """What hinders a worker ends the run with its word and the way on."""

    class Full(Here):
        def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
            future: Future[Any] = Future()
            future.set_result("the disk is full")
            return future

    with pytest.raises(HarnessError, match=r"the disk is full \(--resume"):
        pooled(corpus, tmp_path / "run", executor=Full)


@pytest.mark.parametrize("workers", [0, -1, 257])
def test_a_number_of_workers_that_cannot_be(corpus: list[Path], tmp_path: Path, workers: int) -> None:
    """From 1 to 256."""
    with pytest.raises(ConfigError, match="expected 1 to 256"):
        pooled(corpus, tmp_path / "run", workers=workers)


def test_nothing_to_run(tmp_path: Path) -> None:
    """An empty folder is an error, as without workers."""
    with pytest.raises(RecordingNotFound):
        pooled([tmp_path], tmp_path / "run")


def test_secrets_stay(corpus: list[Path], tmp_path: Path) -> None:
    """No secret travels to a worker, and none is in the plan."""
    seen: list[Job] = []
    settings = Settings.model_validate({"client_secret": "hush-hush", "judge_key": "hush-hush"})

    def look(job: Job, _: int) -> None:
        seen.append(job)

    run_on_pool(settings, corpus, tmp_path / "run", workers=1, executor=lambda n: Here(n, look))
    assert {(one.setup.settings.client_secret, one.setup.settings.judge_key) for one in seen} == {(None, None)}


def test_judges_are_added_up(corpus: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What judges were asked in all shards is one row of the report; their answers are part of what must be the same."""

    class Judging:
        asked = 0

        async def ask(self, request: object) -> object:
            raise AssertionError

        def rows(self) -> list[dict[str, Any]]:
            self.asked += 1
            counts = dict.fromkeys(
                ("asked", "decided", "agreed", "overruled", "degraded", "cached", "cost"), self.asked
            )
            return [{"judge": "a", "version": "1", "deterministic": True, **counts}]

    monkeypatch.setattr(shard_work, "judging_of", lambda *_, **__: Judging())
    answers = tmp_path / "answers.jsonl"
    settings = Settings(judges={"a": "x"}, judge_answers=answers)
    monkeypatch.setattr(pool, "policy_of", lambda _: policy_of(Settings()))
    monkeypatch.setattr(shard_work, "policy_of", lambda _: policy_of(Settings()))
    shards = len(Plan.of(corpus, {}).shards())
    report, _ = run_on_pool(settings, corpus, tmp_path / "run", workers=1, executor=Here)
    assert [(row["judge"], row["asked"], row["deterministic"]) for row in report["judges"]] == [("a", shards, True)]
    before = pool._judges(settings)
    answers.write_text("{}\n")
    assert pool._judges(settings) != before
