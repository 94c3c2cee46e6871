"""``harness migrate``: a recording in the newest version of the format."""

from __future__ import annotations

import json
from pathlib import Path

import click

from harness.cli.common import say, verb
from harness.cli.targets import beside, recording_target
from harness.recording.codec import MAX_LINE
from harness.recording.copying import write_new
from harness.recording.entry import VERSION
from harness.recording.migrate import migrated, version_of
from harness.recording.reader import open_file

__all__ = ["command"]


@click.command("migrate")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@click.option("-o", "--out", metavar="FILE", type=click.Path(path_type=Path), help="[default: NAME.v1.rec.jsonl]")
@click.option("--json", "as_json", is_flag=True, help="Say what was done as JSON.")
@verb
def command(file: Path, out: Path | None, as_json: bool) -> None:
    """Write a recording in the newest version of the format to a new file; FILE stays as it is.

    A recording that has the newest version already is copied byte for byte.
    """
    target = recording_target(out or beside(file, f"v{VERSION}"))
    with open_file(file) as source:
        version = version_of(source.readline(MAX_LINE + 1), path=file)
        source.seek(0)
        write_new(target, migrated(source, path=file))
    click.echo(json.dumps({"path": str(target), "from": version, "to": VERSION}) if as_json else str(target))
    say(
        f"version {version} -> {VERSION}" if version != VERSION else f"version {VERSION} is the newest: copied as it is"
    )
