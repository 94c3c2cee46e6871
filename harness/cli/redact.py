"""``harness redact``: replace personal data in text."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

import click

from harness.cli.common import say, verb
from harness.errors import ConfigError
from harness.pii.book import NameBook
from harness.pii.operators import Operator, drop, hashed, mask, replace
from harness.pii.stream import RedactionResult, Redactor, RedactStream
from harness.pii.surrogate import SurrogateVault
from harness.session.detectors import redactor_of
from harness.session.keys import load_key
from harness.text.span import Span

__all__ = ["command"]

_PIECE = 65_536
_CONVERSATIONS = 4096


@click.command("redact")
@click.argument("files", nargs=-1)
@click.option(
    "--jsonl",
    is_flag=True,
    help='Read {"id","text"} lines; write {"id","text","spans"} lines. Lines of one "conversation" know its names and values.',
)
@click.option("--json", "as_json", is_flag=True, help="Write one JSON object per file: file, text, spans.")
@click.option("--rules", "rule_files", multiple=True, type=click.Path(path_type=Path), help="Rules of your own (TOML).")
@click.option(
    "--operator",
    "operator_name",
    type=click.Choice(["replace", "mask", "drop", "hash", "surrogate"]),
    default="replace",
    show_default=True,
    help="What is put in a value's place: [TYPE_REDACTED], stars, nothing, a keyed hash, a fake of its shape.",
)
@click.option(
    "--detector",
    "detectors",
    multiple=True,
    metavar="NAME",
    help="Another detector beside the rules: presidio, or an installed one. It may add values, and takes none away.",
)
@click.option("--key-file", type=click.Path(path_type=Path), help="With hash and surrogate: equal over runs.")
@verb
def command(
    files: Sequence[str],
    jsonl: bool,
    as_json: bool,
    rule_files: Sequence[Path],
    operator_name: str,
    detectors: tuple[str, ...],
    key_file: Path | None,
) -> None:
    """Replace personal data in FILES, or in standard input (also "-").

    Offsets of spans are code points of the text as read. Hashes and surrogates are made under a key, never without:
    equal values have equal ones over all FILES, and over runs with the same --key-file.
    """
    redactor = _Redacts(redactor_of(rule_files, detectors), _operator(operator_name, key_file))
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


@dataclass(frozen=True, slots=True)
class _Redacts:
    """A redactor with its operator."""

    redactor: Redactor
    operator: Operator
    books: dict[str, NameBook] = field(default_factory=dict)
    """What the last :data:`_CONVERSATIONS` conversations have heard."""

    def redact(self, text: str, conversation: object = None) -> RedactionResult:
        return self.redactor.redact(text, self.operator, self._book(conversation))

    def _book(self, conversation: object) -> NameBook | None:
        if not isinstance(conversation, str | int):
            return None
        book = self.books.pop(str(conversation), None)
        book = NameBook() if book is None else book
        self.books[str(conversation)] = book
        if len(self.books) > _CONVERSATIONS:
            del self.books[next(iter(self.books))]
        return book

    def stream(self) -> RedactStream:
        return self.redactor.stream(self.operator)


def _operator(name: str, key_file: Path | None) -> Operator:
    keyed = name in ("hash", "surrogate")
    if key_file is not None and not keyed:
        raise ConfigError("--key-file", str(key_file), "an operator with a key", fix="add --operator hash or surrogate")
    if not keyed:
        return {"replace": replace, "mask": mask, "drop": drop}[name]
    key = load_key(key_file, None)
    if key_file is None:
        say("no --key-file: equal values agree within this run only (make a key with: harness key new FILE)")
    return hashed(key.secret) if name == "hash" else SurrogateVault(key.secret, key.id).surrogate


def _opened(name: str) -> TextIO:
    if name == "-":
        return open(sys.stdin.fileno(), encoding="utf-8", newline="", closefd=False)
    path = Path(name)
    if not path.is_file():
        raise ConfigError("FILES", name, "a readable file or -")
    return path.open(encoding="utf-8", newline="")


def _plain(redactor: _Redacts, source: TextIO) -> None:
    stream = redactor.stream()
    while piece := source.read(_PIECE):
        click.echo(stream.feed(piece), nl=False)
    click.echo(stream.finish(), nl=False)


def _lines(redactor: _Redacts, name: str, source: TextIO) -> None:
    for number, item in _items(name, source):
        text = item.get("text")
        if not isinstance(text, str):
            raise ConfigError(f"{name}: line {number}", "no text", 'an object with "id" and "text"')
        _print({"id": item.get("id"), **_result(redactor, text, item.get("conversation"))})


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


def _result(redactor: _Redacts, text: str, conversation: object = None) -> dict[str, Any]:
    result = redactor.redact(text, conversation)
    return {"text": result.text, "spans": [_span(span) for span in result.spans]}


def _span(span: Span) -> dict[str, Any]:
    return {"start": span.start, "end": span.end, "type": span.type, "rule": span.rule}


def _print(item: dict[str, Any]) -> None:
    click.echo(json.dumps(item, ensure_ascii=True))
