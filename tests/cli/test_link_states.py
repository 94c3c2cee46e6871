"""What is said of the stream on the error stream."""

from __future__ import annotations

import pytest

from harness.cli.link_states import LinkTeller
from harness.wire.dialler import LinkState


def test_losses_are_told_and_the_first_dial_is_not(capsys: pytest.CaptureFixture[str]) -> None:
    """A session that goes well says nothing; a loss, a wait and the return are a line each."""
    tell = LinkTeller()
    for state in (
        LinkState(phase="dialling"),
        LinkState(phase="open"),
        LinkState(phase="lost", wait_s=0.1, why="close 1001"),
        LinkState(phase="dialling"),
        LinkState(phase="waiting", attempt=2, wait_s=2.34, why="connection refused"),
        LinkState(phase="dialling", attempt=2),
        LinkState(phase="open", attempt=2),
    ):
        tell(state)
    assert capsys.readouterr().err.splitlines() == [
        "harness: close 1001; dialling again in 0.1 s",
        "harness: connection refused; dialling again in 2.3 s",
        "harness: the stream is open again",
    ]
