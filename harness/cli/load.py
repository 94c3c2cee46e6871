"""``harness load``: put many clients on a service at loopback and see what they wait for."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import resource
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, contextmanager, suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import click
from pydantic import SecretStr

from harness.cli.common import ExitCode, say, verb
from harness.clock import SystemClock
from harness.errors import ConfigError, HarnessError, ServiceError
from harness.recording.reader import Recording, find_recordings, read_recording
from harness.replayer.rules import Rules
from harness.replayer.service import ReplayService
from harness.session.children import deaf_children
from harness.session.dialects import dialect_of, one_dialect
from harness.session.load import LoadResult, LoadScript, LoadTarget, load_script, run_load

__all__ = ["command"]

_SPARE_FILES = 100
_PATIENCE_S = 3600.0


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--clients", default=100, show_default=True, help="How many clients, at most 10000.")
@click.option("--seconds", default=10.0, show_default=True, help="Over how long they begin, at most 3600.")
@click.option("--url", help="The stream of a service on this machine [default: a replay of PATHS].")
@click.option("--gateway-url", help="Its gateway; without it the recorded requests are left out.")
@click.option("--token", envvar="HARNESS_LOAD_TOKEN", help="Access token for --url (HARNESS_LOAD_TOKEN).")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
@verb
def command(
    paths: tuple[Path, ...],
    clients: int,
    seconds: float,
    url: str | None,
    gateway_url: str | None,
    token: str | None,
    as_json: bool,
) -> None:
    """Play the sessions in PATHS from many clients at once, each at its recorded pace, on loopback.

    Every client has conversations of its own. Latency counts from the time a thing was meant to happen; schedule_lag
    is how late the load itself was. Exit code 1 if a client failed, got no answer or was cut off.
    """
    recordings = [read_recording(path) for path in find_recordings(paths)]
    _raise_file_limit(clients)
    scripts = _scripts(recordings)
    if url is not None:
        if not token:
            raise ConfigError("--token", None, "an access token of the service at --url")
        target = LoadTarget(stream_url=url, gateway_url=gateway_url, token=SecretStr(token))
        result = _loaded([(script, target) for _, script in scripts], clients, seconds)
    else:
        with _replays([recording.path for recording, _ in scripts], clients) as targets:
            played = [(script, target) for (_, script), target in zip(scripts, targets, strict=True)]
            result = _loaded(played, clients, seconds)
    _tell(result, as_json=as_json)
    sys.exit(ExitCode.OK if result.sound else ExitCode.FAILED)


def _scripts(recordings: Sequence[Recording]) -> list[tuple[Recording, LoadScript]]:
    made = ((recording, load_script(recording, dialect_of(recording.header))) for recording in recordings)
    return [(recording, script) for recording, script in made if script is not None]


def _loaded(played: Sequence[tuple[LoadScript, LoadTarget]], clients: int, seconds: float) -> LoadResult:
    return asyncio.run(run_load(played, clients=clients, seconds=seconds))


def _raise_file_limit(clients: int) -> None:
    """A connection is a file, and a request of the client another; the soft limit is raised as far as the system lets."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if hard != resource.RLIM_INFINITY and 2 * clients + _SPARE_FILES > hard:
        most = max(1, (hard - _SPARE_FILES) // 2)
        raise ConfigError("--clients", clients, f"at most {most} with {hard} open files", fix="raise ulimit -Hn")


@contextmanager
def _replays(paths: Sequence[Path], clients: int) -> Iterator[list[LoadTarget]]:
    """A replay of each recording, in a process of their own, so that the load does not share their loop."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_serve, args=(tuple(paths), clients, there), daemon=True)
    with deaf_children():
        process.start()
    there.close()
    try:
        told = _told(here)
        yield [LoadTarget(stream_url=s, gateway_url=g, token=SecretStr(t)) for s, g, t in told]
    finally:
        here.close()
        process.join(10)


def _told(pipe: Connection) -> list[tuple[str, str, str]]:
    """The addresses and tokens of the replays.

    Raises:
        ServiceError: they did not start.
    """
    try:
        told = pipe.recv()
    except EOFError:
        told = "its process ended"
    if isinstance(told, str):
        raise ServiceError(f"the replay did not start: {told}")
    return list(told)


def _serve(paths: tuple[Path, ...], clients: int, pipe: Connection) -> None:
    """Ends when the other end of ``pipe`` does."""
    _raise_file_limit(clients)
    with suppress(BrokenPipeError):
        try:
            asyncio.run(_serve_until_told(paths, pipe))
        except HarnessError as error:
            pipe.send(str(error))


async def _serve_until_told(paths: tuple[Path, ...], pipe: Connection) -> None:
    """Each recording has a service of its own, so that the ids its clients bring are bound to its own."""
    async with AsyncExitStack() as stack:
        services = [await stack.enter_async_context(_service(read_recording(path))) for path in paths]
        told = asyncio.Event()
        asyncio.get_running_loop().add_reader(pipe.fileno(), told.set)
        pipe.send([(one.stream_url, one.gateway_url, one.mint_token()) for one in services])
        await told.wait()


def _service(recording: Recording) -> ReplayService:
    dialect = one_dialect([recording.header])
    script = load_script(recording, dialect)
    rules = Rules(bind=script.pointers if script is not None else ())
    return ReplayService(
        [recording], dialect=dialect, clock=SystemClock(), loop=True, rules=rules, patience_s=_PATIENCE_S
    )


def _tell(result: LoadResult, *, as_json: bool) -> None:
    figures: dict[str, Any] = result.figures()
    if as_json:
        click.echo(json.dumps(figures))
        return
    latencies = figures.pop("latency_ms")
    say(", ".join(f"{value:g} {name.replace('_', ' ')}" for name, value in figures.items()))
    for stage, row in latencies.items():
        click.echo(_line(stage, row))


def _line(stage: str, row: Mapping[str, Any]) -> str:
    """A stage's figures in ms; a percentile there are too few samples for is left out (``--json`` says why)."""
    told = ((name.removesuffix("_ms").replace("_", "."), value) for name, value in row.items() if name != "n")
    known = [f"{name} {value:.3f}" for name, value in told if isinstance(value, int | float)]
    return "  ".join([f"{stage:<12} ms", f"n {row['n']}", *known])
