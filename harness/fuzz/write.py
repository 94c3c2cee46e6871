"""A finding on disk: a line of ``cases.jsonl`` (the form of fixtures/pii) and a recording of one message.

1. A finding's files are named after its kind and rule; a later run replaces them.
2. The recording is synthetic and its personal data invented: state ``fictional``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from harness.fuzz.problems import Finding
from harness.recording.writer import RecordingWriter
from harness.strategies.conversation import recording_of, spoken_message

__all__ = ["case_of", "write_findings"]

_ODD = re.compile(r"[^a-z0-9]+")


def _name(finding: Finding) -> str:
    return _ODD.sub("-", f"{finding.problem.kind} {finding.problem.rule}".lower()).strip("-")


def case_of(finding: Finding) -> dict[str, Any]:
    """The case as fixtures/pii have it, with what is wrong beside it."""
    case: dict[str, Any] = {
        "id": _name(finding),
        "family": f"fuzz-{finding.problem.kind}",
        "text": finding.text,
        "spans": [{"start": span.start, "end": span.end, "type": span.type} for span in finding.spans],
        "kind": finding.problem.kind,
        "rule": finding.problem.rule,
        "what": finding.problem.what,
    }
    return {**case, "pieces": list(finding.pieces)} if finding.pieces else case


def write_findings(findings: Sequence[Finding], folder: Path, *, seed: int) -> list[Path]:
    """Write every finding to ``folder``; returns the files."""
    folder.mkdir(parents=True, exist_ok=True)
    cases = folder / "cases.jsonl"
    cases.write_text("".join(json.dumps(case_of(finding)) + "\n" for finding in findings), encoding="utf-8")
    return [cases, *(_record(finding, folder, seed) for finding in findings)]


def _record(finding: Finding, folder: Path, seed: int) -> Path:
    name = _name(finding)
    path = folder / f"{name}.rec.jsonl"
    path.unlink(missing_ok=True)
    made = recording_of((spoken_message(finding.text),), "fuzz-1", seed=seed, name=name)
    with RecordingWriter(path, made.header) as writer:
        for entry in made.entries:
            writer.append(entry)
        writer.seal("composed")
    return path
