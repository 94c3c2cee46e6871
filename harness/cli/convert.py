"""``harness convert``: recordings in other forms and states, and other forms as recordings."""

from __future__ import annotations

import json
import os
from pathlib import Path

import click

from harness.cli.common import say, verb
from harness.cli.targets import recording_target
from harness.errors import ConfigError
from harness.recording.convert.har_export import to_har
from harness.recording.convert.vcr import to_vcr
from harness.recording.copying import load, write_new
from harness.recording.linelog import LineLog, publish, refused
from harness.recording.reader import open_file, read_recording
from harness.session.conversions import import_file, redact_recording
from harness.session.keys import load_key
from harness.session.parts import Tools

__all__ = ["command"]

_FORMS = click.Choice(["har", "vcr"])


@click.command("convert")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@click.option("-o", "--out", metavar="FILE", type=click.Path(path_type=Path), required=True, help="The new file.")
@click.option("--state", type=click.Choice(["redacted"]), help="Placeholders in the place of surrogates.")
@click.option("--gzip", is_flag=True, help="Write it compressed (*.rec.jsonl.gz).")
@click.option("--to", "to_form", type=_FORMS, help="Write a HAR file, or a vcrpy cassette (.yaml or .json; REST only).")
@click.option("--from", "from_form", type=_FORMS, help="FILE is a HAR file or a cassette.")
@click.option("--key-file", type=click.Path(path_type=Path), help="With --from: key of the surrogates.")
@click.option("--json", "as_json", is_flag=True, help="Say what was done as JSON.")
@verb
def command(
    file: Path,
    out: Path,
    state: str | None,
    gzip: bool,
    to_form: str | None,
    from_form: str | None,
    key_file: Path | None,
    as_json: bool,
) -> None:
    """Write a recording in another form to a new file; FILE stays as it is.

    Without options the recording is copied as it is: a compressed one is unpacked if the new name says so. What is
    imported goes through the recorder: its personal data is replaced by surrogates before anything is written.
    """
    if sum(map(bool, (state, to_form, from_form))) > 1 or (gzip and to_form):
        raise ConfigError("convert", "several", "one of --state, --to and --from at a time, and --gzip not with --to")
    left = 0
    if to_form:
        left = _export(file, to_form, out)
    elif from_form:
        out = recording_target(out, gzip=gzip)
        import_file(file, from_form, out, key=load_key(key_file, None), tools=Tools.default())
    else:
        out = recording_target(out, gzip=gzip)
        _copy(file, out, state)
    click.echo(json.dumps({"path": str(out), "left_out": left}) if as_json else str(out))
    if left:
        say(f"{left} entries have no place in that form and were left out")


def _copy(file: Path, out: Path, state: str | None) -> None:
    if state:
        redact_recording(file, out)
        return
    load(file)
    with open_file(file) as source:
        write_new(out, source)


def _export(file: Path, form: str, out: Path) -> int:
    recording = read_recording(file)
    if form == "har":
        har, left = to_har(recording.header, recording.entries, path=file)
        text = json.dumps(har, ensure_ascii=False, indent=1) + "\n"
    else:
        text, left = to_vcr(recording.header, recording.entries, as_json=out.suffix == ".json")
    _write(out, text)
    return left


def _write(out: Path, text: str) -> None:
    if os.path.lexists(out):
        raise refused(out, FileExistsError())
    log = LineLog(out.with_name(f".{out.name}.part"))
    try:
        log.write(text.encode("utf-8", "backslashreplace"))  # a lone surrogate becomes its JSON escape
        log.sync()
        publish(log, out)
    except BaseException:
        log.close()
        log.path.unlink(missing_ok=True)
        raise
