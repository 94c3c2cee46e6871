"""``harness recover``: what is whole of a damaged recording, in a new file."""

from __future__ import annotations

import json
from pathlib import Path

import click

from harness.cli.common import say, shown, verb
from harness.cli.targets import beside
from harness.recording.recover import Recovered, recover

__all__ = ["command"]


@click.command("recover")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@click.option(
    "-o", "--out", metavar="FILE", type=click.Path(path_type=Path), help="[default: NAME.recovered.rec.jsonl]"
)
@click.option("--json", "as_json", is_flag=True, help="Say what was done as JSON.")
@verb
def command(file: Path, out: Path | None, as_json: bool) -> None:
    """Write what is whole of a damaged recording to a new file; FILE stays as it is.

    Every whole entry is kept byte for byte. A torn last line is cut. A damaged line is never read: a note stands in
    its place.
    """
    done = recover(file, out or beside(file, "recovered"))
    click.echo(json.dumps(_facts(done)) if as_json else str(done.path))
    say(_words(done))


def _facts(done: Recovered) -> dict[str, object]:
    return {
        "path": str(done.path),
        "kept": done.kept,
        "notes": done.notes,
        "torn": done.torn,
        "repeated": done.repeated,
    }


def _words(done: Recovered) -> str:
    torn = ", the torn end cut" if done.torn else ""
    repeated = f", {done.repeated} repeated entries left out" if done.repeated else ""
    notes = f", {done.notes} notes in the place of what was damaged or missing" if done.notes else ""
    return shown(f"{done.kept} entries kept{notes}{torn}{repeated}")
