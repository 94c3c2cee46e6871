"""Replay a corpus of recordings and write its report."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from harness._version import __version__
from harness.dialects.base import Dialect
from harness.metrics.latency import LatencyBook
from harness.pipeline.policy import PipelinePolicy
from harness.recording.reader import read_recording
from harness.report.run import RunResult, SessionResult
from harness.report.write import write_report
from harness.session.parts import Tools, tool_name
from harness.session.replay import replay_recording
from harness.session.results import replayed_result
from harness.session.store import Store

__all__ = ["policies_of", "replay_corpus", "report_replay", "rule_ids"]


async def replay_corpus(
    paths: Sequence[Path],
    *,
    tools: Tools,
    policy: PipelinePolicy,
    speed: float | None = None,
    store: Store | None = None,
    book: LatencyBook | None = None,
    on_done: Callable[[SessionResult], None] = lambda _: None,
    dialect: Dialect | None = None,
) -> list[SessionResult]:
    """Every recording through the pipeline, one after the other.

    Raises:
        RecordingError: a file is damaged; nothing of it was played.
    """
    results = []
    for path in paths:
        recording = read_recording(path)
        replayed = await replay_recording(
            recording, tools=tools, policy=policy, speed=speed, store=store, book=book, dialect=dialect
        )
        results.append(replayed_result(recording, replayed))
        on_done(results[-1])
    return results


def policies_of(tools: Tools, policy: PipelinePolicy) -> dict[str, str]:
    """Digests of what decides: the whole policy, and its two large parts by themselves."""
    redaction, grounding = tools.redactor.policy_digest, tools.checker.policy_digest
    return {"policy": policy.digest(redaction, grounding), "redaction": redaction, "grounding": grounding}


def rule_ids(tools: Tools) -> list[str]:
    """Ids of the rules in force."""
    return [rule.id for rule in tools.redactor.rules.rules]


def report_replay(
    name: str,
    results: Sequence[SessionResult],
    folder: Path,
    *,
    policies: dict[str, str],
    book: LatencyBook | None,
    virtual_time: bool,
    seed: int | None = None,
    rules: Sequence[str] = (),
) -> dict[str, Any]:
    """Write the report of a replay into ``folder`` and return it."""
    run = RunResult(
        name=name,
        mode="replay",
        sessions=results,
        measurements=book,
        policy_digest=policies,
        tool=tool_name(__version__),
        seed=seed,
        virtual_time=virtual_time,
        rules=rules,
    )
    return write_report(run, folder)
