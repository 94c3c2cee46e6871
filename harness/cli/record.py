"""``harness record``: record live sessions, with personal data replaced."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

import click

from harness.cli.common import ExitCode, exit_code_of, say, shown, verb
from harness.cli.live_options import live_options
from harness.errors import ConfigError
from harness.session.live import Job, run_live
from harness.session.parts import policy_of
from harness.session.session import SessionRun
from harness.session.setup import live_run, safe_name
from harness.settings import Settings

__all__ = ["command"]


@click.command()
@click.option(
    "-c", "--conversation", "conversations", multiple=True, metavar="ID", help="Conversation to subscribe to."
)
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("recordings"),
    show_default=True,
    help="Folder of the recordings.",
)
@click.option("--name", help="Name of the recording [default: the conversation's id].")
@click.option("--together", is_flag=True, help="One session for all conversations instead of one each.")
@click.option("--seed", type=int, help="Synthetic material only: the key of the surrogates follows from it.")
@click.option("--json", "as_json", is_flag=True, help="Print what was recorded as JSON.")
@live_options
@verb
def command(
    settings: Settings,
    conversations: tuple[str, ...],
    out: Path,
    name: str | None,
    together: bool,
    seed: int | None,
    as_json: bool,
) -> None:
    """Connect as a live client, record what crosses the wire, and run the pipeline over it.

    Each session becomes NAME.rec.jsonl, format version 1, with surrogates in the place of personal data. A recording
    that exists is never overwritten.
    """
    if not conversations:
        raise ConfigError("--conversation", "none", "at least one conversation id")
    groups = [list(conversations)] if together else [[one] for one in conversations]
    if name is not None and len(groups) > 1:
        raise ConfigError("--name", name, "a single session", fix="drop --name, or add --together")
    policy = policy_of(settings)
    jobs = [Job(name=name or safe_name(group[0]), conversations=group, policy=policy) for group in groups]
    _refuse_existing(out, jobs)
    live = live_run(settings, record_to=out, seed=seed)
    if settings.key_file is None and seed is None and not live.addresses.loopback:
        say("no --key-file: surrogates agree within this session only (make a key with: harness key new FILE)")
    runs = asyncio.run(run_live(live, jobs))
    for run in runs:
        _tell(run, as_json=as_json)
    errors = [run.error for run in runs if run.error]
    sys.exit(exit_code_of(errors[0]) if errors else ExitCode.OK)


def _refuse_existing(out: Path, jobs: list[Job]) -> None:
    """Before anything is dialled: a session cannot be had again."""
    for job in jobs:
        path = out / f"{job.name}.rec.jsonl"
        if path.exists():
            raise ConfigError(
                "--out", str(path), "a recording that does not exist yet", fix="give another --name or -o"
            )


def _tell(run: SessionRun, *, as_json: bool) -> None:
    if run.error is not None:
        say(f"harness: {shown(str(run.error))}")
    if run.recording is None:
        return
    facts = {
        "recording": str(run.recording),
        "messages": len(run.outcomes),
        "accepted": sum(o.verdict == "accepted" for o in run.outcomes),
        "spans": sum(len([s for s in o.spans if s.last]) for o in run.outcomes),
        "gaps": len(run.gaps),
        "complete": run.error is None,
    }
    if as_json:
        click.echo(json.dumps(facts))
    else:
        say(f"{facts['messages']} messages, {facts['spans']} values replaced")
        click.echo(shown(str(run.recording)))
