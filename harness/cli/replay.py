"""``harness replay``: serve recordings to any client on local ports."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click

from harness.cli.common import ExitCode, say, shown, verb
from harness.cli.live_options import dialect_option, live_options
from harness.cli.replay_addresses import addresses_json, asked_lines, export_lines
from harness.cli.replay_options import service_options
from harness.cli.stopping import stop_on_signals
from harness.clock import SystemClock
from harness.errors import ReplayError
from harness.recording.reader import find_recordings, read_recording
from harness.replayer.service import ReplayService
from harness.session.dialects import find_dialect, one_dialect
from harness.session.episodes import episode
from harness.session.modes import RecordMode, chosen_mode
from harness.session.refresh import live_side, mode_plan
from harness.settings import Settings
from harness.wire.guard import NetworkGuard

__all__ = ["command"]


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--speed",
    default="instant",
    show_default=True,
    metavar="SPEED",
    help="1 = as recorded, 10 = ten times as fast, instant = in order without waits, step = a line on stdin lets a message go.",
)
@click.option("--idle-cap", metavar="SECONDS", help="Longest pause of the recordings that is kept, such as 2s.")
@click.option(
    "--port", type=int, metavar="PORT", default=0, show_default=True, help="Port of the stream; 0 = any free one."
)
@click.option(
    "--listen",
    metavar="ADDRESS",
    default="127.0.0.1",
    show_default=True,
    help="Where to listen; another address than loopback needs --token.",
)
@click.option("--token", metavar="TOKEN", envvar="HARNESS_REPLAY_TOKEN", help="An access token clients may bring.")
@click.option(
    "--patience",
    metavar="SECONDS",
    default="5s",
    show_default=True,
    help="How late a client may be, beyond the recorded gap.",
)
@click.option(
    "--rest-port",
    type=int,
    metavar="PORT",
    default=0,
    show_default=True,
    help="Port of OAuth and gateway; 0 = any free one.",
)
@click.option(
    "--match",
    type=click.Choice(["strict", "subset", "schema", "any"]),
    default="strict",
    show_default=True,
    help="How narrowly what the client sends is compared.",
)
@click.option("--ignore", multiple=True, metavar="PATH", help="JSON pointer that is not compared; * is any member.")
@click.option("--accept", multiple=True, metavar="PATH=KIND", help="uuid, iso8601, string, number~TOL, regex:PATTERN.")
@click.option("--bind", multiple=True, metavar="PATH", help="An id that is another one live; put into the answers.")
@click.option("--drain", multiple=True, metavar="PLACE", help="What may stay unplayed: type:heartbeat, entry:12.")
@click.option("--lenient", is_flag=True, help="Answer what differs as its nearest recorded candidate.")
@click.option("--loop", is_flag=True, help="When every recorded connection was taken, play them again.")
@click.option(
    "--fault",
    "fault_texts",
    multiple=True,
    metavar="FAULT",
    help="What goes wrong and where, such as drop:code=1011,at=type:end,nth=2; an unknown name lists them all.",
)
@click.option("--faults", "fault_file", type=click.Path(path_type=Path), help="A file with one fault a line.")
@click.option("--seed", type=int, default=0, show_default=True, help="Draws what the faults leave open.")
@click.option("--log", type=click.Path(path_type=Path), help="Write the replay's own recording to this new file.")
@click.option("--mode", metavar="MODE", help="none, once, new_episodes, all, rewrite or verify [default: none].")
@click.option("--on-miss", metavar="WHAT", help="What was not recorded: fail, passthrough or record.")
@click.option("--tls", is_flag=True, help="Serve TLS with a certificate made for this run.")
@click.option("--origin", "origins", multiple=True, metavar="ORIGIN", help="Let browsers of this origin connect.")
@click.option("--max-connections", type=click.IntRange(1), help="Open at once on each port; more get 503.")
@click.option("--once", is_flag=True, help="Leave when all is played; exit code 1 if anything went wrong.")
@click.option("--json", "as_json", is_flag=True, help="Print addresses and credentials as one line of JSON.")
@dialect_option
@live_options
@verb
def command(settings: Settings, paths: tuple[Path, ...], once: bool, as_json: bool, **given: Any) -> None:
    """Serve the recordings in PATHS (files or folders) on loopback until interrupted.

    Exit code 1 if a client did anything that was not recorded, also after Ctrl-C; what nobody came for counts with --once
    only. The export lines on stdout point a client at the replay; the lines before them name each address. With another
    --mode than none, --endpoint or --environment name the live service that is recorded.
    """
    mode = chosen_mode(given["mode"], os.environ)
    with tempfile.TemporaryDirectory() as scratch, ExitStack() as stack:
        options, certificate = service_options(given, Path(scratch))
        if mode is RecordMode.NONE and given["on_miss"] in (None, "fail"):
            stack.enter_context(NetworkGuard())
            recordings = [read_recording(path) for path in find_recordings(paths)]
            dialect = one_dialect([recording.header for recording in recordings], given["dialect"])
            service = ReplayService(recordings, dialect=dialect, clock=SystemClock(), told=_tell, **options)
            held = asked_lines(recordings)
            well = asyncio.run(_replay(service, held, once=once, as_json=as_json, certificate=certificate))
        else:
            well = asyncio.run(
                _record(settings, paths, mode, given, options, once=once, as_json=as_json, tls=certificate)
            )
    sys.exit(ExitCode.OK if well else ExitCode.FAILED)


async def _replay(
    service: ReplayService, held: Sequence[str], *, once: bool, as_json: bool, certificate: Path | None
) -> bool:
    async with service:
        await _serve(service, held, once=once, as_json=as_json, certificate=certificate)
    return _went_well(service, once=once)


async def _record(
    settings: Settings,
    paths: Sequence[Path],
    mode: RecordMode,
    given: dict[str, Any],
    options: dict[str, Any],
    *,
    once: bool,
    as_json: bool,
    tls: Path | None,
) -> bool:
    plan = mode_plan(paths, mode, given["on_miss"], os.environ)
    spoken = None if given["dialect"] is None else find_dialect(given["dialect"])
    live = live_side(settings, paths[0], spoken) if plan.live else None
    async with episode(paths[0], plan, live, dialect=spoken, told=_tell, **options) as running:
        await _serve(running.service, (), once=once and plan.serve, as_json=as_json, certificate=tls)
    if running.written is not None:
        say(f"recorded: {shown(str(running.written))}")
    return _went_well(running.service, once=once, differences=running.differences)


async def _serve(
    service: ReplayService, held: Sequence[str], *, once: bool, as_json: bool, certificate: Path | None = None
) -> None:
    loop = asyncio.get_running_loop()
    with stop_on_signals() as stop:
        addresses = addresses_json(service, certificate) if as_json else export_lines(service, certificate)
        click.echo(addresses if as_json else "\n".join([addresses, *held]))
        if service.stepping:
            loop.add_reader(sys.stdin, _step_on, service, loop)
        async with asyncio.TaskGroup() as group:
            watcher = group.create_task(_stop_when_over(service, stop, once=once))
            await stop.wait()
            watcher.cancel()


def _step_on(service: ReplayService, loop: asyncio.AbstractEventLoop) -> None:
    """A line on stdin lets one message go."""
    if not sys.stdin.readline():
        loop.remove_reader(sys.stdin)
    elif not service.step():
        say(f"harness: no message is waiting, but {shown('; '.join(service.awaited()) or 'for a client')}")


async def _stop_when_over(service: ReplayService, stop: asyncio.Event, *, once: bool) -> None:
    if once:
        await service.over()
        stop.set()


def _tell(problem: ReplayError) -> None:
    """A problem is told when it is found: whoever sits before the client looks for the reason now."""
    say(f"harness: {shown(str(problem))}")


def _went_well(service: ReplayService, *, once: bool, differences: Sequence[str] = ()) -> bool:
    """Tell what is known at the end only; False if anything went wrong, before or now."""
    unplayed = service.unplayed() if once else []
    found = [*(f"not played: {label}" for label in unplayed), *(f"differs: {line}" for line in differences)]
    for line in found:
        say(f"harness: {shown(line)}")
    return not (found or service.problems)
