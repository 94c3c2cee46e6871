"""``harness record``: record live sessions, with personal data replaced."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Literal

import click

from harness.cli.common import ExitCode, exit_code_of, say, shown, verb
from harness.cli.link_states import LinkTeller
from harness.cli.live_options import dialect_option, live_options
from harness.cli.record_proxy import proxy_plan, record_through_proxy
from harness.cli.stopping import stop_on_signals
from harness.clock import SystemClock
from harness.dialects.base import Dialect
from harness.dialects.generic import SOLE
from harness.errors import ConfigError
from harness.session.audit_trail import AuditTrail
from harness.session.dialects import find_dialect
from harness.session.judging import judging_of
from harness.session.live import Job, LiveRun, run_live
from harness.session.parts import policy_for, policy_of
from harness.session.runs import hurried, store_of
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
@click.option(
    "--listen", metavar="HOST:PORT", help="Record any client: listen here (127.0.0.1:0) between it and the services."
)
@click.option("--upstream", "upstreams", multiple=True, metavar="ROLE=URL", help="token=, gateway= or stream= URL.")
@click.option("--together", is_flag=True, help="One session for all conversations instead of one each.")
@click.option("--seed", type=int, help="Synthetic material only: the key of the surrogates follows from it.")
@click.option("--audit", type=click.Path(path_type=Path, dir_okay=False), help="Append audit records to this file.")
@click.option(
    "--deliver",
    type=click.Path(path_type=Path, file_okay=False),
    help="Audit and deliver into this folder too, as run --live does: outbox, webhook, quarantine.",
)
@click.option("--json", "as_json", is_flag=True, help="Print what was recorded as JSON.")
@click.option(
    "--durability",
    type=click.Choice(["process", "group", "always"]),
    help="When an entry counts as written: the system has it, a batch is on the disk every 50 ms, each is on the disk.",
)
@dialect_option
@live_options
@verb
def command(
    settings: Settings,
    conversations: tuple[str, ...],
    out: Path,
    name: str | None,
    listen: str | None,
    upstreams: tuple[str, ...],
    together: bool,
    seed: int | None,
    audit: Path | None,
    deliver: Path | None,
    durability: Literal["process", "group", "always"] | None,
    dialect: str | None,
    as_json: bool,
) -> None:
    """Connect as a live client, record what crosses the wire, and run the pipeline over it.

    Each session becomes NAME.rec.jsonl, format version 1, with surrogates in the place of personal data. A recording
    that exists is never overwritten. SIGINT or SIGTERM ends the sessions within 5 s, their recordings sealed; a second
    one ends them at once.

    With --listen, no client of ours runs: any client may connect to the printed addresses, and what it and the services
    say to each other is relayed and recorded until SIGINT or SIGTERM.
    """
    if listen is not None and (audit or deliver) is not None:
        name_, path = ("--audit", audit) if audit is not None else ("--deliver", deliver)
        raise ConfigError(name_, str(path), "a session of our own client", fix=f"drop {name_} or --listen")
    if audit is not None and deliver is not None:
        raise ConfigError("--audit", str(audit), "one audit log", fix="drop --audit: --deliver writes one")
    spoken = None if dialect is None else find_dialect(dialect)
    if listen is not None:
        path = out / f"{name or 'session'}.rec.jsonl"
        sys.exit(_listen(settings, listen, upstreams, path, seed, spoken, as_json=as_json))
    if not conversations and spoken is not None and not spoken.needs_token:
        conversations = (SOLE,)
    if not conversations:
        raise ConfigError("--conversation", "none", "at least one conversation id")
    groups = [list(conversations)] if together else [[one] for one in conversations]
    if name is not None and len(groups) > 1:
        raise ConfigError("--name", name, "a single session", fix="drop --name, or add --together")
    policy = policy_of(settings) if spoken is None else policy_for(policy_of(settings), spoken)
    jobs = [Job(name=name or safe_name(group[0]), conversations=group, policy=policy) for group in groups]
    _refuse_existing(out, jobs)
    judging = judging_of(settings, clock=SystemClock())
    live = live_run(settings, record_to=out, seed=seed, dialect=spoken, on_state=LinkTeller(), judging=judging)
    if settings.key_file is None and seed is None and not live.addresses.loopback:
        say("no --key-file: surrogates agree within this session only (make a key with: harness key new FILE)")
    with _audited(replace(live, durability=durability or live.durability), audit) as audited:
        runs = asyncio.run(_recorded(audited, jobs, settings, deliver))
    for run in runs:
        _tell(run, as_json=as_json)
    errors = [run.error for run in runs if run.error]
    sys.exit(exit_code_of(errors[0]) if errors else ExitCode.OK)


@contextlib.contextmanager
def _audited(live: LiveRun, path: Path | None) -> Iterator[LiveRun]:
    """``live``, with its audit records going to ``path``."""
    if path is None:
        yield live
        return
    try:
        trail = AuditTrail(path, key=live.key, clock=SystemClock())
    except OSError as error:
        raise ConfigError("--audit", str(path), "a file that can be written", fix=error.strerror or "") from None
    with trail:
        yield replace(live, store=trail)


async def _recorded(live: LiveRun, jobs: list[Job], settings: Settings, deliver: Path | None) -> list[SessionRun]:
    with stop_on_signals() as stop:
        if deliver is None:
            return await run_live(replace(live, stop=stop), jobs)
        async with store_of(settings, deliver, live.key) as store:
            return hurried(store, settings, await run_live(replace(live, stop=stop, store=store), jobs))


def _listen(
    settings: Settings,
    listen: str,
    upstreams: tuple[str, ...],
    path: Path,
    seed: int | None,
    dialect: Dialect | None,
    *,
    as_json: bool,
) -> int:
    if path.exists():
        raise ConfigError("--out", str(path), "a recording that does not exist yet", fix="give another --name or -o")
    plan = proxy_plan(settings, listen=listen, upstreams=upstreams, path=path, seed=seed, dialect=dialect)
    _tell(record_through_proxy(plan, as_json=as_json), as_json=as_json)
    return ExitCode.OK


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
    for one in run.suspensions:
        say(f"harness: {one.reason} at {one.at_us / 1e6:.1f} s: {one.dropped} entries were not recorded")
    if run.unsealed is not None:
        say(f"harness: no room for the seal; make some, then: harness seal {shown(str(run.unsealed))}")
    if run.recording is None:
        return
    facts = {
        "recording": str(run.recording),
        "messages": len(run.outcomes),
        "accepted": sum(o.verdict == "accepted" for o in run.outcomes),
        "spans": sum(len([s for s in o.spans if s.last]) for o in run.outcomes),
        "gaps": len(run.gaps),
        "complete": run.error is None and not run.suspensions,
        "dropped": sum(one.dropped for one in run.suspensions),
        "stopped": run.stopped,
    }
    if as_json:
        click.echo(json.dumps(facts))
    else:
        say(f"{facts['messages']} messages, {facts['spans']} values replaced")
        click.echo(shown(str(run.recording)))
