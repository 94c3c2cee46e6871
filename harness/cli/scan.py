"""``harness scan``: what is left of personal data in a recording, and the sign-off of who looked."""

from __future__ import annotations

import json
import sys
import unicodedata
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import click

from harness.cli.common import ExitCode, say, shown, verb
from harness.clock import SystemClock
from harness.errors import ConfigError
from harness.pii.scan import leaks
from harness.recording.edit import sign_off
from harness.recording.reader import find_recordings, read_recording
from harness.session.leftovers import Leftover, leftovers, spoken

__all__ = ["command"]


@click.command("scan")
@click.argument("files", nargs=-1, required=True, metavar="FILE…")
@click.option("--strict", is_flag=True, help="List also what looks like a name, an address or a date of birth.")
@click.option("--sign-off", "text", metavar="TEXT", help="Say in the header who looked at it, and seal it anew.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per recording, one per line.")
@verb
def command(files: tuple[str, ...], strict: bool, text: str | None, as_json: bool) -> None:
    """List what an independent scan still finds in recordings: types and places, never the values.

    Structured values (cards, telephone numbers, e-mail ...) are leaks: exit code 1, and nothing is signed off. With
    --strict also candidates that only a person can judge; `harness cat` shows the entries by their number.
    """
    signature = None if text is None else _signature(text)
    leaking = False
    for path in find_recordings(files):
        recording = read_recording(path)
        found = list(leftovers(recording.entries, spoken(recording.header), strict=strict))
        invented = recording.header.redaction.state == "fictional"
        leaking = leaking or (not invented and not all(one.candidate for one in found))
        if as_json:
            click.echo(json.dumps({"path": str(path), "leftovers": [_facts(one) for one in found]}))
        else:
            _tell(path, found)
    if leaking:
        say("harness: there are leaks" + ("; nothing was signed off" if signature else ""))
        sys.exit(ExitCode.FAILED)
    for path in find_recordings(files) if signature else ():
        sign_off(path, str(signature))
        say(f"{shown(str(path))}: signed off")


def _signature(text: str) -> str:
    if not text.strip() or len(text) > 200 or any(unicodedata.category(c)[0] == "C" for c in text) or leaks(text):
        raise ConfigError("--sign-off", f"{len(text)} characters", "1 to 200 printable ones, and no personal data")
    return f"{text.strip()} ({SystemClock().wall():%Y-%m-%dT%H:%M:%SZ})"


def _facts(one: Leftover) -> dict[str, object]:
    return {
        "n": one.n,
        "pointer": one.path,
        "start": one.start,
        "end": one.end,
        "type": one.type,
        "candidate": one.candidate,
    }


def _tell(path: Path, found: Sequence[Leftover]) -> None:
    counts = Counter(one.type for one in found)
    words = ", ".join(f"{name} {count}" for name, count in sorted(counts.items())) or "nothing"
    click.echo(f"{shown(str(path))}: {words}")
    for one in found:
        click.echo(f"  entry {one.n} {shown(one.path) or '(whole text)'} {one.start}..{one.end} {one.type}")
