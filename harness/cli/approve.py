"""``harness approve``: pin a run as what later ones are held against."""

from __future__ import annotations

import json
from pathlib import Path

import click

from harness.cli.common import say, shown, verb
from harness.report.baseline import approve, read_baseline, write_baseline
from harness.report.compare import side_of
from harness.report.read import load_report

__all__ = ["command"]


@click.command("approve")
@click.argument("run", type=click.Path(path_type=Path))
@click.option(
    "--baseline", required=True, type=click.Path(path_type=Path), help="The JSON file to pin in; made if new."
)
@click.option("--forget", multiple=True, metavar="FILE", help="Take this recording out of the baseline.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@verb
def command(run: Path, baseline: Path, forget: tuple[str, ...], as_json: bool) -> None:
    """Pin RUN (a report's folder) in a baseline.

    The recordings of RUN are pinned as they came out; all others in the file stay as they are.
    """
    side = side_of(load_report(run).report)
    old = read_baseline(baseline) if baseline.exists() else None
    new = approve(old, side, forget=forget)
    write_baseline(baseline, new)
    known = {} if old is None else old["recordings"]
    changed = sum(known.get(one) != row for one, row in new["recordings"].items())
    facts = {
        "baseline": str(baseline),
        "pinned": len(side.corpus),
        "changed": changed,
        "kept": len(new["recordings"].keys() - side.corpus.keys()),
        "recordings": len(new["recordings"]),
    }
    if as_json:
        click.echo(json.dumps(facts))
    else:
        say(f"{baseline}: {facts['pinned']} recordings pinned, {facts['kept']} others kept")
        say(f"next: harness gate RUN --baseline {shown(str(baseline))}, RUN being the folder of a later run")
