"""``harness split``: a recording of several conversations as one recording each."""

from __future__ import annotations

import json
from pathlib import Path

import click

from harness.cli.common import say, verb
from harness.cli.messages import conversation_of, conversations
from harness.errors import RecordingNotFound
from harness.recording.copying import edited_head, load, write_copy
from harness.recording.reader import SUFFIX
from harness.recording.select import closure, of_conversation
from harness.session.label_carry import carry_labels, inbound
from harness.session.setup import safe_name

__all__ = ["command"]


@click.command("split")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@click.option("-o", "--out", metavar="DIR", type=click.Path(path_type=Path), required=True, help="Where to write.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per new recording.")
@verb
def command(file: Path, out: Path, as_json: bool) -> None:
    """Write one recording for every conversation of FILE, named after it; FILE stays as it is.

    What names no conversation goes with its connection; what belongs to none (tokens) goes with all. Labels beside FILE
    go along.
    """
    loaded = load(file)
    entries = [entry for entry, _ in loaded.lines]
    names = conversations(entries)
    if not names:
        raise RecordingNotFound("no entry names a conversation", path=file, fix="`harness trim` cuts by number or time")
    out.mkdir(parents=True, exist_ok=True)
    head, taken = edited_head(loaded.head, loaded.digest), set[str]()
    for name in names:
        kept = closure(entries, of_conversation(entries, name, conversation_of))
        target = out / f"{_free(safe_name(name), taken)}{SUFFIX}"
        lines = [line for line in loaded.lines if line[0].n in kept]
        write_copy(target, head, lines, dropped=loaded.seal.dropped)
        old, new = inbound(entries), [entry for entry, _ in lines]
        labels = carry_labels([(file, [one if one.n in kept else None for one in old])], target, new, conversation_of)
        facts = {"path": str(target), "conversation": name, "entries": len(lines), "labels": labels}
        click.echo(json.dumps(facts) if as_json else str(target))
    say(f"{len(names)} conversations")


def _free(name: str, taken: set[str]) -> str:
    """``name``, or ``name-2`` and so on if another conversation is called so already."""
    free, number = name, 1
    while free.lower() in taken:
        number += 1
        free = f"{name}-{number}"
    taken.add(free.lower())
    return free
