"""``harness load``: put many clients on a service at loopback and see what they wait for."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import click
from pydantic import SecretStr

from harness.cli.common import ExitCode, say, verb
from harness.clock import SystemClock
from harness.dialects.mediation import MediationDialect
from harness.errors import ConfigError
from harness.recording.reader import Recording, find_recordings, read_recording
from harness.replayer.service import ReplayService
from harness.session.load import LoadResult, run_load

__all__ = ["command"]


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--clients", default=100, show_default=True, help="How many clients.")
@click.option("--seconds", default=10.0, show_default=True, help="Over how long they begin.")
@click.option("--url", help="The stream of a service on this machine [default: a replay of PATHS].")
@click.option("--token", envvar="HARNESS_LOAD_TOKEN", help="Access token for --url (HARNESS_LOAD_TOKEN).")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
@verb
def command(
    paths: tuple[Path, ...], clients: int, seconds: float, url: str | None, token: str | None, as_json: bool
) -> None:
    """Play the sessions in PATHS from many clients at once, each at its recorded pace, on loopback.

    Latency counts from the time a send was meant to happen. Exit code 1 if a client failed or got no answer.
    """
    recordings = [read_recording(path) for path in find_recordings(paths)]
    if url is not None:
        if not token:
            raise ConfigError("--token", None, "an access token of the service at --url")
        result = _loaded(recordings, url, token, clients, seconds)
    else:
        with _replay(paths) as (address, secret):
            result = _loaded(recordings, address, secret, clients, seconds)
    _tell(result, as_json=as_json)
    sys.exit(ExitCode.FAILED if result.failed or result.unanswered else ExitCode.OK)


def _loaded(recordings: Sequence[Recording], url: str, token: str, clients: int, seconds: float) -> LoadResult:
    load = run_load(recordings, stream_url=url, token=SecretStr(token), clients=clients, seconds=seconds)
    return asyncio.run(load)


@contextmanager
def _replay(paths: Sequence[Path]) -> Iterator[tuple[str, str]]:
    """A replay in a process of its own, so that the load does not share its loop; its address and a token."""
    here, there = multiprocessing.get_context("spawn").Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(tuple(paths), there), daemon=True)
    process.start()
    try:
        address, token = here.recv()
        yield address, token
    finally:
        here.send("stop")
        process.join(10)


def _serve(paths: tuple[Path, ...], pipe: Connection) -> None:
    asyncio.run(_serve_until_told(paths, pipe))


async def _serve_until_told(paths: tuple[Path, ...], pipe: Connection) -> None:
    recordings = [read_recording(path) for path in find_recordings(paths)]
    service = ReplayService(recordings, dialect=MediationDialect(), clock=SystemClock(), loop=True)
    async with service:
        told = asyncio.Event()
        asyncio.get_running_loop().add_reader(pipe.fileno(), told.set)
        pipe.send((service.stream_url, service.mint_token()))
        await told.wait()


def _tell(result: LoadResult, *, as_json: bool) -> None:
    figures: dict[str, Any] = result.figures()
    if as_json:
        click.echo(json.dumps(figures))
        return
    say(f"{result.clients} clients, {result.sent} sent, {result.received} received, {result.failed} failed")
    for stage, row in figures["latency_ms"].items():
        click.echo(f"{stage:<14}" + "  ".join(f"{name} {value}" for name, value in row.items()))
