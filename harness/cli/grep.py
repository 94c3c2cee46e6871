"""``harness grep``: find a pattern in the decoded texts of recordings."""

from __future__ import annotations

import json
import sys
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import click
import re2

from harness.cli.cat import line_of
from harness.cli.common import ExitCode, shown, verb
from harness.cli.messages import conversation_of, open_recordings
from harness.errors import ConfigError
from harness.recorder.edits import parse, strings
from harness.recording.codec import kind_of
from harness.recording.entry import AnyEntry
from harness.recording.reader import Recording
from harness.session.leftovers import texts_of

__all__ = ["command"]

_MAX_MEMORY = 64 * 1024 * 1024

Search = Callable[[str], "tuple[int, int] | None"]


@dataclass(frozen=True, slots=True)
class _Hit:
    """Where the pattern was found in an entry: offsets are code points of the decoded string at ``path``."""

    path: str
    start: int
    end: int


@click.command("grep")
@click.argument("pattern")
@click.argument("files", nargs=-1, required=True, metavar="FILE…")
@click.option("-i", "--ignore-case", is_flag=True, help="Upper and lower case are the same.")
@click.option("-C", "--context", type=click.IntRange(0, 100), default=0, help="Entries to show before and after.")
@click.option("--conversation", metavar="ID", help="Only entries that name this interaction id.")
@click.option(
    "--kind", multiple=True, metavar="KIND", help="Only this kind (ws.message, http.chunk …); may be repeated."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object per place found.")
@verb
def command(
    pattern: str,
    files: tuple[str, ...],
    ignore_case: bool,
    context: int,
    conversation: str | None,
    kind: tuple[str, ...],
    as_json: bool,
) -> None:
    """Find PATTERN, an RE2 regular expression, in the decoded texts of recordings: JSON escapes are resolved first.

    FILE is a recording, a folder of them, or - for stdin. Exit code 5: found nowhere.
    """
    search = _compiled(pattern, ignore_case=ignore_case)
    found = False
    for recording in open_recordings(files):
        show = _json if as_json else _text
        for line in show(recording, _wanted(conversation, kind), search, context):
            found = True
            click.echo(line)
    sys.exit(ExitCode.OK if found else ExitCode.NOTHING)


def _compiled(pattern: str, *, ignore_case: bool) -> Search:
    options = re2.Options()
    options.case_sensitive = not ignore_case
    options.log_errors = False
    options.max_mem = _MAX_MEMORY
    try:
        compiled = re2.compile(pattern, options)
    except (re2.error, UnicodeError):
        raise ConfigError(
            "PATTERN", pattern, "an RE2 regular expression (no back-references, no look-around)"
        ) from None

    def search(text: str) -> tuple[int, int] | None:
        # RE2 reads UTF-8: what cannot be written as such is searched as the replacement character.
        match = compiled.search(text.encode("utf-8", "replace").decode("utf-8"))
        return match.span() if match else None

    return search


def _wanted(conversation: str | None, kinds: tuple[str, ...]) -> Callable[[AnyEntry], bool]:
    def wanted(entry: AnyEntry) -> bool:
        if kinds and kind_of(entry) not in kinds:
            return False
        return conversation is None or conversation_of(entry) == conversation

    return wanted


def _hits(entry: AnyEntry, search: Search) -> Iterator[_Hit]:
    for raw in texts_of(entry):
        for path, value in strings(raw, parse(raw)):
            span = search(value)
            if span:
                yield _Hit(path, *span)


def _text(recording: Recording, wanted: Callable[[AnyEntry], bool], search: Search, context: int) -> Iterator[str]:
    """Lines as ``cat`` has them, with the file's name and the entry's number; ``:`` marks the found ones."""
    before: deque[str] = deque(maxlen=context)
    after = shown_until = 0
    for entry in recording.entries:
        hit = wanted(entry) and next(_hits(entry, search), None)
        line = f"{shown(str(recording.path))}{':' if hit else '-'}{entry.n} {line_of(entry)}"
        if hit:
            if context and shown_until and entry.n - len(before) > shown_until + 1:
                yield "--"
            yield from before
            yield line
            before.clear()
            after, shown_until = context, entry.n
        elif after:
            yield line
            after, shown_until = after - 1, entry.n
        else:
            before.append(line)


def _json(recording: Recording, wanted: Callable[[AnyEntry], bool], search: Search, context: int) -> Iterator[str]:
    for entry in recording.entries:
        for hit in _hits(entry, search) if wanted(entry) else ():
            yield json.dumps(
                {
                    "path": str(recording.path),
                    "n": entry.n,
                    "t": entry.t,
                    "kind": kind_of(entry),
                    "conversation": conversation_of(entry),
                    "pointer": hit.path,
                    "start": hit.start,
                    "end": hit.end,
                }
            )
