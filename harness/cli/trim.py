"""``harness trim``: a part of a recording that can still be played."""

from __future__ import annotations

import json
from pathlib import Path

import click

from harness.cli.common import say, verb
from harness.cli.messages import conversation_of
from harness.cli.targets import recording_target
from harness.errors import RecordingNotFound
from harness.recording.copying import Loaded, edited_head, load, write_copy
from harness.recording.select import closure, of_conversation, within
from harness.session.label_carry import carry_labels, inbound

__all__ = ["command"]


@click.command("trim")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@click.option("-o", "--out", metavar="FILE", type=click.Path(path_type=Path), required=True, help="The new recording.")
@click.option("--first", type=click.IntRange(1), metavar="N", help="From this entry on.")
@click.option("--last", type=click.IntRange(1), metavar="N", help="Up to and with this entry.")
@click.option("--after", type=click.FloatRange(0, 1e9), metavar="SECONDS", help="From this time on.")
@click.option("--before", type=click.FloatRange(0, 1e9), metavar="SECONDS", help="Up to this time.")
@click.option("--conversation", metavar="ID", help="Only what belongs to this interaction id.")
@click.option("--json", "as_json", is_flag=True, help="Say what was done as JSON.")
@verb
def command(
    file: Path,
    out: Path,
    first: int | None,
    last: int | None,
    after: float | None,
    before: float | None,
    conversation: str | None,
    as_json: bool,
) -> None:
    """Write a part of a recording to a new file; FILE stays as it is.

    What the part needs to be played stays too: the dial and the end of every connection, whole HTTP exchanges, the
    sends that messages answer, and the tokens. Entries keep their numbers and times, messages their seq: a client that
    resumes where numbers are missing will ask for the ones that were cut out. Labels beside FILE go along.
    """
    if (first, last, after, before, conversation) == (None,) * 5:
        raise click.UsageError("say what to keep: --first, --last, --after, --before or --conversation")
    loaded = load(file)
    entries = [entry for entry, _ in loaded.lines]
    wanted = within(entries, first=first, last=last, after_us=_us(after), before_us=_us(before))
    if conversation is not None:
        wanted &= _in_conversation(loaded, conversation)
    if not wanted:
        raise RecordingNotFound(
            "none of its entries was asked for", path=file, fix="see `harness info` and `harness cat`"
        )
    kept = closure(entries, wanted)
    lines = [line for line in loaded.lines if line[0].n in kept]
    target = recording_target(out)
    write_copy(target, edited_head(loaded.head, loaded.digest), lines, dropped=loaded.seal.dropped)
    old, new = inbound(entries), [entry for entry, _ in lines]
    labels = carry_labels([(file, [one if one.n in kept else None for one in old])], target, new, conversation_of)
    facts = {"path": str(target), "entries": len(lines), "of": len(entries), "asked_for": len(wanted), "labels": labels}
    click.echo(json.dumps(facts) if as_json else str(target))
    say(f"{len(lines)} of {len(entries)} entries kept, {len(wanted)} of them asked for")


def _in_conversation(loaded: Loaded, conversation: str) -> set[int]:
    entries = [entry for entry, _ in loaded.lines]
    if conversation not in map(conversation_of, entries):
        fix = "`harness info` lists them"
        raise RecordingNotFound("it holds no such conversation", path=loaded.path, fix=fix)
    return of_conversation(entries, conversation, conversation_of)


def _us(seconds: float | None) -> int | None:
    return None if seconds is None else round(seconds * 1e6)
