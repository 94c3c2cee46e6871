"""record(replay(R)) == R: the traffic of a replay, recorded again, is the traffic of the recording."""

from __future__ import annotations

import asyncio
import base64
import itertools
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from harness.pipeline.policy import PipelinePolicy
from harness.recording.entry import Checkpoint, WsMessage
from harness.recording.reader import Recording, read_recording
from harness.recording.same import traffic_differences
from harness.recording.writer import RecordingWriter
from harness.scenario.files import compose_files
from harness.session.keys import load_key
from harness.session.parts import Tools
from harness.session.replay import Replayed, replay_recording
from harness.session.session import RecordTo


@pytest.fixture(scope="module")
def composed_all(root: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Every scenario, composed."""
    return compose_files(sorted((root / "fixtures" / "scenarios").glob("*.yaml")), tmp_path_factory.mktemp("all"), 7)


@pytest.fixture(scope="module")
def committed(root: Path) -> list[Path]:
    """The committed recordings of live sessions."""
    return sorted((root / "recordings").glob("*.rec.jsonl"))


def _again(
    recording: Recording, tools: Tools, to: Path, seed: int, journal: Path | None = None
) -> tuple[Recording, Replayed]:
    """``recording`` replayed through the real client, which is recorded."""
    record = RecordTo(path=to, key=load_key(None, seed))
    replayed = asyncio.run(
        replay_recording(recording, tools=tools, policy=PipelinePolicy(), record=record, journal=journal)
    )
    return read_recording(to), replayed


def _seed_of(recording: Recording) -> int | None:
    """The seed of the surrogates' key, None where there are no surrogates."""
    found = re.fullmatch(r"seed-(\d+)", recording.header.redaction.key_id or "")
    return int(found[1]) if found else None


def _differences(path: Path, tools: Tools, work: Path) -> list[str]:
    """Rounds of replay and record: the service's own recording, and then the client's, against what was replayed."""
    original = read_recording(path)
    work = work / path.parent.name  # composed and committed ones share names
    work.mkdir(parents=True, exist_ok=True)
    own = work / f"own-{path.name}"
    seed = _seed_of(original)
    first, replayed = _again(original, tools, work / "first" / path.name, 5 if seed is None else seed, own)
    found = [*replayed.problems, *traffic_differences(original.entries, read_recording(own).entries)]
    if seed is not None:
        return [*found, *traffic_differences(original.entries, first.entries)]
    # A composed text holds what the recorder replaces: from the first recording on nothing changes any more.
    second, replayed = _again(first, tools, work / "second" / path.name, 5)
    return [*found, *replayed.problems, *traffic_differences(first.entries, second.entries)]


def test_some_fixtures(composed_all: list[Path], committed: list[Path], tools: Tools, tmp_path: Path) -> None:
    """What the service played is the recording, and the recording replayed and recorded is itself."""
    some = [*composed_all[::6], *committed[::4]]
    assert [_differences(path, tools, tmp_path) for path in some] == [[] for _ in some]


@pytest.mark.prove
def test_every_fixture_twenty_times(
    composed_all: list[Path], committed: list[Path], tools: Tools, tmp_path: Path, figure: Any
) -> None:
    """Every composed and every committed recording, 20 times over."""
    found: dict[str, list[str]] = {}
    for number, path in itertools.product(range(20), [*composed_all, *committed]):
        if differences := _differences(path, tools, tmp_path / str(number)):
            found[f"{number} {path.name}"] = differences
    figure(
        "record(replay(R)) == R, recordings x 20, differing", f"{len(composed_all) + len(committed)} x 20, {len(found)}"
    )
    assert found == {}


def test_a_hole_nobody_decided_about(composed_all: list[Path], tools: Tools) -> None:
    """A composed session with a message that never comes is replayed to its end, though no timer was recorded."""
    path = next(path for path in composed_all if path.name.startswith("airline-cancelled-flight"))
    replayed = asyncio.run(replay_recording(read_recording(path), tools=tools, policy=PipelinePolicy()))
    assert list(replayed.problems) == []
    assert [gap.reason for gap in replayed.run.gaps] == ["timer"]


def test_binary_is_byte_exact(composed: list[Path], tools: Tools, tmp_path: Path) -> None:
    """In a fictional recording binary messages of any bytes come back as the same bytes."""
    payloads = [b"", bytes(range(256)), b"\x00" * 70_000, "\u00e9\u2615".encode()]
    source = read_recording(composed[0])
    path = tmp_path / "binary.rec.jsonl"
    numbers: dict[int, int] = {}
    with RecordingWriter(path, source.header) as writer:
        for entry in source.entries:
            if isinstance(entry, Checkpoint):
                continue
            re_ = numbers.get(getattr(entry, "re", None) or 0)
            changes: dict[str, Any] = {"n": 0} if re_ is None else {"n": 0, "re": re_}
            numbers[entry.n] = writer.append(msgspec.structs.replace(entry, **changes)).n
            if isinstance(entry, WsMessage) and entry.dir == "out" and entry.n < 12:
                for payload in payloads:
                    data = base64.b64encode(payload).decode()
                    writer.append(WsMessage(n=0, t=entry.t, conn=entry.conn, dir="in", base64=data))
        writer.seal("composed")
    own = tmp_path / "own.rec.jsonl"
    _, replayed = _again(read_recording(path), tools, tmp_path / "again.rec.jsonl", 5, own)
    made = [e.base64 for e in read_recording(own).entries if isinstance(e, WsMessage) and e.base64 is not None]
    assert [base64.b64decode(one) for one in made] == payloads
    assert traffic_differences(read_recording(path).entries, read_recording(own).entries) == []
    assert list(replayed.problems) == []
