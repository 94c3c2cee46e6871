from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.errors import RecordingError, RecordingFormatError, RecordingTruncated, UnsupportedVersion
from harness.recording.codec import closed
from harness.recording.entry import VERSION, WsMessage
from harness.recording.migrate import MIGRATIONS, migrated, version_of
from harness.recording.reader import read_stream

GOLDEN = Path(__file__).parent / "golden"


def seconds_to_us(objects: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """An invented step: version 0 had times in seconds and called the connection ``c``."""
    for value in objects:
        if "format" in value:
            yield value | {"version": 1}
            continue
        value = dict(value)
        if "c" in value:
            value["conn"] = value.pop("c")
        yield value | {"t": round(value["t"] * 1e6)}


def line(**fields: Any) -> bytes:
    return closed(json.dumps(fields).encode()[:-1])


OLD = [
    line(
        format="mediation-recording",
        version=0,
        min_reader=0,
        id="r",
        created="c",
        tool="t",
        source="synthetic",
        redaction={"state": "fictional"},
    ),
    line(n=1, t=0.5, kind="ws.message", c="w1", dir="in", text="hello"),
    line(n=2, t=0.5, kind="checkpoint", sha256=""),
    line(
        n=3, t=0.5, kind="seal", entries=2, by_kind={"ws.message": 1, "checkpoint": 1}, duration=500_000, sha256="",
        reason="closed",
    ),
]  # fmt: skip


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("v*.rec.jsonl")), ids=lambda path: path.stem)
def test_every_golden_file_reaches_the_newest_version(path: Path) -> None:
    """One of every released version; that of the newest keeps every byte."""
    data = path.read_bytes()
    new = b"".join(migrated(data.splitlines(keepends=True), path=path))
    assert version_of(new.splitlines(keepends=True)[0]) == VERSION
    assert read_stream(io.BytesIO(new)).seal is not None
    if version_of(data.splitlines(keepends=True)[0]) == VERSION:
        assert new == data


def test_there_is_a_golden_file_and_a_step_for_every_version() -> None:
    """A version cannot be released without them."""
    assert {path.name.split(".")[0] for path in GOLDEN.glob("v*.rec.jsonl")} == {f"v{n}" for n in range(1, VERSION + 1)}
    assert set(MIGRATIONS) == set(range(1, VERSION))


def test_steps_are_chained_and_digests_made_anew() -> None:
    """An invented version 0 becomes a version 1 that can be read."""
    new = b"".join(migrated(OLD, migrations={0: seconds_to_us}))
    recording = read_stream(io.BytesIO(new))
    assert recording.entries[0] == WsMessage(n=1, t=500_000, conn="w1", dir="in", text="hello")
    assert recording.seal is not None


def test_a_missing_step_is_said() -> None:
    """Rather than a guess."""
    with pytest.raises(RecordingFormatError, match="nothing leads from version 0"):
        list(migrated(OLD))


def test_a_newer_file_is_refused() -> None:
    """With both versions."""
    newer = closed(b'{"format":"mediation-recording","version":9')
    with pytest.raises(UnsupportedVersion, match="version 9"):
        list(migrated([newer]))


@pytest.mark.parametrize(
    "lines, words",
    [
        ([], ":1: no whole header"),
        ([b'{"format":"mediation-recording","version":1'], ":1: no whole header"),
        ([b"{}\n"], "not a mediation recording"),
        ([b"\xff\xfe\n"], "not a mediation recording"),
        ([OLD[0].replace(b"fictional", b"functional")], ":1: the line does not match .*harness seal"),
        (OLD[:2], "ends without a seal"),
        ([closed(b'{"format":"other","version":1')], "not a mediation recording"),
        ([closed(b'{"format":"mediation-recording","version":"1"')], "not a mediation recording"),
        ([OLD[0], closed(b'{"n":1,"n":2')], ":2: a key stands twice"),
        ([OLD[0], OLD[1].replace(b"hello", b"hallo")], ":2: the line does not match"),
    ],
)
def test_damage_is_not_migrated(lines: list[bytes], words: str) -> None:
    """The line is named."""
    with pytest.raises(RecordingError, match=words):
        list(migrated(lines, migrations={0: seconds_to_us}))


def test_what_was_cut_off_is_not_copied() -> None:
    """A recording of the newest version without a seal is told of by its own name."""
    whole = list(migrated(OLD, migrations={0: seconds_to_us}))
    for cut in (whole[:-1], [*whole[:-1], whole[-1][:-9]]):
        with pytest.raises(RecordingTruncated, match=r"a\.rec\.jsonl: the file ends without a seal"):
            list(migrated(cut, path="a.rec.jsonl"))


def test_a_newer_file_without_a_checksum_of_ours_is_newer() -> None:
    """Nothing is known of a later format, not even where its checksum stands."""
    with pytest.raises(UnsupportedVersion):
        list(migrated([b'{"format":"mediation-recording","version":9}\n']))
