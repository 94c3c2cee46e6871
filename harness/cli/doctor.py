"""``harness doctor``: is a recording what it claims to be?"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path

import click

from harness.cli.common import ExitCode, shown, verb
from harness.recording.health import Diagnosis, Finding, examine
from harness.recording.reader import find_recordings
from harness.session.leftovers import leaks_of

__all__ = ["command"]


@click.command("doctor")
@click.argument("files", nargs=-1, required=True, metavar="FILE…")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per recording, one per line.")
@verb
def command(files: tuple[str, ...], as_json: bool) -> None:
    """Examine recordings and change nothing: every damaged line, missing seal, wrong digest, hole or leak is told of.

    FILE is a recording or a folder of them. Exit code 0: all healthy, warnings at most; 4: one of them is damaged.
    """
    healthy = True
    for path in _paths(files):
        diagnosis = examine(path, leaks=leaks_of)
        healthy = healthy and diagnosis.healthy
        click.echo(json.dumps(_facts(diagnosis)) if as_json else "\n".join(_lines(diagnosis)))
    sys.exit(ExitCode.OK if healthy else ExitCode.BAD_FILE)


def _paths(files: Iterable[str]) -> Iterable[Path]:
    for name in files:
        yield from find_recordings([name])


def _facts(diagnosis: Diagnosis) -> dict[str, object]:
    return {
        "path": str(diagnosis.path),
        "healthy": diagnosis.healthy,
        "entries": diagnosis.entries,
        "findings": [_finding(finding) for finding in diagnosis.findings],
    }


def _finding(finding: Finding) -> dict[str, object]:
    return {
        "kind": finding.kind,
        "severity": finding.severity,
        "line": finding.line or None,
        "detail": finding.detail,
    }


def _lines(diagnosis: Diagnosis) -> Iterable[str]:
    state = "healthy" if diagnosis.healthy else "DAMAGED"
    yield f"{shown(str(diagnosis.path))}: {state}, {diagnosis.entries} whole entries"
    for finding in diagnosis.findings:
        where = f"line {finding.line}: " if finding.line else ""
        yield f"  {finding.severity:<8} {finding.kind:<17} {where}{shown(finding.detail)}"
    if not diagnosis.healthy:
        yield "  `harness recover` writes what is whole to a new file"
