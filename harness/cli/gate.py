"""``harness gate``: does a run hold what was approved?"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from harness.cli.common import say, shown, verb
from harness.cli.verdicts import code_of, leak_lines, limit_options, limits_of, table_lines
from harness.report.baseline import pinned_side, read_baseline
from harness.report.checks import checks
from harness.report.compare import compare_sides, side_of
from harness.report.read import load_report

__all__ = ["command"]


@click.command("gate")
@click.argument("run", type=click.Path(path_type=Path))
@click.option(
    "--baseline", required=True, type=click.Path(path_type=Path), help="What `harness approve` pinned (a JSON file)."
)
@click.option("--subset", is_flag=True, help="Let RUN hold fewer recordings than are pinned.")
@limit_options
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@verb
def command(
    run: Path,
    baseline: Path,
    subset: bool,
    alpha: float,
    tolerance: float,
    slower: float,
    strict: bool,
    as_json: bool,
) -> None:
    """Hold RUN (a report's folder) against a pinned baseline.

    Exit code 0 if nothing got worse, 1 if something did: a new leak on labels that are the truth, a figure that fell, a
    check of the report itself (parity, second leak scan, replay) or a measurement that is missing; 6 with --strict if the
    corpus is too small to say. Recordings or labels that are not those pinned are refused with 2.
    """
    report = load_report(run).report
    side = side_of(report)
    pinned = pinned_side(read_baseline(baseline), side, subset=subset)
    found = compare_sides(pinned, side, limits=limits_of(alpha, tolerance, slower))
    broken = [check for check in checks(report) if check.status == "fail"]
    verdict = "regressed" if broken else found["verdict"]
    if as_json:
        facts = [{"name": check.name, "detail": check.detail} for check in broken]
        click.echo(json.dumps({**found, "verdict": verdict, "failed_checks": facts}))
    else:
        for check in broken:
            click.echo(f"failed       {check.name}: {check.detail}")
        for line in (*leak_lines(found["leaks"]), *table_lines(found["figures"])):
            click.echo(line)
        say(f"gate: {'failed' if verdict == 'regressed' else verdict}")
        if verdict == "regressed":
            folder = shown(str(run))
            say(f"next: harness report {folder} names the messages; harness compare BEFORE {folder}, why")
    sys.exit(code_of(verdict, strict=strict))
