"""``harness seal``: repair checksums and seal after a hand edit, or close an interrupted recording."""

from __future__ import annotations

import json
from dataclasses import replace

import click

from harness.cli.common import say, shown, verb
from harness.recording.edit import Resealed, compress, reseal
from harness.recording.gzipped import GZ

__all__ = ["command"]


@click.command("seal")
@click.argument("files", nargs=-1, required=True, metavar="FILE…")
@click.option("--gzip", is_flag=True, help="Compress it too: FILE becomes FILE.gz.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per recording, one per line.")
@verb
def command(files: tuple[str, ...], gzip: bool, as_json: bool) -> None:
    """Make recordings whole again: checksums, digests and seal are made anew, in place and at once.

    A recording that was changed is marked as edited. A *.part that an interrupted recording left is closed at its
    last whole entry and gets its name. A whole recording is left alone.
    """
    for name in files:
        done = reseal(name)
        if gzip and not done.path.name.endswith(GZ):
            done = replace(done, path=compress(done.path))
        if as_json:
            click.echo(json.dumps(_facts(done)))
        else:
            say(f"{shown(str(done.path))}: {_words(done)}")


def _facts(done: Resealed) -> dict[str, object]:
    return {
        "path": str(done.path),
        "changed": done.changed,
        "repaired": done.repaired,
        "reason": done.reason,
        "torn": done.torn,
    }


def _words(done: Resealed) -> str:
    if not done.changed:
        return "whole already, left alone"
    torn = ", a torn last line left out" if done.torn else ""
    lines = "1 line" if done.repaired == 1 else f"{done.repaired} lines"
    return f"sealed ({done.reason}), {lines} repaired{torn}"
