"""``harness doctor``: is a recording what it claims to be, and has this machine what the harness needs?"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path

import click

from harness.cli.common import ExitCode, shown, verb
from harness.errors import ConfigError
from harness.recording.health import Diagnosis, Finding, examine
from harness.recording.reader import find_recordings
from harness.session.environment import examine_environment
from harness.session.leftovers import leaks_of
from harness.settings import load_settings

__all__ = ["command"]


@click.command("doctor")
@click.argument("files", nargs=-1, metavar="FILE…")
@click.option(
    "--environment", is_flag=True, help="Examine this machine instead: what is missing, and what installs it."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object per recording, or per check, one per line.")
@verb
def command(files: tuple[str, ...], environment: bool, as_json: bool) -> None:
    """Examine recordings and change nothing: every damaged line, missing seal, wrong digest, hole or leak is told of.

    FILE is a recording or a folder of them. Exit code 0: all healthy, warnings at most; 4: one of them is damaged.
    With --environment: 0 if the harness itself works here, whatever optional is missing; else 1.
    """
    if environment == bool(files):
        raise ConfigError("doctor", "both" if files else "neither", "either FILE… or --environment")
    if environment:
        _environment(as_json=as_json)
        return
    healthy = True
    for path in _paths(files):
        diagnosis = examine(path, leaks=leaks_of)
        healthy = healthy and diagnosis.healthy
        click.echo(json.dumps(_facts(diagnosis)) if as_json else "\n".join(_lines(diagnosis)))
    sys.exit(ExitCode.OK if healthy else ExitCode.BAD_FILE)


def _environment(*, as_json: bool) -> None:
    checks = examine_environment(load_settings())
    for check in checks:
        if as_json:
            click.echo(json.dumps(check._asdict()))
        else:
            click.echo(f"{check.state:<8} {check.area:<8} {check.name:<13} {shown(check.detail)}")
            if check.fix:
                click.echo(f"{'':<32}{check.fix}")
    sys.exit(ExitCode.FAILED if any(check.state == "broken" for check in checks) else ExitCode.OK)


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
