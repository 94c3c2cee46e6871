"""``harness key``: keys of surrogates and audit hashes."""

from __future__ import annotations

import json
from pathlib import Path

import click

from harness.cli.common import say, verb
from harness.session.keys import new_key_file

__all__ = ["command"]


@click.group()
def command() -> None:
    """Make keys. Only recording real text needs one: keep it apart from the recordings."""


@command.command("new")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print the key's id as JSON.")
@verb
def new(path: Path, as_json: bool) -> None:
    """Write a new key to PATH, readable by you only; an existing file is never replaced."""
    key = new_key_file(path)
    click.echo(json.dumps({"key_file": str(path), "key_id": key.id}) if as_json else str(path))
    say(f"key {key.id}; use it with --key-file or HARNESS_KEY_FILE")
