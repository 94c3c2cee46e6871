"""``harness report``: a run's report in another form, from its own files alone."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from harness.cli.common import say, verb
from harness.report.read import Loaded, load_report, parse_report
from harness.report.write import render, write_atomically

__all__ = ["command"]


@click.command("report")
@click.argument("path", type=click.Path(path_type=Path, allow_dash=True))
@click.option(
    "--format", "form", type=click.Choice(["md", "html", "json"]), default="md", show_default=True, help="What to make."
)
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="File to write; stdout if none.")
@verb
def command(path: Path, form: str, as_json: bool, output: Path | None) -> None:
    """Render a run's report.

    PATH is a report's folder, its report.json, or - to read report.json from stdin. The lists of
    messages come from the results.jsonl beside it; a report read from stdin has none.
    """
    loaded = _load(path)
    text = render(loaded.report, loaded.rows, "json" if as_json else form)
    if output is None:
        sys.stdout.buffer.write(text.encode())
        sys.stdout.buffer.flush()
        return
    write_atomically(output, [text.encode()])
    say(f"wrote {output}")


def _load(path: Path) -> Loaded:
    if str(path) == "-":
        return Loaded(parse_report(sys.stdin.buffer.read(), path="<stdin>"), None)
    return load_report(path)
