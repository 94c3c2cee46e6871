"""``harness load``: an open model on loopback."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from harness.cli.load import command


def test_a_load_on_its_own_replay(root: Path) -> None:
    """Every client gets its answers; latency and schedule lag are told apart."""
    recording = root / "recordings" / "bank-lost-card.rec.jsonl"
    line = [sys.executable, "-m", "harness", "load", str(recording), "--clients", "10", "--seconds", "1", "--json"]
    done = subprocess.run(line, capture_output=True, text=True, timeout=60, check=True)
    figures = json.loads(done.stdout)
    assert (figures["clients"], figures["failed"], figures["unanswered"]) == (10, 0, 0)
    assert {"connect", "reply", "schedule_lag"} <= set(figures["latency_ms"])


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
