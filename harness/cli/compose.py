"""``harness compose``: scenarios and transcripts become synthetic recordings."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from harness.cli.common import say, shown, verb
from harness.errors import ConfigError, ScenarioError
from harness.scenario.files import LABELS, RECORDING, compose_dialogues, compose_files

__all__ = ["command"]


@click.command("compose")
@click.argument("scenarios", nargs=-1, metavar="SCENARIO…", type=click.Path(path_type=Path))
@click.option(
    "--dialogues",
    metavar="FILE",
    type=click.Path(path_type=Path, allow_dash=True),
    help="Transcripts, one JSON object per line, instead of scenarios; - reads stdin.",
)
@click.option("-o", "--out", metavar="DIR", type=click.Path(path_type=Path), required=True, help="Where to write.")
@click.option("--seed", type=int, default=7, show_default=True, help="Ids, times and cuts are drawn from it.")
@click.option("--force", is_flag=True, help="Replace files that exist.")
@click.option("--json", "as_json", is_flag=True, help="Print what was written as JSON.")
@verb
def command(
    scenarios: tuple[Path, ...], dialogues: Path | None, out: Path, seed: int, force: bool, as_json: bool
) -> None:
    """Compile scenarios or transcripts into synthetic recordings.

    A folder stands for every *.yaml and *.jsonl in it. Each input gives NAME.rec.jsonl and NAME.labels.jsonl;
    the same input and seed give the same bytes. What the input holds is written in clear: compose invented or
    released conversations only.
    """
    if bool(scenarios) == (dialogues is not None):
        raise ConfigError("SCENARIO", "none" if dialogues is None else "both", "either scenarios or --dialogues FILE")
    if dialogues is not None:
        written = _from_dialogues(dialogues, out, seed, force=force)
    else:
        written = compose_files(scenarios, out, seed, force=force)
    _report(written, as_json=as_json)


def _from_dialogues(path: Path, out: Path, seed: int, *, force: bool) -> list[Path]:
    if str(path) == "-":
        return compose_dialogues(sys.stdin.buffer, "stdin", out, seed, force=force)
    try:
        file = path.open("rb")
    except OSError as error:
        raise ScenarioError(f"cannot be read: {error.strerror or 'error'}", path=path) from None
    with file:
        return compose_dialogues(file, path, out, seed, force=force)


def _report(written: list[Path], *, as_json: bool) -> None:
    if as_json:
        files = [{"recording": str(path), "labels": _labels(path)} for path in written]
        click.echo(json.dumps({"composed": len(written), "files": files}, ensure_ascii=False))
        return
    for path in written:
        click.echo(shown(str(path)))
    say(f"{len(written)} composed")
    if written:
        first = shown(str(written[0]))
        say(f"next: harness replay {first} serves it, harness run --recording {first} checks it")


def _labels(recording: Path) -> str | None:
    """The labels beside it; None beside a transcript that nobody marked."""
    labels = Path(str(recording)[: -len(RECORDING)] + LABELS)
    return str(labels) if labels.exists() else None
