"""``harness new-test``: an incident that becomes a test."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import click

from harness.cli.common import say, shown, verb
from harness.cli.progress import Steps
from harness.cli.targets import stem
from harness.errors import ConfigError
from harness.pytest_plugin import checks
from harness.pytest_plugin.play import play
from harness.recording.reader import SUFFIX
from harness.report.labels import labels_path
from harness.session.setup import checked_name
from harness.session.shrink.files import refuse_existing, write_beside
from harness.session.shrink.incident import Incident, function_name, incident, python_test
from harness.session.shrink.search import Budget
from harness.settings import Settings, load_settings

__all__ = ["command"]


@click.command("new-test")
@click.argument("recording", metavar="RECORDING", type=click.Path(path_type=Path))
@click.option("--message", type=click.IntRange(1), metavar="N", help="Its number, as reports have it.")
@click.option("--entry", type=click.IntRange(1), metavar="N", help="Or its entry, as scan and shrink have it.")
@click.option("--failing", metavar="EXPR", help="What is wrong with it, as for `harness shrink` [default: found out].")
@click.option(
    "-o", "--out", default="tests", show_default=True, type=click.Path(path_type=Path), help="Folder of the test."
)
@click.option("--name", help="Of the new files [default: that of RECORDING, and the message].")
@click.option("--rules", multiple=True, type=click.Path(path_type=Path), help="Your rule file, as for `harness run`.")
@click.option("--python", is_flag=True, help="Write a test in Python even where none is needed.")
@click.option("--tries", default=1000, show_default=True, type=click.IntRange(1), help="Replays at most.")
@click.option("--seconds", type=click.FloatRange(0, min_open=True), help="Time at most [default: none].")
@click.option("--force", is_flag=True, help="Write over files of that name.")
@click.option("--json", "as_json", is_flag=True, help="Say what was written as JSON.")
@verb
def command(
    recording: Path,
    message: int | None,
    entry: int | None,
    failing: str | None,
    out: Path,
    name: str | None,
    rules: tuple[Path, ...],
    python: bool,
    tries: int,
    seconds: float | None,
    force: bool,
    as_json: bool,
) -> None:
    """Make a test of one message that went wrong: a small recording, and beside it what is expected of it.

    What is wrong is found out from the labels, the leak scan and the live side; or say it with --failing. Labels beside
    the new recording are the test where they can say it, `pytest` needs no more; otherwise a test in Python is written.
    The test fails now, and passes when the message comes out right. Exit code 5: nothing is wrong with that message.
    """
    settings = load_settings(rules=rules) if rules else load_settings()
    number, by_entry = message or entry, message is None
    if number is None or (message is not None and entry is not None):
        raise ConfigError("--message", message, "either --message N or --entry N")
    word = "entry" if by_entry else "message"
    target = out / f"{checked_name(name or f'{stem(recording)}-{word}-{number}')}{SUFFIX}"
    script = out / f"{function_name(target)}.py"
    if not force:
        refuse_existing([target, labels_path(target), script])
    out.mkdir(parents=True, exist_ok=True)
    budget = Budget(tries=tries, seconds=seconds)
    with Steps(quiet=as_json) as steps:
        found = incident(
            recording, number, failing, target, settings, budget=budget, tell=steps.step, by_entry=by_entry, force=force
        )
    if force:
        script.unlink(missing_ok=True)
    files = [target, *([labels_path(target)] if found.labels else [])]
    if python or failing is not None or not _is_red(target, settings):
        write_beside(target, ())
        script.write_text(python_test(found, target, recording), encoding="utf-8")
        files = [target, script]
    _tell(files, found, rules, python=script in files, as_json=as_json)


def _is_red(recording: Path, settings: Settings) -> bool:
    """Whether ``pytest`` fails on the recording as it stands."""
    played = play(recording, settings)
    reference = checks.Reference(played, {})
    return bool(checks.labels(played, reference) or checks.leaks(played) or checks.parity(played, reference)[0])


def _tell(files: list[Path], found: Incident, rules: tuple[Path, ...], *, python: bool, as_json: bool) -> None:
    listed = shlex.quote(",".join(map(str, rules)))
    named = f"HARNESS_RULES={listed} " if rules else ""
    start = f"{named}pytest {shlex.quote(str(files[-1] if python else files[0]))}"
    left, there = found.shrunk.messages
    if as_json:
        facts = {
            "files": [str(path) for path in files],
            "message": found.number,
            "failing": found.failing.text,
            "messages": left,
            "of_messages": there,
            "run": start,
        }
        click.echo(json.dumps(facts))
        return
    for path in files:
        click.echo(str(path))
    say(f"{left} of {there} messages kept; {shown(found.place)} fails: {shown(found.failing.text)}")
    say(f"next: {shown(start)}   (fails now, passes when it is repaired)")
