"""``harness run``: drive the one pipeline over a live service or over recordings, and write a report."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

import click

from harness.cli.common import ExitCode, exit_code_of, say, shown, verb
from harness.cli.history import now
from harness.cli.link_states import LinkTeller
from harness.cli.live_options import dialect_option, live_options
from harness.cli.progress import Steps
from harness.cli.stopping import stop_on_signals
from harness.dialects.base import Dialect
from harness.dialects.generic import SOLE
from harness.errors import ConfigError, HarnessError
from harness.report.history import HISTORY, add_run
from harness.session.dialects import find_dialect
from harness.session.live import Job
from harness.session.modes import RecordMode, chosen_mode
from harness.session.parts import policy_for, policy_of
from harness.session.pool import MOST_WORKERS, run_on_pool
from harness.session.refresh import mode_plan, refresh
from harness.session.runs import run_on_live, run_on_recordings
from harness.session.session import SessionRun
from harness.session.setup import checked_name, safe_name
from harness.session.shard_work import DAMAGED
from harness.settings import Settings

__all__ = ["command"]


@click.command()
@click.option("--live", "live_url", metavar="URL", help="Run on the service at this address.")
@click.option("-c", "--conversation", "conversations", multiple=True, metavar="ID", help="With --live: what to follow.")
@click.option(
    "-r",
    "--recording",
    "recordings",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Replay this file or folder through the real client.",
)
@click.argument("more", nargs=-1, type=click.Path(path_type=Path))
@click.option("--name", default="run", show_default=True, help="Name of the run; its report goes to reports/NAME.")
@click.option("--speed", default="instant", show_default=True, help="Of a replay: 1 = as recorded, 10, instant.")
@click.option("--mode", help="Of one recording: none, once, new_episodes, all, rewrite or verify [default: none].")
@click.option("--on-miss", help="With --mode: what was not recorded: fail, passthrough or record.")
@click.option("--workers", type=click.IntRange(1, MOST_WORKERS), help="Replay in so many processes; the same report.")
@click.option("--resume", is_flag=True, help="Go on with a run of this name, of the same corpus, that was cut off.")
@click.option("--json", "as_json", is_flag=True, help="Print the report's figures as JSON.")
@dialect_option
@live_options
@verb
def command(
    settings: Settings,
    live_url: str | None,
    conversations: tuple[str, ...],
    recordings: tuple[Path, ...],
    more: tuple[Path, ...],
    name: str,
    speed: str,
    mode: str | None,
    on_miss: str | None,
    workers: int | None,
    resume: bool,
    dialect: str | None,
    as_json: bool,
) -> None:
    """Run the pipeline over a live service (--live URL -c ID) or over recordings (--recording FILE…).

    Exit code 1 if a replay differs from what was recorded live. With another --mode than none the one recording is first
    made or brought up to date from the live service of --endpoint or --environment, for the conversations -c; with verify
    it is compared and left as it is.
    """
    folder = settings.reports_dir / checked_name(name)
    files = [*recordings, *more]
    if (live_url is None) == (not files):
        raise ConfigError("run", "both" if files else "neither", "either --live URL or --recording FILE")
    spoken = None if dialect is None else find_dialect(dialect)
    if live_url is not None and (workers or resume):
        raise ConfigError("--live", "--workers or --resume", "recordings", fix="leave one of them out")
    if live_url is not None:
        report, code = _live(settings.model_copy(update={"endpoint": live_url}), conversations, folder, spoken)
    else:
        pace, chosen = _speed(speed), chosen_mode(mode, os.environ)
        wrong = _refreshed(settings, files, chosen, on_miss, conversations, spoken)
        if workers or resume:
            report, code = _pooled(settings, files, folder, pace, dialect, workers or 1, resume=resume, quiet=as_json)
        else:
            report, code = _recorded(settings, files, folder, pace, spoken, quiet=as_json)
        code = ExitCode.FAILED if wrong else code
    _keep(settings, report)
    _tell(report, folder, as_json=as_json)
    if code == ExitCode.FAILED and not as_json:
        say(
            f"next: harness report {shown(str(folder))} names what differs, harness shrink FILE --failing parity cuts it down"
        )
    sys.exit(code)


def _keep(settings: Settings, report: dict[str, Any]) -> None:
    """A history that cannot be written does not fail the run."""
    try:
        add_run(settings.reports_dir / HISTORY, report, now())
    except HarnessError as error:
        say(f"harness: {shown(str(error))}")


def _live(
    settings: Settings, conversations: tuple[str, ...], folder: Path, dialect: Dialect | None
) -> tuple[dict[str, Any], int]:
    policy = policy_of(settings)
    if dialect is not None and not dialect.needs_token:
        conversations, policy = conversations or (SOLE,), policy_for(policy, dialect)
    if not conversations:
        raise ConfigError("--conversation", "none", "at least one conversation id")
    jobs = [Job(name=safe_name(one), conversations=[one], policy=policy) for one in conversations]
    report, runs = asyncio.run(_followed(settings, jobs, folder, dialect))
    errors = [run.error for run in runs if run.error]
    for error in errors:
        say(f"harness: {shown(str(error))}")
    return report, exit_code_of(errors[0]) if errors else ExitCode.OK


async def _followed(
    settings: Settings, jobs: list[Job], folder: Path, dialect: Dialect | None
) -> tuple[dict[str, Any], list[SessionRun]]:
    with stop_on_signals() as stop:
        return await run_on_live(settings, jobs, folder, dialect, stop=stop, on_state=LinkTeller())


def _refreshed(
    settings: Settings,
    files: list[Path],
    mode: RecordMode,
    on_miss: str | None,
    conversations: tuple[str, ...],
    dialect: Dialect | None,
) -> bool:
    """Do what the mode says; True if that went wrong."""
    if mode is RecordMode.NONE and on_miss in (None, "fail"):
        return False
    plan, teller = mode_plan(files, mode, on_miss, os.environ), LinkTeller()
    found = asyncio.run(refresh(files[0], plan, settings, conversations, dialect=dialect, on_state=teller))
    if found.written is not None:
        say(f"recorded: {shown(str(found.written))}")
    for problem in found.problems:
        say(f"harness: {shown(problem)}")
    return bool(found.problems)


def _recorded(
    settings: Settings, files: list[Path], folder: Path, speed: float | None, dialect: Dialect | None, *, quiet: bool
) -> tuple[dict[str, Any], int]:
    with Steps(quiet=quiet) as steps:
        report = asyncio.run(
            run_on_recordings(settings, files, folder, speed=speed, dialect=dialect, progress=steps.step)
        )
    return report, _judged(report)


def _pooled(
    settings: Settings,
    files: list[Path],
    folder: Path,
    speed: float | None,
    dialect: str | None,
    workers: int,
    *,
    resume: bool,
    quiet: bool,
) -> tuple[dict[str, Any], int]:
    with Steps(quiet=quiet) as steps:
        report, quarantined = run_on_pool(
            settings,
            files,
            folder,
            workers=workers,
            resume=resume,
            speed=speed,
            dialect=dialect,
            progress=steps.step,
        )
    code = _judged(report)
    if not quarantined:
        return report, code
    say(f"harness: in quarantine: {len(quarantined)} recordings; --resume tries them again")
    return report, ExitCode.BAD_FILE if all(one.kind == DAMAGED for one in quarantined) else ExitCode.INTERNAL


def _judged(report: dict[str, Any]) -> int:
    """Tell the problems, and give the exit code."""
    parity = report["parity"]
    for problem in parity["problems"]:
        say(f"harness: {shown(problem)}")
    # Under another policy a difference is what was asked about, not a failure.
    failed = (parity["problems"] or parity["differing"]) and not parity["policy_changed"]
    return ExitCode.FAILED if failed else ExitCode.OK


def _speed(text: str) -> float | None:
    if text == "instant":
        return None
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value <= 1e6:
        raise ConfigError("--speed", text, "a number above 0, or instant")
    return value


def _tell(report: dict[str, Any], folder: Path, *, as_json: bool) -> None:
    parity, verdicts = report["parity"], report["verdicts"]
    if as_json:
        figures = {name: parity[name] for name in ("status", "messages", "differing", "substituted_spans", "problems")}
        click.echo(json.dumps({"report": str(folder / "report.json"), "parity": figures, "digest": report["digest"]}))
        return
    say(
        f"{verdicts['sessions']} sessions, {verdicts['messages']} messages, "
        f"{verdicts['by_verdict']['rejected']} rejected, {verdicts['by_verdict']['quarantined']} quarantined; "
        f"parity: {parity['messages']} compared, {parity['differing']} differing"
    )
    click.echo(str(folder / "report.html"))
