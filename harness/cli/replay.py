"""``harness replay``: serve recordings to any client on local ports."""

from __future__ import annotations

import asyncio
import json
import os
import shlex
import signal
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click

from harness.cli.common import ExitCode, say, shown, verb
from harness.cli.live_options import dialect_option, live_options
from harness.clock import SystemClock
from harness.dialects.mediation import Subscription, dump
from harness.errors import ConfigError
from harness.recording.reader import SUFFIX, Recording, find_recordings, read_recording
from harness.replayer.faults import parse_fault, parse_faults
from harness.replayer.rules import Rules, parse_wildcard
from harness.replayer.service import ReplayService
from harness.session.dialects import one_dialect
from harness.session.episodes import LiveSide, episode
from harness.session.keys import load_key
from harness.session.modes import RecordMode, chosen_mode, plan_of
from harness.session.parts import Tools, addresses_of, credentials_of, policy_of
from harness.session.replay import subscriptions
from harness.settings import Settings
from harness.wire.certificate import make_certificate, server_context
from harness.wire.guard import NetworkGuard

__all__ = ["command"]


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--speed", default="instant", show_default=True, help="1 = as recorded, 10 = ten times as fast, instant, step."
)
@click.option("--idle-cap", metavar="SECONDS", help="Longest pause of the recordings that is kept, such as 2s.")
@click.option("--port", default=0, show_default=True, help="Port of the stream; 0 = any free one.")
@click.option("--rest-port", default=0, show_default=True, help="Port of OAuth and gateway; 0 = any free one.")
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
@click.option("--loop", is_flag=True, help="Begin again when everything was played.")
@click.option("--fault", "fault_texts", multiple=True, metavar="FAULT", help="drop:code=1011,at=type:end,nth=2")
@click.option("--faults", "fault_file", type=click.Path(path_type=Path), help="A file with one fault a line.")
@click.option("--seed", type=int, default=0, show_default=True, help="Draws what the faults leave open.")
@click.option("--log", type=click.Path(path_type=Path), help="Write the replay's own recording to this new file.")
@click.option("--mode", help="none, once, new_episodes, all, rewrite or verify [default: none].")
@click.option("--on-miss", help="What was not recorded: fail, passthrough or record.")
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

    The export lines on stdout point a client at the replay; the lines before them name each address. With another
    --mode than none, --endpoint or --environment name the live service that is recorded.
    """
    mode = chosen_mode(given["mode"], os.environ)
    with tempfile.TemporaryDirectory() as scratch, ExitStack() as stack:
        options, certificate = _options(given, Path(scratch))
        if mode is RecordMode.NONE and given["on_miss"] in (None, "fail"):
            stack.enter_context(NetworkGuard())
            recordings = [read_recording(path) for path in find_recordings(paths)]
            dialect = one_dialect([recording.header for recording in recordings], given["dialect"])
            service = ReplayService(recordings, dialect=dialect, clock=SystemClock(), **options)
            held = _held(recordings)
            wrong = asyncio.run(_replay(service, held, once=once, as_json=as_json, certificate=certificate))
        else:
            wrong = asyncio.run(
                _record(settings, paths, mode, given["on_miss"], options, once=once, as_json=as_json, tls=certificate)
            )
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


def _options(given: Mapping[str, Any], scratch: Path) -> tuple[dict[str, Any], Path | None]:
    """The service's options, and the certificate a client has to trust."""
    faults = [parse_fault(text) for text in given["fault_texts"]]
    if given["fault_file"] is not None:
        faults += parse_faults(_text_of(given["fault_file"]))
    certificate = make_certificate(scratch) if given["tls"] else None
    rules = Rules(ignore=given["ignore"], wildcards=dict(map(parse_wildcard, given["accept"])), bind=given["bind"])
    return {
        "speed": None if given["speed"] == "step" else _speed(given["speed"]),
        "stepping": given["speed"] == "step",
        "idle_cap_s": None if given["idle_cap"] is None else _seconds(given["idle_cap"]),
        "match": given["match"],
        "rules": rules,
        "drain": given["drain"],
        "stream_port": given["port"],
        "rest_port": given["rest_port"],
        "lenient": given["lenient"],
        "loop": given["loop"],
        "faults": faults,
        "seed": given["seed"],
        "journal": given["log"],
        "origins": given["origins"],
        "max_connections": given["max_connections"],
        "tls": None if certificate is None else server_context(certificate),
    }, certificate


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise ConfigError("--faults", str(path), "a readable text file") from None


