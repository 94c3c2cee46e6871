"""Processes killed with SIGKILL while they write: nothing acknowledged is lost, and every torn tail is repaired."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.recording.edit import reseal
from harness.recording.entry import WsMessage
from harness.recording.reader import read_recording
from harness.recording.writer import PART

# Says how many entries are acknowledged, each time before the next one is written.
WRITER = """
import os, sys
from harness.recording.entry import Header, Redaction, WsMessage
from harness.recording.steady import SteadyWriter
from harness.recording.writer import RecordingWriter
header = Header(id="x", created="x", tool="x", source="synthetic", redaction=Redaction(state="fictional"))
writer = SteadyWriter(RecordingWriter(sys.argv[1], header, durability=sys.argv[2], checkpoint_bytes=20_000))
text = "x" * 50
index = 0
while True:
    writer.append(WsMessage(n=0, t=index, conn="w", dir="in", text=f"{index} {text * (index % 40)}"))
    index += 1
    os.write(1, b"%d\\n" % writer.acknowledged)
"""


def killed(path: Path, durability: str, bytes_read: int) -> int:
    """Start a writer, kill it once it has told ``bytes_read`` bytes, and return the last count it told whole."""
    command = [sys.executable, "-c", WRITER, str(path), durability]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        told = process.stdout.read(bytes_read)
        process.kill()
        told += process.stdout.read()
    lines = told.split(b"\n")[:-1]
    return int(lines[-1])


def check(path: Path, acknowledged: int) -> tuple[int, bool]:
    """Read and repair what a killed writer left; returns the entries and whether the tail was torn."""
    part = path.with_name(path.name + PART)
    torn = not part.read_bytes().endswith(b"\n")
    before = read_recording(part, allow_truncated=True)
    assert len(before.entries) >= acknowledged
    messages = [e for e in before.entries if isinstance(e, WsMessage)]
    assert [e.t for e in messages] == list(range(len(messages)))
    assert all((e.text or "").startswith(f"{e.t} ") for e in messages)
    assert reseal(part).path == path
    after = read_recording(path)
    # Only the newline may be missing of an entry: the reader then calls it torn, its checksum says that it is whole.
    assert after.entries[: len(before.entries)] == before.entries
    assert len(after.entries) - len(before.entries) <= torn
    assert after.seal is not None
    assert after.seal.reason == "recovered"
    return len(before.entries), torn


def kill_often(folder: Path, times: int, figure: Callable[[str, object], None]) -> None:
    rng = random.Random(4)
    entries = torn = 0
    for index in range(times):
        path = folder / f"{index}.rec.jsonl"
        durability = ("process", "group", "always")[index % 3]
        found, tail = check(path, killed(path, durability, rng.randrange(1, 6000)))
        entries += found
        torn += tail
        path.unlink()
    figure(
        "kill -9", f"{times} processes, {entries} entries, 0 acknowledged lost, 0 corrupt, {torn} torn tails repaired"
    )


def test_killed_writers_lose_nothing(tmp_path: Path, figure: Callable[[str, object], None]) -> None:
    """Two of each durability."""
    kill_often(tmp_path, 6, figure)


@pytest.mark.prove
def test_killed_writers_lose_nothing_at_full_count(tmp_path: Path, figure: Callable[[str, object], None]) -> None:
    """Two hundred, at random moments."""
    kill_often(tmp_path, 200, figure)


def test_every_cut_is_repaired(tmp_path: Path) -> None:
    """What a dying machine may leave: the file ends at any byte, and what was whole before it is kept."""
    path = tmp_path / "a.rec.jsonl"
    killed(path, "process", 40)
    part = path.with_name(path.name + PART)
    data = part.read_bytes()
    head = data.index(b"\n") + 1
    data = data[: head + 700]
    for cut in range(head, len(data)):
        part.write_bytes(data[:cut])
        assert check(path, data[head:cut].count(b"\n"))[0] == data[head:cut].count(b"\n")
        path.unlink()
