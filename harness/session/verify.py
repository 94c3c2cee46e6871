"""A report checked against its corpus: run again what it tells of, and say what differs.

1. Recordings are found by their file names, and told from changed ones by their digests.
2. Rules and tool are compared by digest and version: where they differ, other verdicts are no wonder.
3. What was found is run again, without waiting, with the report's seed; verdicts and parity must be the same bytes, and
   so must the lines of results.jsonl.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any, NamedTuple

from harness._version import __version__
from harness.errors import ConfigError, RecordingNotFound
from harness.pipeline.policy import PipelinePolicy
from harness.recording.reader import find_recordings, read_recording
from harness.report.digest import canonical_json
from harness.report.model import Report, build_report
from harness.report.results import result_rows
from harness.report.run import RunResult
from harness.session.corpus import policies_of, replay_corpus, rule_ids
from harness.session.parts import Tools, tool_name

__all__ = ["Difference", "verify_report"]

_SHOWN = 20


class Difference(NamedTuple):
    """``what`` is recording, rules, tool, verdicts or results; ``detail`` has no text of a conversation."""

    what: str
    detail: str


async def verify_report(
    report: Report,
    rows: Iterable[Mapping[str, Any]] | None,
    corpus: Path,
    *,
    tools: Tools,
    policy: PipelinePolicy,
) -> list[Difference]:
    """What differs, nothing if the report holds.

    Raises:
        ConfigError: the report is of a live run: there is nothing to run again.
        RecordingNotFound: none of its recordings is in ``corpus``.
        RecordingError: one of them is damaged.
    """
    about = report["run"]
    if about["mode"] != "replay":
        raise ConfigError("the report", "one of a live run", "one of a replay", fix="verify a run over recordings")
    paths, found = _recordings(about["recordings"], corpus)
    if not paths:
        raise RecordingNotFound(
            "none of the report's recordings is there", path=corpus, fix="name their folder: --corpus"
        )
    policies = policies_of(tools, policy)
    found += _rules(about["policies"], policies)
    if about["tool"] != tool_name(__version__):
        found.append(Difference("tool", f"{about['tool'] or 'unknown'} then, {tool_name(__version__)} now"))
    run = RunResult(
        name=about["name"],
        mode="replay",
        sessions=await replay_corpus(paths, tools=tools, policy=policy),
        policy_digest=policies,
        tool=tool_name(__version__),
        seed=about["seed"],
        virtual_time=True,
        rules=rule_ids(tools),
    )
    return [*found, *_verdicts(report, build_report(run)), *_results(rows, run)]


def _recordings(expected: Sequence[Mapping[str, Any]], corpus: Path) -> tuple[list[Path], list[Difference]]:
    by_name = {path.name: path for path in find_recordings([corpus])}
    paths, found = [], []
    for one in expected:
        path = by_name.get(one["file"])
        if path is None:
            found.append(Difference("recording", f"{one['file']} is not there"))
            continue
        paths.append(path)
        if one["sha256"] and read_recording(path).digest != one["sha256"]:
            found.append(Difference("recording", f"{one['file']} is another one: its digest differs"))
    return paths, found


def _rules(then: Mapping[str, str], now: Mapping[str, str]) -> list[Difference]:
    changed = [name for name in sorted({*then, *now}) if then.get(name) != now.get(name)]
    return [Difference("rules", f"the digest of {name} differs") for name in changed]


def _verdicts(then: Report, now: Report) -> list[Difference]:
    if then["digest"] == now["digest"]:
        return []
    found = []
    for part in ("parity", "verdicts"):
        keys = sorted({*then[part], *now[part]} - {"per_session"})
        found += [f"{part}: {key}" for key in keys if then[part].get(key) != now[part].get(key)]
    old = {(row["file"], row["id"]): row for row in then["verdicts"]["per_session"]}
    new = {(row["file"], row["id"]): row for row in now["verdicts"]["per_session"]}
    found += [f"session {key[0]}" for key in sorted({*old, *new}) if old.get(key) != new.get(key)]
    return [Difference("verdicts", detail) for detail in found]


def _results(rows: Iterable[Mapping[str, Any]] | None, run: RunResult) -> list[Difference]:
    """The first lines that differ, one of each recording."""
    if rows is None:
        return []
    found: dict[str, str] = {}
    for old, new in zip_longest(rows, result_rows(run)):
        if old is None or new is None or canonical_json(old) != canonical_json(new):
            row = new or old
            found.setdefault(row["file"], f"{row['file']}: message {row['number']}")
            if old is None or new is None or len(found) >= _SHOWN:
                break
    return [Difference("results", detail) for detail in found.values()]
