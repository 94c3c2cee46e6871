"""``harness rules``: what redaction looks for, and what a change of it would do."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from harness.cli.common import ExitCode, say, shown, verb
from harness.pii.operators import apply
from harness.pii.rules import Rule, RuleSet
from harness.pii.stream import Redactor
from harness.pii.user_rules import rules_of
from harness.pipeline.payload import leaves
from harness.recording.entry import HttpChunk, WsMessage
from harness.recording.reader import find_recordings, read_recording
from harness.text.span import Span

__all__ = ["command"]

_FILE = click.Path(path_type=Path)
_rules = click.option("--rules", "files", multiple=True, type=_FILE, help="Rules of your own (TOML), merged in.")
_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group()
def command() -> None:
    """Rules are data: harness/pii/rules/*.toml and files of your own."""


@command.command("list")
@_rules
@_json
@verb
def list_rules(files: Sequence[Path], as_json: bool) -> None:
    """Every rule in force, most important first."""
    for rule in rules_of(files).rules:
        item = {"id": rule.id, "type": rule.type, "kind": rule.kind, "priority": rule.priority}
        click.echo(json.dumps(item) if as_json else f"{rule.priority:>4}  {rule.type:<16}{rule.kind:<8}{rule.id}")


@command.command("test")
@_rules
@_json
@verb
def test_rules(files: Sequence[Path], as_json: bool) -> None:
    """Run every rule's own examples; exit code 1 if one does not hold."""
    rules = rules_of(files)
    failed = list(_failures(rules))
    for rule, kind, number in failed:
        item = {"rule": rule.id, "examples": kind, "number": number}
        click.echo(json.dumps(item) if as_json else f"{rule.id}: {kind}[{number}] does not hold")
    say(
        f"{len(rules.rules)} rules, {sum(len(r.match) + len(r.no_match) for r in rules.rules)} examples, {len(failed)} failed"
    )
    if failed:
        sys.exit(ExitCode.FAILED)


def _failures(rules: RuleSet) -> Iterator[tuple[Rule, str, int]]:
    redactor = Redactor(rules)
    for rule in rules.rules:
        for kind, texts, wanted in (("match", rule.match, True), ("no_match", rule.no_match, False)):
            for number, text in enumerate(texts):
                if (rule.type in {span.type for span in redactor.detect(text)}) is not wanted:
                    yield rule, kind, number


@command.command("explain")
@click.argument("text")
@_rules
@_json
@verb
def explain(text: str, files: Sequence[Path], as_json: bool) -> None:
    """What is found in TEXT ("-" reads standard input), and by which rule.

    The values themselves are not shown again.
    """
    text = sys.stdin.read() if text == "-" else text
    spans = Redactor(rules_of(files)).detect(text)
    for span in spans:
        item = {"start": span.start, "end": span.end, "type": span.type, "rule": span.rule}
        click.echo(json.dumps(item) if as_json else f"{span.start}-{span.end}  {span.type}  {span.rule}")
    if not as_json:
        click.echo(shown(apply(text, spans)))


@command.command("impact")
@click.argument("old", type=_FILE)
@click.argument("new", type=_FILE)
@click.option("--corpus", required=True, type=_FILE, help="Folder of recordings.")
@_json
@verb
def impact(old: Path, new: Path, corpus: Path, as_json: bool) -> None:
    """Every span gained or lost over the recordings in --corpus, if rules OLD become NEW.

    OLD and NEW are rule files; "-" stands for the built-in rules alone. Exit code 1 if a span is lost.
    """
    before, after = (Redactor(rules_of(() if str(path) == "-" else (path,))) for path in (old, new))
    gained = lost = 0
    for place, text in _texts(corpus):
        one, two = set(before.detect(text)), set(after.detect(text))
        for sign, spans in (("-", _only(one, two)), ("+", _only(two, one))):
            for span in spans:
                gained, lost = gained + (sign == "+"), lost + (sign == "-")
                click.echo(
                    json.dumps({"change": sign, **place, **_span(span)}) if as_json else _line(sign, place, span)
                )
    say(f"{gained} spans gained, {lost} lost")
    if lost:
        sys.exit(ExitCode.FAILED)


def _only(these: set[Span], those: set[Span]) -> list[Span]:
    """Spans of ``these`` without one of the same place and type in ``those``."""
    known = {(span.start, span.end, span.type) for span in those}
    return sorted(span for span in these if (span.start, span.end, span.type) not in known)


def _span(span: Span) -> dict[str, Any]:
    return {"start": span.start, "end": span.end, "type": span.type, "rule": span.rule}


def _line(sign: str, place: dict[str, Any], span: Span) -> str:
    where = f"{place['recording']}:{place['entry']}{place['path']}"
    return f"{sign} {span.type} {where} {span.start}-{span.end}  {span.rule}"


def _texts(corpus: Path) -> Iterator[tuple[dict[str, Any], str]]:
    """(place, text) of every string that was received or sent."""
    for path in find_recordings([corpus]):
        for entry in read_recording(path).entries:
            if isinstance(entry, WsMessage | HttpChunk) and entry.text:
                for where, text in _strings(entry.text):
                    yield {"recording": path.name, "entry": entry.n, "path": where}, text


def _strings(raw: str) -> Iterator[tuple[str, str]]:
    try:
        yield from leaves(json.loads(raw))
    except (ValueError, RecursionError):
        yield "", raw
