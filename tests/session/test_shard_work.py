"""What a worker writes of one shard."""

from __future__ import annotations

import faulthandler
import json
import multiprocessing
import os
import signal
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from harness.errors import ConfigError
from harness.session import shard_work
from harness.session.corpus import replay_corpus
from harness.session.kept import decoded
from harness.session.shard_work import Job, Setup, crash_words, work
from harness.settings import Settings

SECRET = "Marta Quell"


@pytest.fixture
def job(composed: list[Path], tmp_path: Path) -> Job:
    """Three sound recordings."""
    setup = Setup(str(tmp_path), Settings(), None, "mediation")
    return Job(setup, tmp_path, 7, dict(enumerate(composed)), {})


def written(job: Job) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (job.folder / "0007.jsonl").read_bytes().splitlines()]


def test_a_shard(job: Job) -> None:
    """Every recording has its line, in order; a line at the end; nothing else is left."""
    assert work(job) == ""
    *lines, end = (job.folder / "0007.jsonl").read_bytes().splitlines()
    assert [decoded(line)[0].file for line in lines] == [path.name for path in job.recordings.values()]
    assert json.loads(end) == {"end": {"book": None, "judges": []}}
    assert [path.name for path in job.folder.iterdir()] == ["0007.jsonl"]


def test_quarantine(job: Job, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A damaged file, one that raises, one the run gave up: each has its kind and its why, without what errors say."""
    real, (first, second, third) = replay_corpus, job.recordings.values()

    async def failing(paths: Sequence[Path], **options: Any) -> Any:
        if paths[0] == second:
            raise ExceptionGroup("many", [KeyError(SECRET)])
        return await real(paths, **options)

    monkeypatch.setattr(shard_work, "replay_corpus", failing)
    damaged = tmp_path / "in" / "damaged.rec.jsonl"
    damaged.parent.mkdir()
    damaged.write_bytes(first.read_bytes()[:-300])
    files = {0: damaged, 1: second, 2: third, 3: first}
    assert work(Job(job.setup, job.folder, 7, files, {2: "given up"})) == ""
    held = [line["quarantined"] for line in written(job)[:3]]
    assert [(one["place"], one["kind"]) for one in held] == [(0, "damaged"), (1, "error"), (2, "crash")]
    assert held[0]["why"].startswith("damaged.rec.jsonl")
    assert str(tmp_path) not in held[0]["why"]
    assert held[1]["why"].startswith("KeyError < test_shard_work.py:")
    assert SECRET not in held[1]["why"]
    assert held[2]["why"] == "given up"
    assert "result" in written(job)[3]


def test_errors_of_ours_are_told_in_words(job: Job) -> None:
    """A recording that cannot be replayed says why; a shard that cannot be written, or begun, is a word to the run."""
    wrong = Job(Setup("other", Settings(), None, "nope"), job.folder, 7, job.recordings, {})
    assert work(wrong) == ""
    assert all("nope" in line["quarantined"]["why"] for line in written(job)[:-1])
    (job.folder / "0007.jsonl").unlink()
    (job.folder / "0007.jsonl").mkdir()
    assert "cannot be written" in work(job)
    broken = Settings().model_copy(update={"rules": (job.folder / "absent.toml",)})
    assert "absent.toml" in work(Job(Setup("third", broken, None, None), job.folder, 7, job.recordings, {}))


def test_times_are_packed(job: Job) -> None:
    """A run that is timed packs what its shards measured."""
    timed = Job(Setup("timed", Settings(), 1e6, None), job.folder, 7, {0: job.recordings[0]}, {})
    assert work(timed) == ""
    assert "message" in written(job)[-1]["end"]["book"]["stages"]


def test_judges_are_counted_by_shard(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rows of a shard hold what was asked in it, not what was asked before."""

    class Judging:
        asked = 5

        async def ask(self, request: object) -> None:
            raise ConfigError("x", 1, "y")

        def rows(self) -> list[dict[str, Any]]:
            self.asked += 2
            return [{"judge": "a", "deterministic": True, "asked": self.asked}]

    judging = Judging()
    monkeypatch.setattr(shard_work, "judging_of", lambda *_, **__: judging)
    assert work(Job(Setup("judged", Settings(), None, None), job.folder, 7, {}, {})) == ""
    assert written(job)[-1]["end"]["judges"] == [{"judge": "a", "deterministic": True, "asked": 2}]


def test_the_words_of_a_crash() -> None:
    """Signal and frames, no folders; where nothing was said, that."""
    said = (
        "Fatal Python error: Segmentation fault\n\nCurrent thread 0x01 (most recent call first):\n"
        '  File "/home/x/harness/session/replay.py", line 7 in replay\n  File "<string>", line 1 in <module>\n'
    )
    assert crash_words(said) == "Segmentation fault < replay.py:7 in replay < <string>:1 in <module>"
    assert "killed" in crash_words("")


def test_a_worker_belongs_to_its_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a worker the keyboard is the run's, and the run's end is the worker's."""
    ended: list[int] = []
    watched: list[Any] = []
    read, write = os.pipe()
    before = signal.getsignal(signal.SIGINT)

    class Parent:
        sentinel = read

    class Thread:
        def __init__(self, *, target: Any, args: Any, daemon: bool) -> None:
            watched.append((target, args, daemon))

        def start(self) -> None:
            pass

    try:
        with monkeypatch.context() as patch:
            patch.setattr(multiprocessing, "parent_process", Parent)
            patch.setattr(threading, "Thread", Thread)
            patch.setattr(os, "_exit", ended.append)
            shard_work._belong_to_the_run()
            assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
            assert watched == [(shard_work._end_with, (read,), True)]
            os.close(write)
            shard_work._end_with(read)
        assert ended == [1]
    finally:
        signal.signal(signal.SIGINT, before)
        os.close(read)


def test_last_words(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """In a worker Python is told where to say at which line it dies, for as long as a shard takes."""
    told: list[str] = []
    with monkeypatch.context() as patch:
        patch.setattr(multiprocessing, "parent_process", lambda: True)
        patch.setattr(faulthandler, "enable", lambda file, all_threads: told.append(file.name))
        patch.setattr(faulthandler, "disable", lambda: told.append("done"))
        with shard_work._last_words(tmp_path / "0001.crash"):
            assert told == [str(tmp_path / "0001.crash")]
        assert told[1:] == ["done"]
