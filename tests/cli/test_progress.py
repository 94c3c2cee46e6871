"""Progress: a line where nobody watches, a bar on a terminal, nothing when asked for silence."""

from __future__ import annotations

import pytest
from rich.console import Console

from harness.cli import progress
from harness.cli.progress import Steps
from harness.clock import VirtualClock


def test_lines(capsys: pytest.CaptureFixture[str]) -> None:
    """Without a terminal the end of a step is told, and what happens meanwhile every 10 s."""
    clock = VirtualClock()
    with Steps(clock=clock) as steps:
        steps.step("replayed", 1, 3)
        clock.advance(11_000_000_000)
        steps.step("replayed", 2, 3)
        steps.step("replayed", 3, 3)
    assert capsys.readouterr().err.splitlines() == ["replayed: 2 of 3", "replayed: 3 of 3"]


def test_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    """With --json nothing is said."""
    with Steps(quiet=True) as steps:
        steps.step("replayed", 3, 3)
    assert capsys.readouterr().err == ""


def test_bar(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """On a terminal each step has a bar."""
    monkeypatch.setattr(progress, "Console", lambda **_: Console(stderr=True, force_terminal=True, width=80))
    with Steps() as steps:
        steps.step("recorded", 1, 2)
        steps.step("recorded", 2, 2)
    assert "recorded" in capsys.readouterr().err
