"""Disks that fill up at a hundred different points: the pipeline lives, the file is clean, the gap is told."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.recording.entry import Gap, WsMessage
from harness.recording.reader import read_recording

# argv: file, durability, kind of limit, bytes of room. Prints fed, taken and the events in order.
SESSION = """
import json, os, resource, sys
from harness.errors import RecordingWriteError
from harness.pipeline.chain import Pipeline
from harness.recording.entry import Header, Redaction, WsMessage
from harness.recording.steady import RecordingSuspended, SteadyWriter
from harness.recording.writer import RecordingWriter
path, durability, limit, room = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
header = Header(id="x", created="x", tool="x", source="synthetic", redaction=Redaction(state="fictional"))
inner = RecordingWriter(path, header, durability=durability)
writer = SteadyWriter(inner)
ballast = os.path.join(os.path.dirname(path), "ballast")
log = inner._log
real, full = log._fd, None

def squeeze():
    global full
    if limit == "size":
        resource.setrlimit(resource.RLIMIT_FSIZE, (inner._log.size + room, resource.RLIM_INFINITY))
    elif limit == "device":
        full = os.open("/dev/full", os.O_WRONLY)
        log._fd = full
    else:
        with open(ballast, "wb", buffering=0) as file:
            try:
                while True:
                    file.write(b"x" * 4096)
            except OSError:
                pass

def relax():
    if limit == "size":
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    elif limit == "device":
        log._fd = real
        os.close(full)
    else:
        os.unlink(ballast)

from harness.dialects.generic import GenericDialect
pipeline = Pipeline(dialect=GenericDialect())
judged = taken = 0
import threading
waiter = threading.Event()
for index in range(120):
    if index == 20 + room % 7:
        squeeze()
    if index == 90:
        relax()
        if durability == "group":
            for _ in range(500):
                if inner.stuck is None or waiter.wait(0.01):
                    break
    text = json.dumps({"n": index, "text": "word " * (index % 30)})
    judged += len(pipeline.feed(text, index))
    written = writer.append(WsMessage(n=0, t=index * 50_000, conn="w", dir="in", text=text))
    taken += not isinstance(written, RecordingSuspended)
    if durability == "group" and 30 < index < 90:
        waiter.wait(0.003)
judged += len(pipeline.finish())
writer.seal()
print(json.dumps({"judged": judged, "taken": taken, "dropped": writer.dropped, "suspended": len(writer.suspensions)}))
"""


def run(folder: Path, durability: str, limit: str, room: int) -> bool:
    """One session on a disk that fills up and has room again later; True if entries were dropped."""
    path = folder / "a.rec.jsonl"
    command = [sys.executable, "-c", SESSION, str(path), durability, limit, str(room)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["judged"] == 120
    assert told["taken"] + told["dropped"] == 120
    recording = read_recording(path)
    messages = [e for e in recording.entries if isinstance(e, WsMessage)]
    gaps = [e for e in recording.entries if isinstance(e, Gap)]
    assert len(messages) == told["taken"]
    assert sum(gap.dropped for gap in gaps) == told["dropped"]
    assert len(gaps) == told["suspended"]
    assert all(gap.reason == "disk_full" for gap in gaps)
    assert recording.seal is not None
    assert recording.seal.dropped == told["dropped"]
    path.unlink()
    return bool(gaps)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 256 KiB of its own; needs root."""
    folder = tmp_path / "small"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(command, check=False, capture_output=True).returncode != 0:
        pytest.skip("a file system cannot be mounted here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize(
    "durability, limit",
    [("process", "size"), ("group", "size"), ("always", "size"), ("process", "device"), ("group", "device")],
)
def test_a_full_disk_is_outlived(tmp_path: Path, durability: str, limit: str) -> None:
    """A limit on the file's size in the midst of a line, and a device that is always full."""
    assert run(tmp_path, durability, limit, 333)


def test_a_full_file_system_is_outlived(small_disk: Path) -> None:
    """No block is left for anybody."""
    assert run(small_disk, "process", "blocks", 0)


@pytest.mark.prove
def test_a_hundred_full_disks_are_outlived(
    tmp_path: Path, small_disk: Path, figure: Callable[[str, object], None]
) -> None:
    """At a hundred points of a line, by each kind of limit."""
    told = 0
    for point in range(100):
        limit = ("size", "size", "device", "blocks")[point % 4]
        durability = "process" if limit == "device" else ("process", "group", "always")[point % 3]
        told += run(small_disk if limit == "blocks" else tmp_path, durability, limit, point * 7)
    assert told == 100
    figure("full disk", "100 points, 0 unclean, pipeline alive in all, gap recorded in all")
