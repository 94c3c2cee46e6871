"""``harness report``: a run's report in another form, from its own files alone; ``harness report verify``."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterable
from pathlib import Path

import click

from harness.cli.common import ExitCode, say, shown, verb
from harness.errors import ConfigError, RecordingNotFound
from harness.report.model import Report
from harness.report.read import RowFile, open_report, parse_report
from harness.report.render.markdown import BUDGET, LEAST, render_markdown
from harness.report.render.sarif import sarif_pieces
from harness.report.write import VIEWS, view_pieces, write_atomically
from harness.session.parts import Tools, policy_of
from harness.session.verify import Difference, verify_report
from harness.settings import load_settings

__all__ = ["command"]


class _Group(click.Group):
    """A group whose first command needs no name: ``harness report DIR`` renders."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """A call that names no subcommand is one of ``show``."""
        if args and args[0] not in {*self.commands, *self.get_help_option_names(ctx)}:
            args = ["show", *args]
        return super().parse_args(ctx, args)


@click.group(cls=_Group)
def command() -> None:
    """A run's report: in another form, or checked against its recordings.

    `harness report DIR [--format md]` is short for `harness report show DIR`.
    """


@command.command("show")
@click.argument("path", type=click.Path(path_type=Path, allow_dash=True))
@click.option(
    "--format", "form", type=click.Choice(sorted(VIEWS)), default="md", show_default=True, help="What to make."
)
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.option(
    "--limit-bytes", type=click.IntRange(min=LEAST), metavar="N", help=f"Of md: the most it may be [default: {BUDGET}]."
)
@click.option("--source-root", metavar="DIR", help="Of sarif: where the recordings lie in the repository.")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="File to write; stdout if none.")
@verb
def show(
    path: Path, form: str, as_json: bool, limit_bytes: int | None, source_root: str | None, output: Path | None
) -> None:
    """Render a run's report.

    PATH is a report's folder, its report.json, or - to read report.json from stdin. The lists of
    messages come from the results.jsonl beside it; a report read from stdin has none.
    """
    form = "json" if as_json else form
    _check(form, limit_bytes, source_root)
    report, rows = _opened(path)
    if limit_bytes:
        text: Iterable[str] = [render_markdown(report, rows, limit_bytes)]
    elif source_root:
        text = sarif_pieces(report, rows, source_root)
    else:
        text = view_pieces(report, rows, form)
    pieces = (piece.encode() for piece in text)
    if output is None:
        for piece in pieces:
            sys.stdout.buffer.write(piece)
        sys.stdout.buffer.flush()
        return
    write_atomically(output, pieces)
    say(f"wrote {output}")


def _check(form: str, limit_bytes: int | None, source_root: str | None) -> None:
    if limit_bytes and form != "md":
        raise ConfigError("--limit-bytes", limit_bytes, "--format md")
    if source_root and form != "sarif":
        raise ConfigError("--source-root", source_root, "--format sarif")


@command.command("verify")
@click.argument("path", type=click.Path(path_type=Path))
@click.option(
    "--corpus",
    type=click.Path(path_type=Path),
    help="Folder of the recordings [default: PATH/recordings, else recordings].",
)
@click.option("--json", "as_json", is_flag=True, help="Print what differs as JSON.")
@verb
def verify(path: Path, corpus: Path | None, as_json: bool) -> None:
    """Run a report's recordings again and compare: recordings, rules, tool, verdicts, lines of results.

    Exit code 1 if anything differs; what does is named on stdout, one per line.
    """
    report, rows = open_report(path)
    settings = load_settings()
    found = asyncio.run(
        verify_report(report, rows, corpus or _beside(path), tools=Tools.of(settings), policy=policy_of(settings))
    )
    _tell(report, found, as_json=as_json)
    sys.exit(ExitCode.FAILED if found else ExitCode.OK)


def _tell(report: Report, found: list[Difference], *, as_json: bool) -> None:
    if as_json:
        click.echo(
            json.dumps({"holds": not found, "digest": report["digest"], "differs": [d._asdict() for d in found]})
        )
        return
    for what, detail in found:
        click.echo(shown(f"{what}: {detail}"))
    count = len(report["run"]["recordings"])
    say(f"{'does not hold' if found else 'holds'}: {count} {'recording' if count == 1 else 'recordings'} run again")


def _beside(path: Path) -> Path:
    inside = (path if path.is_dir() else path.parent) / "recordings"
    found = next((folder for folder in (inside, Path("recordings")) if folder.is_dir()), None)
    if found is None:
        raise RecordingNotFound(
            "the report's recordings are not here", path=inside, fix="name them with --corpus FOLDER"
        )
    return found


def _opened(path: Path) -> tuple[Report, RowFile | None]:
    if str(path) == "-":
        return parse_report(sys.stdin.buffer.read(), path="<stdin>"), None
    return open_report(path)
