"""``harness label``: ground truth in and out, and whether its annotators agree."""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from harness.cli.common import say, shown, verb
from harness.cli.history import now
from harness.errors import ConfigError, RecordingNotFound
from harness.metrics.missing import NA
from harness.recording.reader import find_recordings
from harness.report.label_agreement import agreement
from harness.report.label_table import from_csv, from_jsonl, to_csv, to_jsonl
from harness.report.labels import Label, all_labels, in_force, labels_path
from harness.report.write import write_atomically
from harness.session.label_intake import add_labels

__all__ = ["command"]

_PATH = click.Path(path_type=Path)
_recordings = click.argument("recordings", nargs=-1, required=True, type=_PATH)


@click.group("label")
def command() -> None:
    """Labels lie beside their recording, in <name>.labels.jsonl; lines are only ever added."""


@command.command("export")
@_recordings
@click.option("--format", "form", type=click.Choice(["csv", "jsonl"]), default="csv", show_default=True)
@click.option("--all", "everything", is_flag=True, help="Also the labels that were replaced since.")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="File to write; stdout if none.")
@verb
def export(recordings: tuple[Path, ...], form: str, everything: bool, output: Path | None) -> None:
    """Write the labels of RECORDINGS (files or folders) as one table."""
    found = _labels(recordings)
    rows = [(file, label) for file, labels in found for label in (labels if everything else in_force(labels))]
    text = to_csv(rows) if form == "csv" else to_jsonl(rows)
    if output is None:
        sys.stdout.buffer.write(text.encode())
        sys.stdout.buffer.flush()
    else:
        write_atomically(output, [text.encode()])
        say(f"wrote {len(rows)} labels to {output}")


@command.command("import")
@click.argument("table", type=click.Path(path_type=Path, allow_dash=True))
@_recordings
@click.option(
    "--format",
    "form",
    type=click.Choice(["csv", "jsonl"]),
    help="Of TABLE [default: by its name, of stdin by what it holds].",
)
@click.option("--annotator", default="", help="Of rows that name none.")
@click.option("--annotator-kind", type=click.Choice(["HUMAN", "CODE", "LLM"]), help="Of rows that name none.")
@click.option("--guideline", default="", help="Of rows that name none.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@verb
def import_(
    table: Path,
    recordings: tuple[Path, ...],
    form: str | None,
    annotator: str,
    annotator_kind: str | None,
    guideline: str,
    as_json: bool,
) -> None:
    """Add the labels of TABLE (CSV or JSONL, - is stdin) to those of RECORDINGS.

    The column "file" says which recording a row is about; with one recording it may be missing. Nothing is added to a
    recording of which one row is bad. Label whole conversations: what you leave unmarked in one counts as harmless.
    """
    paths = find_recordings(list(recordings))
    defaults = {"annotator": annotator, "annotator_kind": annotator_kind or "", "guideline": guideline}
    added = {}
    for path, rows in _by_recording(table, form, paths).items():
        added[path.name] = add_labels(path, rows, source=str(table), at=now(), defaults=defaults)
    if as_json:
        click.echo(json.dumps({"added": added}))
    else:
        say(f"added {sum(added.values())} labels to {len(added)} recordings")


def _by_recording(table: Path, form: str | None, paths: Sequence[Path]) -> dict[Path, list[tuple[int, dict[str, Any]]]]:
    text = _read(table)
    csv_like = (form or _form(table, text)) == "csv"
    named = {path.name: path for path in paths}
    found: dict[Path, list[tuple[int, dict[str, Any]]]] = defaultdict(list)
    for line, row in (from_csv if csv_like else from_jsonl)(text, path=str(table)):
        file = row.pop("file", None) or (paths[0].name if len(paths) == 1 else "")
        if not isinstance(file, str) or file not in named:
            raise ConfigError(f"{table}: line {line}: file", "…", "the name of one of the recordings given")
        found[named[file]].append((line, row))
    return found


def _form(table: Path, text: str) -> str:
    """By the name; where it says nothing, such as of stdin, by how the text begins."""
    by_name = table.suffix.lower().removeprefix(".")
    if by_name in ("csv", "jsonl"):
        return by_name
    return "jsonl" if text.lstrip("\ufeff \t\r\n")[:1] in ("", "{") else "csv"


def _read(table: Path) -> str:
    try:
        return sys.stdin.buffer.read().decode() if str(table) == "-" else table.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise ConfigError("TABLE", str(table), "a readable file in UTF-8, or -") from None


@command.command("agree")
@_recordings
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@verb
def agree(recordings: tuple[Path, ...], as_json: bool) -> None:
    """Agreement of the annotators of RECORDINGS: kappa of each pair, alpha of all, F1 of spans."""
    found = agreement((file, label) for file, labels in _labels(recordings) for label in labels)
    if as_json:
        click.echo(json.dumps(found))
        return
    for name, count in found["annotators"].items():
        click.echo(f"{count:>6} labels  {shown(name)}")
    click.echo(f"Krippendorff's alpha of all: {_number(found['alpha'])} ({found['items']} items)")
    for pair in found["pairs"]:
        click.echo(
            f"{shown(' / '.join(pair['annotators']))}: kappa {_number(pair['kappa'])} ({pair['items']} items); "
            f"spans F1 {_number(pair['span_f1_exact'])} equal, {_number(pair['span_f1_overlap'])} overlapping "
            f"({pair['spans'][0]} and {pair['spans'][1]} spans)"
        )


def _number(value: Any) -> str:
    return NA if value == NA else f"{value:.3f}"


def _labels(recordings: Sequence[Path]) -> list[tuple[str, list[Label]]]:
    found = []
    for path in find_recordings(list(recordings)):
        beside = labels_path(path)
        if beside.exists():
            found.append((path.name, all_labels(beside.read_bytes().split(b"\n"), path=beside)))
    if not found:
        fix = "add some with `harness label import`"
        raise RecordingNotFound("no labels beside these recordings", path=recordings[0], fix=fix)
    return found
