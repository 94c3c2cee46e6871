"""Files that want to hurt whoever reads them: each ends in a typed error, at once and in little memory.

Every file is read in a process of its own, whose address space, time and files are limited; what is measured is the
growth of its resident memory over that of a process that has just imported the reader.
"""

from __future__ import annotations

import gzip
import json
import os
import socket
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.recording.codec import MAX_LINE, closed

HEADER = (
    b'{"format":"mediation-recording","version":1,"min_reader":1,"id":"r","created":"2026-03-14T09:00:00.000Z",'
    b'"tool":"t","source":"synthetic","redaction":{"state":"fictional"}'
)
MESSAGE = b'{"n":1,"t":0,"kind":"ws.message","conn":"w1","dir":"in"'
HEAD = closed(HEADER)
GOOD = closed(MESSAGE + b',"text":"hello"')
UNKNOWN = b'{"n":1,"t":0,"kind":"later.kind"'

RUNNER = """
import json, os, resource, sys, time
from pathlib import Path
from harness.errors import HarnessError
from harness.recording.health import examine
from harness.recording.reader import read_recording
from harness.recording.recover import recover

def rss(name):
    return next(int(l.split()[1]) for l in open("/proc/self/status") if l.startswith(name))

def measured(action):
    before, start = rss("VmRSS:"), time.process_time()
    try:
        action()
        error = ""
    except HarnessError as caught:
        assert len(str(caught)) < 1000
        error = type(caught).__name__
    return {"error": error, "seconds": time.process_time() - start, "kib": rss("VmHWM:") - before}

ACTIONS = {
    "read": lambda path: read_recording(path),
    "doctor": lambda path: examine(path),
    "recover": lambda path: recover(path, Path(sys.argv[1]) / "out.rec.jsonl"),
}
for line in sys.stdin:
    path = json.loads(line)
    for name, action in ACTIONS.items():
        pid = os.fork()
        if pid:
            status = os.waitpid(pid, 0)[1]
            if status:
                print(json.dumps({"action": name, "error": f"died with {status}", "seconds": 0, "kib": 0}), flush=True)
            continue
        resource.setrlimit(resource.RLIMIT_CPU, (10, 10))
        resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
        resource.setrlimit(resource.RLIMIT_FSIZE, (64 << 20, 64 << 20))
        found = measured(lambda: action(path))
        Path(sys.argv[1], "out.rec.jsonl").unlink(missing_ok=True)
        print(json.dumps({"action": name} | found), flush=True)
        os._exit(0)
"""


