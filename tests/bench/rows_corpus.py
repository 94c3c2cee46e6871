"""A corpus of 1,000 small recordings over a pool of two processes, beside the same run in one.

1. ``corpus``: CPU time of everything a run starts, the processes that are forked from the fork server included. They are not
   children of the run, so each run has a process above it that gathers whatever is orphaned below it and waits for it.
2. ``corpus-worker-memory``: how much more memory a worker has held at its 1,000th recording than at its 100th.
3. ``corpus-run-memory``: the most that the run itself held, with workers, by the most of one process: a report is made of
   all sessions, wherever they were replayed.
"""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
COUNT = int(os.environ.get("CORPUS", "1000"))
SMALL = ("airline-misspelled-name", "retail-points-login", "bank-mortgage-question", "retail-vacuum-warranty")
INFLATION = 1.08
GROWTH_MB = 10
GATHER = """
import ctypes, os, resource, subprocess, sys
ctypes.CDLL(None, use_errno=True).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER
done = subprocess.Popen([sys.executable, "-m", "harness", *sys.argv[1:]], stdout=subprocess.DEVNULL)
_, status, usage = os.wait4(done.pid, 0)
try:
    while True:
        os.wait()
except ChildProcessError:
    print(usage.ru_maxrss)
sys.exit(os.waitstatus_to_exitcode(status))
"""
WORKER = """
import resource, sys
from pathlib import Path
from harness.session.shard_work import Job, Setup, work
from harness.settings import Settings
folder, paths, peaks = Path(sys.argv[1]), sorted(Path(sys.argv[2]).glob("*.rec.jsonl")), []
for at in range(0, len(paths), 4):
    said = work(Job(Setup("x", Settings(), None, None), folder, at, dict(enumerate(paths[at : at + 4])), {}))
    assert not said, said
    if at + 4 >= len(paths) // 10:
        peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
print((peaks[-1] - peaks[0]) / 1024)
"""


@cache
def corpus() -> Path:
    """The recordings, composed once; one seed after the other."""
    from harness.scenario.files import compose_files

    folder = Path(tempfile.mkdtemp(prefix="bench-corpus-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    made = folder / "corpus"
    made.mkdir()
    scenarios = [ROOT / "fixtures" / "scenarios" / f"{name}.yaml" for name in SMALL]
    for seed in range(1, 1 + -(-COUNT // len(SMALL))):
        for path in compose_files(scenarios, folder / "seed", seed):
            for one in (path, path.with_name(path.name.replace(".rec.", ".labels."))):
                one.rename(made / f"{seed:04}-{one.name}")
    return made


def run(*more: str) -> int:
    """Run the corpus; the largest resident set of the run's own process, in kilobytes."""
    command = [sys.executable, "-c", GATHER, "run", str(corpus()), "--name", "bench", "--json", *more]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=corpus().parent, env=env, check=True, capture_output=True, text=True)
    return int(done.stdout)


def worker_growth_mb() -> float:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-c", WORKER, folder, str(corpus())]
        env = {**os.environ, "PYTHONPATH": str(ROOT)}
        return float(subprocess.run(command, env=env, check=True, capture_output=True, text=True).stdout)


def missing() -> str:
    return "" if sys.platform == "linux" else "it counts CPU time of orphans, as Linux does"


def rows() -> list[dict[str, Any]]:
    """The rows of this file."""
    two: Callable[[], object] = lambda: str(run("--workers", "2"))  # noqa: E731
    one: Callable[[], object] = lambda: str(run())  # noqa: E731
    cpu = {"unit": "ms/recording", "per": COUNT, "ours": two, "against": {"one process": one}, "target": INFLATION}
    ratio = {"unit": "x of one process", "value": lambda: run("--workers", "2") / run(), "target": INFLATION}
    return [
        {"name": "corpus", "missing": missing, **cpu},
        {"name": "corpus-worker-memory", "unit": "MB", "value": worker_growth_mb, "target": GROWTH_MB},
        {"name": "corpus-run-memory", "missing": missing, **ratio},
    ]