def _speed(text: str) -> float | None:
    if text == "instant":
        return None
    try:
        return float(text)
    except ValueError:
        raise ConfigError("--speed", text, "a number above 0, instant or step") from None


def _seconds(text: str) -> float:
    try:
        return float(text.removesuffix("s"))
    except ValueError:
        raise ConfigError("--idle-cap", text, "seconds, such as 2s") from None


async def _replay(
    service: ReplayService, held: Sequence[str], *, once: bool, as_json: bool, certificate: Path | None
) -> list[str]:
    async with service:
        await _serve(service, held, once=once, as_json=as_json, certificate=certificate)
    return _wrong(service, once=once)


async def _record(
    settings: Settings,
    paths: Sequence[Path],
    mode: RecordMode,
    on_miss: str | None,
    options: dict[str, Any],
    *,
    once: bool,
    as_json: bool,
    tls: Path | None,
) -> list[str]:
    if len(paths) != 1 or not paths[0].name.endswith(SUFFIX):
        raise ConfigError("--mode", mode.value, f"one file NAME{SUFFIX}", fix="record each session into its own file")
    ci = os.environ.get("CI", "").lower() in ("true", "1")
    plan = plan_of(mode, on_miss, exists=paths[0].exists(), ci=ci)
    live = None
    if plan.live:
        live = LiveSide(
            addresses=addresses_of(settings),
            credentials=credentials_of(settings),
            tools=Tools.default(),
            key=load_key(settings.key_file, None),
            policy=policy_of(settings),
        )
    async with episode(paths[0], plan, live, **options) as running:
        await _serve(running.service, (), once=once and plan.serve, as_json=as_json, certificate=tls)
    if running.written is not None:
        say(f"recorded: {shown(str(running.written))}")
    return [*_wrong(running.service, once=once), *(f"differs: {line}" for line in running.differences)]


async def _serve(
    service: ReplayService, held: Sequence[str], *, once: bool, as_json: bool, certificate: Path | None = None
) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def interrupted(number: signal.Signals) -> None:
        loop.remove_signal_handler(number)  # a second one ends the process at once
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, interrupted, number)
    addresses = _addresses_json(service, certificate) if as_json else _addresses(service, certificate)
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
        say("harness: no message is waiting")


async def _stop_when_over(service: ReplayService, stop: asyncio.Event, *, once: bool) -> None:
    if once:
        await service.over()
        stop.set()


def _wrong(service: ReplayService, *, once: bool) -> list[str]:
    """What to tell: the problems, and with ``once`` what was left unplayed."""
    problems = [str(problem) for problem in service.problems]
    left = service.unplayed() if once else []
    return problems + [f"not played: {label}" for label in left]


def _addresses(service: ReplayService, certificate: Path | None) -> str:
    trust = {} if certificate is None else {"SSL_CERT_FILE": str(certificate)}
    exports = {
        "HARNESS_ENDPOINT": service.endpoint,
        "GENESYS_CLIENT_ID": service.client_id,
        "GENESYS_CLIENT_SECRET": service.client_secret,
        **trust,
    }
    lines = [f"# {name} {url}" for name, url in _urls(service).items()]
    return "\n".join(lines + [f"export {name}={shlex.quote(value)}" for name, value in exports.items()])


def _addresses_json(service: ReplayService, certificate: Path | None) -> str:
    credentials = {"client_id": service.client_id, "client_secret": service.client_secret}
    trust = {} if certificate is None else {"certificate": str(certificate)}
    return json.dumps({"endpoint": service.endpoint, **_urls(service), **credentials, **trust})


def _urls(service: ReplayService) -> dict[str, str]:
    return {
        "token_url": service.token_url,
        "gateway_url": service.gateway_url,
        "stream_url": service.stream_url,
    }
