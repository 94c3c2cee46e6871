"""``harness load``: an open model on loopback."""

from __future__ import annotations

import json
import multiprocessing
import re
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from harness.cli import load
from harness.cli.load import command
from harness.errors import ServiceError


def test_a_load_on_its_own_replay(root: Path) -> None:
    """Every client gets its answers; latency and schedule lag are told apart."""
    recording = root / "recordings" / "bank-lost-card.rec.jsonl"
    line = [sys.executable, "-m", "harness", "load", str(recording), "--clients", "10", "--seconds", "1", "--json"]
    done = subprocess.run(line, capture_output=True, text=True, timeout=60, check=True)
    figures = json.loads(done.stdout)
    assert (figures["clients"], figures["failed"], figures["unanswered"]) == (10, 0, 0)
    assert {"connect", "reply", "schedule_lag"} <= set(figures["latency_ms"])


def test_all_sessions_with_their_requests(root: Path) -> None:
    """Different sessions are played side by side, requests too, each client under ids of its own."""
    done = CliRunner().invoke(command, [str(root / "recordings"), "--clients", "12", "--seconds", "0.5"])
    assert done.exit_code == 0, done.output
    assert "12 clients" in done.stderr
    assert re.search(r" [1-9][0-9]* requests, 0 failed, 0 unanswered, 0 skipped, 0 cut off", done.stderr)
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["connect", "reply", "request", "schedule_lag"]


def test_a_service_that_is_not_there(root: Path) -> None:
    """With --url nothing is served here; clients that fail are counted, and the exit code says so."""
    recording = root / "recordings" / "bank-lost-card.rec.jsonl"
    where = ["--url", "ws://127.0.0.1:1/x", "--token", "t", "--clients", "2", "--seconds", "0.1", "--json"]
    done = CliRunner().invoke(command, [str(recording), *where])
    assert done.exit_code == 1
    assert json.loads(done.stdout)["failed"] >= 2


def test_more_clients_than_files(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the system lets a process open too few files, that is said, with how many clients there may be."""
    monkeypatch.setattr(resource, "getrlimit", lambda _: (64, 300))
    monkeypatch.setattr(resource, "setrlimit", lambda *_: None)
    recording = root / "recordings" / "bank-lost-card.rec.jsonl"
    done = CliRunner().invoke(command, [str(recording), "--clients", "101"])
    assert done.exit_code == 2
    assert "at most 100 with 300 open files" in done.stderr


def test_a_replay_that_does_not_start(root: Path, tmp_path: Path) -> None:
    """A process that ends before it serves is told, not waited for."""
    with (
        pytest.raises(ServiceError, match=r"did not start.*no such file"),
        load._replays([tmp_path / "none.rec.jsonl"], 1),
    ):
        pytest.fail("there is nothing to serve")


def test_a_process_that_is_gone() -> None:
    """Nothing at the other end of the pipe is told too."""
    here, there = multiprocessing.Pipe()
    there.close()
    with pytest.raises(ServiceError, match="its process ended"):
        load._told(here)


@pytest.mark.prove
def test_a_thousand_clients(root: Path, figure: Any) -> None:
    """A thousand clients, each with its conversation, are all served."""
    line = [sys.executable, "-m", "harness", "load", str(root / "recordings"), "--clients", "1000", "--seconds", "20"]
    done = subprocess.run([*line, "--json"], capture_output=True, text=True, timeout=300, check=False)
    figures = json.loads(done.stdout)
    counts = ("sent", "received", "requests", "failed", "unanswered", "cut_off")
    figure("1,000 clients of harness load", {name: figures[name] for name in counts})
    figure("schedule lag, p50 ms", figures["latency_ms"]["schedule_lag"]["p50_ms"])
    assert (figures["failed"], figures["unanswered"], figures["cut_off"]) == (0, 0, 0)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--url", "wss://service.invalid/x", "--token", "t"],
        ["--url", "ws://127.0.0.1:1/x"],
        ["--url", "ws://127.0.0.1:1/x", "--token", "t", "--clients", "0"],
        ["--url", "ws://127.0.0.1:1/x", "--token", "t", "--seconds", "0"],
    ],
)
def test_bounds(root: Path, arguments: list[str]) -> None:
    """Other hosts, no token, no clients and no time are usage errors."""
    recording = root / "recordings" / "bank-lost-card.rec.jsonl"
    assert CliRunner().invoke(command, [str(recording), *arguments]).exit_code == 2
