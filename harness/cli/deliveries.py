"""``harness deliveries``: the summaries a run delivered."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from harness.cli.common import ExitCode, say, shown, verb
from harness.sinks.outbox import OUTBOX_NAME, Outbox

__all__ = ["command"]


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--search", metavar="TEXT", help="Only summaries with this text, whatever its case.")
@click.option("-c", "--conversation", metavar="ID", help="Only of this conversation.")
@click.option("--quarantine", is_flag=True, help="What was not let through instead, with its reasons.")
@click.option("-n", "--limit", type=click.IntRange(1), help="At most so many.")
@click.option("--jsonl", "as_jsonl", is_flag=True, help="One JSON object each, with what every sink made of it.")
@verb
def command(
    folder: Path, search: str | None, conversation: str | None, quarantine: bool, limit: int | None, as_jsonl: bool
) -> None:
    """Look through the summaries that the run in FOLDER delivered, oldest first; 5 if there are none."""
    outbox = Outbox(folder if folder.is_file() else folder / OUTBOX_NAME, create=False)
    kind = "quarantine" if quarantine else "delivery"
    found = outbox.stored(kind=kind, conversation=conversation, search=search, limit=limit or -1)
    for one in found:
        if as_jsonl:
            click.echo(json.dumps({"key": one.key, "created": one.created, "sinks": one.sinks, "body": one.body}))
        else:
            text = ", ".join(one.body["reasons"]) if quarantine else one.body.get("summary", "")
            click.echo(shown(f"{one.created}  {one.conversation}  {text}"))
    if not found:
        say("harness: nothing found")
        sys.exit(ExitCode.NOTHING)
