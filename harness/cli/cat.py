"""``harness cat``: a recording's messages, one per line."""

from __future__ import annotations

import click

from harness.cli.common import shown, verb
from harness.cli.messages import conversation_of, open_recordings
from harness.errors import RecordingNotFound
from harness.recording.codec import kind_of, open_body
from harness.recording.entry import (
    AnyEntry,
    Gap,
    HttpChunk,
    HttpError,
    HttpRequest,
    HttpResponse,
    OutcomeEntry,
    Withheld,
    WsAbort,
    WsAccept,
    WsClose,
    WsControl,
    WsMessage,
    WsOpen,
    WsReject,
)

__all__ = ["command", "line_of"]

_ON_REQUEST = ("outcome", "checkpoint")


@click.command("cat")
@click.argument("file", metavar="FILE")
@click.option("--jsonl", is_flag=True, help="The entries as JSON lines.")
@click.option("--conversation", metavar="ID", help="Only entries that name this interaction id.")
@click.option("--kind", multiple=True, metavar="KIND", help="Only this kind (ws.message, outcome …); may be repeated.")
@verb
def command(file: str, jsonl: bool, conversation: str | None, kind: tuple[str, ...]) -> None:
    """Print a recording's messages, one per line: time, direction, text with control characters escaped.

    FILE is a recording, a folder of them, or - for stdin. Outcomes and checkpoints are printed if --kind names them.
    Exit code 5 if a filter leaves nothing.
    """
    printed = False
    for recording in open_recordings([file]):
        for entry in recording.entries:
            if not _wanted(entry, conversation, kind):
                continue
            printed = True
            if jsonl:
                click.echo(open_body(entry) + b"}")
            else:
                click.echo(line_of(entry))
    if not printed and (conversation is not None or kind):
        raise RecordingNotFound("no entry was asked for", path=file, fix="`harness info` lists conversations and kinds")


def line_of(entry: AnyEntry) -> str:
    """The entry as one line for people."""
    return f"{entry.t / 1e6:11.6f} {_direction(entry)} {kind_of(entry):<13} {shown(_words(entry))}".rstrip()


def _wanted(entry: AnyEntry, conversation: str | None, kinds: tuple[str, ...]) -> bool:
    kind = kind_of(entry)
    selected = kind in kinds if kinds else kind not in _ON_REQUEST
    return selected and (conversation is None or conversation_of(entry) == conversation)


def _direction(entry: AnyEntry) -> str:
    """-> for what the client did, <- for what came to it, -- for what crossed no wire."""
    if isinstance(entry, (WsClose, WsAbort)):
        return "->" if entry.by == "us" else "<-"
    if isinstance(entry, (HttpRequest, WsOpen)):
        return "->"
    if isinstance(entry, (HttpResponse, HttpChunk, HttpError, WsAccept, WsReject)):
        return "<-"
    return {"out": "->", "in": "<-"}.get(getattr(entry, "dir", None) or "", "--")


def _words(entry: AnyEntry) -> str:
    return _link_words(entry) or _body_words(entry)


def _link_words(entry: AnyEntry) -> str:
    """What an entry says of its connection, '' if it is none of these kinds."""
    match entry:
        case HttpRequest():
            return f"{entry.method} {entry.url} {entry.body or ''}".rstrip()
        case WsOpen():
            return f"{entry.url} (attempt {entry.attempt})"
        case HttpResponse() | WsAccept():
            return str(entry.status)
        case WsReject():
            return f"{entry.status} {entry.body or ''}".rstrip()
        case WsClose():
            return f"{entry.code or 'no code'} {entry.reason}".rstrip()
        case WsAbort() | HttpError():
            return entry.error
        case _:
            return ""


def _body_words(entry: AnyEntry) -> str:
    match entry:
        case Gap():
            return f"{entry.conversation} {entry.from_seq}..{entry.to_seq} never came ({entry.reason})".lstrip()
        case Withheld():
            return f"{entry.of_kind} of {entry.size} bytes ({entry.rule})"
        case OutcomeEntry():
            reasons = ", ".join(entry.reasons)
            return f"of {entry.of}: {entry.event} {entry.verdict} at {entry.stage} {reasons}".rstrip()
        case WsControl():
            return f"{entry.opcode} {entry.base64}".rstrip()
        case WsMessage() | HttpChunk():
            text = entry.text
            return text if text is not None else f"base64 {entry.base64 or ''}".rstrip()
        case _:
            return ""