def filled(piece: bytes, before: bytes = b"", after: bytes = b"") -> bytes:
    """A line as long as a line may be, with a right checksum."""
    room = MAX_LINE - len(before) - len(after) - 40
    return closed(before + piece * (room // len(piece)) + after)


def bomb(plain: bytes, times: int, head: bytes = b"") -> bytes:
    """A gzip member that unpacks to ``head`` and then ``plain`` over and over; the same packed block is repeated."""
    deflate = zlib.compressobj(9, wbits=31)
    start = deflate.compress(head) + deflate.flush(zlib.Z_FULL_FLUSH)
    block = deflate.compress(plain) + deflate.flush(zlib.Z_FULL_FLUSH)
    return start + block * times + deflate.flush()


def header(old: bytes, new: bytes) -> bytes:
    assert old in HEADER
    return closed(HEADER.replace(old, new)) + GOOD


def entry(*fields: bytes, before: bytes = MESSAGE) -> bytes:
    return HEAD + closed(before + b"".join(b"," + field for field in fields))


def changed(old: bytes, new: bytes) -> bytes:
    assert old in MESSAGE
    return HEAD + closed(MESSAGE.replace(old, new))


def seal(**changes: object) -> bytes:
    fields = {"n": 2, "t": 0, "kind": "seal", "entries": 1, "by_kind": {"ws.message": 1}, "duration": 0}
    fields |= {"sha256": "0" * 64, "reason": "closed"} | changes
    return HEAD + GOOD + closed(json.dumps(fields).encode()[:-1])


DEEP = 300_000
CONTENTS: dict[str, Callable[[], bytes]] = {
    # not a recording at all
    "empty": lambda: b"",
    "one newline": lambda: b"\n",
    "32 MiB of newlines": lambda: b"\n" * (32 << 20),
    "NUL bytes": lambda: b"\0" * (1 << 20),
    "a header and NUL bytes": lambda: HEAD + b"\0" * (16 << 20),
    "UTF-16": lambda: (HEAD + GOOD).decode().encode("utf-16"),
    "byte order mark": lambda: b"\xef\xbb\xbf" + HEAD + GOOD,
    "CR LF": lambda: (HEAD + GOOD).replace(b"\n", b"\r\n"),
    "CR alone": lambda: (HEAD + GOOD).replace(b"\n", b"\r"),
    # headers
    "no header": lambda: GOOD,
    "header is a list": lambda: closed(b"[1") + GOOD,
    "header of 4 MiB": lambda: filled(b'"a":"",', HEADER + b',"labels":{', b'"b":""}'),
    "header beyond 4 MiB": lambda: closed(HEADER + b',"x":"' + b"x" * MAX_LINE + b'"') + GOOD,
    "header without end": lambda: HEAD[:-1],
    "other format": lambda: header(b"mediation-recording", b"other"),
    "newer reader": lambda: header(b'"min_reader":1', b'"min_reader":2'),
    "huge min_reader": lambda: header(b'"min_reader":1', b'"min_reader":' + b"9" * 400),
    "min_reader beyond every limit": lambda: header(b'"min_reader":1', b'"min_reader":' + b"9" * 1_000_000),
    "version 0": lambda: header(b'"version":1', b'"version":0'),
    "version is text": lambda: header(b'"version":1', b'"version":"1"'),
    "id is a path": lambda: header(b'"id":"r"', b'"id":"../../../etc/passwd"'),
    "id is an absolute path": lambda: header(b'"id":"r"', b'"id":"/etc/passwd"'),
    "id is a path with escapes": lambda: header(b'"id":"r"', b'"id":"\\u002e\\u002e\\u002fx"'),
    "id is a path of another system": lambda: header(b'"id":"r"', b'"id":"..\\\\..\\\\x"'),
    "id with NUL": lambda: header(b'"id":"r"', b'"id":"r\\u0000.txt"'),
    "id is hidden": lambda: header(b'"id":"r"', b'"id":".ssh"'),
    "scenario is a path": lambda: header(b'"id":"r"', b'"id":"r","scenario":"../x"'),
    "parent is a path": lambda: header(b'"id":"r"', b'"id":"r","parent":"/dev/null"'),
    "dialect is a path": lambda: header(b'"id":"r"', b'"id":"r","dialect":"../../evil"'),
    "a raw state": lambda: header(b"fictional", b"raw"),
    "a source there is not": lambda: header(b"synthetic", b"upstream"),
    "duplicate key in the header": lambda: header(b'"id":"r"', b'"id":"r","id":"s"'),
    # JSON
    "duplicate key": lambda: entry(b'"text":"a"', b'"text":"b"'),
    "duplicate key with escapes": lambda: entry(b'"text":"a"', b'"t\\u0065xt":"b"'),
    "duplicate key further in": lambda: entry(b'"x":{"a":1,"a":2}', before=UNKNOWN),
    "depth 65": lambda: entry(b'"x":' + b"[" * 64 + b"]" * 64, before=UNKNOWN),
    "deep": lambda: entry(b'"x":' + b"[" * 90_000 + b"]" * 90_000, before=UNKNOWN),
    "deep without end": lambda: entry(b'"x":' + b'{"a":' * DEEP),
    "deep in an outcome": lambda: HEAD
    + closed(
        b'{"n":1,"t":0,"kind":"outcome","of":1,"event":"e","stage":"s","verdict":"accepted","budget":{"a":'
        + b"[" * 80
        + b"]" * 80
        + b"}"
    ),
    "NaN": lambda: entry(b'"x":NaN', before=UNKNOWN),
    "Infinity": lambda: entry(b'"x":-Infinity', before=UNKNOWN),
    "a number beyond all": lambda: entry(b'"x":1e999', before=UNKNOWN),
    "an integer of 1,000,000 digits": lambda: entry(b'"x":' + b"7" * 1_000_000, before=UNKNOWN),
    "not UTF-8": lambda: entry(b'"text":"\xff\xfe"'),
    "overlong UTF-8": lambda: entry(b'"text":"\xc0\xaf"'),
    "NUL in a text": lambda: entry(b'"text":"a\0b"'),
    "trailing data": lambda: HEAD + GOOD[:-1] + b" {}\n",
    # lines
    "a line beyond 4 MiB": lambda: entry(b'"text":"' + b"x" * MAX_LINE + b'"'),
    "a line of 32 MiB": lambda: HEAD + b"x" * (32 << 20) + b"\n",
    "a line of 32 MiB without end": lambda: HEAD + b"x" * (32 << 20),
    "4 MiB of empty lists": lambda: HEAD + filled(b"[],", UNKNOWN + b',"x":[', b"[]]"),
    "4 MiB of empty objects": lambda: HEAD + filled(b"{},", UNKNOWN + b',"x":[', b"{}]"),
    "4 MiB of lists in lists": lambda: HEAD + filled(b"[[0]],", UNKNOWN + b',"x":[', b"0]"),
    "4 MiB of short texts": lambda: HEAD + filled(b'"ab",', UNKNOWN + b',"x":[', b'""]'),
    "4 MiB of fractions": lambda: HEAD + filled(b"1.5,", UNKNOWN + b',"x":[', b"1]"),
    "4 MiB of lists in a known kind": lambda: HEAD + filled(b"[],", MESSAGE + b',"x":[', b"[]]"),
    "4 MiB of fragments": lambda: HEAD + filled(b"[0,0],", MESSAGE + b',"fragments":[', b"[0,0]]"),
    "4 MiB of labels": lambda: HEAD
    + filled(b'{"type":"A","start":0,"end":1,"id":"s"},', MESSAGE + b',"pii":[', b'{"type":"A","start":0,"end":1,"id":""}]'),
    "4 MiB of keys": lambda: HEAD
    + closed(UNKNOWN + b"," + b",".join(b'"%x":0' % key for key in range(400_000))),
    # values
    "n of 400 digits": lambda: changed(b'"n":1', b'"n":' + b"1" * 400),
    "n beyond 53 bits": lambda: changed(b'"n":1', b'"n":9007199254740992'),
    "n is 0": lambda: changed(b'"n":1', b'"n":0'),
    "n is true": lambda: changed(b'"n":1', b'"n":true'),
    "t below 0": lambda: changed(b'"t":0', b'"t":-1'),
    "t is a fraction": lambda: changed(b'"t":0', b'"t":0.5'),
    "kind is a number": lambda: changed(b'"kind":"ws.message"', b'"kind":7'),
    "a direction there is not": lambda: changed(b'"dir":"in"', b'"dir":"up"'),
    "no connection": lambda: changed(b'"conn":"w1",', b""),
    # checksums, order, seals
    "no checksum": lambda: HEAD + MESSAGE + b"}\n",
    "a wrong checksum": lambda: HEAD + GOOD.replace(b"hello", b"hallo"),
    "a checksum in upper case": lambda: HEAD + MESSAGE + b',"crc":"%08X"}\n' % zlib.crc32(MESSAGE),
    "n twice": lambda: HEAD + GOOD + GOOD,
    "n with a hole": lambda: HEAD + GOOD + closed(MESSAGE.replace(b'"n":1', b'"n":9007199254740991')),
    "a torn end": lambda: HEAD + GOOD[:-9],
    "no seal": lambda: HEAD + GOOD,
    "a seal of other bytes": seal,
    "a seal of negative counts": lambda: seal(entries=-1, by_kind={"ws.message": -1}),
    "more behind the seal": lambda: seal() + GOOD,
    # compression
    "a gzip bomb of 1 GiB": lambda: bomb(b"\0" * (1 << 20), 1024),
    "a gzip bomb of newlines": lambda: bomb(b"\n" * (1 << 20), 1024, HEAD),
    "a gzip bomb in one line": lambda: bomb(b" " * (1 << 20), 1024, HEAD + MESSAGE),
    "a gzip bomb behind a whole entry": lambda: bomb(b"x" * (1 << 20), 64, HEAD + GOOD),
    "gzip in gzip": lambda: gzip.compress(gzip.compress(HEAD + GOOD)),
    "gzip cut off": lambda: gzip.compress(HEAD + GOOD)[:-30],
    "gzip with a wrong trailer": lambda: gzip.compress(HEAD + GOOD)[:-8] + b"\0" * 8,
    "gzip with more behind it": lambda: gzip.compress(HEAD + GOOD) * 2,
    "gzip with a name that is a path": lambda: b"\x1f\x8b\x08\x08\0\0\0\0\0\x03../../x\0" + b"\xff" * 9,
}  # fmt: skip


def special_files(folder: Path) -> Iterator[str]:
    """Names that are no plain file, or none at all."""
    good = folder / "good.rec.jsonl"
    good.write_bytes(HEAD + GOOD)
    for name, target in (("link", good), ("dangling", folder / "nowhere"), ("loop", folder / "loop.rec.jsonl")):
        (folder / f"{name}.rec.jsonl").symlink_to(target)
        yield str(folder / f"{name}.rec.jsonl")
    (folder / "zero.rec.jsonl").symlink_to("/dev/zero")
    yield str(folder / "zero.rec.jsonl")
    (folder / "folder.rec.jsonl").mkdir()
    yield str(folder / "folder.rec.jsonl")
    os.mkfifo(folder / "pipe.rec.jsonl")
    yield str(folder / "pipe.rec.jsonl")
    with socket.socket(socket.AF_UNIX) as door:
        here = Path.cwd()
        os.chdir(folder)  # an address of this family is short
        try:
            door.bind("socket.rec.jsonl")
        finally:
            os.chdir(here)
    yield str(folder / "socket.rec.jsonl")
    yield from ("/dev/zero", "/dev/random", str(good / "under" / "a" / "file"), str(folder / ("x" * 300)))
    yield from (str(folder / "nul\0.rec.jsonl"), "", str(folder / ".." / ".." / "none" / "x.rec.jsonl"))


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What is wrong -> the path to read."""
    folder = tmp_path_factory.mktemp("hostile")
    paths = {}
    for index, (name, content) in enumerate(CONTENTS.items()):
        path = folder / f"{index:02d}.rec.jsonl"
        path.write_bytes(content())
        paths[name] = str(path)
    return paths | {f"special: {Path(path).name!r}": path for path in special_files(folder)}


def test_hostile_files_end_in_typed_errors(
    hostile: dict[str, str], tmp_path: Path, figure: Callable[[str, object], None]
) -> None:
    """Each in under a second and 64 MiB, for reading, for doctor and for recovery."""
    done = subprocess.run(
        [sys.executable, "-c", RUNNER, str(tmp_path)],
        input="".join(json.dumps(path) + "\n" for path in hostile.values()),
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
        env={name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")},
    )
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    found = {name: {row["action"]: row for row in rows[3 * i : 3 * i + 3]} for i, name in enumerate(hostile)}
    typed = [name for name, by in found.items() if by["read"]["error"].startswith(("Recording", "Unsupported"))]
    assert [name for name in hostile if name not in typed] == []
    died = {name: by for name, by in found.items() if any("died" in row["error"] for row in by.values())}
    assert died == {}
    slow = {name: by for name, by in found.items() if any(row["seconds"] >= 1 for row in by.values())}
    assert slow == {}
    large = {name: by for name, by in found.items() if any(row["kib"] >= 64 << 10 for row in by.values())}
    assert large == {}
    assert len(hostile) >= 60
    worst = max(row["seconds"] for by in found.values() for row in by.values())
    most = max(row["kib"] for by in found.values() for row in by.values())
    figure("hostile files: typed errors", f"{len(typed)} of {len(hostile)}")
    figure("hostile files: slowest, most memory", f"{worst:.3f} s, +{most / 1024:.1f} MiB")
