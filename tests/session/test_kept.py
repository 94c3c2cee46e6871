"""Results as lines."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
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


@pytest.mark.parametrize("value", ["\ud800", 2**70, 10**400, -0.0], ids=["half", "large", "huge", "zero"])
def test_odd_values(broken: tuple[SessionResult, dict[str, str]], root: Path, value: object) -> None:
    """Half a surrogate pair and a number of any size survive the way."""
    first, *rest = broken[0].outcomes
    odd = replace(broken[0], outcomes=[replace(first, payload={"x": [value]}), *rest])
    line = encoded(odd, broken[1], root=root)
    assert line == encoded(odd, broken[1], root=root)
    result, _ = decoded(line)
    assert repr(result.outcomes[0].payload) == repr({"x": [value]})
    assert [outcome.digest for outcome in result.outcomes] == [outcome.digest for outcome in odd.outcomes]
    assert result.places == odd.places
