"""``harness info``: what recordings hold."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from typing import Any

import click

from harness.cli.common import shown, verb
from harness.cli.messages import conversations, open_recordings
from harness.recording.codec import kind_of
from harness.recording.reader import Recording
from harness.recording.timing import duration_us

__all__ = ["command", "describe"]


@click.command("info")
@click.argument("files", nargs=-1, required=True, metavar="FILE…")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per recording, one per line.")
@verb
def command(files: tuple[str, ...], as_json: bool) -> None:
    """Show what recordings hold: FILE is a recording, a folder of them, or - for stdin."""
    for index, recording in enumerate(open_recordings(files)):
        facts = describe(recording)
        if as_json:
            click.echo(json.dumps(facts))
        else:
            click.echo(("\n" if index else "") + "\n".join(_lines(facts)))


def describe(recording: Recording) -> dict[str, Any]:
    """The facts of a recording, ready for JSON."""
    header, seal = recording.header, recording.seal
    return {
        "path": str(recording.path),
        "id": header.id,
        "created": header.created,
        "tool": header.tool,
        "dialect": header.dialect,
        "source": header.source,
        "parent": header.parent,
        "scenario": header.scenario,
        "redaction": {
            "state": header.redaction.state,
            "signed_off": header.redaction.signed_off,
            "policy": header.redaction.policy,
            "key_id": header.redaction.key_id,
            "spans": _span_counts(recording),
        },
        "entries": len(recording.entries),
        "by_kind": dict(sorted(Counter(map(kind_of, recording.entries)).items())),
        "duration_ms": duration_us(recording.entries) / 1000,
        "conversations": conversations(recording.entries),
        "truncated": recording.truncated,
        "seal": None if seal is None else {"reason": seal.reason, "dropped": seal.dropped, "sha256": seal.sha256},
    }


def _span_counts(recording: Recording) -> dict[str, int]:
    types = (label.type for entry in recording.entries for label in getattr(entry, "pii", ()))
    return dict(sorted(Counter(types).items()))


def _lines(facts: dict[str, Any]) -> Iterable[str]:
    redaction = facts["redaction"]
    rows = {
        "id": facts["id"],
        "created": facts["created"],
        "source": facts["source"] + (f" from {facts['parent']}" if facts["parent"] else ""),
        "scenario": facts["scenario"] or "-",
        "dialect": facts["dialect"],
        "tool": facts["tool"],
        "redaction": redaction["state"] + (", signed off" if redaction["signed_off"] else ""),
        "spans": _counts(redaction["spans"]),
        "entries": f"{facts['entries']} ({_counts(facts['by_kind'])})",
        "duration": f"{facts['duration_ms'] / 1000:.3f} s",
        "conversations": ", ".join(facts["conversations"]) or "-",
        "seal": _seal(facts["seal"]),
    }
    yield shown(facts["path"])
    for name, words in rows.items():
        yield f"  {name:<14}{shown(words)}"


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items()) or "none"


def _seal(seal: dict[str, Any] | None) -> str:
    if seal is None:
        return "none: the recording was cut off (`harness seal` closes it at its last whole entry)"
    dropped = f", {seal['dropped']} entries dropped" if seal["dropped"] else ""
    return f"{seal['reason']}, sha256 {seal['sha256'][:16]}…, verified{dropped}"
