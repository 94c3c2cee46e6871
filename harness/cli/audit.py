"""``harness audit``: is the log as it was written?"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path

import click

from harness.cli.common import ExitCode, say, shown, verb
from harness.errors import ConfigError
from harness.session.keys import load_key
from harness.session.store import AUDIT_NAME
from harness.settings import load_settings
from harness.sinks.audit_verify import Audited, verify_audit

__all__ = ["command"]


@click.group()
def command() -> None:
    """The audit log: one record per message, chained, sealed and signed."""


@command.command("verify")
@click.argument("log", type=click.Path(path_type=Path))
@click.option("--key-file", type=click.Path(path_type=Path), help="The key it was written with.")
@click.option("--seed", type=int, help="For logs of synthetic sessions: their key follows from the seed.")
@click.option("--head", metavar="HASH", help="The last record's hash, if you kept it elsewhere.")
@click.option("--open", "still_open", is_flag=True, help="The log is being written: it has no final seal yet.")
@click.option("--json", "as_json", is_flag=True, help="Print what was found as JSON.")
@verb
def verify(
    log: Path, key_file: Path | None, seed: int | None, head: str | None, still_open: bool, as_json: bool
) -> None:
    """Check LOG (a file, or the folder of a run): edits, inserts, deletions, reordering, truncation, rewrites.

    Names the first bad record and leaves with 1. Without the key, a log that was written anew as a whole cannot be told.
    """
    path = log / AUDIT_NAME if log.is_dir() else log
    chosen = key_file or (None if seed is not None else load_settings().key_file)
    key = None if chosen is None and seed is None else load_key(chosen, seed).secret
    try:
        found = verify_audit(path, key, head=head, still_open=still_open)
    except OSError as error:
        raise ConfigError("LOG", str(path), f"an audit log that can be read ({error.strerror})") from None
    if as_json:
        click.echo(json.dumps({"ok": found.fault is None, **asdict(found)}))
    else:
        _tell(path, found)
    sys.exit(ExitCode.OK if found.fault is None else ExitCode.FAILED)


def _tell(path: Path, found: Audited) -> None:
    where = shown(str(path))
    if found.fault is not None:
        click.echo(f"{where}:{found.fault.line}: {found.fault.kind}: {found.fault.words}")
    else:
        click.echo(
            f"{where}: whole; {found.messages} messages, {found.deliveries} deliveries, {found.runs} runs, "
            f"head {found.head}"
        )
    for line in found.unclosed:
        say(f"harness: a run ended without its seal after line {line}")
    if not found.keyed:
        say(f"harness: signatures not checked; pass --key-file with key {shown(found.key_id) or 'of the log'}")
