"""``harness compare``: is one run worse than another, and why."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import click

from harness.cli.common import say, shown, verb
from harness.cli.progress import Steps
from harness.cli.verdicts import code_of, flip_lines, leak_lines, limit_options, limits_of, table_lines
from harness.errors import ConfigError
from harness.metrics.decide import Limits
from harness.report.compare import compare_sides, side_of
from harness.report.flips import flips
from harness.report.overlap import compare_with_overlap
from harness.report.read import Loaded, load_report
from harness.report.render.html import html_pieces
from harness.report.write import write_atomically
from harness.session.what_if import what_if
from harness.settings import load_settings

__all__ = ["command"]

_PATH = click.Path(path_type=Path)


@click.command("compare")
@click.argument("runs", nargs=-1, type=_PATH)
@click.option("--rules", "rules", multiple=True, type=_PATH, help="Rules of your own (TOML) instead of those in force.")
@click.option("--corpus", "corpus", multiple=True, type=_PATH, help="With --rules: recordings, or folders of them.")
@click.option("--baseline", type=click.Choice(["token_overlap"]), help="Compare one run with this rule of grounding.")
@click.option(
    "--flips", "most", type=click.IntRange(0), default=20, show_default=True, help="Flips to show; --json: all."
)
@click.option(
    "--html",
    "page",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the page of AFTER with every flip on it.",
)
@limit_options
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@verb
def command(
    runs: tuple[Path, ...],
    rules: tuple[Path, ...],
    corpus: tuple[Path, ...],
    baseline: str | None,
    most: int,
    page: Path | None,
    alpha: float,
    tolerance: float,
    slower: float,
    strict: bool,
    as_json: bool,
) -> None:
    """Compare two runs over the same recordings: harness compare BEFORE AFTER.

    With --rules and --corpus the recordings are replayed under the rules in force and under those given. With --baseline
    one run's hallucination check is held against an older rule. Exit code 1 if something got worse, 6 with --strict if the
    corpus is too small to say.
    """
    limits = limits_of(alpha, tolerance, slower)
    if baseline and page is not None:
        raise ConfigError("--html", str(page), "two runs, or --rules with --corpus", fix="drop --html or --baseline")
    if rules or corpus:
        if runs or baseline or not (rules and corpus):
            raise ConfigError("compare", "a mixture", "two runs, or --rules with --corpus, or one run with --baseline")
        before, after = _what_if(rules, corpus, quiet=as_json)
        found = _compared(before, after, limits, page)
    elif baseline:
        found = _overlap(runs, limits)
    else:
        found = _compared(*_two(runs), limits, page)
    if as_json:
        click.echo(json.dumps(found))
    else:
        _show(found, most)
    sys.exit(code_of(found["verdict"], strict=strict))


def _two(runs: tuple[Path, ...]) -> tuple[Loaded, Loaded]:
    if len(runs) != 2:
        raise ConfigError("RUNS", len(runs), "two: the folder of the run before and that of the run after")
    return load_report(runs[0]), load_report(runs[1])


def _what_if(rules: tuple[Path, ...], corpus: tuple[Path, ...], *, quiet: bool) -> tuple[Loaded, Loaded]:
    with Steps(quiet=quiet) as steps:
        before, after = asyncio.run(what_if(load_settings(), corpus, rules, progress=steps.step))
    return Loaded(*before), Loaded(*after)


def _compared(before: Loaded, after: Loaded, limits: Limits, page: Path | None) -> dict[str, Any]:
    found = compare_sides(side_of(before.report), side_of(after.report), limits=limits)
    changed = None if before.rows is None or after.rows is None else list(flips(before.rows, after.rows))
    if page is not None:
        if changed is None:
            raise ConfigError("--html", str(page), "runs that hold results.jsonl", fix="make the runs again")
        write_atomically(page, (piece.encode() for piece in html_pieces(after.report, after.rows, changed)))
        say(f"wrote {shown(str(page))}")
    return {**found, "flips": changed}


def _overlap(runs: tuple[Path, ...], limits: Limits) -> dict[str, Any]:
    if len(runs) != 1:
        raise ConfigError("RUNS", len(runs), "one run, with --baseline")
    loaded = load_report(runs[0])
    if loaded.rows is None:
        raise ConfigError("RUN", str(runs[0]), "a folder that holds results.jsonl", fix="make the run again")
    return compare_with_overlap(side_of(loaded.report), loaded.rows, limits=limits)


def _show(found: dict[str, Any], most: int) -> None:
    for line in table_lines(found["figures"]):
        click.echo(line)
    for source, row in found.get("balanced_accuracy", {}).items():
        click.echo(f"balanced accuracy ({source}, n {row['n']}): {row['before']} -> {row['after']}")
    if "leaks" in found:
        for line in leak_lines(found["leaks"]):
            click.echo(line)
    changed = found.get("flips") or []
    for line in flip_lines(changed[:most]):
        click.echo(line)
    if len(changed) > most:
        say(f"{len(changed) - most:,} more flips: --flips {len(changed)}, or --json")
    if found.get("identical"):
        say("every outcome is the same")
    say(f"{found['before']} -> {found['after']}: {found['verdict']}")
