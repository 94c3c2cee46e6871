"""A corpus under two policies: the present rules and others, each message through the real client both times."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from harness._version import __version__
from harness.pii import Redactor
from harness.pii.user_rules import rules_of
from harness.recording.reader import find_recordings
from harness.report.model import build_report
from harness.report.results import result_rows
from harness.report.run import RunResult, SessionResult
from harness.session.corpus import policies_of, replay_corpus, rule_ids
from harness.session.parts import Tools, policy_of, tool_name
from harness.settings import Settings

__all__ = ["Policed", "what_if"]


class Policed(NamedTuple):
    """One policy's report and its rows; nothing is written."""

    report: dict[str, Any]
    rows: list[dict[str, Any]]


async def what_if(
    settings: Settings,
    corpus: Sequence[Path],
    rules: Sequence[Path],
    *,
    progress: Callable[[str, int, int], None] = lambda _what, _done, _all: None,
) -> tuple[Policed, Policed]:
    """The corpus under the rules in force, and under ``rules`` instead.

    Args:
        settings: the policy in force; its own rule files are the first side.
        corpus: recordings, or folders of them.
        rules: rule files of the second side, merged with the built-in ones.
        progress: told of every recording.

    Raises:
        ConfigError: a rule file is refused.
        RecordingError: a recording is missing or damaged.
    """
    paths = find_recordings(corpus)
    present = Tools.of(settings)
    other = replace(present, redactor=Redactor(rules_of(rules)))
    total, done = 2 * len(paths), 0

    def on_done(_: SessionResult) -> None:
        nonlocal done
        done += 1
        progress("replayed", done, total)

    sides = []
    for name, tools in (("rules in force", present), ("rules given", other)):
        policy = policy_of(settings)
        results = await replay_corpus(paths, tools=tools, policy=policy, on_done=on_done)
        run = RunResult(
            name=name,
            mode="replay",
            sessions=results,
            policy_digest=policies_of(tools, policy),
            tool=tool_name(__version__),
            virtual_time=True,
            rules=rule_ids(tools),
        )
        sides.append(Policed(build_report(run), list(result_rows(run))))
    return sides[0], sides[1]
