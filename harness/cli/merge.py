"""``harness merge``: several recordings as one."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import click

from harness.cli.common import say, verb
from harness.cli.messages import conversation_of
from harness.cli.targets import recording_target
from harness.errors import ConfigError
from harness.recording.copying import load, write_copy
from harness.recording.entry import AnyEntry
from harness.recording.merge import merged
from harness.recording.reader import find_recordings
from harness.session.label_carry import carry_labels, inbound

__all__ = ["command"]


@click.command("merge")
@click.argument("files", nargs=-1, required=True, metavar="FILE…", type=click.Path(path_type=Path))
@click.option("-o", "--out", metavar="FILE", type=click.Path(path_type=Path), required=True, help="The new recording.")
@click.option("--json", "as_json", is_flag=True, help="Say what was done as JSON.")
@verb
def command(files: tuple[Path, ...], out: Path, as_json: bool) -> None:
    """Write one recording that holds the conversations of several; the FILEs stay as they are.

    Entries come when they came: each file's start plus their time. Connections are renamed r1-w1, r2-w1 …; each stays
    one of its own, so that `harness replay` serves them to as many clients. Labels beside the FILEs go along.
    """
    paths = find_recordings(files)
    if len(paths) < 2:
        raise ConfigError("FILE", len(paths), "two or more recordings")
    parts = [load(path) for path in paths]
    head, lines = merged(parts, conversation_of)
    target = recording_target(out)
    write_copy(target, head, lines, dropped=sum(part.seal.dropped for part in parts))
    new = [entry for entry, _ in lines]
    sources = [(path, _part(new, index)) for index, path in enumerate(paths, 1)]
    labels = carry_labels(sources, target, new, conversation_of)
    facts = {"path": str(target), "entries": len(lines), "recordings": len(parts), "labels": labels}
    click.echo(json.dumps(facts) if as_json else str(target))
    say(f"{len(lines)} entries of {len(parts)} recordings")


def _part(entries: Sequence[AnyEntry], index: int) -> list[AnyEntry]:
    """The inbound messages that came from part ``index``, in its order."""
    return [entry for entry in inbound(entries) if getattr(entry, "conn", "").startswith(f"r{index}-")]
