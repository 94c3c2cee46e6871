"""Writing and reading a recording, beside what one would write by hand: json.dumps and flush, json.loads.

1. Entries are those of a captioned call: a message of 60 to 400 bytes of text, then its outcome.
2. Both sides start from finished values (ours: entries, theirs: dicts) and end with bytes in the hands of the system.
   Ours also has a CRC per line, a SHA-256 of all lines, and the checks of both when it reads.
"""

from __future__ import annotations

import atexit
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from harness.recording.entry import AnyEntry, Header, OutcomeEntry, Redaction, WsMessage
from harness.recording.reader import iter_entries
from harness.recording.writer import Durability, RecordingWriter

ENTRIES = 20_000
BATCH = 256
READ = 200_000
MANY = 1_000_000

HEADER = Header(id="bench", created="x", tool="x", source="synthetic", redaction=Redaction(state="fictional"))
WORDS = "I would like to know why the bill of last month is so much higher than the one before it. "


def entries(count: int) -> list[AnyEntry]:
    return [_message(n) if n % 2 else _outcome(n) for n in range(1, count + 1)]


def _message(n: int) -> AnyEntry:
    text = json.dumps({"type": "utterance", "interaction_id": "telco-1", "seq": n, "text": WORDS * (n % 4)})
    return WsMessage(n=n, t=n * 1000, conn="w1", dir="in", re=6, text=text, size=len(text))


def _outcome(n: int) -> AnyEntry:
    return OutcomeEntry(
        n=n,
        t=n * 1000,
        of=n - 1,
        conversation="telco-1",
        seq=n,
        event="utterance",
        stage="audit",
        verdict="accepted",
        spans={"/text": ("PHONE",)},
        pii_redacted=True,
        digest="0" * 64,
    )


class Files:
    """A folder of throw-away files, made when the first is asked for; the bench run's own."""

    def __init__(self) -> None:
        self._folder: Path | None = None
        self._made = 0

    def new(self) -> Path:
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="bench-write-"))
            atexit.register(shutil.rmtree, self._folder, ignore_errors=True)
        self._made += 1
        return self._folder / f"{self._made}.rec.jsonl"


def _append(files: Files, given: list[AnyEntry]) -> None:
    writer = RecordingWriter(files.new(), HEADER)
    for entry in given:
        writer.append(entry)
    writer.close()
    writer.part.unlink()


def _extend(files: Files, given: list[AnyEntry], durability: Durability) -> None:
    writer = RecordingWriter(files.new(), HEADER, durability=durability)
    for at in range(0, len(given), BATCH):
        writer.extend(given[at : at + BATCH])
    writer.seal().unlink()


def _dumps(files: Files, given: list[dict[str, Any]]) -> None:
    path = files.new()
    with path.open("w") as file:
        for entry in given:
            file.write(json.dumps(entry) + "\n")
            file.flush()
    path.unlink()


def _recording(files: Files, count: int) -> Path:
    with RecordingWriter(files.new(), HEADER) as writer:
        for at in range(0, count, ENTRIES):
            block = entries(ENTRIES)
            writer.extend(msgspec.structs.replace(e, n=e.n + at) for e in block)
    return writer.path


def _read(path: Path) -> None:
    for _ in iter_entries(path):
        pass


def _loads(path: Path) -> None:
    with path.open("rb") as file:
        for line in file:
            json.loads(line)


def _rss_mb(files: Files) -> float:
    """Megabytes that reading a million entries needs beyond reading none."""
    few, many = _recording(files, ENTRIES), _recording(files, MANY)
    code = (
        "import resource, sys\nfrom harness.recording.reader import iter_entries\n"
        "for _ in iter_entries(sys.argv[1]): pass\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    peaks = []
    for path in (few, many):
        done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
        peaks.append(int(done.stdout))
    return (peaks[1] - peaks[0]) / 1024


def rows() -> list[dict[str, Any]]:
    files = Files()
    given = entries(ENTRIES)
    dicts = [json.loads(msgspec.json.encode(entry)) for entry in given]
    made: list[Path] = []

    def once(use: Callable[[Path], None]) -> Callable[[], None]:
        def call() -> None:
            if not made:
                made.append(_recording(files, READ))
            use(made[0])

        return call

    measured: list[float] = []

    def rss() -> float:
        if not measured:
            measured.append(_rss_mb(files))
        return measured[0]

    by_hand = {"dumps+flush": lambda: _dumps(files, dicts)}
    return [
        {
            "name": "write-process",
            "unit": "us/entry",
            "per": ENTRIES,
            "ours": lambda: _append(files, given),
            "against": by_hand,
            "target": 1 / 2,
        },
        {
            "name": "write-group",
            "unit": "us/entry",
            "per": ENTRIES,
            "ours": lambda: _extend(files, given, "group"),
            "against": by_hand,
            "target": 1 / 7,
        },
        {
            "name": "read",
            "unit": "us/entry",
            "per": READ,
            "ours": once(_read),
            "against": {"json.loads": once(_loads)},
            "target": 1 / 2,
        },
        {"name": "read-rss", "unit": "MB", "value": rss, "target": 10},
    ]
