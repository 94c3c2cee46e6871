"""``harness redact``: replace personal data in text."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TextIO

import click

from harness.cli.common import verb
from harness.errors import ConfigError
from harness.pii.stream import Redactor
from harness.pii.user_rules import rules_of
from harness.text.span import Span

__all__ = ["command"]

_PIECE = 65_536


@click.command("redact")
@click.argument("files", nargs=-1)
@click.option("--jsonl", is_flag=True, help='Read {"id","text"} lines; write {"id","text","spans"} lines.')
@click.option("--json", "as_json", is_flag=True, help="Write one JSON object per file: file, text, spans.")
@click.option("--rules", "rule_files", multiple=True, type=click.Path(path_type=Path), help="Rules of your own (TOML).")
@verb
def command(files: Sequence[str], jsonl: bool, as_json: bool, rule_files: Sequence[Path]) -> None:
    """Replace personal data in FILES, or in standard input (also "-").

    Offsets of spans are code points of the text as read.
    """
    redactor = Redactor(rules_of(rule_files))
    for name in files or ("-",):
        with _opened(name) as source:
            try:
                if jsonl:
                    _lines(redactor, name, source)
                elif as_json:
                    _print({"file": name, **_result(redactor, source.read())})
                else:
                    _plain(redactor, source)
            except UnicodeDecodeError:
                raise ConfigError("FILES", name, "UTF-8 text") from None


def _opened(name: str) -> TextIO:
    if name == "-":
        return open(sys.stdin.fileno(), encoding="utf-8", newline="", closefd=False)
    path = Path(name)
    if not path.is_file():
        raise ConfigError("FILES", name, "a readable file or -")
    return path.open(encoding="utf-8", newline="")


def _plain(redactor: Redactor, source: TextIO) -> None:
    stream = redactor.stream()
    while piece := source.read(_PIECE):
        click.echo(stream.feed(piece), nl=False)
    click.echo(stream.finish(), nl=False)


def _lines(redactor: Redactor, name: str, source: TextIO) -> None:
    for number, item in _items(name, source):
        text = item.get("text")
        if not isinstance(text, str):
            raise ConfigError(f"{name}: line {number}", "no text", 'an object with "id" and "text"')
        _print({"id": item.get("id"), **_result(redactor, text)})


def _items(name: str, source: TextIO) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in enumerate(source, 1):
        if not line.strip():
            continue
        try:
            item = json.loads(line)
        except (ValueError, RecursionError):
            item = None
        if not isinstance(item, dict):
            raise ConfigError(f"{name}: line {number}", "not an object", "one JSON object per line")
        yield number, item


def _result(redactor: Redactor, text: str) -> dict[str, Any]:
    result = redactor.redact(text)
    return {"text": result.text, "spans": [_span(span) for span in result.spans]}


def _span(span: Span) -> dict[str, Any]:
    return {"start": span.start, "end": span.end, "type": span.type, "rule": span.rule}


def _print(item: dict[str, Any]) -> None:
    click.echo(json.dumps(item, ensure_ascii=True))
