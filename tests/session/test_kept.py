"""Results as lines."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from harness.report.model import build_report
from harness.report.run import RunResult, SessionResult
from harness.session.corpus import policies_of, replay_corpus
from harness.session.kept import decoded, encoded
from harness.session.parts import Tools, policy_of
from harness.settings import Settings


@pytest.fixture(scope="module")
def broken(root: Path) -> tuple[SessionResult, dict[str, str]]:
    """The recording with every kind of broken message, a gap and labels."""
    path, tools, policy = root / "recordings" / "telco-broken-stream.rec.jsonl", Tools.default(), policy_of(Settings())
    (result,) = asyncio.run(replay_corpus([path], tools=tools, policy=policy))
    return result, policies_of(tools, policy)


def test_a_line_keeps_all_a_report_needs(broken: tuple[SessionResult, dict[str, str]], root: Path) -> None:
    """What comes back from a line gives the report that the result itself gives."""
    line = encoded(*broken, root=root)
    assert line.count(b"\n") == 1
    assert json.loads(line)["result"]["recording_path"] == "recordings/telco-broken-stream.rec.jsonl"
    result, policies = decoded(line)
    assert policies == broken[1]
    one, other = (build_report(RunResult(name="x", mode="replay", sessions=[r])) for r in (broken[0], result))
    assert one == other


def test_a_torn_line(broken: tuple[SessionResult, dict[str, str]], root: Path) -> None:
    """Half a line is a ValueError."""
    with pytest.raises(ValueError, match=r"Unterminated|Expecting"):
        decoded(encoded(*broken, root=root)[:2000])
