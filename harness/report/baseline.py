"""A pinned baseline: what was approved, recording by recording, in one JSON file that git can keep.

1. Approving a run replaces the recordings it holds and leaves all others as they are; only ``forget`` takes one away.
2. The file holds counts, names of places and digests: no text of a conversation.
3. It carries the digest of its own content; one changed by hand is refused.
4. A gate needs every recording of the run to be pinned, and, unless a subset is asked for, every pinned one to be in the run:
   a corpus that shrinks must not look like one that improved.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from harness.errors import ConfigError, RecordingFormatError, RecordingNotFound, UnsupportedVersion
from harness.report.accuracy import unit_prefix
from harness.report.compare import Side
from harness.report.digest import canonical_json, digest_of
from harness.report.write import write_atomically

__all__ = ["FORMAT", "VERSION", "approve", "pinned_side", "read_baseline", "write_baseline"]

FORMAT = "mediation-baseline"
VERSION = 1

Baseline = dict[str, Any]
_FIX = "restore it from version control, or pin again with `harness approve`"


def approve(baseline: Baseline | None, run: Side, *, forget: Iterable[str] = ()) -> Baseline:
    """``baseline`` (None = there is none yet) with what ``run`` brings (rule 1).

    Args:
        forget: file names of recordings to take away.

    Raises:
        ConfigError: a file to forget that is not pinned.
    """
    recordings = {} if baseline is None else dict(baseline["recordings"])
    for name in forget:
        known = [one for one, row in recordings.items() if row["file"] == name]
        if not known:
            raise ConfigError("--forget", name, "the file name of a pinned recording")
        for one in known:
            del recordings[one]
    for one in run.corpus:
        recordings[one] = _row(one, run)
    return {"format": FORMAT, "version": VERSION, "recordings": dict(sorted(recordings.items()))}


def _row(recording: str, run: Side) -> dict[str, Any]:
    units = {source: _part(recording, table) for source, table in run.units.items()}
    conversations = {unit.partition("/")[2] for part in units.values() for unit in part["conversations"]}
    times = None if run.times is None else {name: run.times[name] for name in run.times if name in conversations}
    return {**run.corpus[recording], "run": run.name, "units": units, "times": times}


def _part(recording: str, table: Mapping[str, Any]) -> dict[str, Any]:
    own = {unit: row for unit, row in table["conversations"].items() if unit.startswith(unit_prefix(recording))}
    part: dict[str, Any] = {"conversations": own}
    for name in ("schema", "leaks"):
        if name in table:
            part[name] = {one: row for one, row in table[name].items() if one == recording}
    return part


def pinned_side(baseline: Baseline, run: Side, *, subset: bool = False) -> Side:
    """The pinned side of a gate over ``run`` (rule 4).

    Raises:
        ConfigError: recordings that are not pinned, or pinned ones that were not run.
    """
    pinned: Mapping[str, Mapping[str, Any]] = baseline["recordings"]
    fresh = sorted(str(run.corpus[one]["file"]) for one in run.corpus if one not in pinned)
    if fresh:
        what = f"{len(fresh)} recordings are not pinned, first {fresh[0]}"
        raise ConfigError("--baseline", what, "every recording of the run", fix="pin them with `harness approve`")
    absent = sorted(str(row["file"]) for one, row in pinned.items() if one not in run.corpus)
    if absent and not subset:
        what = f"{len(absent)} pinned recordings were not run, first {absent[0]}"
        fix = "run them too, pass --subset, or take them away with `harness approve --forget FILE`"
        raise ConfigError("RUN", what, "every pinned recording", fix=fix)
    rows = {one: pinned[one] for one in run.corpus}
    timed = [row["times"] for row in rows.values() if row["times"] is not None]
    times = {name: row for table in timed for name, row in table.items()} if timed else None
    corpus = {one: {name: row[name] for name in run.corpus[one]} for one, row in rows.items()}
    return Side("baseline", corpus, _merged(rows.values()), times)


def _merged(rows: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    units: dict[str, Any] = {}
    for row in rows:
        for source, part in row["units"].items():
            table = units.setdefault(source, {})
            for name, values in part.items():
                table.setdefault(name, {}).update(values)
    return units


def read_baseline(path: Path) -> Baseline:
    """Read a pinned baseline.

    Raises:
        RecordingNotFound: no such file.
        RecordingFormatError: not a baseline, or changed by hand.
        UnsupportedVersion: of a later version.
    """
    try:
        value = json.loads(path.read_bytes())
    except FileNotFoundError:
        fix = "pin one with `harness approve RUN --baseline FILE`"
        raise RecordingNotFound("no such baseline", path=path, fix=fix) from None
    except OSError as error:
        raise RecordingFormatError(f"cannot be read: {error.strerror}", path=path) from None
    except (ValueError, RecursionError):
        raise RecordingFormatError("not JSON", path=path, fix=_FIX) from None
    if not isinstance(value, dict) or value.get("format") != FORMAT or not isinstance(value.get("version"), int):
        raise RecordingFormatError(f"not a {FORMAT} file", path=path, fix=_FIX)
    if value["version"] > VERSION:
        raise UnsupportedVersion(path=path, needs=value["version"], supports=VERSION)
    if value.pop("digest", None) != digest_of(value):
        raise RecordingFormatError("its digest does not fit: it was changed by hand", path=path, fix=_FIX)
    return value


def write_baseline(path: Path, baseline: Baseline) -> None:
    """Write a baseline, whole or not at all, one recording a line: a change is a readable difference.

    Raises:
        RecordingWriteError: the disk is full, the folder may not be written ...
    """
    lines = [f"{json.dumps(name)}:".encode() + canonical_json(row) for name, row in baseline["recordings"].items()]
    digest = digest_of(baseline)
    head = f'{{"format":{json.dumps(FORMAT)},"version":{baseline["version"]},"digest":{json.dumps(digest)},"recordings":{{\n'
    write_atomically(path, [head.encode(), b",\n".join(lines), b"\n}}\n"])
