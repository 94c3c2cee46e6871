"""``harness outbox``: what is still to be delivered, and what was given up."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import click

from harness.cli.common import say, shown, verb
from harness.errors import ConfigError
from harness.session.redeliver import redeliver
from harness.settings import load_settings
from harness.sinks.outbox import OUTBOX_NAME, Outbox

__all__ = ["command"]

_FOLDER = click.argument("folder", type=click.Path(path_type=Path))


@click.group()
def command() -> None:
    """The outbox of a run: what its sinks have not got yet, and dead letters."""


def _opened(folder: Path) -> Outbox:
    return Outbox(folder if folder.is_file() else folder / OUTBOX_NAME, create=False)


@command.command("list")
@_FOLDER
@click.option("--state", type=click.Choice(["pending", "dead", "done"]), help="Only these [default: pending and dead].")
@click.option("--jsonl", "as_jsonl", is_flag=True, help="One JSON object per parcel, with its body.")
@verb
def list_(folder: Path, state: str | None, as_jsonl: bool) -> None:
    """List parcels of FOLDER (of a run) by sink and state."""
    outbox = _opened(folder)
    for one in outbox.stored(state=state):
        sinks = {name: about for name, about in one.sinks.items() if about["state"] in (state or ("pending", "dead"))}
        if not sinks:
            continue
        if as_jsonl:
            click.echo(json.dumps({"key": one.key, "kind": one.kind, "sinks": sinks, "body": one.body}))
            continue
        for name, about in sinks.items():
            problem = f" ({about['problem']})" if about["problem"] else ""
            click.echo(shown(f"{about['state']:8}{name:18}{about['attempts']:3} tries  {one.key}{problem}"))
    if not as_jsonl:
        for name, counts in outbox.counts().items():
            say(shown(f"{name}: " + ", ".join(f"{count} {what}" for what, count in counts.items())))


@command.command("retry")
@_FOLDER
@click.argument("keys", nargs=-1)
@click.option("--sink", help="Only for this sink.")
@click.option("--seconds", type=click.FloatRange(0, 3600), default=30.0, show_default=True, help="Try for so long.")
@click.option("--key-file", type=click.Path(path_type=Path), help="The key of the run's audit log.")
@verb
def retry(folder: Path, keys: tuple[str, ...], sink: str | None, seconds: float, key_file: Path | None) -> None:
    """Make dead letters of FOLDER pending again (all, or those of KEYS) and deliver everything that is pending.

    The sinks are those of the settings and the files of the folder; each result goes to the folder's audit log.
    """
    if not folder.is_dir():
        raise ConfigError("FOLDER", str(folder), "the folder of a run")
    outbox = _opened(folder)
    revived = outbox.revive(keys or None, sink=sink)
    outbox.close()
    left = asyncio.run(redeliver(load_settings(key_file=key_file), folder, seconds))
    say(f"{revived} dead letters taken up again; {left} parcels still pending")
