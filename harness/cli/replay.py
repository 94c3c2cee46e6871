"""``harness replay``: serve recordings to any client on local ports."""

from __future__ import annotations

import asyncio
import json
import shlex
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from harness.cli.common import ExitCode, say, shown, verb
from harness.cli.live_options import dialect_option
from harness.clock import SystemClock
from harness.dialects.mediation import Subscription, dump
from harness.errors import ConfigError
from harness.recording.reader import Recording, find_recordings, read_recording
from harness.replayer.service import ReplayService
from harness.session.dialects import one_dialect
from harness.session.replay import subscriptions

__all__ = ["command"]


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--speed", default="instant", show_default=True, help="1 = as recorded, 10 = ten times as fast, instant.")
@click.option("--port", default=0, show_default=True, help="Port of the stream; 0 = any free one.")
@click.option("--rest-port", default=0, show_default=True, help="Port of OAuth and gateway; 0 = any free one.")
@click.option(
    "--match",
    type=click.Choice(["strict", "subset", "schema", "any"]),
    default="strict",
    show_default=True,
    help="How narrowly what the client sends is compared.",
)
@click.option("--lenient", is_flag=True, help="Answer what differs as its nearest recorded candidate.")
@click.option("--once", is_flag=True, help="Leave when all is played; exit code 1 if anything went wrong.")
@click.option("--json", "as_json", is_flag=True, help="Print addresses and credentials as one line of JSON.")
@dialect_option
@verb
def command(
    paths: tuple[Path, ...],
    speed: str,
    port: int,
    rest_port: int,
    match: str,
    lenient: bool,
    once: bool,
    dialect: str | None,
    as_json: bool,
) -> None:
    """Serve the recordings in PATHS (files or folders) on loopback until interrupted.

    The export lines on stdout point a client at the replay; the lines before them name each address.
    """
    recordings = [read_recording(path) for path in find_recordings(paths)]
    service = ReplayService(
        recordings,
        dialect=one_dialect([recording.header for recording in recordings], dialect),
        clock=SystemClock(),
        speed=_speed(speed),
        match=match,
        stream_port=port,
        rest_port=rest_port,
        lenient=lenient,
    )
    asyncio.run(_serve(service, _held(recordings), once=once, as_json=as_json))
    wrong = _wrong(service, once=once)
    for line in wrong:
        say(f"harness: {shown(line)}")
    sys.exit(ExitCode.FAILED if once and wrong else ExitCode.OK)


def _held(recordings: Sequence[Recording]) -> list[str]:
    """For each recording what a client must ask for to hear it."""
    lines = []
    for recording in recordings:
        for conversation, subscription in subscriptions(recording).items():
            asked = "" if subscription == Subscription() else f" --subscription {shlex.quote(_json(subscription))}"
            lines.append(f"# {shown(recording.path.name)}: -c {shlex.quote(shown(conversation))}{asked}")
    return lines


def _json(subscription: Subscription) -> str:
    return dump(subscription.model_dump(mode="json", exclude_defaults=True))


def _speed(text: str) -> float | None:
    if text == "instant":
        return None
    try:
        return float(text)
    except ValueError:
        raise ConfigError("--speed", text, "a number above 0, or instant") from None


async def _serve(service: ReplayService, held: list[str], *, once: bool, as_json: bool) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def interrupted(number: signal.Signals) -> None:
        loop.remove_signal_handler(number)  # a second one ends the process at once
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, interrupted, number)
    async with service:
        click.echo(_addresses_json(service) if as_json else "\n".join([_addresses(service), *held]))
        async with asyncio.TaskGroup() as group:
            watcher = group.create_task(_stop_when_over(service, stop, once=once))
            await stop.wait()
            watcher.cancel()


async def _stop_when_over(service: ReplayService, stop: asyncio.Event, *, once: bool) -> None:
    if once:
        await service.over()
        stop.set()


def _wrong(service: ReplayService, *, once: bool) -> list[str]:
    """What to tell: the problems, and with ``once`` what was left unplayed."""
    problems = [str(problem) for problem in service.problems]
    left = service.unplayed() if once else []
    return problems + [f"not played: {label}" for label in left]


def _addresses(service: ReplayService) -> str:
    exports = {
        "HARNESS_ENDPOINT": service.endpoint,
        "GENESYS_CLIENT_ID": service.client_id,
        "GENESYS_CLIENT_SECRET": service.client_secret,
    }
    lines = [f"# {name} {url}" for name, url in _urls(service).items()]
    return "\n".join(lines + [f"export {name}={shlex.quote(value)}" for name, value in exports.items()])


def _addresses_json(service: ReplayService) -> str:
    credentials = {"client_id": service.client_id, "client_secret": service.client_secret}
    return json.dumps({"endpoint": service.endpoint, **_urls(service), **credentials})


def _urls(service: ReplayService) -> dict[str, str]:
    return {
        "token_url": service.token_url,
        "gateway_url": service.gateway_url,
        "stream_url": service.stream_url,
    }
