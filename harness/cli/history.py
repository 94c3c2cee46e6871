"""``harness history``: the runs made here."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from harness.cli.common import say, shown, verb
from harness.clock import SystemClock
from harness.errors import ConfigError
from harness.report.history import HISTORY, add_run, runs_of, trend_of
from harness.report.read import load_report
from harness.settings import load_settings

__all__ = ["command", "now"]

_BARS = "▁▂▃▄▅▆▇█"
_name = click.option("--name", help="Only runs of this name.")
_last = click.option("--last", type=click.IntRange(1), default=20, show_default=True, help="How many, the newest.")
_file = click.option(
    "--history", "file", type=click.Path(path_type=Path), help="The file [default: in the reports folder]."
)
_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def now() -> str:
    """The present time, as the history keeps it."""
    return SystemClock().wall().strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@click.group()
def command() -> None:
    """Every `harness run` is kept in history.sqlite3 of the reports folder."""


def _path(file: Path | None) -> Path:
    return file if file is not None else load_settings().reports_dir / HISTORY


@command.command("list")
@_name
@_last
@_file
@_json
@verb
def list_runs(name: str | None, last: int, file: Path | None, as_json: bool) -> None:
    """The newest runs, oldest first."""
    for run in runs_of(_path(file), name=name, last=last):
        if as_json:
            click.echo(json.dumps(run))
            continue
        rates = ", ".join(f"{key} {value:g}" for key, value in run["figures"].items() if "redaction.recall" in key)
        counts = f"{run['sessions']:>5} sessions {run['messages']:>8} messages"
        click.echo(f"{run['at'][:19]}  {shown(run['name']):<20} {counts}  {rates}".rstrip())


@command.command("trend")
@click.argument("figure")
@_name
@_last
@_file
@_json
@verb
def trend(figure: str, name: str | None, last: int, file: Path | None, as_json: bool) -> None:
    """FIGURE over the newest runs, such as "latency.p50_ms" or "redaction.recall (human gold)"."""
    points = trend_of(_path(file), figure, name=name, last=last)
    if not points:
        known = sorted({key for run in runs_of(_path(file), name=name, last=last) for key in run["figures"]})
        raise ConfigError("FIGURE", figure, f"one of {', '.join(known) or 'none: there are no runs'}")
    for line in map(json.dumps, points) if as_json else _drawn(points):
        click.echo(line)


def _drawn(points: list[dict[str, Any]]) -> list[str]:
    values = [float(point["value"]) for point in points]
    low, wide = min(values), (max(values) - min(values)) or 1.0
    bars = [_BARS[round((value - low) / wide * (len(_BARS) - 1))] for value in values]
    return [
        f"{point['at'][:19]}  {shown(point['name']):<20} {bar} {point['value']:g}"
        + ("" if point["same_corpus"] or index == 0 else "  (another corpus)")
        for index, (point, bar) in enumerate(zip(points, bars, strict=True))
    ]


@command.command("add")
@click.argument("run", type=click.Path(path_type=Path))
@_file
@verb
def add(run: Path, file: Path | None) -> None:
    """Keep RUN (a report's folder), made elsewhere."""
    added = add_run(_path(file), load_report(run).report, now())
    say("kept" if added else "it was there already")
