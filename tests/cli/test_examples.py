"""The examples of every verb's ``--help`` run as they stand, in a folder as they name it."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from harness.cli.examples import EXAMPLES, epilog
from harness.cli.main import VERBS, main
from harness.clock import SystemClock
from harness.dialects.mediation import MediationDialect
from harness.recording.reader import read_recording
from harness.replayer.service import ReplayService
from harness.scenario.files import compose_files
from harness.session.replay import conversations_of

ADDRESS = "http://127.0.0.1:9000"
LEAVES_WITH = {"fuzz": 1}
"""What an example leaves with, if not with 0: it finds what it looks for."""

SLOW = {"demo", "chaos", "selfcheck"}
SERVES = re.compile(r"harness replay|--listen")


@pytest.fixture(scope="module")
def service(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """The embedded service on a thread of its own, its credentials in the environment: address and conversation."""
    scenario = root / "fixtures" / "scenarios" / "retail-gift-return.yaml"
    recording = read_recording(compose_files([scenario], tmp_path_factory.mktemp("source"), 7)[0])
    ready = threading.Event()
    facts: dict[str, Any] = {}

    async def serve() -> None:
        stop = asyncio.Event()
        crowd = [recording] * 4
        async with ReplayService(crowd, dialect=MediationDialect(), clock=SystemClock(), lenient=True) as replay:
            loop = asyncio.get_running_loop()
            facts.update(at=replay.endpoint, id=replay.client_id, secret=replay.client_secret)
            facts["stop"] = lambda: loop.call_soon_threadsafe(stop.set)
            ready.set()
            await stop.wait()

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    assert ready.wait(60)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GENESYS_CLIENT_ID", facts["id"])
        patch.setenv("GENESYS_CLIENT_SECRET", facts["secret"])
        yield facts["at"], conversations_of(recording)[0]
    facts["stop"]()
    thread.join(60)
    assert not thread.is_alive()


def call(line: str, service: tuple[str, str]) -> Result:
    """A command line as a shell would take it, with the service where it names one."""
    words = [word.replace(ADDRESS, service[0]) for word in shlex.split(line)[1:]]
    words = [service[1] if word == "ID" else word for word in words]
    return CliRunner().invoke(main, words)


@pytest.fixture(scope="module")
def folder(root: Path, service: tuple[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder the examples are about; the working directory meanwhile."""
    path = tmp_path_factory.mktemp("examples")
    (path / "recordings").mkdir()
    (path / "scenarios").mkdir()
    for name in ("retail-gift-return", "bank-lost-card"):
        shutil.copy(root / "fixtures" / "scenarios" / f"{name}.yaml", path / "scenarios")
        for kind in ("rec", "labels"):
            shutil.copy(root / "recordings" / f"{name}.{kind}.jsonl", path / "recordings")
    shutil.copy(root / "recordings" / "telco-broken-stream.rec.jsonl", path / "session.rec.jsonl")
    whole = (path / "session.rec.jsonl").read_bytes().splitlines(keepends=True)
    (path / "damaged.rec.jsonl").write_bytes(b"".join([*whole[:20], b"x" + whole[20], *whole[21:]]))
    rules = re.search(r"`badge.toml`:\n\n```toml\n(.*?)```", (root / "README.md").read_text("utf-8"), re.DOTALL)
    assert rules is not None
    (path / "badge.toml").write_text(rules[1], encoding="utf-8")
    (path / "call.txt").write_text("Call me on (628) 232-7719.\n")
    case = {"id": "1", "context": "Agent: I refunded 40 dollars today.", "summary": "The agent refunded $45."}
    (path / "cases.jsonl").write_text(json.dumps(case) + "\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(path)
        for line in (
            "harness key new my.key",
            "harness run --recording recordings --name main",
            "harness run --recording recordings --name change",
            "harness approve reports/main --baseline pinned.json",
            f"harness run --live {ADDRESS} -c ID --name live --key-file my.key",
        ):
            done = call(line, service)
            assert done.exit_code == 0, (line, done.output)
        yield path


def test_every_verb_has_examples() -> None:
    """Each verb has one or more, they are its own calls, and its help shows them as they stand."""
    assert set(EXAMPLES) == set(VERBS)
    for verb, examples in EXAMPLES.items():
        shown = CliRunner().invoke(main, [verb, "--help"]).output
        assert "Examples:" in shown
        for words, line in examples:
            assert line.startswith(f"harness {verb}")
            assert f"  # {words}\n" in shown
            assert f"  {line}\n" in shown
    assert epilog("nonsense") == ""


def _cases() -> Iterator[object]:
    for verb in sorted(EXAMPLES, key=lambda verb: (verb in ("label", "scan"), verb)):
        for _, line in EXAMPLES[verb]:
            marks = [pytest.mark.prove] if verb in SLOW else []
            yield pytest.param(verb, line, marks=marks, id=line.removeprefix("harness ")[:40])


@pytest.mark.parametrize(("verb", "line"), list(_cases()))
def test_example(verb: str, line: str, folder: Path, service: tuple[str, str]) -> None:
    """The example does what it says, and leaves with 0, or with 1 where it finds what it looks for."""
    assert Path.cwd() == folder
    if SERVES.search(line):
        _served(line, service)
        return
    done = call(line, service)
    assert done.exit_code == LEAVES_WITH.get(verb, 0), done.output


def _served(line: str, service: tuple[str, str]) -> None:
    """A verb that serves until it is interrupted: it says where, and leaves cleanly."""
    words = shlex.split(line.replace(ADDRESS, service[0]).replace("--port 9001", "--port 0"))[1:]
    process = subprocess.Popen(
        [sys.executable, "-m", "harness", *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    assert process.stdout is not None
    try:
        said = process.stdout.readline()
        assert "127.0.0.1" in said
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=120)
        assert process.returncode == 0, said + rest
    finally:
        process.kill()
